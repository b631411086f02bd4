"""Putting right what can be: from the trash, by undoing a flipped bit, by making anew what the rest of a store says.

Whatever can't be is set aside in `damaged/`, so that the rest of the store is whole again; nothing is destroyed. A
copy of the store has what is lost: `sync` brings it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from holobench_mcp.answers import Repaired, RepairStep
from holobench_mcp.model import IntegrityError, InvalidArgument, JournalEntry
from holobench_mcp.store import journal, layout, measurements, trash
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.chain import linked
from holobench_mcp.store.correction import corrected_blob, corrected_document
from holobench_mcp.store.finding import Finding
from holobench_mcp.store.many import read_many
from holobench_mcp.store.marker import CHAINED_MARKER_BYTES, MARKER_BYTES
from holobench_mcp.store.parsing import parse_document
from holobench_mcp.store.rebuilding import rebuilt_contract
from holobench_mcp.store.references import Progress
from holobench_mcp.store.seal import sealed
from holobench_mcp.store.verify import unsealed_documents, verify
from holobench_mcp.store.written import Written, note_changing, note_written, written_documents

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store

Action = Literal["rebuilt", "restored", "corrected", "sealed", "journaled", "set_aside", "lost"]
#: Damage of one thing may only show when another is put right: a manifest first, then its blobs, then what names it.
_MAX_PASSES = 4
#: Documents that the journal has, and how many of them are one entry.
_JOURNALED, _BATCH = (layout.RESULTS, layout.REFS, layout.MEASUREMENTS, layout.COMPARISONS), 500


@dataclass
class _Repair:
    """A repair under way: what was done, and whether it is only said."""

    store: Store
    dry_run: bool
    now: datetime
    written: Written
    steps: dict[str, RepairStep] = field(default_factory=dict)
    #: The bytes that stand where they don't belong.
    misplaced: dict[str, bytes] = field(default_factory=dict)
    #: What only a person can put right.
    by_hand: list[str] = field(default_factory=list)

    def add(self, key: str, action: Action, detail: str) -> None:
        self.steps[key] = RepairStep(key=key, action=action, detail=detail)

    def write(self, key: str, data: bytes, action: Action, detail: str) -> None:
        """Put right bytes in the place of wrong ones, of which a copy stays."""
        self.add(key, action, detail)
        if not self.dry_run:
            trash.take_out(self.store.backend, key, self.now, layout.DAMAGED)
            self.store.backend.put(key, data)
            if key.startswith((layout.RESULTS, layout.REFS)):
                note_written(self.store.backend, documents={key: data})
            elif key.startswith((layout.MEASUREMENTS, layout.COMPARISONS)) and action in ("rebuilt", "sealed"):
                note_changing(self.store.backend, {key: data})
            elif key.startswith(layout.JOURNAL) and action in ("rebuilt", "sealed") and self.store.backend.is_chained:
                journal.append(self.store.backend, rebuilt={key: digest_of(data)})

    def set_aside(self, key: str, detail: str) -> None:
        """Take what can't be put right out of its place."""
        there = self.store.backend.get(key) is not None
        self.add(key, "set_aside" if there else "lost", detail)
        if not self.dry_run:
            if not key.startswith(layout.BLOBS):
                note_written(self.store.backend, removed=[key])
            trash.take_out(self.store.backend, key, self.now, layout.DAMAGED)


def repair(store: Store, *, dry_run: bool = True, on_progress: Progress | None = None) -> Repaired:
    """Put right what `verify` finds, as far as that can be; with dry_run, say what would be done at first.

    What is damaged moves to `damaged/`, also where it could be put right. Raises StoreError for a store that can't be
    read.
    """
    work = _Repair(store, dry_run, datetime.now(UTC), written_documents(store.backend))
    for _ in range(_MAX_PASSES):
        found = [f for f in verify(store, on_progress) if f.damage]
        work.by_hand = [f.sentence for f in found if f.by_hand]
        findings = {f.key: f for f in found if f.key is not None}
        work.written = written_documents(store.backend)
        work.misplaced = {key: data for key, data in read_many(store.backend, findings) if data is not None}
        for key, finding in findings.items():
            _put_right(work, key, finding)
        if dry_run or not findings:
            break
    for key in unsealed_documents(store):
        if key not in work.steps:
            _seal(work, key)
    _journal_unknown(work)
    if not dry_run:
        store.index.forget()
    return _repaired(work)


