"""Every compute operation of azure-ai-ml that has to do with clusters."""

import time

from azure.ai.ml.entities import AmlCompute, IdentityConfiguration
from azure.core.exceptions import ResourceNotFoundError

from here import Case, WS, eventually


def cluster(name, **more):
    given = {"size": "STANDARD_ds2_V2", "min_instances": 0, "max_instances": 2, "idle_time_before_scale_down": 100}
    return AmlCompute(name=name, **{**given, **more})


class Clusters(Case):
    def test_create(self):
        began = time.monotonic()
        made = self.ml.compute.begin_create_or_update(
            cluster("cpu", description="from Python", tags={"team": "e2e"}, tier="low_priority")
        ).result()
        took = time.monotonic() - began
        self.assertLess(took, 2, "seconds for a cluster, with the client's own polling")
        self.assertEqual(
            (made.name, made.type, made.size, made.tier, made.location, made.description, made.tags),
            ("cpu", "amlcompute", "STANDARD_ds2_V2", "low_priority", "local", "from Python", {"team": "e2e"}),
        )
        self.assertEqual((made.min_instances, made.max_instances, made.idle_time_before_scale_down), (0, 2, 100))
        self.assertEqual((made.provisioning_state, made.provisioning_errors), ("Succeeded", None))
        self.assertEqual(made.id, WS + "/computes/cpu")
        self.assertTrue(made.created_on)

    def test_get(self):
        got = self.ml.compute.get("CPU")
        self.assertEqual((got.name, got.max_instances), ("cpu", 2))
        with self.assertRaises(ResourceNotFoundError) as caught:
            self.ml.compute.get("none")
        self.assertIn("ComputeNotFound", str(caught.exception))

    def test_list(self):
        for i in range(3):
            self.ml.compute.begin_create_or_update(cluster(f"other{i}")).result()
        self.assertEqual([c.name for c in self.ml.compute.list()], ["cpu", "other0", "other1", "other2"])
        self.assertEqual([c.name for c in self.ml.compute.list(compute_type="AmlCompute")][:1], ["cpu"])

    def test_update(self):
        c = self.ml.compute.get("cpu")
        c.max_instances, c.idle_time_before_scale_down, c.tags = 3, 60, {"team": "other"}
        self.ml.compute.begin_update(c).result()
        got = self.ml.compute.get("cpu")
        self.assertEqual((got.max_instances, got.idle_time_before_scale_down, got.tags), (3, 60, {"team": "other"}))

    def test_scale_to_one_and_list_nodes(self):
        self.assertEqual(list(self.ml.compute.list_nodes("cpu")), [])
        c = self.ml.compute.get("cpu")
        c.min_instances = 1
        self.ml.compute.begin_update(c).result()

        def ready():
            nodes = list(self.ml.compute.list_nodes("cpu"))
            return nodes if [vars(n)["nodeState"] for n in nodes] == ["idle"] else None

        (node,) = eventually("a node is idle", ready)
        self.assertTrue(vars(node)["nodeId"])

    def test_create_again(self):
        """Scripts say begin_create_or_update on every run."""
        again = cluster("cpu", min_instances=1, max_instances=3, tier="low_priority", tags={"team": "other"})
        self.ml.compute.begin_create_or_update(again).result()
        self.assertEqual(len(list(self.ml.compute.list_nodes("cpu"))), 1)

    def test_identity(self):
        self.ml.compute.begin_create_or_update(
            cluster("with-identity", identity=IdentityConfiguration(type="system_assigned"))
        ).result()
        got = self.ml.compute.get("with-identity")
        self.assertEqual(got.identity.type, "system_assigned")
        self.assertRegex(got.identity.principal_id, "^[0-9a-f-]{36}$")
        self.assertRegex(got.identity.tenant_id, "^[0-9a-f-]{36}$")

    def test_sizes(self):
        sizes = list(self.ml.compute.list_sizes())
        names = [s.name for s in sizes]
        self.assertIn("Standard_DS3_v2", names)
        ds3 = next(s for s in sizes if s.name == "Standard_DS3_v2")
        self.assertEqual([vars(ds3)[k] for k in ("vCPUs", "memoryGB", "gpus")], [4, 14, 0])
        of_clusters = [s.name for s in self.ml.compute.list_sizes(compute_type="AmlCompute")]
        self.assertIn("Standard_DS3_v2", of_clusters)
        self.assertEqual(list(self.ml.compute.list_sizes(compute_type="Nothing")), [])

    def test_usage(self):
        usages = list(self.ml.compute.list_usage())
        self.assertTrue(usages)
        for u in usages:
            self.assertEqual(u.unit, "Count")
            self.assertTrue(u.name["value"])
            self.assertGreaterEqual(vars(u)["currentValue"], 0)
            self.assertTrue(u.limit == -1 or u.limit >= vars(u)["currentValue"], vars(u))

    def test_refusals(self):
        begin = self.ml.compute.begin_create_or_update
        self.refused("InvalidVMSize", "Standard_Nonsense", begin, cluster("bad", size="Standard_Nonsense"))
        self.refused("InvalidComputeName", "", begin, cluster("1-bad"))
        self.refused("PropertyChangeNotAllowed", "vmSize", begin, cluster("cpu", size="Standard_D4_v3"))

    def test_delete(self):
        for name in ("cpu", "with-identity", "other0", "other1", "other2"):
            self.ml.compute.begin_delete(name).result()
            with self.assertRaises(ResourceNotFoundError):
                self.ml.compute.get(name)
        self.assertEqual(list(self.ml.compute.list()), [])
