"""What becomes of a request that was measured before: its answer again, more rounds of it, or a new measurement."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from holobench_mcp.capture import leases
from holobench_mcp.config import MAX_ROUNDS
from holobench_mcp.model import MeasurementDocument

#: How long a finished answer is given again: what git does not see, such as a machine's load, changes meanwhile.
ANSWERS_FOR = timedelta(hours=1)
#: How long rounds can be added to those that are recorded.
RESUMES_FOR = timedelta(hours=24)
#: Folders in which nothing that is measured is: git's own, and what benchmarks and this project write.
_WRITTEN = {".git", ".holobench", "cachedir", "reports", "__pycache__"}
#: A project with more files than this is not searched for one that changed.
_SEARCHED_FILES = 20_000


@dataclass(frozen=True)
class Earlier:
    """A measurement of the same that is recorded, and whether it is measured on."""

    document: MeasurementDocument
    goes_on: bool


def earlier(documents: Sequence[MeasurementDocument], asked: MeasurementDocument, now: datetime) -> Earlier | None:
    """The newest recorded measurement that a request goes on from, or whose answer it is given. None for a new one.

    asked: the document that a new measurement would begin with.
    """
    for document in documents:
        if asked.key is None or document.key != asked.key or not _is_ours(document):
            continue
        age = now - datetime.fromisoformat(document.ended_at or document.started_at)
        if age > RESUMES_FOR:
            continue
        if not is_answered(document) or needs_more(document, asked):
            return Earlier(document, goes_on=True)
        # A head that fails may do so for a reason that is in no commit, such as a service that was down.
        if age <= ANSWERS_FOR and document.head_failure is None:
            return Earlier(document, goes_on=False)
        return None
    return None


def is_answered(document: MeasurementDocument) -> bool:
    """Whether a measurement came to its end, so that there is an answer."""
    return document.status in ("finished", "stopped")


def needs_more(document: MeasurementDocument, asked: MeasurementDocument) -> bool:
    """Whether an answered measurement lacks rounds that are asked for now."""
    if document.head_failure is not None or _request_of(document) == _request_of(asked):
        return False
    if not asked.automatic:
        return asked.rounds_planned > max(document.rounds, document.rounds_planned if _ended_settled(document) else 0)
    if _is_settled(document) or document.rounds >= MAX_ROUNDS:
        return False
    if not document.automatic or asked.max_seconds is None:
        return True
    return document.max_seconds is not None and asked.max_seconds > document.max_seconds


def is_alive(document: MeasurementDocument) -> bool:
    """Whether a process that still runs is measuring it, as far as can be judged from here."""
    owner = document.owner
    if document.status != "running" or owner is None:
        return False
    return owner.cache != leases.cache_id() or leases.is_held(owner.lease)


def was_killed(document: MeasurementDocument) -> bool:
    """Whether a process of this machine was measuring it, and is gone without having said how it ended."""
    owner = document.owner
    return (
        owner is not None
        and owner.cache == leases.cache_id()
        and document.status == "running"
        and not is_alive(document)
    )


def is_measured_elsewhere(document: MeasurementDocument) -> bool:
    """Whether it is another process than this one that measures it."""
    from holobench_mcp.measure.plan import own_process

    return is_alive(document) and document.owner != own_process()


def changed_since(root: Path, time: datetime, apart: Collection[Path] = ()) -> bool:
    """Whether a file of a project was written after a time, ignored ones too; or there are too many to look at.

    apart: folders that this project itself writes, such as its store.
    """
    count, limit = 0, time.timestamp()
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _WRITTEN and Path(folder, name) not in apart]
        count += len(files)
        if count > _SEARCHED_FILES:
            return True
        for name in files:
            try:
                if os.lstat(os.path.join(folder, name)).st_mtime > limit:  # noqa: PTH118 - tens of thousands
                    return True
            except OSError:
                continue
    return False


def _is_ours(document: MeasurementDocument) -> bool:
    """Whether it was measured where its process can be judged: another machine may still be at it."""
    return document.status != "running" or document.owner is None or document.owner.cache == leases.cache_id()


def _request_of(document: MeasurementDocument) -> tuple[object, ...]:
    return document.automatic, document.rounds_planned, document.max_seconds


def _is_settled(document: MeasurementDocument) -> bool:
    return any(look.settled for look in document.looks)


def _ended_settled(document: MeasurementDocument) -> bool:
    """Whether fewer rounds than planned were enough."""
    return document.status == "stopped" and (_is_settled(document) or "settled" in (document.stopped or ""))
