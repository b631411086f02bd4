"""The journal of a store: which results were recorded and removed, in the order in which that was done.

An index reads on where it stopped, whatever the clocks of the writers say and however many results there are: one
request where nothing is new. Places are taken one after another, each by a conditional create, so that there is no gap
that somebody could still fill. A result is committed by its manifest, before it is in the journal: one whose writer
died in between, or whose writer keeps no journal, is found by a listing of the results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holobench_mcp.model import IntegrityError, JournalEntry, StoreError
from holobench_mcp.store import heads, layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.chain import linked
from holobench_mcp.store.many import read_many
from holobench_mcp.store.parsing import parse_journal_entry
from holobench_mcp.store.seal import sealed

#: Writers that lose the race for a place this often leave their results to the next listing.
_MAX_TRIES = 200
#: Entries that are asked for at once.
_MAX_BATCH = 64


@dataclass(frozen=True)
class News:
    """What the journal says behind a place. recorded and removed: ids, without those that were removed again.

    end: the place to go on from. damaged: whether an entry could not be read, so that only a listing tells the rest.
    """

    recorded: tuple[str, ...]
    removed: tuple[str, ...]
    end: int
    damaged: bool = False


def append(
    backend: Backend,
    *,
    recorded: Sequence[str] = (),
    removed: Sequence[str] = (),
    digests: Mapping[str, str] | None = None,
    documents: Sequence[str] = (),
    gone: Sequence[str] = (),
    versions: Mapping[str, str] | None = None,
    rebuilt: Mapping[str, str] | None = None,
    place: int | None = None,
) -> int | None:
    """Write an entry. place: where the journal was seen to end last. Returns where it ends now.

    digests, documents, gone, versions, rebuilt: what it says of single documents, by their keys, for `verify`.

    None where no place could be taken: what is recorded is in the store all the same, and found by a listing.
    """
    entry = JournalEntry(
        recorded=tuple(recorded),
        removed=tuple(removed),
        digests=dict(digests or {}),
        documents=tuple(documents),
        gone=tuple(gone),
        versions=dict(versions or {}),
        rebuilt=dict(rebuilt or {}),
    )
    try:
        place = end(backend) if place is None else place
        for _ in range(_MAX_TRIES):
            data = entry_bytes(linked(backend, entry, place) if backend.is_chained else entry, place)
            if backend.create(layout.journal_key(place), data):
                if backend.is_chained:
                    heads.remember(backend.location.url, place, digest_of(data))
                return place + 1
            place = end(backend, at_least=place + 1)
    except StoreError:
        return None
    return None


def entry_bytes(entry: JournalEntry, place: int) -> bytes:
    """An entry as it stands at a place."""
    placed = entry.model_copy(update={"place": place})
    return sealed(placed.model_dump_json(indent=1, exclude_defaults=True).encode())


def news(backend: Backend, place: int) -> News:
    """What was written from a place on."""
    entries = list[JournalEntry]()
    damaged, size = False, 1
    while True:
        keys = [layout.journal_key(place + i) for i in range(size)]
        for key, data in read_many(backend, keys):
            if data is None:
                return _joined(entries, place, damaged=damaged)
            place += 1
            try:
                entries.append(parse_journal_entry(data, key))
            except IntegrityError:
                damaged = True
        size = min(4 * size, _MAX_BATCH)


def end(backend: Backend, at_least: int = 0) -> int:
    """The first free place. at_least: none before it is free."""
    if backend.location.folder is not None:
        # A store that was made anew begins anew.
        begun_anew = at_least > 0 and not backend.has(layout.journal_key(at_least - 1))
        return _first_free(backend, 0 if begun_anew else at_least)
    places = (layout.journal_place(key) for key in backend.first_keys(layout.JOURNAL))
    return max((place + 1 for place in places if place is not None), default=0)


def _first_free(backend: Backend, taken: int) -> int:
    """The first free place of a folder, whose listing is in no order: found by halving, as there are no gaps."""
    step = 1
    while backend.has(layout.journal_key(taken + step - 1)):
        taken += step
        step *= 2
    # taken places are, and the one at taken + step - 1 is free.
    free = taken + step - 1
    while taken < free:
        middle = (taken + free) // 2
        if backend.has(layout.journal_key(middle)):
            taken = middle + 1
        else:
            free = middle
    return free


def _joined(entries: Sequence[JournalEntry], end: int, *, damaged: bool) -> News:
    recorded, removed = dict[str, None](), dict[str, None]()
    for entry in entries:
        for result_id in entry.recorded:
            recorded[result_id] = None
            removed.pop(result_id, None)
        for result_id in entry.removed:
            removed[result_id] = None
            recorded.pop(result_id, None)
    return News(tuple(recorded), tuple(removed), end, damaged)
