"""azure-identity: the credentials that users have, here and inside a job."""

import base64
import contextlib
import io
import json
import os
import pathlib
import sys

from azure.ai.ml import command
from azure.ai.ml.entities import AmlCompute, Environment, IdentityConfiguration
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential, DefaultAzureCredential, EnvironmentCredential

from here import ENDPOINT, Case, client, eventually

IN_A_JOB = """
import os, sys
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
scope = sys.argv[1]
print("token", ManagedIdentityCredential(client_id=os.environ["DEFAULT_IDENTITY_CLIENT_ID"]).get_token(scope).token)
print("token", ManagedIdentityCredential().get_token(scope).token)
print("token", DefaultAzureCredential(exclude_environment_credential=True).get_token(scope).token)
"""


def claims(token):
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


class SignIn(Case):
    def test_default_credential(self):
        cred = DefaultAzureCredential(disable_instance_discovery=True)
        got = claims(cred.get_token(ENDPOINT + "/.default").token)
        self.assertEqual((got["tid"], got["appid"]), (os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"]))
        self.assertEqual(list(client(cred).compute.list()), [])

    def test_environment_credential(self):
        cred = EnvironmentCredential(disable_instance_discovery=True)
        self.assertEqual(list(client(cred).compute.list()), [])

    def test_audiences(self):
        cred = EnvironmentCredential(disable_instance_discovery=True)
        self.assertEqual(claims(cred.get_token("https://ml.azure.internal/.default").token)["aud"], "https://ml.azure.internal")
        other = cred.get_token("https://storage.azure.com/.default")

        class Other:
            def get_token(self, *_, **__):
                return other

        with self.assertRaises(HttpResponseError) as caught:
            list(client(Other()).compute.list())
        self.assertEqual(caught.exception.status_code, 401)

    def test_wrong_secret(self):
        cred = ClientSecretCredential(
            os.environ["AZURE_TENANT_ID"],
            os.environ["AZURE_CLIENT_ID"],
            "wrong",
            authority=os.environ["AZURE_AUTHORITY_HOST"],
            disable_instance_discovery=True,
        )
        with self.assertRaises(ClientAuthenticationError) as caught:
            cred.get_token(ENDPOINT + "/.default")
        self.assertIn("7000215", str(caught.exception))

    def test_managed_identity_in_a_job(self):
        identity = IdentityConfiguration(type="system_assigned")
        made = self.ml.compute.begin_create_or_update(
            AmlCompute(name="cpu", size="Local", max_instances=1, identity=identity)
        ).result()
        src = pathlib.Path.cwd() / "src"
        src.mkdir()
        (src / "main.py").write_text(IN_A_JOB)
        job = command(
            command=f"{sys.executable} main.py {ENDPOINT}/.default",
            code=str(src),
            environment=Environment(name="e2e", image="mcr.microsoft.com/azureml/minimal-ubuntu22.04"),
            compute="cpu",
        )
        name = self.ml.jobs.create_or_update(job).name
        eventually("the job has ended", lambda: self.ml.jobs.get(name).status in ("Completed", "Failed"))
        with contextlib.redirect_stdout(io.StringIO()):
            self.ml.jobs.download(name, download_path=pathlib.Path.cwd() / "got")
        log = (pathlib.Path.cwd() / "got" / "artifacts" / "user_logs" / "std_log.txt").read_text()
        tokens = [line.split()[1] for line in log.splitlines() if line.startswith("token ")]
        self.assertEqual(len(tokens), 3, log)
        for token in tokens:
            self.assertEqual(claims(token)["oid"], made.identity.principal_id)
            self.assertEqual(claims(token)["aud"], ENDPOINT)
