"""Reading many objects: one after the other from a folder, many at once from a bucket, where each is a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from holobench_mcp.store.backend import Backend

_AT_ONCE = 16
#: How many are asked for before the first of them is looked at.
_BATCH = 512

_K = TypeVar("_K")
_V = TypeVar("_V")


def map_many(backend: Backend, work: Callable[[_K], _V], keys: Iterable[_K]) -> Iterator[tuple[_K, _V]]:
    """Each key with what work makes of it, in their order. Raises what work raises."""
    if backend.location.folder is not None:
        yield from ((key, work(key)) for key in keys)
        return
    rest = iter(keys)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while batch := list(islice(rest, _BATCH)):
            yield from zip(batch, pool.map(work, batch), strict=True)


def read_many(backend: Backend, keys: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each key with its object's bytes; None where there is none."""
    return map_many(backend, backend.get, keys)
