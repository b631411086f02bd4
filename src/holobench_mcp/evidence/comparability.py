"""What makes two results not, or not quite, comparable, before any statistics.

*blocking*: a comparison would be of different things. *caution*: it stands, but something beside the code differs, and
whoever reads the decision must know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence.cached_answers import SideRuns, cached_answers
from holobench_mcp.evidence.process_usage import SAID_BY, usage_cautions
from holobench_mcp.model import Decision, Difference, Direction, Environment, Measurement, Metric
from holobench_mcp.result.coordinates import in_common
from holobench_mcp.result.identity import MACHINE
from holobench_mcp.result.snapshot import Snapshot

#: A sentence names this many of several things, each with so many characters.
_LISTED, _MAX_VALUE, _MAX_DETAIL = 4, 60, 240
_DIGITS = 10
_WITHOUT_PLOTS = " (light is without its plotting packages, so that memory and garbage collection differ)"


def compare(
    baseline: Sequence[Snapshot], candidate: Sequence[Snapshot], directions: Mapping[str, Direction] | None = None
) -> tuple[Difference, ...]:
    """Everything that differs between the sides beside the code under test, blocking first.

    The first snapshot of each side is the one that was named; further ones are its replicate runs. directions: which
    way is better, of the metrics of which a person has said it: what the results declare does not matter then.
    """
    base, cand = baseline[0], candidate[0]
    found = [*_definition(base, cand, directions or {}), *_environment(base.environment, cand.environment)]
    found += [*_tree(base, "baseline"), *_tree(cand, "candidate"), *_constants(base, cand)]
    found += [*_caches(baseline, candidate), *_cached_answers(baseline, candidate)]
    found += _recorded(candidate)
    found += usage_cautions(baseline, candidate)
    for name, runs in (("baseline", baseline), ("candidate", candidate)):
        found += _within(runs, name)
    return tuple(sorted(found, key=lambda d: d.severity != "blocking"))


def relevant(differences: Sequence[Difference], decision: Decision | None) -> tuple[Difference, ...]:
    """Without what the lines of a change look like, unless it made something faster: that alone makes a trick of it.

    What samples show, which names the metric that shows it, stays in any case; what the decision says itself does not.
    """
    looks = ("cached_answers", "measurement_touched")
    improved = decision is Decision.improved
    others = [d for d in differences if decision is None or SAID_BY.get(d.what) is not decision]
    return tuple(d for d in others if improved or d.what not in looks or d.variable is not None)


def _recorded(runs: Sequence[Snapshot]) -> list[Difference]:
    """What was recorded with a side's runs: of each measurement its last run's, which knows of the others."""
    last: dict[str, Measurement] = {}
    for measured in (s.measurement for s in runs):
        if measured is not None and (measured.id not in last or measured.run > last[measured.id].run):
            last[measured.id] = measured
    return list({(d.what, d.detail): d for measured in last.values() for d in measured.cautions}.values())


def _definition(base: Snapshot, cand: Snapshot, directions: Mapping[str, Direction]) -> list[Difference]:
    found: list[Difference] = []
    theirs = {m.variable: m for m in base.metrics}
    shared = [(theirs[m.variable], m) for m in cand.metrics if m.variable in theirs]
    if not shared:
        found.append(
            _blocking(
                "no_shared_metric",
                f"the results share no metric: {_names(theirs)} before, {_names(m.variable for m in cand.metrics)} now",
            )
        )
    for side, snapshot in (("baseline", base), ("candidate", cand)):
        if snapshot.dataset is None:
            found.append(_blocking("no_samples", f"the {side} is contract-only: its samples were not recorded"))
    ours = {m.variable for m in cand.metrics}
    dropped = [m.variable for m in base.metrics if m.variable not in ours]
    if shared and dropped:
        detail = f"the candidate no longer measures {', '.join(dropped[:5])}: what that said of the code is unknown now"
        found.append(_caution("metric_dropped", detail))
    for before, after in shared:
        found += _metric(before, after, directions.get(after.variable))
    if base.bench_name != cand.bench_name:
        found.append(_caution("bench_name", f"the benchmarks differ: {base.bench_name!r} and {cand.bench_name!r}"))
    if base.dataset is not None and cand.dataset is not None:
        found += _points(base, cand)
    return found


def _metric(before: Metric, after: Metric, configured: Direction | None) -> list[Difference]:
    """What a metric declares otherwise. configured: which way is better, where a person has said it."""
    found = []
    for attribute in ("units", "direction", "meaning_version", "kind"):
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old != new:
            words = attribute.replace("_", " ")
            detail = (
                f"{words} of {after.variable} differ: {_value(old)} in the baseline, {_value(new)} in the candidate"
            )
            severity: Literal["blocking", "caution"] = "blocking"
            if attribute == "direction" and configured is not None:
                severity, detail = "caution", f"{detail}; it is judged as configured: {_value(configured)}"
            found.append(Difference(severity=severity, what=attribute, detail=detail, variable=after.variable))
    if before.claim != after.claim:
        detail = f"the claim of {after.variable} was {before.claim or 'none'} and is {after.claim or 'none'}"
        found.append(Difference(severity="caution", what="claim", detail=detail, variable=after.variable))
    return found


def _points(base: Snapshot, cand: Snapshot) -> list[Difference]:
    ours, theirs = base.coordinates, cand.coordinates
    if set(ours) != set(theirs):
        lone = ", ".join(sorted(set(ours) ^ set(theirs)))
        return [_blocking("inputs", f"the swept inputs differ: only one side sweeps {lone}")]
    found = []
    shared = 1
    for name, values in ours.items():
        other = theirs[name]
        if values.shape == other.shape and np.array_equal(values, other):
            shared *= len(values)
            continue
        common = in_common(values, other)
        shared *= len(common)
        if len(common) and (len(common) < len(values) or len(common) < len(other)):
            detail = (
                f"{name} was swept at other values: {_lone(values, common)} only in the baseline, "
                f"{_lone(other, common)} only in the candidate; the {len(common)} that both have are compared"
            )
            found.append(_caution("points", detail))
    if shared == 0:
        lone = "; ".join(f"{name} was {_names(ours[name])} before, is {_names(theirs[name])} now" for name in ours)
        return [_blocking("no_shared_point", f"the results share no input point: {lone}"[:_MAX_DETAIL])]
    return found


def _lone(values: npt.NDArray[Any], common: npt.NDArray[Any]) -> str:
    """How many values only one side has, and the first of them. common: sorted, not empty."""
    lone = values[common[np.minimum(np.searchsorted(common, values), len(common) - 1)] != values]
    return f"{len(lone)} (such as {lone[0]})" if len(lone) else "0"


def _environment(base: Environment, cand: Environment) -> list[Difference]:
    found = []
    for field, words in MACHINE:
        old, new = getattr(base, field), getattr(cand, field)
        if old is not None and new is not None and old != new:
            meaning = _WITHOUT_PLOTS if field == "way_of_import" else ""
            found.append(_caution(field, f"another {words}: {_value(old)} before, {_value(new)} now{meaning}"))
    if (edit := _edit(base, cand)) is not None:
        found.append(
            _caution(
                "benchmark_source",
                "the benchmark's own source changed between the sides, so a difference may be the benchmark's, not "
                f"the code's ({edit})",
            )
        )
    sides = (("baseline", base), ("candidate", cand))
    sourceless = [name for name, e in sides if e.sweep_sha256 is None and e.benchmark_sha256 is None]
    if len(sourceless) == 1:
        detail = f"the source of the {sourceless[0]}'s benchmark is unknown, so an edit of it would not show"
        found.append(_caution("benchmark_source_unknown", detail))
    unknown = [name for name, e in sides if e.python is None and e.cpu_model is None and e.os is None]
    if unknown:
        found.append(_caution("unknown_environment", f"nothing is known of where the {' and the '.join(unknown)} ran"))
    return found


def _edit(base: Environment, cand: Environment) -> str | None:
    """Which of the benchmark changed, its class with those that it is built on or the file that it stands in."""
    for field, words in (("sweep_sha256", "sweep class"), ("benchmark_sha256", "file")):
        old, new = getattr(base, field), getattr(cand, field)
        if old is not None and new is not None and old != new:
            return f"sha256 of its {words}: {old[:_DIGITS]} before, {new[:_DIGITS]} now"
    return None


def _tree(snapshot: Snapshot, side: str) -> list[Difference]:
    measured = snapshot.measurement
    # Of two revisions that were measured in turn the uncommitted one is what was asked for.
    if not snapshot.environment.git_dirty or (measured is not None and measured.side is not None):
        return []
    commit = (snapshot.environment.git_commit or snapshot.source_revision or "")[:10]
    of = f" on top of {commit}" if commit else ""
    return [_caution("dirty_tree", f"the {side} was measured with uncommitted changes{of}")]


def _constants(base: Snapshot, cand: Snapshot) -> list[Difference]:
    names = sorted(set(base.constants) | set(cand.constants))
    changed = [n for n in names if base.constants.get(n) != cand.constants.get(n)]
    return [
        _caution(
            "constants", f"the constant {n} was {_value(base.constants.get(n))}, and is {_value(cand.constants.get(n))}"
        )
        for n in changed
    ]


def _caches(baseline: Sequence[Snapshot], candidate: Sequence[Snapshot]) -> list[Difference]:
    sides = [
        name
        for name, runs in (("baseline", baseline), ("candidate", candidate))
        if any(s.environment.caches_on for s in runs)
    ]
    if not sides:
        return []
    return [_caution("caches_on", f"caches were on for the {' and the '.join(sides)}: samples may be of older code")]


def _cached_answers(baseline: Sequence[Snapshot], candidate: Sequence[Snapshot]) -> tuple[Difference, ...]:
    measured = candidate[0].measurement
    if measured is not None and measured.side is not None:
        return ()  # a measurement in rounds has looked at its warm-ups as well, and recorded what they show
    base, head = (SideRuns(rounds=[[s] for s in side if _alike(s, side[0])]) for side in (baseline, candidate))
    return cached_answers(base, head)


def _alike(one: Snapshot, other: Snapshot) -> bool:
    """Whether two runs have the same points and as many repeats."""
    if one.dataset is None or other.dataset is None:
        return one is other
    return one.dataset.sizes == other.dataset.sizes


def _within(runs: Sequence[Snapshot], side: str) -> list[Difference]:
    """Replicate runs of one side that were not measured alike."""
    found = []
    for field, words in MACHINE:
        values = dict.fromkeys(v for s in runs if (v := getattr(s.environment, field)) is not None)
        if len(values) > 1:
            detail = f"the {side}'s runs were measured on more than one {words}: {_names(values)}"
            found.append(_caution(f"replicates_{field}", detail))
    edits = (_edit(runs[0].environment, s.environment) for s in runs[1:])
    if (edit := next(filter(None, edits), None)) is not None:
        detail = f"the benchmark's own source changed between the {side}'s runs ({edit})"
        found.append(_caution("benchmark_source", detail))
    return found


def _value(value: object) -> str:
    """A value as a sentence has it: what a result says of its machine may be any text."""
    return "none" if value is None else " ".join(str(getattr(value, "value", value)).split())[:_MAX_VALUE]


def _names(values: Iterable[object]) -> str:
    """Some values, the first of them in full."""
    listed = [_value(v) for v in values]
    return ", ".join(listed[:_LISTED]) + (f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else "")


def _blocking(what: str, detail: str) -> Difference:
    return Difference(severity="blocking", what=what, detail=detail)


def _caution(what: str, detail: str) -> Difference:
    return Difference(severity="caution", what=what, detail=detail)
