"""Which benches share one error rate: those that were measured together, and those that one call asks about.

Two hundred tests of identical code, each judged at 5 %, alarm nearly every time. And whoever asks for one of them has
mostly looked at all of them before. So the family is the measurement's: a test of a suite has one answer, whether it is
asked for alone or among the others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holobench_mcp.model import Manifest, Measurement
from holobench_mcp.store.index import Index
from holobench_mcp.workspace.pairs import Pair
from holobench_mcp.workspace.sides import Sides, choose_sides, sides_of_rounds

if TYPE_CHECKING:
    from holobench_mcp.evidence.family import Family
    from holobench_mcp.evidence.suite_spread import Key, Spread


@dataclass(frozen=True)
class SharedRate:
    """The p of every metric that takes a share of an error rate, by the results that are compared.

    spreads: how far the benches lie apart that have one run a side.
    """

    p_values: Mapping[Hashable, tuple[float, ...]]
    spreads: Mapping[Key, Spread]

    def beside(self, own: Sides) -> Family:
        """What shares the error rate with one of them."""
        from holobench_mcp.evidence.family import Family

        its_own = own.ids
        others = [p for ids, p in self.p_values.items() if ids != its_own]
        return Family(tuple(p for of_bench in others for p in of_bench), len(others) + 1, self.spreads)


#: What a comparison of one bench shares its error rate with.
NOTHING_SHARED = SharedRate({}, {})


def measured_together(index: Index, pairs: Sequence[Pair], replicates: str) -> list[Sides]:
    """The sides of some pairs, and of all that was measured together with both results of one of them.

    Not of pairs that were measured in turn: these have a family of their own. Empty for one that is alone.
    """
    found: dict[Hashable, tuple[Manifest, Manifest]] = {}
    apart = [p for p in pairs if not in_turn(p.baseline, p.candidate)]
    for pair in apart:
        found.setdefault(_bench_of(pair.candidate), (pair.baseline, pair.candidate))
    measurements = {
        (_role(b), _role(c))
        for p in apart
        if (b := p.baseline.measurement) is not None and (c := p.candidate.measurement) is not None and b.id != c.id
    }
    for before, after in sorted(measurements, key=str):
        for baseline, candidate in _in_both(_results_of(index, *before), _results_of(index, *after)):
            found.setdefault(_bench_of(candidate), (baseline, candidate))
    if len(found) < 2:  # as most are: the sides of one are chosen once, by whoever judges it
        return []
    return [choose_sides(index, baseline, candidate, replicates) for baseline, candidate in found.values()]


def in_turn(baseline: Manifest, candidate: Manifest) -> bool:
    """Whether two results are the two sides of one measurement in rounds."""
    a, b = baseline.measurement, candidate.measurement
    return a is not None and b is not None and a.id == b.id and {a.side, b.side} == {"base", "head"}


def of_the_same_rounds(index: Index, measurement: str, rounds: int) -> list[Sides]:
    """Both sides of every sweep that was measured in the rounds of a measurement, as far as they were judged."""
    runs = index.select(measurement=measurement)
    sweeps = sorted({m.measurement.sweep for m in runs if m.measurement is not None})
    every = (sides_of_rounds(runs, {"base": sweep, "head": sweep}, ("base", "head")) for sweep in sweeps)
    return [sides.first(rounds) for sides in every if sides is not None]


# ---------------------------------------------------------------------- parts


def _role(measured: Measurement) -> tuple[str, str | None]:
    return measured.id, measured.side


def _bench_of(result: Manifest) -> tuple[str, str, int]:
    """What tells the benches of one code apart; a program may collect sweeps that are declared alike."""
    return result.bench_name, result.definition, result.measurement.sweep if result.measurement else 0


def _results_of(index: Index, measurement: str, side: str | None) -> list[Manifest]:
    """One result of every bench of a measurement."""
    found: dict[Hashable, Manifest] = {}
    for m in index.select(measurement=measurement):
        if m.measurement is not None and m.measurement.side == side:
            found.setdefault(_bench_of(m), m)
    return list(found.values())


def _in_both(before: Sequence[Manifest], after: Sequence[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """The benches that two measurements share: of the same definition, or else of the same name."""
    alike, named = {_bench_of(m)[:2]: m for m in before}, {m.bench_name: m for m in before}
    for m in after:
        baseline = alike.get(_bench_of(m)[:2]) or named.get(m.bench_name)
        if baseline is not None:
            yield baseline, m
