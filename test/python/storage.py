"""azure-storage-blob against the storage account, with the signature that the
datastore hands out."""

import hashlib
import os

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, ContainerClient

from here import ENDPOINT, Case, credential


def sign(ml, name):
    store = ml.datastores.get(name, include_secrets=True)
    port = ENDPOINT.rsplit(":", 1)[1]
    url = f"https://{store.account_name}.blob.core.atelier.internal:{port}/{store.container_name}"
    return url, store.credentials.sas_token


class Storage(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.url, cls.sas = sign(cls.ml, "workspaceblobstore")
        cls.box = ContainerClient.from_container_url(cls.url, credential=cls.sas, max_single_put_size=1 << 20, max_block_size=1 << 20)

    def test_put_and_get(self):
        blob = self.box.get_blob_client("e2e/a file, ä.txt")
        blob.upload_blob(b"hello", metadata={"one": "1"})
        got = blob.get_blob_properties()
        self.assertEqual((got.size, got.metadata, got.blob_type), (5, {"one": "1"}, "BlockBlob"))
        self.assertEqual(blob.download_blob().readall(), b"hello")
        self.assertEqual(blob.download_blob(offset=1, length=3).readall(), b"ell")
        with self.assertRaises(ResourceExistsError):
            blob.upload_blob(b"again")
        blob.upload_blob(b"again", overwrite=True)
        self.assertEqual(blob.download_blob().readall(), b"again")

    def test_large_files_go_in_blocks(self):
        data = os.urandom(5 << 20) + b"end"
        blob = self.box.get_blob_client("e2e/large")
        blob.upload_blob(data, max_concurrency=4)
        self.assertEqual(hashlib.sha256(blob.download_blob(max_concurrency=2).readall()).digest(), hashlib.sha256(data).digest())

    def test_block_list(self):
        blob = self.box.get_blob_client("e2e/blocks")
        for i, part in enumerate((b"one ", b"two ", b"never")):
            blob.stage_block(f"{i:04}", part)
        blob.commit_block_list([BlobBlock("0001"), BlobBlock("0000")])
        self.assertEqual(blob.download_blob().readall(), b"two one ")

    def test_metadata(self):
        blob = self.box.get_blob_client("e2e/blocks")
        blob.set_blob_metadata({"upload_status": "completed"})
        self.assertEqual(blob.get_blob_properties().metadata, {"upload_status": "completed"})

    def test_list(self):
        for i in range(7):
            self.box.upload_blob(f"many/{i}/x", b"x")
        self.assertEqual([b.name for b in self.box.list_blobs("many/", results_per_page=3)], [f"many/{i}/x" for i in range(7)])
        self.assertEqual([b.name for b in self.box.walk_blobs("many/")], [f"many/{i}/" for i in range(7)])
        (found,) = self.box.list_blobs("e2e/blocks", include=["metadata"])
        self.assertEqual(found.metadata, {"upload_status": "completed"})

    def test_delete(self):
        blob = self.box.get_blob_client("e2e/blocks")
        blob.delete_blob()
        self.assertFalse(blob.exists())
        with self.assertRaises(ResourceNotFoundError):
            blob.download_blob()

    def test_a_signature_opens_one_container(self):
        other, _ = sign(self.ml, "workspaceartifactstore")
        for sas in (self.sas, self.sas.replace("sig=", "sig=A"), None):
            box = ContainerClient.from_container_url(other, credential=sas, retry_total=0)
            with self.assertRaises(HttpResponseError) as caught:
                list(box.list_blobs())
            self.assertIn(caught.exception.status_code, (401, 403, 404))

    def test_a_token_instead_of_a_signature(self):
        box = ContainerClient.from_container_url(self.url, credential=credential())
        self.assertIn("e2e/large", [b.name for b in box.list_blobs("e2e/")])