def _put_right(work: _Repair, key: str, finding: Finding) -> None:
    backend = work.store.backend
    if key == layout.MARKER:
        is_chained = bool(work.written.chain.links)
        backend.is_chained = is_chained
        work.write(key, CHAINED_MARKER_BYTES if is_chained else MARKER_BYTES, "rebuilt", "the marker of this format")
    elif (sha256 := layout.sha256_of(key)) is not None:
        _blob(work, key, sha256, finding.result_id)
    elif key.startswith(layout.JOURNAL):
        _journal_entry(work, key)
    elif not (_from_elsewhere(work, key) or _corrected(work, key) or _without_lost_roles(work, key)):
        work.set_aside(key, finding.sentence if backend.has(key) else "nothing here has it; a copy of the store may")


def _blob(work: _Repair, key: str, sha256: str, result_id: str | None) -> None:
    data = work.store.backend.get(key)
    if (data is not None and digest_of(data) == sha256) or _from_elsewhere(work, key):
        return
    if data is not None and (right := corrected_blob(data, sha256)) is not None:
        work.write(key, right, "corrected", "one bit was flipped back: its digest is right again")
        return
    if result_id is None:
        work.set_aside(key, "no result names it")
        return
    if (made := rebuilt_contract(work.store, result_id, sha256)) is not None:
        work.write(key, made, "rebuilt", f"made anew from the samples of {result_id}: its digest is the one recorded")
        return
    if data is not None:
        work.set_aside(key, f"it is damaged, and with it {result_id}")
    work.set_aside(layout.manifest_key(result_id), f"its blob {sha256[:12]}… is lost")


def _from_elsewhere(work: _Repair, key: str) -> bool:
    """Put the right bytes in their place, where they are in the trash or in the place of others."""
    backend = work.store.backend
    there = work.misplaced.get(key)
    if there is not None and _is_right(work, key, there):
        return False
    for place, data in work.misplaced.items():
        if place != key and _is_right(work, key, data):
            work.write(key, data, "restored", f"it stood at {place}")
            return True
    for item in trash.items(backend):
        if item.original == key and (found := backend.get(item.key)) is not None and _is_right(work, key, found):
            work.write(key, found, "restored", f"from {item.key}")
            return True
    return False


def _is_right(work: _Repair, key: str, data: bytes) -> bool:
    """Whether bytes are those that a key should have, as far as they, the key and the journal say."""
    if (sha256 := layout.sha256_of(key)) is not None:
        return digest_of(data) == sha256
    versions = (work.written.digests[key],) if key in work.written.digests else work.written.versions.get(key)
    if versions and digest_of(data) not in versions:
        return False
    place = layout.journal_place(key)
    if place is not None and work.written.chain.refutes(place, digest_of(data)):
        return False
    try:
        parse_document(data, key)
    except (IntegrityError, InvalidArgument):
        return False
    return True


def _corrected(work: _Repair, key: str) -> bool:
    data = work.misplaced.get(key)
    right = corrected_document(data) if data is not None else None
    if right is None or right == data or not _is_right(work, key, right):
        return False
    work.write(key, right, "corrected", "its bytes agree with its digest again")
    return True


