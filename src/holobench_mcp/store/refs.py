"""Refs in the store: each a log of entries, written once, of which the last is what the name means now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from holobench_mcp.model import IntegrityError, RefEntry
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.parsing import parse_ref_entry

#: What keys tell apart.
_TICK = timedelta(microseconds=1)


def log(backend: Backend, bench_name: str, name: str) -> Iterator[RefEntry]:
    """Every entry of a ref, oldest first. Raises IntegrityError for one that is damaged."""
    for key in sorted(key for key, _ in backend.keys(layout.ref_prefix(bench_name, name))):
        yield read(backend, key)


def next_moment(backend: Backend, bench_name: str, name: str, now: datetime) -> datetime:
    """When the next entry of a ref's log is set: behind all others, also where the clock was ahead for the last one."""
    keys = [key for key, _ in backend.keys(layout.ref_prefix(bench_name, name))]
    last = max((moment for key in keys if (moment := layout.ref_moment(key)) is not None), default=None)
    return now if last is None else max(now, last + _TICK)


def last_keys(backend: Backend, bench_name: str | None = None) -> list[str]:
    """The key of the last entry of every ref: of one bench, or of all."""
    prefix = layout.REFS if bench_name is None else layout.ref_prefix(bench_name)
    last: dict[str, str] = {}
    for key in sorted(key for key, _ in backend.keys(prefix)):
        last[key.rpartition("/")[0]] = key
    return list(last.values())


def current(backend: Backend, bench_name: str | None = None) -> tuple[list[RefEntry], list[str]]:
    """What every ref means now, and the keys of the entries that are damaged: what those refs mean is not known."""
    entries, damaged = list[RefEntry](), list[str]()
    for key in last_keys(backend, bench_name):
        try:
            entries.append(read(backend, key))
        except IntegrityError:
            damaged.append(key)
    return entries, damaged


def read(backend: Backend, key: str) -> RefEntry:
    """The entry at a key. Raises IntegrityError for one that is damaged."""
    return parse_ref_entry(backend.get(key) or b"", key)
