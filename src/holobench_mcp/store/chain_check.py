"""What the chain of a journal says against a store: entries that were changed, and a history that was put back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from holobench_mcp.model import InvalidArgument
from holobench_mcp.store import heads, layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.chain import Chain
from holobench_mcp.store.finding import Finding
from holobench_mcp.store.marker import look_for_chain
from holobench_mcp.store.written import written_documents

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store

_DIGEST = re.compile(r"[0-9a-f]{64}")


def parse_head(text: str) -> str:
    """The digest that a head is, as verify prints it. Raises InvalidArgument for anything else."""
    digest = text.strip().lower().removeprefix("sha256:")
    if not _DIGEST.fullmatch(digest):
        raise InvalidArgument(f"head: {text!r:.80} is not a sha256 of 64 hex digits, as verify prints it.")
    return digest


def newest_head(store: Store) -> str | None:
    """The digest of the newest entry of a journal that is chained; None of another."""
    newest = written_documents(store.backend).chain.head if look_for_chain(store.backend) else None
    return None if newest is None else newest[1]


def chain_findings(backend: Backend, chain: Chain, head: str | None) -> Iterator[Finding]:
    """What a chain finds, against the digest of an entry that somebody remembers, and the one that this machine does.

    A head that a person gives and that is right is what this machine remembers from now on. Raises InvalidArgument for
    one where no chain is.
    """
    newest, url = chain.head, backend.location.url
    if head is not None and newest is None and heads.remembered(url) is None:
        raise InvalidArgument(
            f"head: the journal of {url} is not chained, so that no entry vouches for those before it. "
            "`chain = true` in the configuration begins that with the next result."
        )
    for broken in chain.breaks:
        yield Finding(broken.sentence, key=layout.journal_key(broken.place))
    for place, told_by in sorted(chain.rebuilt.items()):
        yield Finding(
            f"{layout.journal_key(place)}: repair made it anew, as {layout.journal_key(told_by)} says: what it said "
            "before is not known.",
            damage=False,
        )
    places = {digest: place for place, digest in chain.digests.items()}
    if head is not None:
        yield from _check_head(chain, places.get(head), f"the head {head[:12]}…")
        if head in places:
            heads.remember(url, places[head], head, whatever_was=True)
    memory = heads.remembered(url)
    if memory is not None and memory.digest not in (head, _digest_at(backend, memory.place)):
        said = f"the head {memory.digest[:12]}… that this machine saw at {memory.seen_at}"
        if memory.place not in chain.unreadable:  # that it is damaged is told of by itself
            yield from _check_head(chain, places.get(memory.digest), said, newest)
    if newest is not None:
        if tail := max(chain.digests) - newest[0]:
            yield Finding(
                f"The last {tail} entries of the journal are of writers that know of no chain: the next one that does "
                "will vouch for them.",
                damage=False,
            )
        if memory is None or memory.digest in places:
            heads.remember(url, *newest)


def _digest_at(backend: Backend, place: int) -> str | None:
    """The digest of an entry as it is now: it may have been written since the journal was read."""
    data = backend.get(layout.journal_key(place))
    return None if data is None else digest_of(data)


def _check_head(chain: Chain, place: int | None, said: str, newest: tuple[int, str] | None = None) -> Iterator[Finding]:
    if place is None:
        right = f" If that is right, holobench-mcp verify --head {newest[1]} says so." if newest is not None else ""
        yield Finding(
            f"The journal has no entry with {said}: the store was put back to what it was before, or its history was "
            f"written anew.{right}"
        )
        return
    changed = [there for there, told_by in chain.rebuilt.items() if there < place < told_by]
    if changed:
        yield Finding(
            f"{len(changed)} entries of the journal that {said} vouches for were made anew since, such as "
            f"{layout.journal_key(changed[0])}."
        )
