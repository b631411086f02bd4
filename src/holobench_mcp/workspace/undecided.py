"""Code of which nothing is decided yet, as its measurement is under way or was broken off before its first look.

A decision between two looks is one look more, which no error rate was spent on: who asks again after every round would
find a change in the end, whatever the code. Results that a caller names are compared all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from holobench_mcp.model import MeasurementDocument, Undecided
from holobench_mcp.workspace import resuming
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.versions import Version

#: How a measurement can end without an answer, and be gone on with.
_ENDED = {
    "running": "was broken off",  # by a process that is gone
    "interrupted": "was broken off",
    "cancelled": "was cancelled",
}


def refuse_undecided(library: Library, version: Version | None, newest: Iterable[MeasurementDocument]) -> None:
    """Raise Undecided where a version is what is measured now, or was not measured to a look.

    newest: measurements of which none may be under way, whatever code they are of. Where there is no version, they are
    all that there is to tell of.
    """
    newest = list(newest)
    sweeps = version.sweeps() if version is not None else ()
    ids = dict.fromkeys(m.measurement.id for m in sweeps if m.measurement is not None)
    own = [document for i in ids if (document := library.measurement(i)) is not None]
    for document in (*newest, *own):
        if resuming.is_alive(document):
            raise Undecided(f"{_done(document, 'is running')}, and nothing is decided before it is over.", document.id)
    for document in own if version is not None else newest[:1]:
        if document.kind == "revisions" and document.status in _ENDED and not document.looks:
            what = _ENDED[document.status]
            early = "too early for a decision. It can be gone on with while the code is the same"
            raise Undecided(f"{_done(document, what)}, {early}.", document.id)
        if version is None and document.status == "failed":
            raise Undecided(f"Nothing was recorded, as the newest measurement, {document.id}, failed.", document.id)


def _done(document: MeasurementDocument, what: str) -> str:
    unit = "rounds" if document.kind == "revisions" else "runs"
    most = "at most " if document.automatic else ""
    return f"The measurement {document.id} {what}: {document.rounds} of {most}{document.rounds_planned} {unit} are done"
