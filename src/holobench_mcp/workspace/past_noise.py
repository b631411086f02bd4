"""What the store's earlier measurements of a bench tell of its noise on this machine: for every comparison of it.

Of a measurement in rounds only what was measured before it counts, so that its looks and whoever compares it later
judge by the same past. What a run's samples come to is read once, and cached; damaged ones tell nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from holobench_mcp.model import Direction, IntegrityError, Kind, Manifest, Metric, MetricSettings
from holobench_mcp.result.identity import group_by, identity_of, measurement_of
from holobench_mcp.store.contents import SAMPLES
from holobench_mcp.store.index import Conditions
from holobench_mcp.workspace.library import Library

if TYPE_CHECKING:
    from holobench_mcp.evidence.formulas import FloatArray
    from holobench_mcp.evidence.past_noise import PastNoise

#: The newest results of the bench that are learnt from: three measurements of five rounds, a millisecond each. A suite
#: has hundreds of benches.
_MOST_RESULTS = 30
#: Samples that are read of them all: 8 MB.
_MOST_SAMPLES = 1_000_000
#: A run's number and by how much it was slowed, by metric.
_Numbers = Mapping[str, tuple[float, float]]


def earlier_results(library: Library, runs: Sequence[Manifest], *, paired: bool) -> tuple[str, ...]:
    """The ids of results that may tell of the noise of some runs, newest first: no metric's past depends on more.

    runs: of both sides; of rounds at least those of the first.
    """
    conditions, most = _conditions(runs, paired=paired)
    return tuple(library.index().ids(**conditions, limit=most))


def past_noise(library: Library, runs: Sequence[Manifest], *, paired: bool) -> Mapping[str, PastNoise]:
    """What earlier measurements tell of the noise of each metric; without those of which they tell nothing.

    runs: as for `earlier_results`. Neither they nor other runs of their measurements are of the past.
    """
    ids = earlier_results(library, runs, paired=paired)
    key = ("past noise", ids, frozenset(m.result_id for m in runs), identity_of(runs[-1]).machine)
    return library.cached(key, lambda: _learnt(library, runs, paired=paired)) if ids else {}


# ---------------------------------------------------------------------- parts


def _conditions(runs: Sequence[Manifest], *, paired: bool) -> tuple[Conditions, int]:
    named = runs[-1]
    size = math.prod(named.shape) * len(named.metrics)
    first = min((m.executed_at, m.result_id) for m in runs)
    conditions = Conditions(bench_name=named.bench_name, definition=named.definition, before=first if paired else None)
    return conditions, min(_MOST_RESULTS, _MOST_SAMPLES // max(size, 1))


def _learnt(library: Library, runs: Sequence[Manifest], *, paired: bool) -> Mapping[str, PastNoise]:
    from holobench_mcp.evidence.past_noise import Groups, past_noise

    conditions, most = _conditions(runs, paired=paired)
    machine = identity_of(runs[-1]).machine
    present = {m.result_id for m in runs}
    measured = {m.measurement.id for m in runs if m.measurement is not None}
    alike = [
        m
        for m in library.index().select(**conditions, limit=most)
        if SAMPLES in m.blobs
        and m.result_id not in present
        and (m.measurement is None or m.measurement.id not in measured)
        and identity_of(m).machine == machine
    ]
    codes = [g for g in group_by(alike) if len(g) > 1]
    rounds = _rounds(alike)
    in_rounds = {m.result_id for pairs in rounds for pair in pairs for m in pair}
    others = [m for m in alike if m.result_id not in in_rounds]
    sides = [g for g in group_by(others, measurement_of) if len(g) > 1]
    if not codes and not sides and not rounds:
        return {}
    numbers = {m.result_id: numbers_of_run(library, m) for m in alike}
    learnt = {}
    for variable in (m.variable for m in runs[-1].metrics):
        of = {i: known[variable] for i, known in numbers.items() if variable in known}
        groups = Groups(
            codes=[_values(g, of) for g in codes],
            sides=[_values(g, of) for g in sides],
            rounds=[_both_sides(pairs, of) for pairs in rounds],
            slowed=[slowed for _, slowed in of.values()],
        )
        learnt[variable] = past_noise(groups)
    return {variable: past for variable, past in learnt.items() if past is not None}


def _values(runs: Sequence[Manifest], of: Mapping[str, tuple[float, float]]) -> FloatArray:
    import numpy as np

    return np.array([of[m.result_id][0] for m in runs if m.result_id in of])


def _both_sides(
    pairs: Sequence[tuple[Manifest, Manifest]], of: Mapping[str, tuple[float, float]]
) -> tuple[FloatArray, FloatArray]:
    """The numbers of the rounds in which both sides have the metric."""
    there = [pair for pair in pairs if all(m.result_id in of for m in pair)]
    return _values([base for base, _ in there], of), _values([head for _, head in there], of)


def _rounds(results: Sequence[Manifest]) -> list[list[tuple[Manifest, Manifest]]]:
    """Base and head of each round, of each measurement of which several rounds are there."""
    by_round: dict[tuple[str, int], dict[int, dict[str, Manifest]]] = defaultdict(lambda: defaultdict(dict))
    for m in results:
        if m.measurement is not None and m.measurement.side in ("base", "head"):
            by_round[m.measurement.id, m.measurement.sweep][m.measurement.run][m.measurement.side] = m
    measured = [
        [(sides["base"], sides["head"]) for _, sides in sorted(rounds.items()) if len(sides) == 2]
        for rounds in by_round.values()
    ]
    return [pairs for pairs in measured if len(pairs) > 1]


def numbers_of_run(library: Library, manifest: Manifest) -> _Numbers:
    """What a run comes to in each of its metrics that depend on the machine; nothing where it is damaged."""

    def read() -> _Numbers:
        from holobench_mcp.evidence.run_noise import run_numbers

        variables = tuple(m.variable for m in manifest.metrics)
        settings = library.config.settings_for(manifest.bench_name, variables)
        try:
            snapshot = library.store.snapshot(manifest)
        except IntegrityError:
            return {}
        numbers = {
            m.variable: run_numbers(snapshot, m.variable, _direction(m, settings))
            for m in manifest.metrics
            if m.kind is not Kind.bool
        }
        return {variable: of for variable, of in numbers.items() if of is not None}

    return library.cached_numbers(manifest.result_id, read)


def _direction(metric: Metric, settings: Mapping[str, MetricSettings]) -> Direction:
    configured = settings.get(metric.variable)
    return (configured.direction if configured is not None else None) or metric.direction
