"""Keeping a store whole and small: what is read, freed, repaired and copied, for a library's store.

Nothing of this is a tool: an agent deletes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from holobench_mcp.answers import Collected, Freed, Repaired, Retained, Synced, Verification
from holobench_mcp.model import InvalidArgument
from holobench_mcp.store import Store, open_store

if TYPE_CHECKING:
    from holobench_mcp.workspace.library import Library

#: Told how many of how many are done.
OnProgress = Callable[[int, int], None]


def _store(library: Library) -> Store:
    """The store itself, and not what was read of it before."""
    return open_store(library.config.store)


def waiting_for(store: str) -> str | None:
    """How many results wait on this machine to be sent to a store, in a sentence; None where none do."""
    from holobench_mcp.store.spool import Spool

    return Spool(open_store(store)).sentence()


def free_space(
    library: Library, *, dry_run: bool = True, grace_s: float | None = None, on_progress: OnProgress | None = None
) -> Freed:
    """What the configuration's `keep` does not keep goes to the trash, then what no result names, after the grace."""
    from holobench_mcp.store.gc import GRACE_S, gc
    from holobench_mcp.store.retention import retention

    retained = retention(_store(library), library.config.keep, dry_run=dry_run, on_progress=on_progress)
    collected = gc(
        _store(library), dry_run=dry_run, grace_s=GRACE_S if grace_s is None else grace_s, on_progress=on_progress
    )
    parts: list[Retained | Collected] = [retained, collected] if library.config.keep else [collected]
    statuses = [part.status for part in parts]
    status = next((s for s in ("refused", "planned", "done") if s in statuses), "nothing")
    telling = [part for part in parts if part.status != "nothing"] or parts
    next_step = next((p.next_step for p in telling if p.status == status and p.next_step), None)
    if next_step is not None and status == "planned" and grace_s is not None:
        next_step = f"holobench-mcp gc --yes --grace {grace_s:g}"
    return Freed.model_validate({
        "status": status,
        "reason": " ".join(part.reason for part in telling),
        "next_step": next_step,
        "store": library.store.location.url,
        "dry_run": dry_run,
        "retention": retained if library.config.keep else None,
        "gc": collected,
    })  # fmt: skip


def verify(library: Library, on_progress: OnProgress | None = None, head: str | None = None) -> Verification:
    """Read the whole store. A sentence for each thing that is damaged, and what puts it right.

    head: the digest of an entry of its chained journal, that was kept elsewhere. Raises InvalidArgument.
    """
    from holobench_mcp.store.chain_check import newest_head, parse_head

    store = _store(library)
    findings = list(store.findings(on_progress, None if head is None else parse_head(head)))
    newest = newest_head(store)
    damaged = [f for f in findings if f.damage]
    return Verification(
        store=library.store.location.url,
        **({"next_step": "holobench-mcp repair"} if any(f.key is not None for f in damaged) else {}),
        problems=tuple(f.sentence for f in damaged),
        **({"damaged": tuple(dict.fromkeys(f.key for f in damaged if f.key is not None))} if damaged else {}),
        notes=(*(f.sentence for f in findings if not f.damage), *filter(None, (library.spool.sentence(),))),
        **({"head": newest} if newest is not None else {}),
    )


def repair(library: Library, *, dry_run: bool = True, on_progress: OnProgress | None = None) -> Repaired:
    """Put right what is damaged, as far as that can be."""
    from holobench_mcp.store.repair import repair

    return repair(_store(library), dry_run=dry_run, on_progress=on_progress)


def sync(
    source: str,
    destination: str,
    *,
    both: bool = False,
    dry_run: bool = False,
    whole: bool = False,
    on_progress: OnProgress | None = None,
) -> Synced:
    """Copy what one store has and the other lacks; with both, the other way too."""
    from holobench_mcp.store.sync import sync

    one, other = open_store(source), open_store(destination)
    if not one.exists() and not (both and other.exists()):
        raise InvalidArgument(f"source: nothing was ever recorded in {one.location.url}.")
    there = sync(one, other, dry_run=dry_run, whole=whole, on_progress=on_progress)
    if not both:
        return there
    back = sync(other, one, dry_run=dry_run, whole=whole, on_progress=on_progress)
    statuses = (there.status, back.status)
    next_step = f"{there.next_step} --both" if there.status == "planned" else there.next_step or back.next_step
    return there.model_copy(
        update={
            "status": next((s for s in ("incomplete", "done", "planned") if s in statuses), "nothing"),
            "reason": f"{there.reason} Back: {back.reason}",
            "next_step": next_step,
            "back": back,
        }
    )
