"""A measurement that has no answer yet, or none any more: waiting for it, and what is said of it meanwhile."""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from holobench_mcp.answers import RunningMeasurement
from holobench_mcp.model import Busy, IntegrityError, InvalidArgument, MeasurementDocument, StoreError
from holobench_mcp.workspace import resuming

if TYPE_CHECKING:
    from holobench_mcp.measure.jobs import Job
    from holobench_mcp.measure.progress import OnProgress
    from holobench_mcp.workspace.library import Library
    from holobench_mcp.workspace.work import Answer, Work

#: How often whoever waits in this thread looks for progress.
_TICK_S = 0.05
#: How often the document of a measurement is read that another process measures.
_FOLLOWED_S = 1.0
#: How many of the newest measurements are looked at for one that was killed.
_LOOKED_AT = 10

_ENDED = {
    "finished": "is over",
    "stopped": "is over",
    "cancelled": "was cancelled",
    "interrupted": "was broken off",
    "failed": "failed",
    "running": "was broken off",  # by a process that is gone
}


def message(job: Job[Answer]) -> str:
    """What is being done, without what changes by the second."""
    state = job.state
    return state.progress.message if state.holder is None else state.holder


def running(job: Job[Answer]) -> RunningMeasurement:
    """How far a job is, and the call that waits for it."""
    state, document, left = job.state, job.document, job.seconds_left
    done = f"{document.rounds} of {'at most ' if document.automatic else ''}{document.rounds_planned}"
    unit = "rounds" if document.kind == "revisions" else "runs"
    takes = f", about {left:.0f} s left" if left else ""
    waits = state.holder is not None and not _measures(state.holder, document)
    if state.holder is not None and not waits:
        now = f"Another process of this machine measures {document.benchmark or 'it'}: {done} {unit} are done."
    elif state.holder is not None:
        now = f"Waiting for another measurement of this machine: {state.holder}."
    else:
        now = f"{state.progress.message[:1].upper()}{state.progress.message[1:]}: {done} {unit} are done{takes}."
    return RunningMeasurement(
        status="waiting" if waits else "running",
        reason=now,
        next_step=f"wait_measurement(measurement={document.id!r})",
        measurement=document.id,
        benchmark=document.benchmark or document.id,
        rounds_done=document.rounds,
        rounds_planned=document.rounds_planned,
        **({} if left is None else {"seconds_left": round(left, 1)}),
    )


def elsewhere(document: MeasurementDocument) -> RunningMeasurement:
    """How far a measurement is that another process makes, as its document says."""
    unit = "rounds" if document.kind == "revisions" else "runs"
    planned = f"{'at most ' if document.automatic else ''}{document.rounds_planned}"
    return RunningMeasurement(
        status="running",
        reason=f"Another process measures it: {document.rounds} of {planned} {unit} are recorded.",
        next_step=f"wait_measurement(measurement={document.id!r})",
        measurement=document.id,
        benchmark=document.benchmark or document.id,
        rounds_done=document.rounds,
        rounds_planned=document.rounds_planned,
    )


def _measures(holder: str, document: MeasurementDocument) -> bool:
    """Whether who holds the machine's lock measures the very same, asked for by another client."""
    return f"({document.id})" in holder


def ended(document: MeasurementDocument, call: str | None, *, changed: bool = False) -> RunningMeasurement:
    """What to say of a measurement that ended without an answer, or is not measured on.

    call: what measures it on. changed: whether the code is another than was measured.
    """
    unit = "rounds" if document.kind == "revisions" else "runs"
    reason = f"The measurement {_ENDED[document.status]} after {document.rounds} {unit}"
    reason += f" of {document.rounds_planned}" if not document.automatic else ""
    if document.stopped and document.status == "failed":
        from holobench_mcp.measure.failures import in_one_line

        reason += f": {in_one_line(document.stopped).rstrip('.')}"
    n = len(document.roles)
    reason += f". {n} result{'s are' if n != 1 else ' is'} recorded." if n else ". Nothing is recorded."
    if changed:
        reason += " The code has changed since, so it can't be measured on."
    next_step = call
    if resuming.is_answered(document):
        next_step = f"wait_measurement(measurement={document.id!r})"
    elif call is None:
        reason += " The configuration does not have its benchmark any more."
    return RunningMeasurement(
        status="interrupted" if document.status == "running" else document.status,
        reason=reason,
        next_step=next_step,
        measurement=document.id,
        benchmark=document.benchmark or document.id,
        rounds_done=document.rounds,
        rounds_planned=document.rounds_planned,
    )


