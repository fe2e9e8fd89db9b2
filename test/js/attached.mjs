// The attached kinds: what was put comes back, secrets only by listKeys.

import assert from "node:assert/strict";
import { all, group, ml, refused, workspace } from "./here.mjs";

const at = [group, workspace];
const { computeOperations: compute } = ml;
const rg = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/elsewhere/providers";

const kinds = {
  AKS: [`${rg}/Microsoft.ContainerService/managedClusters/k`, { agentCount: 3, agentVmSize: "Standard_D4_v3", clusterPurpose: "FastProd" }, {}],
  Kubernetes: [
    `${rg}/Microsoft.Kubernetes/connectedClusters/k`,
    { namespace: "ml", defaultInstanceType: "small", instanceTypes: { small: { resources: { requests: { cpu: "1" }, limits: { cpu: "1" } } } } },
    {},
  ],
  VirtualMachine: [
    `${rg}/Microsoft.Compute/virtualMachines/v`,
    { sshPort: 22, address: "10.0.0.4" },
    { administratorAccount: { username: "ann", password: "correct horse" } },
  ],
  HDInsight: [
    `${rg}/Microsoft.HDInsight/clusters/h`,
    { sshPort: 22, address: "h.example" },
    { administratorAccount: { username: "ann", password: "correct horse" } },
  ],
  Databricks: [`${rg}/Microsoft.Databricks/workspaces/d`, { workspaceUrl: "https://d.example" }, { databricksAccessToken: "dapi-secret" }],
  DataLakeAnalytics: [`${rg}/Microsoft.DataLakeAnalytics/accounts/a`, { dataLakeStoreAccountName: "store" }, {}],
  DataFactory: [`${rg}/Microsoft.DataFactory/factories/f`, undefined, undefined],
  SynapseSpark: [
    `${rg}/Microsoft.Synapse/workspaces/s/bigDataPools/p`,
    { sparkVersion: "3.4", nodeCount: 3, nodeSize: "Small", nodeSizeFamily: "MemoryOptimized", poolName: "p", workspaceName: "s" },
    {},
  ],
};
const name = (kind) => kind.slice(0, 11).toLowerCase() + "1";

export const tests = {};
for (const [computeType, [resourceId, open, secret]] of Object.entries(kinds)) {
  tests[`attach-${computeType}`] = async () => {
    const properties = { computeType, resourceId, description: computeType };
    if (open) properties.properties = { ...open, ...secret };
    await compute.beginCreateOrUpdateAndWait(...at, name(computeType), { location: "local", properties });
    const got = (await compute.get(...at, name(computeType))).properties;
    assert.deepEqual([got.computeType, got.provisioningState, got.resourceId, got.description], [computeType, "Succeeded", resourceId, computeType]);
    assert.equal(got.isAttachedCompute, true);
    for (const [field, value] of Object.entries(open ?? {})) assert.deepEqual(got.properties[field], value, field);
    assert.ok(!JSON.stringify(got).includes("correct horse") && !JSON.stringify(got).includes("dapi-secret"), "a secret in GET");
  };
}
Object.assign(tests, {
  "list-keys": async () => {
    const vm = await compute.listKeys(...at, name("VirtualMachine"));
    assert.deepEqual([vm.computeType, vm.administratorAccount.username, vm.administratorAccount.password], ["VirtualMachine", "ann", "correct horse"]);
    const bricks = await compute.listKeys(...at, name("Databricks"));
    assert.deepEqual([bricks.computeType, bricks.databricksAccessToken], ["Databricks", "dapi-secret"]);
  },
  list: async () => {
    assert.deepEqual((await all(compute.list(...at))).map((c) => c.properties.computeType).sort(), Object.keys(kinds).sort());
  },
  "a-job-is-refused": async () => {
    const { id } = await compute.get(...at, name("Kubernetes"));
    const env = await ml.environmentVersions.createOrUpdate(...at, "plain", "1", { properties: { condaFile: "dependencies: []" } });
    const job = { properties: { jobType: "Command", command: "true", computeId: id, environmentId: env.id } };
    await assert.rejects(ml.jobs.createOrUpdate(...at, "refused", job), (e) => e.statusCode === 400 && /Kubernetes/.test(e.message));
  },
  detach: async () => {
    for (const kind of Object.keys(kinds)) {
      await compute.beginDeleteAndWait(...at, name(kind), "Detach");
      await refused(404, "ComputeNotFound", () => compute.get(...at, name(kind)));
    }
  },
});
