"""What limits an answer, as short remarks: each said once, and not again where the reason says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from holobench_mcp.digest import figures
from holobench_mcp.model import AnswersCheck, ComparisonDocument, Difference

#: What a structure has a key of its own for.
_OWN_KEYS = ("unchecked_answers",)
_ANSWERS_WORST_FIRST = ("wrong", "unknown", "unchecked", "better", "same")
_NO_EDIT = ("nothing of ", "the base has no ")


def trust(document: ComparisonDocument) -> list[str]:
    """What the answer's reader must know of how far it holds: `word: sentence`, the gravest first."""
    reason = document.reason or ""
    differences = [
        f"{d.what}: {d.detail}"
        for d in sorted(document.comparability, key=lambda d: d.severity != "blocking")
        if d.what not in _OWN_KEYS and not _said(d.detail, reason)
    ]
    tried = [f"tries: {document.selection.note}"] if document.selection and document.selection.note else []
    return [*differences, *figures.limits(document.metrics), *tried]


def edited_files(differences: Iterable[Difference], also: Sequence[str] = ()) -> tuple[str, ...]:
    """Files of the benchmark that the change edits; where only their digests tell, that there is such an edit."""
    edits = [d for d in differences if d.what == "benchmark_source" and not d.detail.startswith(_NO_EDIT)]
    files = list(dict.fromkeys([*also, *(file for d in edits for file in d.files)]))
    return tuple(files) if files or not edits else ("(its source, by its digest)",)


def gravest_answers(documents: Iterable[ComparisonDocument]) -> AnswersCheck | None:
    """The gravest of what is known of the answers of several sweeps, with what says so."""
    checks = [d.answers for d in documents if d.answers is not None]
    return min(checks, key=lambda check: _ANSWERS_WORST_FIRST.index(check.state), default=None)


def _said(detail: str, reason: str) -> bool:
    """Whether a reason holds a sentence already, whatever its first letter is."""
    return bool(detail) and detail[1:].rstrip(".") in reason
