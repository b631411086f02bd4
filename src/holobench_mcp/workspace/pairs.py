"""Which two results are compared: by their names, by the roles of a measurement, or by the order of code."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from holobench_mcp.model import Difference, InvalidArgument, Manifest, RefEntry, UnknownResult
from holobench_mcp.result.identity import code_of, identity_of, order_code_of, same_measurement
from holobench_mcp.store.layout import is_ref_name
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.versions import Version, code_name, results_of

#: The name that stands for a baseline that nobody named.
BASELINE = "baseline"
#: A baseline older than this is compared with, and a note says how old it is.
STALE_BASELINE_DAYS = 30
#: Results of a bench that are searched for one to compare with.
_SEARCHED = 200

Order = Literal["git", "time", "named"]


@dataclass(frozen=True)
class Pair:
    """Two results to be compared, and how it was known which of them is the baseline."""

    baseline: Manifest
    candidate: Manifest
    order: Order = "named"
    notes: tuple[str, ...] = ()
    cautions: tuple[Difference, ...] = ()


def pair_of(library: Library, baseline: str, candidate: Manifest, *, by_name: bool) -> Pair:
    """What a candidate is compared with, by the baseline's name. by_name: whether a caller named the candidate.

    Raises UnknownResult where there is nothing to compare with, InvalidArgument for the same result twice.
    """
    if baseline != BASELINE:
        named = _named(library, baseline, candidate)
        return _checked(library, named, candidate) if by_name else named
    if (pair := base_of(library, candidate)) is not None:
        return pair
    if (pair := _pinned(library, BASELINE, candidate)) is not None and pair.baseline.result_id != candidate.result_id:
        return pair
    pair = default_pair(library, candidate) or _of_the_same_code(library, candidate)
    if pair is None:
        raise _nothing_to_compare_with(library, candidate)
    return pair


def _nothing_to_compare_with(library: Library, candidate: Manifest) -> UnknownResult:
    """What to say of the only measurement of a bench."""
    benchmark = candidate.measurement.benchmark if candidate.measurement is not None else None
    if benchmark in library.config.benchmarks:
        how = f"compare_revisions(benchmark={benchmark!r}) measures a change and the code before it"
    else:
        how = "Check out the code before the change, and: holobench-mcp run --label before -- python your_benchmark.py"
    return UnknownResult(
        f"baseline: nothing else was measured of {candidate.bench_name!r} than {candidate.result_id} and its further "
        f"runs, so there is nothing to compare it with. {how}; or name a baseline."
    )


def same_result_twice(manifest: Manifest) -> InvalidArgument:
    """What to say of a result that is to be compared with itself."""
    return InvalidArgument(
        f"baseline and candidate are the same result, {manifest.result_id}: there is nothing to compare. Name two "
        "results, or leave both out for the newest code against the code before it."
    )


# ---------------------------------------------------------------------- by name


def _named(library: Library, name: str, candidate: Manifest) -> Pair:
    if (pair := _pinned(library, name, candidate)) is not None:
        return pair
    match = library.match(name, "baseline", bench=candidate.bench_name)
    return Pair(match.manifest, candidate, notes=(match.note,) if match.note else ())


def _checked(library: Library, pair: Pair, candidate: Manifest) -> Pair:
    """A pair that a caller named is never swapped; what git says against it is a caution."""
    baseline = pair.baseline
    if baseline.result_id == candidate.result_id:
        raise same_result_twice(candidate)
    ours, theirs = order_code_of(baseline), order_code_of(candidate)
    if not library.order.older(theirs, ours):
        return pair
    detail = (
        f"the candidate {code_name(theirs)} is older code than the baseline {code_name(ours)}, as git knows: what is "
        "an improvement here is a regression of the newer code"
    )
    caution = Difference(severity="caution", what="order", detail=detail)
    return Pair(baseline, candidate, pair.order, pair.notes, (*pair.cautions, caution))


def _pinned(library: Library, name: str, candidate: Manifest) -> Pair | None:
    """The result that a ref of the candidate's bench means; of the same code, the one of the candidate's sweep."""
    entry = library.store.ref(candidate.bench_name, name) if is_ref_name(name) else None
    if entry is None:
        return None
    target = library.store.ref_target(entry)
    notes = tuple(filter(None, [_age_note(entry, candidate)]))
    return Pair(_of_the_sweep(library, target, candidate), candidate, notes=notes)


def _of_the_sweep(library: Library, target: Manifest, candidate: Manifest) -> Manifest:
    if target.definition == candidate.definition:
        return target
    alike = results_of(library.index(), target, [candidate.bench_name])
    return next((m for m in alike if m.definition == candidate.definition), target)


def _age_note(entry: RefEntry, candidate: Manifest) -> str | None:
    """A pinned baseline grows stale: the machine and its software move on."""
    days = (datetime.fromisoformat(candidate.executed_at) - datetime.fromisoformat(entry.set_at)).days
    if days < STALE_BASELINE_DAYS:
        return None
    return f"The baseline was set {days} days before the candidate was measured: measure it again on today's machine."


# ---------------------------------------------------------------------- by role


def base_of(library: Library, candidate: Manifest) -> Pair | None:
    """The base that a revision measurement measured its head against; None for any other result."""
    measured = candidate.measurement
    if measured is None or measured.side != "head":
        return None
    runs = library.index().select(bench_name=candidate.bench_name, measurement=measured.id)
    base = {
        m.measurement.run: m
        for m in runs
        if m.measurement and (m.measurement.side, m.measurement.sweep) == ("base", measured.sweep)
    }
    if not base:
        return None
    return Pair(base.get(measured.run) or base[max(base)], candidate)


# ---------------------------------------------------------------------- by the order of code


def default_pair(library: Library, candidate: Manifest, also: Collection[str] = ()) -> Pair | None:
    """The newest result of the code before the candidate's: by git where it knows, else by time. None where none is.

    also: definitions of the bench that the candidate's code has too, which are other sweeps' baselines. One of the
    same definition goes before others: a sweep may have been edited.
    """
    variant = identity_of(candidate).variant
    pool = [
        m
        for m in library.index().select(bench_name=candidate.bench_name, limit=_SEARCHED)
        if m.result_id != candidate.result_id
        and not same_measurement(m, candidate)
        and (m.definition == candidate.definition or m.definition not in also)
        and (variant is None or identity_of(m).variant != variant)
    ]
    alike = [m for m in pool if m.definition == candidate.definition]
    return _by_order(library, alike, candidate) or _by_order(library, pool, candidate)


def _by_order(library: Library, pool: Sequence[Manifest], candidate: Manifest) -> Pair | None:
    code, order = order_code_of(candidate), library.order
    codes = list(dict.fromkeys(c for c in map(order_code_of, pool) if c is not None))
    for older in order.nearest_older(code, codes):
        found = next(m for m in pool if order_code_of(m) == older)
        note = (
            f"No baseline was set for {candidate.bench_name}: compared with {found.result_id} of {code_name(older)}, "
            "the nearest older code that was measured, as git knows it."
        )
        return Pair(found, candidate, "git", (note,))
    at = (candidate.executed_at, candidate.result_id)
    earlier = [m for m in pool if (m.executed_at, m.result_id) < at and not order.older(code, order_code_of(m))]
    if not earlier:
        return None
    note = (
        f"No baseline was set for {candidate.bench_name}: compared with {earlier[0].result_id}, the newest result of "
        "other code before the candidate by time, as git knows no order between them."
    )
    return Pair(earlier[0], candidate, "time", (note,))


def _of_the_same_code(library: Library, candidate: Manifest) -> Pair | None:
    """The run before the candidate, where nothing of other code was measured."""
    at = (candidate.executed_at, candidate.result_id)
    earlier = library.index().select(bench_name=candidate.bench_name, before=at, limit=_SEARCHED)
    others = [m for m in earlier if not same_measurement(m, candidate)]
    if not others:
        return None
    found = next((m for m in others if m.definition == candidate.definition), others[0])
    note = f"No baseline was set for {candidate.bench_name}: compared with {found.result_id}, the newest result before"
    return Pair(found, candidate, "time", (f"{note} the candidate.",))


def same_code_only(version: Version, pair: Pair) -> bool:
    """Whether a pair's baseline is of the version's own code."""
    return version.code is not None and code_of(pair.baseline) == version.code
