"""Reading a whole store for what is damaged in it: its marker, every blob, manifest, entry of a baseline, measurement,
logged comparison and entry of the journal, and whether anything is missing that one of them names.

What is found says which object it is of, so that repair can set about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from holobench_mcp.model import IntegrityError, InvalidArgument, Manifest, UnknownResult
from holobench_mcp.store import comparisons, layout, measurements, refs, trash
from holobench_mcp.store.agreement import summed_up_otherwise
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.chain_check import chain_findings
from holobench_mcp.store.finding import Finding
from holobench_mcp.store.many import read_many
from holobench_mcp.store.marker import CHAINED_MARKER_BYTES, MARKER_BYTES
from holobench_mcp.store.parsing import parse_document, parse_journal_entry, parse_manifest
from holobench_mcp.store.references import Progress
from holobench_mcp.store.seal import is_sealed, sealed
from holobench_mcp.store.written import Written, written_documents

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store

#: What is wrong with stored bytes. That they can't be had is no damage, and ends the reading.
_DAMAGE = (IntegrityError, UnknownResult, InvalidArgument)


@dataclass
class _Reading:
    """What was read so far: blobs that a manifest names, and documents without a digest."""

    store: Store
    keys: frozenset[str]
    removed: frozenset[str] = frozenset()
    logs: dict[str, set[str] | None] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    unsealed: list[str] = field(default_factory=list)


def verify(store: Store, on_progress: Progress | None = None, head: str | None = None) -> Iterator[Finding]:
    """All that is damaged, and what is not covered; nothing when all is well.

    head: the digest of an entry of a chained journal, which somebody remembers. What others record, remove or collect
    meanwhile is no damage. Raises StoreError for a store that can't be read, or of a format that is not known.
    """
    for finding in _verify(store, on_progress, head):
        yield _named_for_what_it_is(store, finding)


def _verify(store: Store, on_progress: Progress | None, head: str | None) -> Iterator[Finding]:
    written = written_documents(store.backend)  # before the listing: what comes later is not missed
    keys = frozenset(
        key for folder in (*_CHECKS, layout.BLOBS, layout.DAMAGED) for key, _ in store.backend.keys(folder)
    )
    yield from _check_marker(store, keys, is_chained=bool(written.chain.links))
    reading = _Reading(store, keys, written.removed)
    steps = _steps(reading, written)
    for n, (key, check) in enumerate(steps, 1):
        if on_progress is not None:
            on_progress(n, len(steps))
        try:
            yield from check()
        except _DAMAGE as problem:
            yield Finding(f"{key}: {problem}", key=key, result_id=_result_of(key))
    yield from _missing(store, written, reading.keys)
    yield from chain_findings(store.backend, written.chain, head)
    yield from _strangers(store, reading.keys)
    yield from _taken_out(store)
    yield from _notes(reading, written)


def unsealed_documents(store: Store) -> list[str]:
    """The keys of documents that were written before there were digests in them."""
    reading = _Reading(store, frozenset())
    for folder in _CHECKS:
        for key, _ in store.backend.keys(folder):
            _note_seal(reading, key, store.backend.get(key))
    return reading.unsealed


def _steps(reading: _Reading, written: Written) -> list[tuple[str, Callable[[], Iterable[Finding]]]]:
    """What is to be looked at, one thing after the other: documents first, as they say which blobs are named."""
    steps: list[tuple[str, Callable[[], Iterable[Finding]]]] = []

    def add(key: str, check: Callable[..., Iterable[Finding]], *arguments: object) -> None:
        steps.append((key, lambda: check(reading, key, *arguments)))

    for folder, check in _CHECKS.items():
        for key in sorted(k for k in reading.keys if k.startswith(folder)):
            versions = written.versions.get(key, ()) if key in written.keys else ()
            add(key, _check_document, check, written.digests.get(key), versions)
    for key in sorted(k for k in reading.keys if k.startswith(layout.BLOBS)):
        add(key, _check_unnamed_blob)
    return steps


def _check_document(
    reading: _Reading,
    key: str,
    check: Callable[[_Reading, str, bytes], Iterable[Finding]],
    digest: str | None,
    versions: Sequence[str],
) -> Iterator[Finding]:
    data = reading.store.backend.get(key)
    if data is None:  # it was removed since the listing
        return
    findings = list(check(reading, key, data))
    yield from findings
    _note_seal(reading, key, data)
    # One that lost no more than its digest is as one of before there were any.
    if not findings and digest is not None and digest not in (digest_of(data), digest_of(sealed(data))):
        yield Finding(
            f"{key}: it is not what the journal says was written: it was edited, digest and all.",
            key=key,
            result_id=_result_of(key),
        )
    if not findings and versions and digest_of(data) not in versions:
        # It may have been written since the journal was read.
        if digest_of(data) not in written_documents(reading.store.backend).versions.get(key, ()):
            yield Finding(f"{key}: the journal has no such version of it: it was edited, digest and all.", key=key)
    elif versions and digest_of(data) != versions[-1]:
        yield Finding(
            f"{key}: it is an earlier version than the journal's last: its writer was ended, or it was put back.",
            damage=False,
        )


def _check_marker(store: Store, keys: frozenset[str], *, is_chained: bool) -> Iterator[Finding]:
    data = store.backend.get(layout.MARKER)
    if data == CHAINED_MARKER_BYTES or (data == MARKER_BYTES and not is_chained) or (data is None and not keys):
        return
    try:
        store.check_format()
    except IntegrityError as problem:
        yield Finding(f"{layout.MARKER}: {problem}", key=layout.MARKER)
        return
    what = "it is missing" if data is None else f"it is {data[:60]!r}"
    right = CHAINED_MARKER_BYTES if is_chained else MARKER_BYTES
    yield Finding(f"{layout.MARKER}: {what}, where {right!r} should be.", key=layout.MARKER)


# ---------------------------------------------------------------------- documents


def _check_result(reading: _Reading, key: str, data: bytes) -> Iterator[Finding]:
    result_id = key.removeprefix(layout.RESULTS).removesuffix(".json")
    manifest = parse_manifest(data, result_id)
    reading.named.update(blob.sha256 for blob in manifest.blobs.values())
    broken = False
    for name, blob in manifest.blobs.items():
        try:
            content = reading.store.backend.get_blob(blob.sha256, f"{name} of {result_id}")
        except IntegrityError as problem:
            broken = True
            yield Finding(f"{key}: {problem}", key=layout.blob_key(blob.sha256), result_id=result_id)
            continue
        if len(content) != blob.size:
            yield Finding(f"{key}: it says that {name} has {blob.size} bytes: it was edited.", key=key)
    if not broken:
        yield from _check_agreement(reading.store, key, manifest)


def _check_agreement(store: Store, key: str, manifest: Manifest) -> Iterator[Finding]:
    snapshot = store.snapshot(manifest)
    wrong = summed_up_otherwise(manifest, snapshot)
    if wrong is None and manifest.definition and snapshot.dataset is not None:
        wrong = "its definition" if snapshot.definition() != manifest.definition else None
    if wrong is not None:
        yield Finding(f"{key}: it disagrees with its samples about {wrong}: it was edited.", key=key)


def _check_ref(reading: _Reading, key: str, _data: bytes) -> Iterator[Finding]:
    entry = refs.read(reading.store.backend, key)
    try:
        manifest = reading.store.manifest(entry.result_id)
    except UnknownResult as problem:
        yield Finding(f"{key}: {problem}", key=key)
    except IntegrityError:
        pass  # the manifest is told of by itself
    else:
        if manifest.bench_name != entry.bench_name:
            yield Finding(f"{key}: {entry.result_id} is a result of {manifest.bench_name}: it was edited.", key=key)
    named = _named_by_log(reading, key.rpartition("/")[0])
    if entry.replaced is not None and named is not None and entry.replaced not in named:
        yield Finding(f"{key}: it replaced {entry.replaced}, of which no entry is left.", key=key)


def _named_by_log(reading: _Reading, folder: str) -> set[str] | None:
    """The results that a baseline's entries name; None where not all that there were can be read."""
    if folder not in reading.logs:
        named: set[str] | None = set()
        for key in reading.keys if not any(k.startswith(f"{folder}/") for k in reading.removed) else ():
            if key.startswith(f"{folder}/") and named is not None:
                try:
                    named.add(refs.read(reading.store.backend, key).result_id)
                except IntegrityError:
                    named = None
        reading.logs[folder] = named or None
    return reading.logs[folder]


