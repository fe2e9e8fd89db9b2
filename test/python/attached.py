"""The kinds that azure-ai-ml attaches: Kubernetes, VirtualMachine, SynapseSpark."""

from azure.ai.ml.entities import KubernetesCompute, SynapseSparkCompute, VirtualMachineCompute, VirtualMachineSshSettings
from azure.core.exceptions import ResourceNotFoundError

from here import Case

RG = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/elsewhere/providers"


class Attached(Case):
    def test_kubernetes(self):
        at = RG + "/Microsoft.Kubernetes/connectedClusters/k"
        self.ml.compute.begin_attach(KubernetesCompute(name="kube", resource_id=at, namespace="ml", description="d")).result()
        got = self.ml.compute.get("kube")
        self.assertEqual((got.type, got.resource_id, got.namespace, got.description), ("kubernetes", at, "ml", "d"))
        self.assertEqual(got.provisioning_state, "Succeeded")

    def test_virtual_machine(self):
        at = RG + "/Microsoft.Compute/virtualMachines/v"
        ssh = VirtualMachineSshSettings(admin_username="ann", admin_password="correct horse", ssh_port=2222)
        self.ml.compute.begin_attach(VirtualMachineCompute(name="machine", resource_id=at, ssh_settings=ssh)).result()
        got = self.ml.compute.get("machine")
        self.assertEqual((got.type, got.resource_id, got.ssh_settings.ssh_port), ("virtualmachine", at, 2222))
        self.assertNotEqual(got.ssh_settings.admin_password, "correct horse")

    def test_synapse_spark(self):
        at = RG + "/Microsoft.Synapse/workspaces/s/bigDataPools/p"
        self.ml.compute.begin_attach(SynapseSparkCompute(name="spark", resource_id=at)).result()
        got = self.ml.compute.get("spark")
        self.assertEqual((got.type, got.resource_id, got.node_count), ("synapsespark", at, None))

    def test_list(self):
        self.assertEqual({c.name: c.type for c in self.ml.compute.list()}, {"kube": "kubernetes", "machine": "virtualmachine", "spark": "synapsespark"})

    def test_detach(self):
        for name in ("kube", "machine", "spark"):
            self.ml.compute.begin_delete(name, action="Detach").result()
            with self.assertRaises(ResourceNotFoundError):
                self.ml.compute.get(name)
