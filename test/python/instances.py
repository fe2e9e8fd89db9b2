"""Compute instances by azure-ai-ml: their power switch and single sign-on."""

from azure.ai.ml.entities import ComputeInstance
from azure.core.exceptions import ResourceNotFoundError

from here import Case


class Instances(Case):
    def state(self):
        return self.ml.compute.get("desk").state

    def test_create(self):
        made = self.ml.compute.begin_create_or_update(
            ComputeInstance(name="desk", size="STANDARD_ds2_V2", description="from Python", idle_time_before_shutdown_minutes=120)
        ).result()
        self.assertEqual(
            (made.name, made.type, made.size, made.description, made.provisioning_state, made.state),
            ("desk", "computeinstance", "STANDARD_ds2_V2", "from Python", "Succeeded", "Running"),
        )
        self.assertEqual(made.last_operation["operationName"], "Create")
        self.assertEqual((made.idle_time_before_shutdown, made.enable_sso), ("PT120M", True))

    def test_stop(self):
        self.ml.compute.begin_stop("desk").result()
        self.assertEqual(self.state(), "Stopped")
        self.ml.compute.begin_stop("desk").result()  # the same twice is harmless
        self.assertEqual(self.state(), "Stopped")

    def test_start(self):
        self.ml.compute.begin_start("desk").result()
        self.assertEqual(self.state(), "Running")

    def test_restart(self):
        self.ml.compute.begin_restart("desk").result()
        self.assertEqual(self.state(), "Running")
        self.assertEqual(self.ml.compute.get("desk").last_operation["operationName"], "Restart")

    def test_enable_sso(self):
        self.ml.compute.enable_sso(name="desk", enable_sso=False)
        self.assertIs(self.ml.compute.get("desk").enable_sso, False)
        self.ml.compute.enable_sso(name="desk", enable_sso=True)
        self.assertIs(self.ml.compute.get("desk").enable_sso, True)

    def test_list(self):
        self.assertEqual([(c.name, c.state) for c in self.ml.compute.list(compute_type="ComputeInstance")], [("desk", "Running")])
        self.assertEqual(list(self.ml.compute.list(compute_type="AmlCompute")), [])

    def test_delete(self):
        self.ml.compute.begin_delete("desk").result()
        with self.assertRaises(ResourceNotFoundError):
            self.ml.compute.get("desk")
