"""Which blobs the results of a store name, and which results its baselines and measurements do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from holobench_mcp.model import IntegrityError
from holobench_mcp.store import layout, measurements, refs
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.many import read_many
from holobench_mcp.store.parsing import parse_manifest

#: Told how many of how many are done.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class References:
    """The keys of manifests that were read, the blobs that they name, and the manifests of which that is not known."""

    keys: frozenset[str] = frozenset()
    sha256s: frozenset[str] = frozenset()
    damaged: tuple[str, ...] = ()


def manifest_keys(backend: Backend) -> list[str]:
    """The keys of all manifests, by their names."""
    return [key for key, _ in backend.keys(layout.RESULTS)]


def referenced_blobs(
    backend: Backend, keys: Iterable[str] | None = None, progress: Progress | None = None
) -> References:
    """What these manifests name; all there are, unless given."""
    asked = manifest_keys(backend) if keys is None else list(keys)
    found, sha256s, damaged = set[str](), set[str](), list[str]()
    for n, (key, data) in enumerate(read_many(backend, asked), 1):
        if progress is not None:
            progress(n, len(asked))
        if data is None:
            continue
        found.add(key)
        result_id = key.removeprefix(layout.RESULTS).removesuffix(".json")
        if not layout.is_result_id(result_id):
            damaged.append(key)
            continue
        try:
            sha256s.update(blob.sha256 for blob in parse_manifest(data, result_id).blobs.values())
        except IntegrityError:
            damaged.append(key)
    return References(frozenset(found), frozenset(sha256s), tuple(damaged))


def baselines(backend: Backend) -> tuple[set[str], list[str]]:
    """The results that entries of baselines name, former ones too, and the keys of the entries that are damaged."""
    named, damaged = set[str](), list[str]()
    for key in [key for key, _ in backend.keys(layout.REFS)]:
        try:
            entry = refs.read(backend, key)
        except IntegrityError:
            damaged.append(key)
            continue
        named.add(entry.result_id)
    return named, damaged


def measured(backend: Backend) -> tuple[dict[str, tuple[bool, frozenset[str]]], list[str]]:
    """Of every measurement, whether it is under way and the results that it names; the keys of damaged documents."""
    named, damaged = dict[str, tuple[bool, frozenset[str]]](), list[str]()
    for key in [key for key, _ in backend.keys(layout.MEASUREMENTS)]:
        try:
            document = measurements.read(backend, measurements.measurement_id_of(key))
        except IntegrityError:
            damaged.append(key)
            continue
        if document is not None:
            named[document.id] = document.status == "running", frozenset(r.result_id for r in document.roles)
    return named, damaged
