// Compute instances: what they are, and their power switch.

import assert from "node:assert/strict";
import { all, group, ml, refused, workspace } from "./here.mjs";

const at = [group, workspace];
const { computeOperations: compute } = ml;
const instance = {
  location: "local",
  properties: {
    computeType: "ComputeInstance",
    description: "from JavaScript",
    properties: { vmSize: "STANDARD_ds2_V2", applicationSharingPolicy: "Personal", sshSettings: { sshPublicAccess: "Disabled" } },
  },
};
const state = async () => (await compute.get(...at, "desk")).properties.properties.state;

export const tests = {
  create: async () => {
    const { properties } = await compute.beginCreateOrUpdateAndWait(...at, "desk", instance);
    assert.equal(properties.provisioningState, "Succeeded");
    const p = properties.properties;
    assert.deepEqual([p.vmSize, p.applicationSharingPolicy, p.sshSettings.sshPublicAccess], ["STANDARD_ds2_V2", "Personal", "Disabled"]);
    assert.deepEqual([p.state, p.lastOperation.operationName, p.lastOperation.operationStatus], ["Running", "Create", "Succeeded"]);
    assert.ok(p.lastOperation.operationTime instanceof Date);
    assert.ok(p.createdBy.userId);
  },
  "stop-and-start": async () => {
    await compute.beginStopAndWait(...at, "desk");
    assert.equal(await state(), "Stopped");
    await compute.beginStopAndWait(...at, "desk"); // the same twice is harmless
    await compute.beginStartAndWait(...at, "desk");
    assert.equal(await state(), "Running");
  },
  restart: async () => {
    await compute.beginRestartAndWait(...at, "desk");
    assert.equal(await state(), "Running");
    const { lastOperation } = (await compute.get(...at, "desk")).properties.properties;
    assert.deepEqual([lastOperation.operationName, lastOperation.operationStatus], ["Restart", "Succeeded"]);
  },
  list: async () => {
    const list = await all(compute.list(...at));
    assert.deepEqual(list.map((c) => [c.name, c.properties.computeType]), [["desk", "ComputeInstance"]]);
  },
  "power-of-what-is-not-there": () => refused(404, "ComputeNotFound", () => compute.beginStartAndWait(...at, "none")),
  delete: async () => {
    await compute.beginDeleteAndWait(...at, "desk", "Delete");
    await refused(404, "ComputeNotFound", () => compute.get(...at, "desk"));
  },
};
