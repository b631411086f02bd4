"""What is to be measured, when two measurements are of the same thing, and the document that one begins with."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from holobench_mcp._version import __version__
from holobench_mcp.capture import leases
from holobench_mcp.capture.environment import git_state
from holobench_mcp.config import MAX_ROUNDS, BenchmarkConfig
from holobench_mcp.measure.revision_choice import Revisions
from holobench_mcp.model import (
    InvalidArgument,
    MeasuredCode,
    MeasurementDocument,
    MeasurementOwner,
    MeasurementRequest,
)

#: What of a benchmark's configuration does not change what a run measures.
_OF_NO_WEIGHT = {"description", "runs", "timeout_s", "setup_timeout_s", "parameters"}


@dataclass(frozen=True)
class RevisionPlan:
    """What is to be measured: a benchmark, on which two revisions, in how many rounds."""

    name: str
    config: BenchmarkConfig
    root: Path
    base: str = "merge-base"
    head: str = "worktree"
    rounds: int | Literal["auto"] = 5
    max_seconds: float | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    by_hand: bool = False  #: whether a person gave the command, which no configuration has
    notes: tuple[str, ...] = ()  #: what is to be said of the plan itself

    def __post_init__(self) -> None:
        if self.rounds != "auto" and not 2 <= self.rounds <= MAX_ROUNDS:
            raise InvalidArgument(f"rounds: from 2 to {MAX_ROUNDS}, not {self.rounds}.")

    @property
    def most_rounds(self) -> int:
        """How many rounds there can be."""
        return MAX_ROUNDS if self.rounds == "auto" else self.rounds


@dataclass(frozen=True)
class BenchmarkPlan:
    """What is to be measured: a benchmark as the working tree has it, in how many processes."""

    name: str
    config: BenchmarkConfig
    root: Path
    runs: int
    label: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


def benchmark_document(plan: BenchmarkPlan) -> MeasurementDocument:
    """The document of a measurement of the working tree before its first run. Without git it has no key."""
    commit, dirty, digest = git_state(plan.root)
    key = None
    if commit is not None:
        code = (commit, digest, plan.label)
        key = key_of("benchmark", plan.name, plan.config, plan.root, plan.parameters, code)
    return MeasurementDocument(
        id=new_measurement_id(plan.name),
        kind="benchmark",
        benchmark=plan.name,
        command=plan.config.command,
        parameters=dict(plan.parameters),
        key=key,
        request=MeasurementRequest(rounds=plan.runs, label=plan.label),
        owner=own_process(),
        head=MeasuredCode(revision=commit, dirty=dirty, label=plan.label),
        rounds_planned=plan.runs,
        started_at=now(),
    )


def revisions_document(plan: RevisionPlan, chosen: Revisions) -> MeasurementDocument:
    """The document of a measurement of two revisions before its first round."""
    return MeasurementDocument(
        id=new_measurement_id(plan.name),
        kind="revisions",
        benchmark=None if plan.by_hand else plan.name,
        command=plan.config.command,
        parameters=dict(plan.parameters),
        key=key_of("revisions", plan.name, plan.config, plan.root, plan.parameters, (chosen.base, chosen.head)),
        request=MeasurementRequest(base=plan.base, head=plan.head, rounds=plan.rounds),
        owner=own_process(),
        base=MeasuredCode(revision=chosen.base, dirty=False),
        head=MeasuredCode(
            revision=chosen.tip if chosen.dirty else chosen.head,
            dirty=chosen.dirty,
            label="worktree" if chosen.dirty else None,
        ),
        rounds_planned=plan.most_rounds,
        automatic=plan.rounds == "auto",
        max_seconds=plan.max_seconds,
        started_at=now(),
        notes=(*plan.notes, *chosen.notes),
    )


def key_of(
    kind: str,
    name: str,
    config: BenchmarkConfig,
    root: Path,
    parameters: Mapping[str, str],
    code: Sequence[str | None],
) -> str:
    """A digest of all that decides what is measured: runs of equal keys are runs of the same thing.

    code: the commits of what is measured, and the digest of what is uncommitted. The machine is part of it, and the
    packages that its Pythons have: rounds that were measured elsewhere, or with others, are no rounds of this one.
    """
    facts = {
        "kind": kind,
        "benchmark": name,
        "config": config.model_dump(mode="json", exclude=_OF_NO_WEIGHT),
        "parameters": dict(parameters),
        "root": str(root.resolve()),
        "code": list(code),
        "machine": [platform.node(), platform.machine(), os.cpu_count()],
        "packages": _packages(config.command[0], root),
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def chosen_parameters(config: BenchmarkConfig, parameters: Mapping[str, str]) -> dict[str, str]:
    """The values that are not their parameters' defaults: what a call has to name."""
    defaults = {name: declared.check(declared.default) for name, declared in config.parameters.items()}
    return {name: value for name, value in parameters.items() if value != defaults.get(name)}


def own_process() -> MeasurementOwner:
    """This process, as a document names it."""
    return MeasurementOwner(lease=leases.own_token(), cache=leases.cache_id())


def new_measurement_id(name: str) -> str:
    """An id for a measurement that begins now."""
    return f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def now() -> str:
    """The time as documents have it."""
    return datetime.now(UTC).isoformat()


def _packages(program: str, root: Path) -> list[tuple[str, int]]:
    """When something was last installed for, or removed from, the Pythons that a command may run on."""
    pythons = {root / program, root / ".venv" / "bin" / "python", Path(shutil.which(program) or program)}
    folders = {python.parent.parent / "lib" for python in pythons}
    found = {
        (str(packages), packages.stat().st_mtime_ns)
        for folder in folders
        for kind in ("site-packages", "dist-packages")
        for packages in folder.glob(f"python3*/{kind}")
        if packages.is_dir()
    }
    return sorted(found)