def wait(job: Job[Answer], progress: OnProgress | None = None, cancel: threading.Event | None = None) -> Answer:
    """Wait in this thread until a job is over, and pass its progress on. Its answer, or what it raised.

    Whoever is interrupted meanwhile ends it: what is recorded stays, and can be gone on from.
    """
    from holobench_mcp.measure.jobs import CANCELLED
    from holobench_mcp.measure.progress import Ending

    said, over = 0, False
    try:
        with job.waiter():
            while not over:
                over = job.join(_TICK_S)
                for step in job.steps(said):
                    said += 1
                    if progress is not None:
                        progress(step)
                if cancel is not None and cancel.is_set():
                    job.end(CANCELLED, at_once=True)
    except BaseException as problem:
        job.end(Ending("interrupted", f"{type(problem).__name__} ended the wait for it"), at_once=True)
        job.join()
        raise
    return job.answer()


def follow(job: Job[Answer], read: Callable[[str], MeasurementDocument | None], work: Work) -> Answer:
    """Wait for the end of a measurement that another process makes of code that has changed here since."""
    while resuming.is_measured_elsewhere(job.document) and job.ending() is None:
        time.sleep(_FOLLOWED_S)
        job.update(read(job.id) or job.document)
    if resuming.is_answered(job.document):
        return work.report(job.document)
    return ended(job.document, work.call(), changed=True)


def note_killed(library: Library) -> list[str]:
    """Write into the documents of measurements whose process was killed that they were broken off. Gives their ids.

    Who goes on with one holds the machine's lock: while it is taken, nothing is written.
    """
    from holobench_mcp.measure.machine_lock import machine_lock

    store = library.store
    found = [d.id for d in store.measurements(_LOOKED_AT) if resuming.was_killed(d)] if store.exists() else []
    if not found:
        return []
    with suppress(Busy), machine_lock("noting what was broken off", wait=False):
        for document in filter(None, map(store.measurement, found)):
            if resuming.was_killed(document):
                why = "the process that measured it is gone"
                library.put_measurement(document.changed(status="interrupted", stopped=why))
    return found


def guarded(
    work: Work, save: Callable[[MeasurementDocument], None], waits: Callable[[], str | None]
) -> Callable[[Job[Answer]], Answer]:
    """The work of a job, whose document says how it ended even where that is before it began to measure.

    waits: what is said of what could not be stored.
    """

    def measure(job: Job[Answer]) -> Answer:
        from holobench_mcp.measure.plan import now, own_process
        from holobench_mcp.measure.progress import status_after

        try:
            return work.measure(job)
        except BaseException as problem:
            document = job.document
            if document.status == "running" and document.owner == own_process():
                document = document.changed(status=status_after(problem), ended_at=now(), stopped=str(problem)[:2000])
                save(document)
                job.update(document)
            is_outage = isinstance(problem, StoreError) and not isinstance(problem, IntegrityError)
            if is_outage and (waiting := waits()) is not None:
                raise StoreError(f"{problem} {waiting}") from problem
            raise

    return measure


def named(measurement: str | None, ids: Sequence[str]) -> str:
    """The id that is meant, of all there are, newest first. Raises InvalidArgument with the nearest."""
    if not ids:
        raise InvalidArgument(
            "measurement: nothing was measured yet. compare_revisions or run_benchmark begins a measurement."
        )
    if measurement is None or measurement in ids:
        return measurement or ids[0]
    alike = [name for name in ids if measurement and name.startswith(measurement)]
    if len(alike) == 1:
        return alike[0]
    near = alike[:3] or difflib.get_close_matches(measurement, ids, n=3, cutoff=0.5) or list(ids[:3])
    raise InvalidArgument(
        f"measurement: {measurement!r:.100} is {'the beginning of several' if alike else 'none of them'}. "
        f"{'They are' if alike else 'Nearest'}: {', '.join(near)}. wait_measurement() without one takes the newest."
    )
