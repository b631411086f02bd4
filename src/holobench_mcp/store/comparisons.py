"""The log of comparisons in the store: an entry for every two codes that were compared, rewritten when it comes to
something else, as runs are added. How many there are of one search is how many variants were tried."""

from __future__ import annotations

import hashlib

from holobench_mcp.model import ComparisonEntry, IntegrityError, StoreError
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.parsing import parse_comparison
from holobench_mcp.store.seal import sealed
from holobench_mcp.store.written import note_changing, put_changing

#: What begins the key of a comparison of a code with itself, which is no variant of anything: no hex digits.
_SAME_CODE = "same"


def entry_key(baseline: str, candidate: str, search: str | None) -> str:
    """Where the entry of two codes stands. search: what the candidate is a variant of; None for the same code."""
    return f"{_folder(baseline)}{_begin(search)}-{candidate}.json"


def variants(backend: Backend, baseline: str, search: str) -> set[str]:
    """The keys of the entries of a search: the variants that were compared with a baseline's code."""
    folder = _folder(baseline)
    begin = f"{folder}{_begin(search)}-"
    return {key for key, _ in backend.keys(folder) if key.startswith(begin)}


def create(backend: Backend, key: str, entry: ComparisonEntry) -> None:
    """Log a comparison, unless it was logged before."""
    data = _bytes(entry, key)
    if backend.create(key, data):
        note_changing(backend, {key: data})


def rewrite(backend: Backend, key: str, entry: ComparisonEntry) -> None:
    """Log what a comparison comes to now."""
    put_changing(backend, key, _bytes(entry, key))


def read(backend: Backend, key: str) -> ComparisonEntry | None:
    """An entry; None where there is none. Raises IntegrityError for one that is damaged."""
    data = backend.get(key)
    return None if data is None else parse_comparison(data, key).model_copy(update={"key": None})


def newest(
    backend: Backend, limit: int, before: tuple[str, str] | None = None
) -> list[tuple[tuple[str, str], ComparisonEntry]]:
    """Entries, the one written last first, each with its place. before: a place to go on from.

    A damaged one is left out: `verify` tells of it.
    """
    found: list[tuple[tuple[str, str], ComparisonEntry]] = []
    for place in backend.newest_first(layout.COMPARISONS):
        if before is not None and place >= before:
            continue
        if len(found) == limit:
            break
        try:
            entry = read(backend, place[1])
        except (IntegrityError, StoreError):
            continue
        if entry is not None:
            found.append((place, entry))
    return found


def _folder(baseline: str) -> str:
    return f"{layout.COMPARISONS}{baseline}/"


def _begin(search: str | None) -> str:
    return _SAME_CODE if search is None else hashlib.sha256(search.encode()).hexdigest()[:8]


def _bytes(entry: ComparisonEntry, key: str) -> bytes:
    return sealed(entry.model_copy(update={"key": key}).model_dump_json(indent=1, exclude_none=True).encode())
