"""Freeing the space of blobs that no result names, with writers at work meanwhile.

A writer puts blobs, then the manifest that names them, then looks whether blobs that it had found stored are still
there, and puts them again if not. gc takes blobs out to the trash, then looks whether a manifest names one by now, and
puts it back if so. Whichever of the two looks last sees what the other has done, so that a result that was acknowledged
has its blobs. What is in the trash is destroyed a grace period later, if still nothing names it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.answers import Collected
from holobench_mcp.store import layout, leftovers, trash
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.folder import StoredObject
from holobench_mcp.store.references import Progress, References, manifest_keys, referenced_blobs
from holobench_mcp.store.retention import restore_named_results

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store

#: Longer than any write takes, and than anybody takes to see that too much was taken out.
GRACE_S = 86_400.0


def gc(
    store: Store, *, dry_run: bool = True, grace_s: float = GRACE_S, on_progress: Progress | None = None
) -> Collected:
    """Take blobs that nothing has named for a grace period out to the trash, and destroy what was long in there.

    With dry_run, only say what would be done. A grace of 0 is for a store that nobody writes to. Nothing is taken out
    while a manifest is damaged: what it names is not known. Raises StoreError.
    """
    store.check_format()
    backend = store.backend
    now = datetime.now(UTC) if dry_run else trash.store_clock(backend)
    before = now - timedelta(seconds=grace_s)
    if not dry_run:
        restore_named_results(backend)
    old = [o for o in backend.objects(layout.BLOBS) if o.written <= before and layout.sha256_of(o.key)]
    named = referenced_blobs(backend, progress=on_progress)
    unfinished = leftovers.broken_off_writes(backend, before)
    if named.damaged:
        return _refused(store, named.damaged, dry_run=dry_run)
    unreferenced = [o for o in old if layout.sha256_of(o.key) not in named.sha256s and not backend.oddity(o.key)]
    if dry_run:
        due = _due(backend, before, named.sha256s)
        return _collected(store, unreferenced, due, unfinished, dry_run=True)
    taken = [o for o in unreferenced if trash.take_out(backend, o.key, now) is not None]
    later = referenced_blobs(backend, set(manifest_keys(backend)) - named.keys)
    restored = _restore(backend, named, later)
    if later.damaged:  # half written by somebody who is not done yet: what it names is not known
        for item in trash.items(backend):
            restored += item.moment == now and trash.put_back(backend, item)
        return _refused(store, later.damaged, dry_run=False)
    due = _due(backend, before, named.sha256s | later.sha256s)
    for key in [*(item.key for item in due), *trash.old_clocks(backend, before)]:
        backend.remove(key)
    leftovers.remove(unfinished)
    leftovers.remove_empty_folders(backend, layout.TRASH)
    return _collected(store, taken, due, unfinished, restored=restored, dry_run=False)


def _due(backend: Backend, before: datetime, named: Collection[str]) -> list[trash.Trashed]:
    """What was taken out before a moment. Not what a manifest names, whose place something damaged has; nor what is no
    object: nobody put that there to be destroyed."""
    return [
        item
        for item in trash.items(backend)
        if item.moment <= before and layout.sha256_of(item.original) not in named and not backend.oddity(item.key)
    ]


def _restore(backend: Backend, *references: References) -> int:
    """Put blobs back that a manifest names. Gives back how many."""
    named = set[str]().union(*(r.sha256s for r in references))
    restored = 0
    for item in trash.items(backend):
        if layout.sha256_of(item.original) in named:
            if trash.put_back(backend, item):
                restored += 1
            elif digest_of(backend.get(item.original) or b"") == layout.sha256_of(item.original):
                backend.remove(item.key)
    return restored


def _collected(
    store: Store,
    taken: Sequence[StoredObject],
    due: Sequence[trash.Trashed],
    unfinished: Sequence[Path],
    *,
    restored: int = 0,
    dry_run: bool,
) -> Collected:
    would = "would be " if dry_run else ""
    parts = []
    if taken:
        size = _size(sum(o.size for o in taken))
        parts.append(f"{_count(len(taken), 'blob')} ({size}) that no result names {would}moved to the trash")
    if due:
        size = _size(sum(item.size for item in due))
        parts.append(f"{_count(len(due), 'object')} ({size}) in the trash {would}destroyed")
    if unfinished:
        parts.append(f"{_count(len(unfinished), 'file')} of writes that were broken off {would}removed")
    if restored:
        parts.append(f"{_count(restored, 'blob')} put back that a result names")
    anything = bool(taken or due or unfinished)
    return Collected(
        status="nothing" if not parts else "planned" if dry_run else "done",
        reason="; ".join(parts) + "." if parts else f"Nothing in {store.location.url} is unreferenced and old enough.",
        next_step="holobench-mcp gc --yes" if dry_run and anything else None,
        store=store.location.url,
        dry_run=dry_run,
        moved_to_trash=len(taken),
        moved_bytes=sum(o.size for o in taken),
        destroyed=len(due),
        destroyed_bytes=sum(item.size for item in due),
        restored=restored,
        broken_off_writes=len(unfinished),
    )


def _refused(store: Store, damaged: Sequence[str], *, dry_run: bool) -> Collected:
    return Collected(
        status="refused",
        reason=f"{_count(len(damaged), 'manifest')} can't be read, such as {damaged[0]}: which blobs that names is not "
        "known, so no blob was removed.",
        next_step="holobench-mcp repair",
        store=store.location.url,
        dry_run=dry_run,
    )


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _size(n: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000 or unit == "GB":
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    raise AssertionError
