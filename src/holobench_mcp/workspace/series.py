"""Which results of a bench are one series: of one sweep, by one command, on one machine, in the order of their code.

A history that mixes them shows what nobody changed. What is left out is counted and named.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from holobench_mcp import gitinfo
from holobench_mcp.model import Limit, Manifest, Metric
from holobench_mcp.result.coordinates import in_common
from holobench_mcp.result.identity import (
    MACHINE,
    arguments_of,
    code_of,
    group_by,
    label_of,
    machine_of,
    revision_text,
    source_of,
)
from holobench_mcp.store.contents import SAMPLES

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

Order = Literal["git", "time", "mixed"]
#: More runs of one code than this add nothing to its level but reading time.
_MAX_RUNS = 40
#: Other series that are named, the newest first; the rest is counted.
_NAMED = 3
_WORKTREE = "worktree"


@dataclass(frozen=True)
class Series:
    """One series: the runs of each code, in order, and what was left out of it."""

    codes: tuple[tuple[Manifest, ...], ...]
    order: Order
    limits: tuple[Limit, ...]


def choose_series(
    root: Path,
    load: Callable[[Manifest], Snapshot],
    results: Sequence[Manifest],
    metric: Metric,
    *,
    uncommitted: bool,
    limit: int,
) -> Series:
    """The series of the newest result, at most `limit` of its newest codes.

    results: all of a bench, newest first. load: gives a result's coordinates. root: the project, whose git knows the
    order of code. uncommitted: take in code that was not committed.
    """
    limits: list[Limit] = []
    chosen = _with_metric(results, metric, limits)
    if not uncommitted:
        committed = [m for m in chosen if not is_uncommitted(m)]
        if len(committed) < len(chosen):
            limits.append(
                Limit(
                    what="uncommitted",
                    detail=f"{_results(len(chosen) - len(committed))} of uncommitted code left out; uncommitted=true "
                    "takes them in.",
                )
            )
        chosen = committed
    chosen = _of_newest(chosen, machine_of, "other_machine", _machines_differ, limits)
    chosen = _of_newest(chosen, arguments_of, "other_command", _commands_differ, limits)
    chosen = _of_one_sweep(chosen, load, limits)
    codes = [_of_one_source(runs, limits) for runs in group_by(chosen, code_key)]
    ordered, order = _in_order(root, codes, limits)
    return Series(tuple(tuple(runs[-_MAX_RUNS:]) for runs in ordered[-limit:]), order, tuple(limits))


def is_uncommitted(manifest: Manifest) -> bool:
    """Whether a result is of code that was not committed, measured where it lay or as the head of two revisions."""
    measured = manifest.measurement
    of_worktree = measured is not None and measured.side == "head" and label_of(manifest) == _WORKTREE
    return bool(manifest.environment.git_dirty) or of_worktree


def code_key(manifest: Manifest) -> Hashable | None:
    """What runs of one code share in a history; where nothing tells the code, those of one measurement."""
    code, measured = code_of(manifest), manifest.measurement
    if code is not None:
        return code
    return None if measured is None else (measured.id, measured.side)


def _with_metric(results: Sequence[Manifest], metric: Metric, limits: list[Limit]) -> list[Manifest]:
    """Results that measured the metric as it is declared now, and have their samples."""
    chosen: list[Manifest] = []
    lacking, bare = 0, 0
    declared_otherwise: dict[str, int] = {}
    for m in results:
        declared = next((d for d in m.metrics if d.variable == metric.variable), None)
        if declared is None:
            lacking += 1
        elif (words := _declared_otherwise(declared, metric)) is not None:
            declared_otherwise[words] = declared_otherwise.get(words, 0) + 1
        elif SAMPLES not in m.blobs:
            bare += 1
        else:
            chosen.append(m)
    if results and not any(d.variable == metric.variable for d in results[0].metrics):
        detail = f"the newest results no longer measure {metric.variable}: {_results(lacking)} without it."
        limits.append(Limit(what="metric_dropped", detail=detail, variable=metric.variable))
    for words, n in declared_otherwise.items():
        limits.append(Limit(what="other_declaration", detail=f"{_results(n)} left out, whose {words}."))
    if bare:
        detail = f"{_results(bare)} left out, of which only the contract and no samples were recorded."
        limits.append(Limit(what="no_samples", detail=detail))
    return chosen


def _declared_otherwise(declared: Metric, metric: Metric) -> str | None:
    for field in ("units", "kind", "meaning_version"):
        theirs, ours = getattr(declared, field), getattr(metric, field)
        if theirs != ours:
            return f"{field.replace('_', ' ')} of {metric.variable} is {theirs or 'none'} there, {ours or 'none'} here"
    return None


# ---------------------------------------------------------------------- one identity


def _of_newest(
    results: Sequence[Manifest],
    key: Callable[[Manifest], Hashable],
    what: str,
    difference: Callable[[Manifest, Manifest], str],
    limits: list[Limit],
) -> list[Manifest]:
    """The results that share a key with the newest. difference: in words, of one that is left out and the newest."""
    groups: dict[Hashable, list[Manifest]] = {}
    for m in results:
        groups.setdefault(key(m), []).append(m)
    newest, *others = groups.values() or [[]]
    for group in others[:_NAMED]:
        detail = (
            f"{_results(len(group))} left out: {difference(group[0], newest[0])}; newest of them {group[0].result_id}."
        )
        limits.append(Limit(what=what, detail=detail))
    if len(others) > _NAMED:
        rest = sum(len(group) for group in others[_NAMED:])
        limits.append(
            Limit(what=what, detail=f"{_results(rest)} of {len(others) - _NAMED} further such series left out.")
        )
    return newest


def _machines_differ(other: Manifest, newest: Manifest) -> str:
    pairs = [
        f"{words} {_word(theirs)} there, {_word(ours)} here"
        for field, words in MACHINE
        for theirs, ours in [(getattr(other.environment, field), getattr(newest.environment, field))]
        if theirs != ours
    ]
    return f"measured on another machine or with other versions ({'; '.join(pairs[:_NAMED])})"


def _commands_differ(other: Manifest, newest: Manifest) -> str:
    theirs, ours = (" ".join((m.environment.command or ("unknown",))[-8:])[:80] for m in (other, newest))
    return f"measured by another command ({theirs} there, {ours} here)"


def _word(value: object) -> str:
    return "unknown" if value is None else " ".join(str(value).split())[:40]


def _of_one_sweep(
    results: Sequence[Manifest], load: Callable[[Manifest], Snapshot], limits: list[Limit]
) -> list[Manifest]:
    """The results of the newest one's sweep, also from before it was given other points.

    Two definitions of one code are two sweeps that a program collects; of two codes they are what an edit made of one,
    where they have the same inputs and constants and share a point.
    """
    sweeps: dict[Hashable, list[Manifest]] = {}
    nth = _nth_sweeps(results)
    for m in results:
        sweeps.setdefault((m.definition, nth[m.result_id]), []).append(m)
    newest, *others = sweeps.values() or [[]]
    chosen = list(newest)
    left_out: list[list[Manifest]] = []
    for sweep in others:
        if _evolved(sweep, chosen) and _share_a_point(load(sweep[0]), load(newest[0])):
            chosen += sweep
        else:
            left_out.append(sweep)
    for sweep in left_out[:_NAMED]:
        swept = _swept(sweep[0], newest[0], load)
        detail = f"{_results(len(sweep))} left out, of another sweep ({swept}); newest of them {sweep[0].result_id}."
        limits.append(Limit(what="other_sweep", detail=detail))
    if len(left_out) > _NAMED:
        rest = sum(map(len, left_out[_NAMED:]))
        detail = f"{_results(rest)} of {len(left_out) - _NAMED} further sweeps left out."
        limits.append(Limit(what="other_sweep", detail=detail))
    return sorted(chosen, key=lambda m: (m.executed_at, m.result_id), reverse=True)


def _nth_sweeps(results: Sequence[Manifest]) -> Mapping[str, int]:
    """Which of the sweeps of one process that are defined alike a result is."""
    alike: dict[Hashable, set[int]] = {}
    for m in results:
        if m.measurement is not None:
            alike.setdefault(_process(m), set()).add(m.measurement.sweep)
    return {
        m.result_id: sorted(alike[_process(m)]).index(m.measurement.sweep) if m.measurement is not None else 0
        for m in results
    }


def _process(m: Manifest) -> Hashable:
    return m.definition, m.measurement and (m.measurement.id, m.measurement.side, m.measurement.run)


def _evolved(sweep: Sequence[Manifest], chosen: Sequence[Manifest]) -> bool:
    """Whether a sweep can be what another one was before an edit."""
    one, other = sweep[0], chosen[0]
    if {i.name for i in one.inputs} != {i.name for i in other.inputs} or one.constants != other.constants:
        return False
    ours, theirs = ({code_key(m) for m in some} - {None} for some in (sweep, chosen))
    if ours & theirs:
        return False
    # Of results whose code nobody knows: sweeps that take turns are collected side by side.
    unknown = sorted(
        (m.executed_at, m.result_id, mine)
        for some, mine in ((sweep, True), (chosen, False))
        for m in some
        if code_key(m) is None
    )
    return sum(a[2] != b[2] for a, b in pairwise(unknown)) <= 1


def _share_a_point(one: Snapshot, other: Snapshot) -> bool:
    return all(len(in_common(values, other.coordinates[name])) for name, values in one.coordinates.items())


def _swept(other: Manifest, newest: Manifest, load: Callable[[Manifest], Snapshot]) -> str:
    """How a sweep differs from the newest one."""
    if {i.name for i in other.inputs} != {i.name for i in newest.inputs}:
        theirs, ours = (", ".join(i.name for i in m.inputs) or "no input" for m in (other, newest))
        return f"over {theirs} there, {ours} here"
    for name in sorted({*other.constants, *newest.constants}):
        theirs, ours = (_word(m.constants.get(name)) for m in (other, newest))
        if theirs != ours:
            return f"the constant {name} is {theirs} there, {ours} here"
    from holobench_mcp.result.coordinates import plain_values

    for name, values in load(other).coordinates.items():
        theirs, ours = (", ".join(map(str, plain_values(v[:4]))) for v in (values, load(newest).coordinates[name]))
        if theirs != ours:
            return f"{name} is {theirs} there, {ours} here"
    return "of the same code"


def _of_one_source(runs: Sequence[Manifest], limits: list[Limit]) -> list[Manifest]:
    """Runs of one code, oldest first, that were measured by the same source of the benchmark: the newest."""
    newest = source_of(runs[-1])
    same = [m for m in runs if source_of(m) == newest]
    if len(same) < len(runs):
        detail = (
            f"{_results(len(runs) - len(same))} of {_code_text(runs[-1])} left out, measured by another source of the "
            "benchmark than its newest."
        )
        limits.append(Limit(what="benchmark_source", detail=detail))
    return same


# ---------------------------------------------------------------------- order


def _in_order(root: Path, codes: list[list[Manifest]], limits: list[Limit]) -> tuple[list[list[Manifest]], Order]:
    """Codes as git has them in order; by the time of their first run where it knows none, or one of them not."""
    by_time = sorted(codes, key=lambda runs: (runs[0].executed_at, runs[0].result_id))
    revisions = {runs[0].source_revision for runs in codes} - {None}
    places = gitinfo.commit_order(root, [r for r in revisions if r is not None]) if revisions else {}
    if not places:
        if len(codes) > 1:
            detail = "in order of time of measurement: git here knows none of the revisions."
            limits.append(Limit(what="order", detail=detail))
        return by_time, "time"
    keys: list[tuple[int, int, str, str]] = []
    unknown, last = 0, -1
    for runs in by_time:
        first = runs[0]
        place = places.get(first.source_revision or "")
        if place is None:
            unknown += 1
        last = last if place is None else place
        kind = 2 if place is None else int(is_uncommitted(first))
        keys.append((last, kind, first.executed_at, first.result_id))
    if unknown:
        detail = (
            f"{unknown} of {len(codes)} codes are not known to git here: each stands behind the one that was measured "
            "before it, the others in the order of code."
        )
        limits.append(Limit(what="order", detail=detail))
    ordered = [by_time[i] for i in sorted(range(len(keys)), key=keys.__getitem__)]
    return ordered, "mixed" if unknown else "git"


def _code_text(m: Manifest) -> str:
    return revision_text(m.source_revision, is_uncommitted(m)) or label_of(m) or m.result_id


def _results(n: int) -> str:
    return f"{n} result{'' if n == 1 else 's'}"


def source_edits(codes: Iterable[Sequence[Manifest]]) -> list[str]:
    """The codes at which the benchmark's own source changed: a step there may be the benchmark's."""
    edits = []
    previous: tuple[str | None, str | None] | None = None
    for runs in codes:
        source = source_of(runs[-1])
        if previous is not None and any(
            a is not None and b is not None and a != b for a, b in zip(source, previous, strict=True)
        ):
            edits.append(_code_text(runs[-1]))
        previous = source
    return edits
