"""Which stored results are runs of the same code: what a side of a comparison consists of.

Two processes that run identical code differ, so several of them tell more than one. But only what is known to be the
same code counts: a clean revision, the same uncommitted change, or a label that a person gave on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from holobench_mcp.model import Manifest
from holobench_mcp.store.index import Index

#: More runs than this add nothing to a decision but reading time.
MAX_RUNS = 40
#: How many earlier results are looked through for one to compare with.
_LOOKED_BACK = 200
_TIME_LABEL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


@dataclass(frozen=True)
class Sides:
    """The runs of each side, the named result first; paired where they were measured in rounds."""

    baseline: tuple[Manifest, ...]
    candidate: tuple[Manifest, ...]
    paired: bool = False
    note: str | None = None


def label_of(manifest: Manifest) -> str | None:
    """A label that somebody chose; None for the time that holobench puts in its place."""
    label = manifest.label
    return None if label is None or _TIME_LABEL.fullmatch(label) else label


def machine_of(manifest: Manifest) -> Hashable:
    """What must agree for two runs to be measured alike."""
    e = manifest.environment
    return (e.hostname_hash, e.cpu_model, e.cpu_count, e.os, e.python, e.numpy, e.holobench)


def code_of(manifest: Manifest) -> Hashable | None:
    """What identifies the code that was measured; None when nothing does."""
    e = manifest.environment
    diff = (e.model_extra or {}).get("git_diff_sha256")
    known = manifest.source_revision is not None and (not e.git_dirty or diff is not None)
    if not known and label_of(manifest) is None:
        return None
    return (
        manifest.source_revision,
        bool(e.git_dirty),
        diff,
        label_of(manifest),
        e.benchmark_sha256,
        e.sweep_sha256,
        # `bench.py --fast` and `bench.py` measure different things; which Python ran them, the machine tells.
        None if e.command is None else e.command[1:],
    )


def same_measurement(one: Manifest, other: Manifest) -> bool:
    """Whether two results are runs of one measurement, and of one side and sweep of it."""
    a, b = one.measurement, other.measurement
    return a is not None and b is not None and (a.id, a.side, a.sweep) == (b.id, b.side, b.sweep)


def replicates(index: Index, named: Manifest) -> tuple[Manifest, ...]:
    """The named result and every other run of the same code, in the same sweep and on the same machine."""
    code, machine = code_of(named), machine_of(named)
    alike = [
        m
        for m in index.select(bench_name=named.bench_name, definition=named.definition, limit=2000)
        if m.result_id != named.result_id
        and (same_measurement(m, named) or (code is not None and code_of(m) == code and machine_of(m) == machine))
    ]
    return (named, *alike[: MAX_RUNS - 1])


def result_before(index: Index, candidate: Manifest) -> Manifest | None:
    """What a result is compared with when nobody says: the newest earlier one of its bench that measured other code.

    Where all earlier ones measured the same code, the newest of these. One of the same definition goes before others:
    a program may collect several sweeps of one bench. Another run of the candidate's own measurement is never meant.
    """
    at = (candidate.executed_at, candidate.result_id)
    code = code_of(candidate)

    def rank(m: Manifest) -> int:
        other_code, alike = code is None or code_of(m) != code, m.definition == candidate.definition
        return 0 if other_code and alike else 1 if other_code else 2 if alike else 3

    earlier = index.select(bench_name=candidate.bench_name, before=at, limit=_LOOKED_BACK)
    return min((m for m in earlier if not same_measurement(m, candidate)), key=rank, default=None)


def choose_sides(index: Index, baseline: Manifest, candidate: Manifest, mode: str) -> Sides:
    """The runs that the evidence may use. mode: "auto", or "none" for the two named results alone."""
    alone = Sides((baseline,), (candidate,))
    if mode == "none":
        return alone
    if (rounds := _rounds(index, baseline, candidate)) is not None:
        return rounds
    ours, theirs = replicates(index, baseline), replicates(index, candidate)
    if {m.result_id for m in ours} & {m.result_id for m in theirs}:
        if baseline.measurement and candidate.measurement and not same_measurement(baseline, candidate):
            return Sides(_of_measurement(ours), _of_measurement(theirs))
        return Sides(
            (baseline,),
            (candidate,),
            note="Both results are of the same code, so only the two that were named are compared.",
        )
    return Sides(ours, theirs)


def measurements(manifests: Iterable[Manifest]) -> list[list[Manifest]]:
    """Results grouped into measurements, oldest first: runs of one measurement, or of one code and machine."""
    groups: dict[Hashable, list[Manifest]] = {}
    for m in sorted(manifests, key=lambda m: (m.executed_at, m.result_id)):
        code = code_of(m)
        if m.measurement is not None:
            key: Hashable = ("measurement", m.measurement.id, m.measurement.side, m.measurement.sweep)
        elif code is not None:
            key = ("code", code, machine_of(m), m.definition)
        else:
            key = m.result_id
        groups.setdefault(key, []).append(m)
    return list(groups.values())


def groups_of_runs(manifests: Iterable[Manifest]) -> list[list[Manifest]]:
    """Runs grouped by the code that they measured, groups of one left out: what run-to-run variance is learnt from."""
    groups: dict[Hashable, list[Manifest]] = {}
    for m in manifests:
        if (code := code_of(m)) is not None:
            groups.setdefault((code, machine_of(m), m.definition), []).append(m)
    return [group for group in groups.values() if len(group) > 1]


def _of_measurement(runs: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    return tuple(m for m in runs if m is runs[0] or same_measurement(m, runs[0]))


def _rounds(index: Index, baseline: Manifest, candidate: Manifest) -> Sides | None:
    """Runs paired by round, where both sides were measured in turn in one measurement."""
    a, b = baseline.measurement, candidate.measurement
    if a is None or b is None or a.id != b.id or not a.side or not b.side or a.side == b.side:
        return None
    runs = index.select(bench_name=candidate.bench_name, measurement=a.id)
    by_side = {
        side: {
            m.measurement.run: m
            for m in runs
            if m.measurement and m.measurement.side == side and m.measurement.sweep == sweep
        }
        for side, sweep in ((a.side, a.sweep), (b.side, b.sweep))
    }
    both = sorted(set(by_side[a.side]) & set(by_side[b.side]))
    if not both:
        return None
    return Sides(tuple(by_side[a.side][r] for r in both), tuple(by_side[b.side][r] for r in both), paired=True)
