"""Which stored results are the two sides of a comparison: what was named, and every other run of the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from holobench_mcp.model import Manifest
from holobench_mcp.result.identity import code_of, known_identity, same_measurement
from holobench_mcp.store.index import Index

#: More runs than this add nothing to a decision but reading time.
MAX_RUNS = 40
#: Results of a sweep that are searched for further runs, and that are searched for one to compare with.
_SEARCHED_RUNS, _SEARCHED_EARLIER = 2000, 200
#: A baseline older than this is compared with, and a note says how old it is.
STALE_BASELINE_DAYS = 30


@dataclass(frozen=True)
class Sides:
    """The runs of each side: paired by round where they were measured in turn, else the named result first."""

    baseline: tuple[Manifest, ...]
    candidate: tuple[Manifest, ...]
    paired: bool = False
    note: str | None = None

    @property
    def ids(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The results of both sides."""
        return tuple(m.result_id for m in self.baseline), tuple(m.result_id for m in self.candidate)

    def first(self, rounds: int) -> Sides:
        """The first so many runs of each side."""
        return replace(self, baseline=self.baseline[:rounds], candidate=self.candidate[:rounds])


def replicates(index: Index, named: Manifest) -> tuple[Manifest, ...]:
    """The named result and every other run of it: of the same identity, or of the same measurement."""
    identity, code = known_identity(named), code_of(named)
    alike = [
        m
        for m in index.select(bench_name=named.bench_name, definition=named.definition, limit=_SEARCHED_RUNS)
        if m.result_id != named.result_id
        # Most differ in their code, which is the quickest part of an identity to tell.
        and (same_measurement(m, named) or (code is not None and code_of(m) == code and known_identity(m) == identity))
    ]
    return (named, *alike[: MAX_RUNS - 1])


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


def _of_measurement(runs: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    return tuple(m for m in runs if m is runs[0] or same_measurement(m, runs[0]))


def _rounds(index: Index, baseline: Manifest, candidate: Manifest) -> Sides | None:
    """Runs paired by round, where both sides were measured in turn in one measurement."""
    a, b = baseline.measurement, candidate.measurement
    if a is None or b is None or a.id != b.id or not a.side or not b.side or a.side == b.side:
        return None
    runs = index.select(bench_name=candidate.bench_name, measurement=a.id)
    return sides_of_rounds(runs, {a.side: a.sweep, b.side: b.sweep}, (a.side, b.side))


def sides_of_rounds(runs: Sequence[Manifest], sweeps: Mapping[str, int], roles: tuple[str, str]) -> Sides | None:
    """Both sides of a sweep, of the rounds that gave both; None where none did. runs: of one measurement.

    sweeps: which sweep it is on each side. roles: of the baseline and of the candidate, "base" and "head" mostly.
    """
    baseline, candidate = (
        {
            m.measurement.run: m
            for m in runs
            if m.measurement and m.measurement.side == role and m.measurement.sweep == sweeps[role]
        }
        for role in roles
    )
    both = sorted(baseline.keys() & candidate.keys())
    if not both:
        return None
    return Sides(tuple(baseline[r] for r in both), tuple(candidate[r] for r in both), paired=True)
