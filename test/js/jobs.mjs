// Command jobs: create, get, list, cancel, delete.

import assert from "node:assert/strict";
import { all, cluster, eventually, group, ml, refused, workspace } from "./here.mjs";

const at = [group, workspace];
const { jobs } = ml;
const ended = ["Completed", "Failed", "Canceled"];
let computeId, environmentId;

const command = (text) => ({
  properties: {
    jobType: "Command",
    computeId,
    environmentId,
    command: text,
    displayName: "from JavaScript",
    experimentName: "e2e",
    environmentVariables: { WHO: "world" },
    inputs: { word: { jobInputType: "literal", value: "hello" } },
    tags: { k: "v" },
  },
});
const status = async (name) => (await jobs.get(...at, name)).properties.status;
const ends = (name) =>
  eventually(`${name} ended`, async () => {
    const s = await status(name);
    return ended.includes(s) ? s : null;
  });

export const tests = {
  "create-a-cluster": async () => {
    const made = await ml.computeOperations.beginCreateOrUpdateAndWait(...at, "cpu", cluster({ vmSize: "Local" }));
    computeId = made.id;
  },
  "create-an-environment": async () => {
    const image = "mcr.microsoft.com/azureml/minimal-ubuntu22.04";
    const made = await ml.environmentVersions.createOrUpdate(...at, "plain", "1", { properties: { image } });
    assert.deepEqual([made.name, made.properties.image], ["1", image]);
    environmentId = made.id;
  },
  create: async () => {
    const made = await jobs.createOrUpdate(...at, "greet", command('echo "${{inputs.word}} $WHO"; [ "$WHO" = world ]'));
    const { jobType, displayName, experimentName, inputs, tags, isArchived } = made.properties;
    assert.deepEqual(
      { jobType, displayName, experimentName, tags, isArchived },
      { jobType: "Command", displayName: "from JavaScript", experimentName: "e2e", tags: { k: "v" }, isArchived: false },
    );
    assert.equal(inputs.word.value, "hello");
    assert.equal(made.properties.computeId, computeId);
  },
  get: async () => {
    assert.equal(await ends("greet"), "Completed");
    const got = await jobs.get(...at, "greet");
    assert.ok(got.systemData.createdAt instanceof Date);
    assert.equal(got.properties.services.Tracking.jobServiceType, "Tracking");
    await refused(404, "UserError", () => jobs.get(...at, "none"));
  },
  "a-job-that-fails": async () => {
    await jobs.createOrUpdate(...at, "fails", command("exit 3"));
    assert.equal(await ends("fails"), "Failed");
  },
  cancel: async () => {
    await jobs.createOrUpdate(...at, "long", command("sleep 600"));
    await eventually("the job runs", async () => (await status("long")) === "Running");
    await jobs.beginCancelAndWait(...at, "long");
    assert.equal(await ends("long"), "Canceled");
  },
  list: async () => {
    const names = async (options) => (await all(jobs.list(...at, options))).map((j) => j.name);
    assert.deepEqual(await names(), ["long", "fails", "greet"]);
    assert.deepEqual(await names({ tag: "k" }), ["long", "fails", "greet"]);
    assert.deepEqual(await names({ jobType: "Sweep" }), []);
  },
  archive: async () => {
    const got = await jobs.get(...at, "greet");
    got.properties.isArchived = true;
    await jobs.createOrUpdate(...at, "greet", got);
    const names = async (listViewType) => (await all(jobs.list(...at, { listViewType }))).map((j) => j.name);
    assert.deepEqual(await names("ArchivedOnly"), ["greet"]);
    assert.deepEqual(await names("ActiveOnly"), ["long", "fails"]);
    assert.deepEqual(await names("All"), ["long", "fails", "greet"]);
  },
  refusals: async () => {
    const lost = command("true");
    lost.properties.computeId = computeId.replace(/cpu$/, "none");
    await refused(400, "ComputeNotFound", () => jobs.createOrUpdate(...at, "lost", lost));
    const big = command("true");
    big.properties.resources = { instanceCount: 3 };
    await refused(400, "JobNodeCountExceedsClusterSize", () => jobs.createOrUpdate(...at, "big", big));
  },
  delete: async () => {
    await jobs.beginDeleteAndWait(...at, "long");
    await refused(404, "UserError", () => jobs.get(...at, "long"));
  },
};