def _without_lost_roles(work: _Repair, key: str) -> bool:
    """A measurement's document without the runs whose results are gone, where it is otherwise right."""
    backend = work.store.backend
    if not key.startswith(layout.MEASUREMENTS) or not _is_right(work, key, work.misplaced.get(key, b"")):
        return False
    try:
        document = measurements.read(backend, measurements.measurement_id_of(key))
    except IntegrityError:
        return False
    if document is None:
        return False
    left = tuple(r for r in document.roles if backend.has(layout.manifest_key(r.result_id)))
    lost = len(document.roles) - len(left)
    if not lost:
        return False
    note = f"{lost} of its results were lost from the store"
    changed = document.changed(roles=left, notes=(*document.notes, note))
    work.write(key, sealed(changed.model_dump_json(indent=1).encode()), "rebuilt", f"without {lost} lost results")
    return True


def _journal_entry(work: _Repair, key: str) -> None:
    place = layout.journal_place(key)
    if place is None:
        work.set_aside(key, "it is no entry of the journal")
        return
    if _from_elsewhere(work, key) or _corrected(work, key):
        return
    known = written_documents(work.store.backend).keys
    entry = JournalEntry(recorded=tuple(i for i in _recorded(work.store) if layout.manifest_key(i) not in known))
    if work.store.backend.is_chained:
        entry = linked(work.store.backend, entry, place)
    work.write(key, journal.entry_bytes(entry, place), "rebuilt", "with all results that no other entry has")


def _recorded(store: Store) -> Iterable[str]:
    ids = (key.removeprefix(layout.RESULTS).removesuffix(".json") for key, _ in store.backend.keys(layout.RESULTS))
    return filter(layout.is_result_id, ids)


def _journal_unknown(work: _Repair) -> None:
    """Write documents into the journal that it does not know: from now on they are missed, and their edits found."""
    backend = work.store.backend
    known = written_documents(backend).keys
    unknown = [key for folder in _JOURNALED for key, _ in backend.keys(folder) if key not in known | work.steps.keys()]
    if not unknown:
        return
    work.add(layout.JOURNAL, "journaled", f"{len(unknown)} documents that it did not know")
    for i in range(0, len(unknown) if not work.dry_run else 0, _BATCH):
        batch = read_many(backend, unknown[i : i + _BATCH])
        there = {k: data for k, data in batch if data is not None}
        changing = {k: data for k, data in there.items() if k.startswith((layout.MEASUREMENTS, layout.COMPARISONS))}
        note_written(backend, documents={k: data for k, data in there.items() if k not in changing})
        if changing:
            note_changing(backend, changing)


def _seal(work: _Repair, key: str) -> None:
    data = work.store.backend.get(key)
    try:
        document = json.loads(data or b"")
    except ValueError:
        return
    if isinstance(document, dict) and data is not None:
        work.write(key, sealed(data), "sealed", "it was written before there were digests in documents")


def _repaired(work: _Repair) -> Repaired:
    steps = tuple(work.steps.values())
    lost = [s for s in steps if s.action in ("lost", "set_aside")]
    right = len(steps) - len(lost)
    would = "would be " if work.dry_run else ""
    url = work.store.location.url
    if not steps and not work.by_hand:
        return Repaired(
            status="nothing",
            reason=f"Nothing in {url} is damaged.",
            store=url,
            dry_run=work.dry_run,
        )
    parts = [f"{right} objects {would}put right"] if right else []
    parts += [f"{len(lost)} can't be: {would}set aside in {layout.DAMAGED}"] if lost else []
    parts += [f"{len(work.by_hand)} only a person can put right: {work.by_hand[0]}"] if work.by_hand else []
    fetch = f"holobench-mcp sync OTHER_STORE {url}" if lost else None
    return Repaired(
        status="planned" if work.dry_run and steps else "incomplete" if lost or work.by_hand else "done",
        reason="; ".join(parts).removesuffix(".") + ".",
        next_step="holobench-mcp repair --yes" if work.dry_run and steps else fetch,
        store=url,
        dry_run=work.dry_run,
        steps=steps,
    )
