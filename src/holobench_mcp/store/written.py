"""What the journal says of a store's documents: which were written, with which bytes, and which were removed.

A document vouches for its own bytes, and can't vouch for its being there, or for not having been edited by somebody who
knows of its digest. The journal can: for all that do not change, and where it is chained for the others too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holobench_mcp.model import IntegrityError, JournalEntry
from holobench_mcp.store import journal, layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.chain import Chain, chain_of
from holobench_mcp.store.many import read_many
from holobench_mcp.store.marker import look_for_chain
from holobench_mcp.store.parsing import parse_journal_entry


@dataclass(frozen=True)
class Written:
    """Keys of documents that were written and not removed since, the digests that they must have, and those removed.

    versions: the digests of every version of documents that change, the last one last, of a store whose journal is
    chained. gaps: the keys of entries of the journal that are missing between others.
    """

    keys: frozenset[str]
    digests: Mapping[str, str]
    removed: frozenset[str]
    gaps: tuple[str, ...]
    versions: Mapping[str, tuple[str, ...]]
    chain: Chain


def written_documents(backend: Backend) -> Written:
    """What all entries of the journal that can be read say together."""
    listed = [key for key, _ in backend.keys(layout.JOURNAL) if layout.journal_place(key) is not None]
    keys, digests, removed = set[str](), dict[str, str](), set[str]()
    versions = dict[str, tuple[str, ...]]()
    entries, bytes_of = dict[int, JournalEntry | None](), dict[int, str]()
    for key, data in read_many(backend, sorted(listed, reverse=True)):  # numbers go down
        place = layout.journal_place(key) or 0
        entries[place], bytes_of[place] = None, digest_of(data or b"")
        try:
            entry = entries[place] = parse_journal_entry(data or b"", key)
        except IntegrityError:
            continue
        put = [*map(layout.manifest_key, entry.recorded), *entry.digests, *entry.documents]
        keys.update(put)
        removed.difference_update(put)
        digests.update(entry.digests)
        for changing, digest in entry.versions.items():
            versions[changing] = (*(v for v in versions.get(changing, ()) if v != digest), digest)
        out = {*map(layout.manifest_key, entry.removed), *entry.gone}
        keys -= out
        removed |= out
        for gone in out:
            digests.pop(gone, None)
            versions.pop(gone, None)
    gaps = tuple(layout.journal_key(place) for place in range(max(entries, default=0)) if place not in entries)
    chain = chain_of(entries, bytes_of)
    return Written(frozenset(keys), digests, frozenset(removed), gaps, versions, chain)


def note_written(
    backend: Backend, *, documents: Mapping[str, bytes | None] | None = None, removed: Iterable[str] = ()
) -> None:
    """Write into the journal that documents stand at keys from now on, or no longer do.

    documents: their bytes, or None for those that change. A store that can't be written is left as it is.
    """
    documents = dict(documents or {})
    gone = set(removed)
    if documents or gone:
        journal.append(
            backend,
            recorded=[i for i in map(_result_id, documents) if i is not None],
            removed=sorted(i for i in map(_result_id, gone) if i is not None),
            digests={key: digest_of(data) for key, data in documents.items() if data is not None},
            documents=[key for key, data in documents.items() if data is None],
            gone=sorted(key for key in gone if _result_id(key) is None),
        )


def note_changing(backend: Backend, documents: Mapping[str, bytes]) -> None:
    """Write into the journal that documents which change stand at keys from now on, as they are at first."""
    versions = {key: digest_of(data) for key, data in documents.items()} if look_for_chain(backend) else {}
    journal.append(backend, documents=list(documents), versions=versions)


def put_changing(backend: Backend, key: str, data: bytes) -> None:
    """Put a document that changes, in the place of the one that it continues.

    A chained journal has the digest of each version. It gets it before the document is put: what a writer that died in
    between leaves is an earlier version, and none that nobody wrote.
    """
    is_new = not backend.has(key)
    if not is_new and look_for_chain(backend):
        journal.append(backend, versions={key: digest_of(data)})
    backend.put(key, data)
    if is_new:
        note_changing(backend, {key: data})


def _result_id(key: str) -> str | None:
    result_id = key.removeprefix(layout.RESULTS).removesuffix(".json")
    return result_id if key.startswith(layout.RESULTS) and layout.is_result_id(result_id) else None
