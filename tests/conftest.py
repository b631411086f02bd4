"""Shared by all tests: a store of their own, a cache of their own, and small results."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import Store, open_store
from holobench_mcp.store.seal import sealed

PYTHON = sys.executable
WHEN = "2026-03-01T12:00:{:02d}+00:00"

# Every run of the tests draws the same examples, and none fails because the machine is busy. `make fuzz` names the other
# profile: examples by a random seed, which it prints.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _PATIENT, derandomize=True)
settings.register_profile("fuzz", _PATIENT, derandomize=False, print_blob=True, database=None)
settings.load_profile("repeatable")

#: The tests that `make fast` leaves out: one a line, FILE::FUNCTION. `make slow` writes it; every test is in `make test`.
SLOW = Path(__file__).parent / "slow.txt"
_seconds: dict[str, float] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what was slow when it was last timed."""
    slow = set(SLOW.read_text(encoding="utf-8").split())
    for item in items:
        if function_of(item.nodeid) in slow:
            item.add_marker("slow")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With RECORD_SLOW=SECONDS, after a run of all tests: write down which took as long, fixtures included.

    A test whose cases take five times as long together is one of them too: a minute is soon full of short cases.
    """
    limit = float(os.environ.get("RECORD_SLOW") or 0)
    if not limit or hasattr(session.config, "workerinput"):
        return
    cases: dict[str, list[float]] = {}
    for test, seconds in _seconds.items():
        cases.setdefault(function_of(test), []).append(seconds)
    slow = [test for test, seconds in sorted(cases.items()) if max(seconds) >= limit or sum(seconds) >= 5 * limit]
    SLOW.write_text("".join(f"{test}\n" for test in slow), encoding="utf-8")


def function_of(nodeid: str) -> str:
    """A test's file and function, whatever its parameters."""
    return nodeid.partition("[")[0]


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads this machine's caches, or a variable that a person has set."""
    for name in list(os.environ):
        if name.startswith(("HOLOBENCH_MCP_", "BENCHER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., str]:
    """A git repository in tmp_path; calling it commits everything and gives back the hash."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("cache/\nstore/\n.holobench/\ncachedir/\n__pycache__/\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("cache/\nstore/\n")

    def commit(message: str = "change") -> str:
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(tmp_path, "rev-parse", "HEAD")

    commit("first")
    return commit


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def snapshot(
    values: object = ((1.0, 1.1, 0.9), (2.0, 2.1, 1.9)),
    *,
    bench: str = "sort",
    at: int = 0,
    units: str | None = "ms",
    direction: str = "minimize",
    metric: str = "time_ms",
    claim: str | None = None,
    inputs: dict[str, object] | None = None,
    environment: dict[str, object] | None = None,
    label: str | None = None,
    revision: str | None = None,
    kind: str = "float",
) -> Snapshot:
    """One metric over one input, unless told otherwise."""
    samples = np.asarray(values, dtype=float)
    if inputs is None:
        inputs = {"size": [10 * (i + 1) for i in range(samples.shape[0])]} if samples.ndim == 2 else {}
    return Snapshot.build(
        bench_name=bench,
        inputs=inputs,
        metrics={metric: {"units": units, "direction": direction, "claim": claim, "kind": kind}},
        samples={metric: samples},
        executed_at=WHEN.format(at),
        environment=environment,
        label=label,
        source_revision=revision,
    )


def cli(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does, in a process of its own."""
    return subprocess.run(
        [PYTHON, "-m", "holobench_mcp", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for what another process does; fail when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("it did not come about in time")
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def need(program: str, package: str) -> str:
    """A program that some tests need. In CI it is installed by its package's name; elsewhere its absence skips."""
    found = shutil.which(program)
    if found is None and os.environ.get("CI"):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", *package.split()], check=True, stdout=subprocess.DEVNULL)
        found = shutil.which(program)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is not there, and installing {package} did not bring it")
        pytest.skip(f"{program} is not installed (package {package})")
    return found


def rewrite(path: Path, edit: Callable[[Any], Any]) -> None:
    """Edit a stored document as somebody does who knows of its digest."""
    document = json.loads(path.read_bytes())
    del document["digest"]
    edited = json.dumps(edit(document)).encode()
    path.write_bytes(sealed(edited) if edited.endswith(b"}") else edited)
