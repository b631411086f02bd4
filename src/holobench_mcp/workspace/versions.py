"""What was measured of which code: the newest code that has results, and its sweeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holobench_mcp.model import Manifest
from holobench_mcp.result.identity import Code, code_of, order_code_of, revision_text
from holobench_mcp.store.index import Index
from holobench_mcp.workspace.library import Library

#: The newest results, of all benches and of the one measured last, that are searched for the newest code.
_RECENT, _RECENT_OF_BENCH = 300, 200
#: Results of one code that are looked at.
_OF_ONE_CODE = 5000


@dataclass(frozen=True)
class Version:
    """One code that was measured, with its results, newest first."""

    code: Code | None  #: None where nothing identifies it
    results: tuple[Manifest, ...]
    note: str | None = None  #: how it was chosen, where that is not by time

    @property
    def name(self) -> str:
        """The code as a sentence names it."""
        return code_name(order_code_of(self.results[0]) if self.results else None)

    def sweeps(self) -> list[Manifest]:
        """The newest result of every sweep that was measured of this code, that of the last one first.

        One command may collect sweeps that are declared alike: they are told apart by their place in it.
        """
        alike: dict[tuple[str, str], list[Manifest]] = {}
        for m in self.results:
            alike.setdefault((m.bench_name, m.definition), []).append(m)
        found = [m for results in alike.values() for m in _by_place(results)]
        return sorted(found, key=_time, reverse=True)


def code_name(code: Code | None) -> str:
    """A code as a sentence names it: its revision, with +dirty where it is uncommitted, or its label."""
    if code is None:
        return "code without a revision"
    return revision_text(code.revision, code.dirty) or f"label {code.label!r}"


def may_be_candidate(manifest: Manifest) -> bool:
    """Whether a result may be taken for a change: the base of a revision measurement stays the base for ever."""
    return manifest.measurement is None or manifest.measurement.side != "base"


def newest_version(library: Library, benches: Sequence[str] | None = None) -> Version | None:
    """The newest code that was measured, of some benches or of all: by git where it knows, else by time.

    None where nothing was, or only the bases of revision measurements.
    """
    index = library.index()
    recent = _candidates(index.select(benches=benches, limit=_RECENT))
    if not recent:
        return None
    last = recent[0]
    if benches is None:
        recent += _candidates(index.select(bench_name=last.bench_name, limit=_RECENT_OF_BENCH))
    measured_at: dict[Code, tuple[str, str]] = {}
    for m in recent:
        if (code := order_code_of(m)) is not None:
            measured_at[code] = max(_time(m), measured_at.get(code, _time(m)))
    code, note = order_code_of(last), None
    newer: list[Code] = []
    if last.measurement is None or last.measurement.side is None:
        # The head of a revision measurement is what was asked about, however old it is.
        newer = library.order.newer_than(code, sorted(measured_at, key=lambda c: measured_at[c], reverse=True))
    tips = [c for c in newer if not any(library.order.older(c, other) for other in newer)]
    if tips:
        note = (
            f"{code_name(code)} was measured last, but git knows {code_name(tips[0])} as the newer code, so that is "
            "the candidate."
        )
        code = tips[0]
        last = next(m for m in recent if order_code_of(m) == code)
    return Version(code_of(last), tuple(_candidates(results_of(index, last, benches))), note)


def results_of(index: Index, one: Manifest, benches: Sequence[str] | None = None) -> list[Manifest]:
    """The results of the same code as one, newest first, whatever they measured.

    Where nothing identifies the code, what belongs together is the measurement, or the newest results up to the one
    before which a sweep comes again: what one run of a program left.
    """
    code = code_of(one)
    if code is not None and code.revision is not None:
        found = index.select(benches=benches, commit=code.revision, limit=_OF_ONE_CODE)
    elif code is not None:
        found = index.select(benches=benches, label=code.label, limit=_OF_ONE_CODE)
    elif one.measurement is not None:
        return index.select(benches=benches, measurement=one.measurement.id)
    else:
        return _one_of_each(one, index.select(benches=benches, limit=_RECENT))
    return [m for m in found if code_of(m) == code]


def _one_of_each(one: Manifest, newest_first: Sequence[Manifest]) -> list[Manifest]:
    batch: list[Manifest] = []
    for m in newest_first:
        if _time(m) > _time(one):
            continue
        again = any((m.bench_name, m.definition) == (other.bench_name, other.definition) for other in batch)
        if again or code_of(m) is not None or m.measurement is not None:
            break
        batch.append(m)
    return batch


def _by_place(alike: Sequence[Manifest]) -> list[Manifest]:
    last = alike[0]
    if last.measurement is None:
        return [last]
    places: dict[int, Manifest] = {}
    for m in alike:
        if m.measurement is not None and m.measurement.id == last.measurement.id:
            places.setdefault(m.measurement.sweep, m)
    return list(places.values())


def _candidates(manifests: Iterable[Manifest]) -> list[Manifest]:
    return [m for m in manifests if may_be_candidate(m)]


def _time(manifest: Manifest) -> tuple[str, str]:
    return manifest.executed_at, manifest.result_id
