"""The clients as a user makes them from what `atelier env` prints, and nothing else."""

import os
import time
import unittest

from azure.ai.ml import MLClient
from azure.identity import ClientSecretCredential

SUBSCRIPTION = os.environ["AZURE_SUBSCRIPTION_ID"]
GROUP = os.environ["AZURE_RESOURCE_GROUP"]
WORKSPACE = os.environ["AZUREML_WORKSPACE_NAME"]
ENDPOINT = os.environ["ATELIER_ENDPOINT"]
WS = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
)
PATIENCE = 60


def credential():
    return ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )


def client(cred=None, workspace=WORKSPACE):
    return MLClient(cred or credential(), SUBSCRIPTION, GROUP, workspace)


def eventually(what, done):
    """Waits for what a real process does in its own time."""
    deadline = time.monotonic() + PATIENCE
    while True:
        got = done()
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE} s in vain until {what}")
        time.sleep(0.1)


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.ml = client()

    def refused(self, code, words, call, *args, **kwargs):
        """The call is refused with ARM's code, and with these words."""
        from azure.core.exceptions import HttpResponseError

        with self.assertRaises(HttpResponseError) as caught:
            call(*args, **kwargs)
        error = caught.exception
        self.assertEqual(error.error.code, code, error)
        self.assertIn(words, error.message)
