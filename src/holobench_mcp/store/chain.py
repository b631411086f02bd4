"""The chain of a store's journal: an entry names the digests of those before it, so that none is changed unnoticed.

Places of the journal are taken one after another, so that a chain needs no lock. An entry reaches back to the last one
that is chained, over those of writers that knew of no chain. The newest entry's digest, kept elsewhere, vouches for all
of the journal, and with it for every document that it has the digest of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from holobench_mcp.model import IntegrityError, JournalEntry
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.many import read_many
from holobench_mcp.store.parsing import parse_journal_entry

#: Stands for an entry that is lost.
_LOST = "lost"
#: Entries without a chain that are read at once.
_MAX_BATCH = 512


@dataclass(frozen=True)
class BreakInChain:
    """Entries that are not those which a later one was chained to. place: of the last of them. sentence: says so."""

    place: int
    sentence: str


@dataclass(frozen=True)
class Chain:
    """What the entries of a journal vouch for. digests: of all that can be read, by their places.

    links: the places that are chained, and the first that each vouches for. single: what stands in the links that are
    of one place alone. rebuilt: places that repair made anew, and where it says so. unreadable: of damaged entries.
    """

    digests: Mapping[int, str]
    links: Mapping[int, int]
    breaks: tuple[BreakInChain, ...] = ()
    single: Mapping[int, str] = field(default_factory=dict)
    rebuilt: Mapping[int, int] = field(default_factory=dict)
    unreadable: frozenset[int] = frozenset()

    @property
    def head(self) -> tuple[int, str] | None:
        """The place of the newest entry that is chained, and its digest; None where none is."""
        last = max(self.links, default=None)
        return None if last is None else (last, self.digests[last])

    def refutes(self, place: int, digest: str) -> bool:
        """Whether a later entry vouches for another digest of a place than this."""
        return place not in self.rebuilt and self.single.get(place, _joined([digest])) != _joined([digest])


def linked(backend: Backend, entry: JournalEntry, place: int) -> JournalEntry:
    """An entry that vouches for all before its place."""
    digests, at, size = list[str](), place, 1
    while at > 0:
        keys = [layout.journal_key(p) for p in range(at - 1, max(-1, at - 1 - size), -1)]
        for key, data in read_many(backend, keys):
            at -= 1
            digests.append(_LOST if data is None else digest_of(data))
            if data is not None and _is_chained(data, key):
                return entry.model_copy(update={"since": at, "chain": _joined(reversed(digests))})
        size = min(4 * size, _MAX_BATCH)
    return entry.model_copy(update={"since": 0, "chain": _joined(reversed(digests))})


def chain_of(entries: Mapping[int, JournalEntry | None], digests: Mapping[int, str]) -> Chain:
    """The chain of all entries of a journal, by their places; None for one that can't be read."""
    rebuilt: dict[int, int] = {}
    for place, entry in sorted(entries.items()):
        for key, digest in (entry.rebuilt if entry is not None else {}).items():
            there = layout.journal_place(key)
            if there is not None and digests.get(there) == digest:
                rebuilt[there] = place
    links, single, breaks, last = dict[int, int](), dict[int, str](), list[BreakInChain](), 0
    for place, entry in sorted(entries.items()):
        if entry is None or entry.chain is None or entry.since is None:
            continue
        before = last
        links[place] = entry.since
        if entry.since == place - 1:
            single[place - 1] = entry.chain
        reached = range(entry.since, place)
        found = _joined(digests.get(p, _LOST) for p in reached)
        last = place
        if any(entries.get(p) is None for p in reached):
            continue  # that they are lost, or damaged, is told of by itself
        if entry.since > before or (entry.chain != found and not rebuilt.keys() & {*reached}):
            breaks.append(_break(entry, place))
    unreadable = frozenset(place for place, entry in entries.items() if entry is None)
    return Chain(digests, links, tuple(breaks), single, rebuilt, unreadable)


def _break(entry: JournalEntry, place: int) -> BreakInChain:
    key, before = layout.journal_key(place), layout.journal_key(max(place - 1, 0))
    what = f"entries {entry.since} to {place - 1}" if place - 1 != entry.since else f"entry {entry.since}"
    return BreakInChain(
        max(place - 1, 0),
        f"{before}: {what} of the journal are not what {key} was chained to: they were edited, digests and all.",
    )


def _is_chained(data: bytes, key: str) -> bool:
    try:
        return parse_journal_entry(data, key).chain is not None
    except IntegrityError:
        return False


def _joined(digests: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
