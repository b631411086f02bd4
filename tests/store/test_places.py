"""Where a store can be, what is said of a place that is none, and that reading makes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from conftest import PYTHON, snapshot
from holobench_mcp.model import ConfigError, StoreError, UnknownResult
from holobench_mcp.store import Store, layout, open_store


def test_an_empty_place_is_no_error_and_reading_makes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "nowhere")
    assert not store.exists()
    assert store.manifests().count() == 0
    with pytest.raises(UnknownResult):
        store.manifest("sort-20260301T120000Z-0000000000")
    assert not (tmp_path / "nowhere").exists()


def test_a_store_of_a_later_format_is_refused(store: Store) -> None:
    store.record(snapshot())
    (Path(store.location.url) / layout.MARKER).write_text('{"format": 2}')
    with pytest.raises(StoreError, match="Upgrade"):
        open_store(store.location.url).manifests()


def test_schemes_that_are_not_stores_are_refused() -> None:
    with pytest.raises(ConfigError, match="ftp://"):
        open_store("ftp://example.invalid/x")


@pytest.mark.parametrize("damage", ["", "[" * 100_000, "{}", '{"format": true}'])
def test_a_marker_that_is_none_is_told(store: Store, damage: str) -> None:
    store.record(snapshot())
    (Path(store.location.url) / layout.MARKER).write_text(damage)
    with pytest.raises(StoreError, match=layout.MARKER.partition(".")[0] + "|format"):
        open_store(store.location.url).manifests()


@pytest.mark.parametrize("part", ["", "results", "refs"])
def test_a_file_where_a_folder_belongs_is_told(store: Store, part: str) -> None:
    place = Path(store.location.url) / part
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x")
    with pytest.raises(StoreError, match="is not a folder"):
        list(store.verify())


def test_a_memory_store_is_shared_within_a_process() -> None:
    open_store("memory://one").record(snapshot())
    assert open_store("memory://one").manifests().count() == 1
    assert open_store("memory://two").manifests().count() == 0


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a tmpfs needs root")
@pytest.mark.parametrize(("options", "says"), [("size=64k", "no space left"), ("ro", "read-only")])
def test_a_full_or_read_only_disk_is_told_and_loses_nothing(tmp_path: Path, options: str, says: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs can't be mounted here: {mounted.stderr.decode().strip()}")
    try:
        store = open_store(disk / "store")
        with pytest.raises(StoreError, match=f"(?i){says}"):
            for i in range(60):
                store.record(snapshot(np.random.default_rng(i).random((20, 50)), at=i % 60))
        assert list(open_store(disk / "store").verify()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=False)


#: Does it as a user who is nobody, which root alone can become.
AS_NOBODY = """
import os, sys
from conftest import PYTHON, snapshot
from holobench_mcp.store import open_store
from holobench_mcp.model import StoreError
result, store = snapshot(), open_store(sys.argv[2])
if os.geteuid() == 0:
    open_store("memory://all").record(result)  # what is loaded late may be closed to nobody
    list(open_store("memory://all").verify()), list(store.verify())
    os.setuid(65534)
try:
    store.record(result) if sys.argv[1] == "write" else list(store.verify())
except StoreError as problem:
    print(problem)
"""


@pytest.mark.parametrize("what", ["read", "write"])
def test_a_store_that_is_not_ours_to_use_says_so(tmp_path: Path, what: str) -> None:
    store = open_store(tmp_path / "store")
    store.record(snapshot(at=1))
    closed = [path for path in (tmp_path / "store").rglob("*") if path.is_dir()]
    for path in closed:
        path.chmod(0o500 if what == "write" else 0o000)
    for path in (tmp_path, *list(tmp_path.parents)[:3]):
        path.chmod(path.stat().st_mode | 0o055)
    try:
        done = subprocess.run(
            [PYTHON, "-c", AS_NOBODY, what, str(tmp_path / "store")],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    finally:
        for path in closed:
            path.chmod(0o700)
    assert "permission denied" in done.stdout.lower() and done.stdout.count("\n") == 1, done.stdout
    assert list(store.verify()) == [] and store.manifests().count() == 1
