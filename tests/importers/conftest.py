"""Saved results of every kind, made once: what the tests of the quarantine read."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import PYTHON
from holobench_mcp.importers.quarantine_at_hand import quarantine_at_hand
from pickle_kinds import KINDS

BENCHES = Path(__file__).parents[1] / "benches"


@pytest.fixture(scope="module", autouse=True)
def _readers_wait(request: pytest.FixtureRequest) -> Iterator[None]:
    """Files of other tools are read by a process that waits: to start one for each would take most of the time."""
    if "pickle" in request.module.__name__ or "quarantine" in request.module.__name__:
        yield
        return
    with quarantine_at_hand():
        yield


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of saved results of every kind, written by a benchmark in a process of its own."""
    folder = tmp_path_factory.mktemp("kinds")
    script = str(BENCHES / "kinds.py")
    done = subprocess.run([PYTHON, script, str(folder)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture(scope="session")
def upstream_contracts(kinds: Path) -> dict[str, object]:
    """What holobench itself says of the same files."""
    files = [str(kinds / f"{kind}.pkl") for kind in KINDS]
    script = str(BENCHES / "upstream_contracts.py")
    done = subprocess.run([PYTHON, script, *files], cwd=kinds, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def genuine(kinds: Path) -> bytes:
    return (kinds / "dims0.pkl").read_bytes()
