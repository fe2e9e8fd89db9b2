// The clients as a user makes them from what `atelier env` prints, and nothing else.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { ClientSecretCredential } from "@azure/identity";

const env = process.env;

export const group = env.AZURE_RESOURCE_GROUP;
export const workspace = env.AZUREML_WORKSPACE_NAME;
export const ws =
  `/subscriptions/${env.AZURE_SUBSCRIPTION_ID}/resourceGroups/${group}` +
  `/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`;

export const credential = (secret = env.AZURE_CLIENT_SECRET) =>
  new ClientSecretCredential(env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID, secret, {
    authorityHost: env.AZURE_AUTHORITY_HOST,
    disableInstanceDiscovery: true,
  });

export const client = (cred = credential()) =>
  new AzureMachineLearningWorkspaces(cred, env.AZURE_SUBSCRIPTION_ID, { endpoint: env.ATELIER_ENDPOINT });

export const ml = client();

export async function all(pages) {
  const list = [];
  for await (const item of pages) list.push(item);
  return list;
}

/** The call is refused with this status and ARM's code. */
export async function refused(statusCode, code, call) {
  await assert.rejects(call, (e) => {
    assert.deepEqual({ statusCode: e.statusCode, code: e.code }, { statusCode, code }, e.message);
    return true;
  });
}

/** Waits for what a real process does in its own time. */
export async function eventually(what, done) {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    const got = await done();
    if (got) return got;
    if (Date.now() > deadline) throw new Error(`waited a minute in vain until ${what}`);
  }
}

export const cluster = (more = {}) => ({
  location: "local",
  tags: { team: "e2e" },
  properties: {
    computeType: "AmlCompute",
    description: "from JavaScript",
    properties: {
      osType: "Linux",
      vmSize: "STANDARD_ds2_V2",
      vmPriority: "Dedicated",
      scaleSettings: { minNodeCount: 0, maxNodeCount: 2, nodeIdleTimeBeforeScaleDown: "PT1M40S" },
      ...more,
    },
  },
});
