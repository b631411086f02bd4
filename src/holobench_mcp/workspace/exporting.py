"""Stored results, and what became of them, as files of other programs: which results those are, and in which format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from holobench_mcp.answers import CompareOptions, RevisionReport
from holobench_mcp.model import ComparisonDocument, InvalidArgument, Manifest, OtherComparison
from holobench_mcp.workspace.comparing import compare_each
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.sides import replicates

if TYPE_CHECKING:
    from holobench_mcp.exporters.formats import Better
    from holobench_mcp.exporters.runs import Exported

Replicates = Literal["auto", "none"]


def export(
    library: Library, results: Sequence[str], format_name: str, *, replicates: Replicates, better: Better | None
) -> tuple[Exported, tuple[str, ...]]:
    """A file's content, and the ids of the results in it.

    results: their names. replicates: "auto" takes further runs of each one's code in, "none" does not. better: of which
    direction the metrics are, where a format takes one. Raises InvalidArgument, UnknownResult, AmbiguousResult; for
    junit NotComparable.
    """
    from holobench_mcp.exporters import formats
    from holobench_mcp.exporters.runs import Exported

    if format_name not in formats.NAMES:
        raise InvalidArgument(f"format: {format_name!r:.60} is none of {', '.join(formats.NAMES)}.")
    if better is not None and format_name != formats.GITHUB:
        raise InvalidArgument(f"better: only {formats.GITHUB} takes metrics of one direction.")
    if format_name == formats.JUNIT:
        compared = [compare_each(library, candidate=name, is_try=False) for name in results]
        sides = [document.candidate.result_id for first, others in compared for document in (first, *others)]
        return Exported(_junit(compared)), tuple(dict.fromkeys(i for i in sides if i is not None))
    with library.at_one_moment():
        manifests = _named(library, results, "none" if format_name == formats.CONTRACT else replicates)
        ids = dict.fromkeys(m.result_id for m in manifests)
        if format_name == formats.CONTRACT:
            if len(manifests) > 1:
                raise InvalidArgument("results: a result.json is of one result; export each to a file of its own.")
            exported = Exported(library.store.document(manifests[0]))
        else:
            exported = formats.write(format_name, [library.snapshot(m) for m in manifests], better)
        return replace(exported, notes=(*library.remarks(), *exported.notes)), tuple(ids)


def compare_with_report(
    library: Library, baseline: str, candidate: str, options: CompareOptions
) -> tuple[ComparisonDocument, bytes]:
    """A comparison, and the same as JUnit XML. Raises what `compare` raises."""
    document, others = compare_each(library, baseline, candidate, options)
    return document, _junit([(document, others)])


def revisions_report(report: RevisionReport) -> bytes:
    """Two measured revisions as JUnit XML. What is decided of no bench, as of a head that fails, is its own case."""
    from holobench_mcp.exporters import junit

    others = []
    if report.decision not in {document.decision for document in report.comparisons}:
        others.append(
            OtherComparison(
                bench_name=report.benchmark, decision=report.decision, cause=report.cause, reason=report.reason
            )
        )
    return junit.write(report.comparisons, others)


def _named(library: Library, results: Sequence[str], mode: Replicates) -> list[Manifest]:
    """The results of names, each once, and with "auto" their further runs in the order in which they were measured."""
    named: dict[str, Manifest] = {}
    for name in results:
        found = library.find(name, "results")
        runs = replicates(library.index(), found) if mode == "auto" else (found,)
        order = sorted(runs, key=lambda m: (m.executed_at, m.measurement.run if m.measurement else 0, m.result_id))
        named |= {m.result_id: m for m in order if m.result_id not in named}
    return list(named.values())


def _junit(compared: Sequence[tuple[ComparisonDocument, Sequence[ComparisonDocument]]]) -> bytes:
    """Comparisons as one report: each bench's own, and those that have no more than a decision."""
    from holobench_mcp.exporters import junit

    documents = [document for first, others in compared for document in (first, *others)]
    judged = {document.candidate.result_id for document in documents}
    decisions = [other for first, _ in compared for other in first.also if other.candidate not in judged - {None}]
    return junit.write(documents, decisions)
