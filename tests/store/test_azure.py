"""A store in Azure's blobs, against Azurite, which speaks their protocol: as a folder, conditional creates included."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import bucket_promises as promise
from conftest import need, snapshot, until
from holobench_mcp.model import StoreError
from holobench_mcp.store import open_store, remote
from node_clients import node_modules

#: The one account of Azurite, whose key is no secret.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    folder = node_modules("azurite@3.35.0")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [need("node", "nodejs"), str(folder / "node_modules/azurite/dist/src/blob/main.js"), "--silent"]
    options = ["--skipApiVersionCheck", "--inMemoryPersistence", "--disableTelemetry", "--blobPort", str(port)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(answers)
    yield port
    process.kill()
    process.wait()


@pytest.fixture
def container(port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a store in a new container."""
    for name, value in (("ACCOUNT_NAME", ACCOUNT), ("ACCOUNT_KEY", KEY)):
        monkeypatch.setenv(f"AZURE_STORAGE_{name}", value)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", f"http://127.0.0.1:{port}/{ACCOUNT}")
    monkeypatch.setenv("AZURE_ALLOW_HTTP", "true")
    monkeypatch.setitem(remote._RETRY, "max_retries", 0)
    name = f"results-{secrets.token_hex(4)}"
    version, now = "2021-08-06", f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT"
    signed = (
        "PUT" + "\n" * 12 + f"x-ms-date:{now}\nx-ms-version:{version}\n/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    )
    signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), signed.encode(), hashlib.sha256)).decode()
    headers = {"x-ms-date": now, "x-ms-version": version, "Authorization": f"SharedKey {ACCOUNT}:{signature}"}
    address = f"http://127.0.0.1:{port}/{ACCOUNT}/{name}?restype=container"
    with urllib.request.urlopen(urllib.request.Request(address, method="PUT", headers=headers)) as answer:
        assert answer.status == 201
    return f"az://{name}/store"


def test_a_container_holds_what_a_folder_holds(container: str, tmp_path: Path) -> None:
    promise.holds_what_a_folder_holds(container, tmp_path, chain=True)


def test_an_object_of_a_container_is_created_once(container: str) -> None:
    promise.creates_an_object_once(container)
    promise.has_every_result_of_writers_at_once(container)


def test_what_is_damaged_in_a_container_is_found_repaired_and_collected(container: str) -> None:
    promise.is_repaired_and_collected(container)


def test_what_is_wrong_with_a_container_is_said(container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="there is no bucket 'elsewhere'"):
        open_store("az://elsewhere/store").record(snapshot())
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", base64.b64encode(b"wrong" * 8).decode())
    with pytest.raises(StoreError, match="AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY"):
        open_store(container).record(snapshot())
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", f"http://127.0.0.1:1/{ACCOUNT}")
    with pytest.raises(StoreError, match="can't be reached or does not answer"):
        open_store(container).manifests()
