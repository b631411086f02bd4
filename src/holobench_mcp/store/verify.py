"""Reading a whole store for what is damaged in it: every manifest, blob, entry of a ref and measurement, the log of
what was compared with what, and the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holobench_mcp.model import IntegrityError, InvalidArgument, UnknownResult
from holobench_mcp.store import comparisons, layout, measurements, refs
from holobench_mcp.store.agreement import summed_up_otherwise
from holobench_mcp.store.parsing import parse_journal_entry
from holobench_mcp.store.references import Progress
from holobench_mcp.store.seal import is_sealed

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store

#: What is wrong with stored bytes. That they can't be had is no damage, and ends the reading.
_DAMAGE = (IntegrityError, UnknownResult, InvalidArgument)


@dataclass(frozen=True)
class Finding:
    """A sentence on something in a store: that it is damaged, or, as a note, what can't be known of it."""

    sentence: str
    damage: bool = True


def verify(store: Store, on_progress: Progress | None = None) -> Iterator[Finding]:
    """All that is damaged, and what is not covered; nothing when all is well."""
    store.check_format()
    unsealed_documents = 0
    documents = [(key, check) for folder, check in _CHECKS.items() for key, _ in store.backend.keys(folder)]
    for n, (key, check) in enumerate(documents, 1):
        if on_progress is not None:
            on_progress(n, len(documents))
        try:
            yield from map(Finding, check(store, key))
            unsealed_documents += not is_sealed(store.backend.get(key) or b"")
        except _DAMAGE as problem:
            yield Finding(f"{key}: {problem}")
    if unsealed_documents:
        yield Finding(
            f"{unsealed_documents} documents were written before there were digests in them: of these, only what their "
            "ids and their blobs vouch for was checked.",
            damage=False,
        )


def _check_result(store: Store, key: str) -> Iterator[str]:
    manifest = store.manifest(key.removeprefix(layout.RESULTS).removesuffix(".json"))
    if wrong := summed_up_otherwise(manifest, store.snapshot(manifest)):
        yield f"{key}: it disagrees with its samples about {wrong}: it was edited."


def _check_ref(store: Store, key: str) -> Iterator[str]:
    store.ref_target(refs.read(store.backend, key))
    yield from ()


def _check_measurement(store: Store, key: str) -> Iterator[str]:
    measurement_id = measurements.measurement_id_of(key)
    layout.measurement_key(measurement_id)  # raises for a file of another name
    document = measurements.read(store.backend, measurement_id)
    for role in document.roles if document is not None else ():
        if store.backend.get(layout.manifest_key(role.result_id)) is None:
            yield f"{key}: its result {role.result_id} is not in the store."


def _check_comparison(store: Store, key: str) -> Iterator[str]:
    comparisons.read(store.backend, key)
    yield from ()


def _check_journal(store: Store, key: str) -> Iterator[str]:
    if layout.journal_place(key) is not None:
        parse_journal_entry(store.backend.get(key) or b"", key)
    yield from ()


_CHECKS: dict[str, Callable[[Store, str], Iterator[str]]] = {
    layout.RESULTS: _check_result,
    layout.REFS: _check_ref,
    layout.MEASUREMENTS: _check_measurement,
    layout.COMPARISONS: _check_comparison,
    layout.JOURNAL: _check_journal,
}