def _check_measurement(reading: _Reading, key: str, _data: bytes) -> Iterator[Finding]:
    measurement_id = measurements.measurement_id_of(key)
    layout.measurement_key(measurement_id)  # raises for a file of another name
    document = measurements.read(reading.store.backend, measurement_id)
    for role in document.roles if document is not None else ():
        if not reading.store.backend.has(layout.manifest_key(role.result_id)):
            yield Finding(f"{key}: its result {role.result_id} is not in the store.", key=key)


def _check_comparison(reading: _Reading, key: str, _data: bytes) -> Iterator[Finding]:
    comparisons.read(reading.store.backend, key)
    yield from ()


def _check_journal(_reading: _Reading, key: str, data: bytes) -> Iterator[Finding]:
    parse_journal_entry(data, key)
    yield from ()


_CHECKS: dict[str, Callable[[_Reading, str, bytes], Iterable[Finding]]] = {
    layout.JOURNAL: _check_journal,
    layout.RESULTS: _check_result,
    layout.REFS: _check_ref,
    layout.MEASUREMENTS: _check_measurement,
    layout.COMPARISONS: _check_comparison,
}


def _check_unnamed_blob(reading: _Reading, key: str) -> Iterator[Finding]:
    sha256 = layout.sha256_of(key)
    if sha256 is None or sha256 in reading.named:
        return
    data = reading.store.backend.get(key)
    if data is not None and digest_of(data) != sha256:
        yield Finding(f"{key}: it does not match its digest; no result that can be read names it.", key=key)


