"""What became of a store: whether it is whole, what was removed, repaired or copied."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holobench_mcp.model import Frozen


class Verification(Frozen):
    """What reading a whole store found."""

    store: str
    next_step: str | None = None
    problems: tuple[str, ...] = Field((), description="what is damaged")
    damaged: tuple[str, ...] = Field((), description="keys of what is damaged or missing")
    notes: tuple[str, ...] = Field((), description="what could not be checked")
    head: str | None = Field(None, description="digest of the newest entry of a chained journal: to keep elsewhere")


class Collected(Frozen):
    """What gc did, or would do."""

    status: Literal["nothing", "planned", "done", "refused"]
    reason: str
    next_step: str | None = None
    store: str
    dry_run: bool
    moved_to_trash: int = Field(0, description="blobs that no result names")
    moved_bytes: int = 0
    destroyed: int = Field(0, description="objects that had been in the trash for the grace period")
    destroyed_bytes: int = 0
    restored: int = Field(0, description="blobs that were put back, as a result names them")
    broken_off_writes: int = Field(0, description="files that writes left which were broken off")


class Retained(Frozen):
    """What retention removed, or would remove."""

    status: Literal["nothing", "planned", "done", "refused"]
    reason: str
    next_step: str | None = None
    store: str
    dry_run: bool
    stay: int = Field(0, description="how many results stay")
    removed: tuple[str, ...] = Field((), description="ids of results, now in the trash")
    removed_measurements: tuple[str, ...] = ()
    removed_comparisons: int = 0


class RepairStep(Frozen):
    """One thing that repair did, or would do."""

    key: str
    action: Literal["rebuilt", "restored", "corrected", "sealed", "journaled", "set_aside", "lost"]
    detail: str


class Repaired(Frozen):
    """What repair did, or would do."""

    status: Literal["nothing", "planned", "done", "incomplete"]
    reason: str
    next_step: str | None = None
    store: str
    dry_run: bool
    steps: tuple[RepairStep, ...] = ()


class Synced(Frozen):
    """What was copied from one store to another."""

    status: Literal["nothing", "planned", "done", "incomplete"]
    reason: str
    next_step: str | None = None
    source: str
    destination: str
    dry_run: bool
    results: int = Field(0, description="results that the destination lacked")
    bytes: int = Field(0, description="of their blobs")
    baselines: int = Field(0, description="entries of baselines")
    measurements: int = 0
    comparisons: int = 0
    present: int = Field(0, description="results that the destination had")
    problems: tuple[str, ...] = Field((), description="what could not be copied, and why")
    back: Synced | None = Field(None, description="the other way, where that was asked for")


class Freed(Frozen):
    """What retention and gc did, or would do."""

    status: Literal["nothing", "planned", "done", "refused"]
    reason: str
    next_step: str | None = None
    store: str
    dry_run: bool
    retention: Retained | None = None
    gc: Collected
