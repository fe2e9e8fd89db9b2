// Every compute operation of @azure/arm-machinelearning that has to do with clusters.

import assert from "node:assert/strict";
import { all, client, cluster, credential, eventually, group, ml, refused, workspace, ws } from "./here.mjs";

const at = [group, workspace];
const { computeOperations: compute } = ml;

export const tests = {
  create: async () => {
    const made = await compute.beginCreateOrUpdateAndWait(...at, "Gpu", cluster());
    assert.equal(made.name, "Gpu");
    assert.equal(made.id, `${ws}/computes/Gpu`);
    assert.equal(made.type, "Microsoft.MachineLearningServices/workspaces/computes");
    assert.deepEqual(made.tags, { team: "e2e" });
    const { computeType, description, provisioningState, isAttachedCompute, properties: p } = made.properties;
    assert.deepEqual(
      { computeType, description, provisioningState, isAttachedCompute },
      { computeType: "AmlCompute", description: "from JavaScript", provisioningState: "Succeeded", isAttachedCompute: false },
    );
    assert.equal(p.vmSize, "STANDARD_ds2_V2");
    assert.deepEqual(p.scaleSettings, { minNodeCount: 0, maxNodeCount: 2, nodeIdleTimeBeforeScaleDown: "PT1M40S" });
    assert.equal(p.remoteLoginPortPublicAccess, "NotSpecified");
  },
  get: async () => {
    const got = await compute.get(...at, "gpu");
    assert.equal(got.name, "Gpu");
    assert.equal(got.properties.properties.allocationState, "Steady");
    assert.equal(got.properties.properties.currentNodeCount, 0);
    assert.ok(got.properties.createdOn instanceof Date);
    await refused(404, "ComputeNotFound", () => compute.get(...at, "none"));
  },
  "put-what-get-said": async () => {
    const got = await compute.get(...at, "Gpu");
    const again = await compute.beginCreateOrUpdateAndWait(...at, "Gpu", got);
    assert.deepEqual(again.properties.properties, got.properties.properties);
  },
  update: async () => {
    const scaleSettings = { minNodeCount: 1, maxNodeCount: 3, nodeIdleTimeBeforeScaleDown: "PT5M" };
    const updated = await compute.beginUpdateAndWait(...at, "Gpu", { properties: { scaleSettings } });
    assert.deepEqual(updated.properties.properties.scaleSettings, scaleSettings);
  },
  "list-nodes": async () => {
    const nodes = await eventually("a node is idle", async () => {
      const list = await all(compute.listNodes(...at, "Gpu"));
      return list.length === 1 && list[0].nodeState === "idle" ? list : null;
    });
    assert.ok(nodes[0].nodeId);
  },
  list: async () => {
    for (const name of ["gpu1", "gpu2", "gpu3"]) await compute.beginCreateOrUpdateAndWait(...at, name, cluster());
    assert.deepEqual((await all(compute.list(...at))).map((c) => c.name).sort(), ["Gpu", "gpu1", "gpu2", "gpu3"]);
  },
  "list-keys": () => refused(400, "OperationNotSupported", () => compute.listKeys(...at, "Gpu")),
  refusals: async () => {
    const put = (name, more) => compute.beginCreateOrUpdateAndWait(...at, name, cluster(more));
    await refused(400, "InvalidComputeName", () => put("1-bad"));
    await refused(400, "InvalidVMSize", () => put("bad", { vmSize: "Standard_Nonsense" }));
    await refused(409, "PropertyChangeNotAllowed", () => put("Gpu", { vmSize: "Standard_D4_v3" }));
    await refused(404, "ResourceNotFound", () => compute.get(group, "elsewhere", "Gpu"));
  },
  locations: async () => {
    const sizes = await ml.virtualMachineSizes.list("local");
    const ds3 = sizes.value.find((s) => s.name === "Standard_DS3_v2");
    assert.deepEqual([ds3.vCPUs, ds3.memoryGB, ds3.gpus], [4, 14, 0]);
    assert.ok(ds3.supportedComputeTypes.includes("AmlCompute"));
    const usages = await all(ml.usages.list("local"));
    assert.ok(usages.length > 0 && usages.every((u) => u.unit === "Count" && (u.limit === -1 || u.currentValue <= u.limit) && u.name.value));
    const operations = await all(ml.operations.list());
    assert.ok(operations.some((o) => o.name === "Microsoft.MachineLearningServices/workspaces/computes/read"));
  },
  quotas: async () => {
    const find = async () => (await all(ml.quotas.list("local"))).find((q) => q.name.value === "standardDSv2Family");
    const { id, type, limit } = await find();
    assert.equal(limit, -1);
    const set = async (limit) => (await ml.quotas.update("local", { location: "local", value: [{ id, type, limit, unit: "Count" }] })).value[0].status;
    assert.equal(await set(100), "Success");
    assert.equal((await find()).limit, 100);
    assert.equal(await set(1), "InvalidQuotaBelowClusterMinimum");
  },
  "wrong-secret": () =>
    assert.rejects(client(credential("wrong")).computeOperations.get(...at, "Gpu"), (e) => {
      assert.match(e.message, /7000215/);
      return true;
    }),
  delete: async () => {
    for (const name of ["Gpu", "gpu1", "gpu2", "gpu3"]) {
      await compute.beginDeleteAndWait(...at, name, "Delete");
      await refused(404, "ComputeNotFound", () => compute.get(...at, name));
    }
    assert.deepEqual(await all(compute.list(...at)), []);
  },
};