# ---------------------------------------------------------------------- the whole


def _missing(store: Store, written: Written, keys: frozenset[str]) -> Iterator[Finding]:
    """What the journal says was written, nobody removed, and is not there."""
    missing = [key for key in written.keys if key not in keys and not store.backend.has(key)]
    if missing:
        gone = written_documents(store.backend).removed  # it may have been removed since
        for key in sorted(set(missing) - gone):
            yield Finding(
                f"{key}: it is missing, though the journal says that it was written and not that it was removed.",
                key=key,
                result_id=_result_of(key),
            )
    for key in written.gaps:
        yield Finding(f"{key}: it is missing, between other entries of the journal.", key=key)


def _named_for_what_it_is(store: Store, finding: Finding) -> Finding:
    """A finding on what is no object, which reads as nothing, as a finding on what it is."""
    odd = store.backend.oddity(finding.key) if finding.key is not None else None
    if odd is None:
        return finding
    sentence = f"{finding.key}: {odd.sentence}."
    return replace(finding, sentence=sentence, key=None if odd.is_left else finding.key, by_hand=odd.is_left)


def _taken_out(store: Store) -> Iterator[Finding]:
    """What is wrong in the trash: nothing here names it, but somebody may want it back."""
    backend = store.backend
    originals = {item.key: item.original for item in trash.items(backend)}
    damaged = [key for key, data in read_many(backend, originals) if not _is_as_it_was(data, originals[key])]
    for keys, what in (
        (damaged, "is damaged and can't be brought back"),
        (trash.strangers(backend), "was put there by nothing here, so that gc leaves it"),
    ):
        if keys:
            yield Finding(f"Of what is in {layout.TRASH}, {len(keys)} {what}, such as {keys[0]}.", damage=False)


def _is_as_it_was(data: bytes | None, key: str) -> bool:
    """Whether bytes are right for the key that they had."""
    if data is None:  # removed since the listing
        return True
    if (sha256 := layout.sha256_of(key)) is not None:
        return digest_of(data) == sha256
    try:
        parse_document(data, key)
    except _DAMAGE:
        return False
    return True


def _strangers(store: Store, keys: frozenset[str]) -> Iterator[Finding]:
    """Objects in the place of ours that are none of ours."""
    for name in store.backend.unnameable():
        yield Finding(f"{name}: nothing here is stored under such a name. Move it out of the store.", by_hand=True)
    for key in sorted(keys):
        folder = f"{key.partition('/')[0]}/"
        if (folder == layout.BLOBS and layout.sha256_of(key) is None) or (
            folder == layout.JOURNAL and layout.journal_place(key) is None
        ):
            yield Finding(f"{key}: it has no name that anything here is stored under.", key=key)


def _notes(reading: _Reading, written: Written) -> Iterator[Finding]:
    documents = (layout.RESULTS, layout.REFS, layout.MEASUREMENTS, layout.COMPARISONS)
    unknown = sum(key.startswith(documents) and key not in written.keys for key in reading.keys)
    if unknown and written.keys:
        yield Finding(
            f"The journal does not know {unknown} of the documents: an older version wrote them, their writer "
            "was ended before it could write there, or the journal's end is lost. holobench-mcp repair --yes "
            "writes them into it.",
            damage=False,
        )
    if reading.unsealed:
        yield Finding(
            f"{len(reading.unsealed)} documents were written before there were digests in them: of these, only what "
            "their ids and their blobs vouch for was checked. holobench-mcp repair --yes gives them digests.",
            damage=False,
        )
    blobs = {layout.sha256_of(key) for key in reading.keys if key.startswith(layout.BLOBS)} - {None}
    if unnamed := len(blobs - reading.named):
        yield Finding(
            f"No result names {unnamed} of the blobs: their results were removed, or writing them was broken off. "
            "holobench-mcp gc frees their space.",
            damage=False,
        )
    if aside := sum(key.startswith(layout.DAMAGED) for key in reading.keys):
        yield Finding(f"{aside} damaged objects were set aside by repair, in {layout.DAMAGED}.", damage=False)


def _note_seal(reading: _Reading, key: str, data: bytes | None) -> None:
    if data is not None and not is_sealed(data):
        reading.unsealed.append(key)


def _result_of(key: str) -> str | None:
    return key.removeprefix(layout.RESULTS).removesuffix(".json") if key.startswith(layout.RESULTS) else None
