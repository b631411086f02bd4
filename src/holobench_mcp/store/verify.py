"""Reading a whole store, for what is damaged in it: every manifest, every blob, every entry of a ref,
every measurement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from holobench_mcp.model import InvalidArgument, StoreError, UnknownResult
from holobench_mcp.store import layout, measurements, refs
from holobench_mcp.store.agreement import summed_up_otherwise

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store

_DAMAGE = (StoreError, UnknownResult, InvalidArgument)


def verify(store: Store) -> Iterator[str]:
    """A sentence for each thing that is damaged; nothing when all is well."""
    for key, _ in store.backend.keys(layout.RESULTS):
        result_id = key.removeprefix(layout.RESULTS).removesuffix(".json")
        try:
            manifest = store.manifest(result_id)
            if wrong := summed_up_otherwise(manifest, store.snapshot(manifest)):
                yield f"{key}: it disagrees with its samples about {wrong}: it was edited."
        except _DAMAGE as problem:
            yield f"{key}: {problem}"
    for key, _ in store.backend.keys(layout.REFS):
        try:
            store.ref_target(refs.read(store.backend, key))
        except _DAMAGE as problem:
            yield f"{key}: {problem}"
    for key, _ in store.backend.keys(layout.MEASUREMENTS):
        try:
            yield from _lost_roles(store, key)
        except _DAMAGE as problem:
            yield f"{key}: {problem}"


def _lost_roles(store: Store, key: str) -> Iterator[str]:
    measurement_id = measurements.measurement_id_of(key)
    layout.measurement_key(measurement_id)  # raises for a file of another name
    document = measurements.read(store.backend, measurement_id)
    for role in document.roles if document is not None else ():
        if store.backend.get(layout.manifest_key(role.result_id)) is None:
            yield f"{key}: its result {role.result_id} is not in the store."
