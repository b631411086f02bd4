"""Copying what one store has and another lacks: blobs before the manifests that name them, every digest checked.

Whatever was copied stays, so that a copy that was broken off goes on where it stopped; and what is there already is not
sent again. Results and entries of baselines never change: those of both sides together are right. A measurement's
document and a logged comparison do, and of two the one that is further on stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from holobench_mcp.answers import Synced
from holobench_mcp.model import (
    ComparisonEntry,
    IntegrityError,
    InvalidArgument,
    Manifest,
    MeasurementDocument,
)
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.blob import Blob, digest_of
from holobench_mcp.store.many import map_many, read_many
from holobench_mcp.store.measurements import measurement_id_of
from holobench_mcp.store.parsing import parse_comparison, parse_manifest, parse_measurement, parse_ref_entry
from holobench_mcp.store.references import Progress
from holobench_mcp.store.written import note_written, put_changing

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store

#: Results that are one entry of the destination's journal.
_TOGETHER = 64


@dataclass
class _Copy:
    """A copy under way, and what came of it so far."""

    source: Backend
    destination: Backend
    dry_run: bool
    copied: set[str] = field(default_factory=set)
    bytes: int = 0
    problems: list[str] = field(default_factory=list)


def sync(
    source: Store,
    destination: Store,
    *,
    dry_run: bool = False,
    whole: bool = False,
    on_progress: Progress | None = None,
) -> Synced:
    """Copy what the source has and the destination lacks. With dry_run, only say what.

    whole: also read what the destination has, and send again what is damaged there. What is damaged in the source is
    named among the problems, and not copied. Raises StoreError where either can't be reached, InvalidArgument for one
    store twice.
    """
    if source.location.url == destination.location.url:
        raise InvalidArgument(f"sync: {source.location.url} is both sides; name two stores.")
    source.check_format()
    destination.check_format()
    if not dry_run and source.backend.exists():
        destination.ensure_marker()
    work = _Copy(source.backend, destination.backend, dry_run)
    present = {key for key, _ in work.destination.keys(layout.RESULTS)}
    listed = [key for key, _ in work.source.keys(layout.RESULTS)]
    damaged = _damaged_results(work, [k for k in listed if k in present]) if whole else set()
    wanted = sorted(k for k in listed if k not in present or k in damaged)
    _copy_results(work, wanted, damaged, on_progress)
    results = len(work.copied)
    baselines = _copy_baselines(work, present)
    measured = _copy_changing(work, layout.MEASUREMENTS)
    compared = _copy_changing(work, layout.COMPARISONS)
    return _synced(source, destination, work, (results, baselines, measured, compared), len(listed) - len(wanted))


# ---------------------------------------------------------------------- results


def _copy_results(work: _Copy, keys: list[str], damaged: Iterable[str], on_progress: Progress | None) -> None:
    heals = set(damaged)

    def copy(key: str) -> tuple[int, str | None]:
        try:
            return _copy_result(work, key, heal=key in heals), None
        except IntegrityError as problem:
            return 0, f"{key}: {problem}"

    pending: list[str] = []
    for n, (key, (size, problem)) in enumerate(map_many(_slower(work), copy, keys), 1):
        if on_progress is not None:
            on_progress(n, len(keys))
        if problem is not None:
            work.problems.append(problem)
            continue
        work.copied.add(key)
        work.bytes += size
        pending.append(key)
        if len(pending) >= _TOGETHER or n == len(keys):
            _note_results(work, pending)
            pending = []
    _note_results(work, pending)


def _copy_result(work: _Copy, key: str, *, heal: bool) -> int:
    """Copy a result, its manifest last. Gives back the size of its blobs."""
    data = work.source.get(key)
    if data is None:
        raise IntegrityError("it was removed meanwhile.")
    manifest = _manifest(data, key)
    if work.dry_run:
        return sum(blob.size for blob in manifest.blobs.values())
    contents = [
        Blob((work.source.get_blob(blob.sha256, f"{name} of {manifest.result_id}"),), blob.sha256, blob.size)
        for name, blob in manifest.blobs.items()
    ]
    reused = [content for content in contents if not work.destination.put_blob(content)]
    if not work.destination.create(key, data) and heal:
        work.destination.heal(key, data)
    for content in reused:  # as a writer does, for gc: see gc.py
        work.destination.ensure_blob(content)
    return sum(blob.size for blob in contents)


def _damaged_results(work: _Copy, keys: list[str]) -> set[str]:
    """Those of which the destination's own copy is not whole."""

    def is_whole(key: str) -> bool:
        try:
            manifest = _manifest(work.destination.get(key) or b"", key)
            for name, blob in manifest.blobs.items():
                data = work.destination.get(layout.blob_key(blob.sha256))
                if data is None or digest_of(data) != blob.sha256:
                    raise IntegrityError(f"{name} is damaged")
        except IntegrityError:
            return False
        return True

    return {key for key, whole in map_many(work.destination, is_whole, keys) if not whole}


def _note_results(work: _Copy, keys: list[str]) -> None:
    if keys and not work.dry_run:
        written = {key: data for key, data in read_many(work.destination, keys) if data is not None}
        note_written(work.destination, documents=written)


def _manifest(data: bytes, key: str) -> Manifest:
    result_id = key.removeprefix(layout.RESULTS).removesuffix(".json")
    if not layout.is_result_id(result_id):
        raise IntegrityError("it is no result.")
    return parse_manifest(data, result_id)


def _slower(work: _Copy) -> Backend:
    """The side that is a bucket, of which many requests are made at once."""
    return work.source if work.source.location.folder is None else work.destination


# ---------------------------------------------------------------------- documents


def _copy_baselines(work: _Copy, present: set[str]) -> int:
    """Entries of baselines whose results the destination has by now. Gives back how many."""
    there = {key for key, _ in work.destination.keys(layout.REFS)}
    copied = 0
    missing = sorted(key for key, _ in work.source.keys(layout.REFS) if key not in there)
    for key, data in read_many(work.source, missing):
        if data is None:
            continue
        try:
            target = layout.manifest_key(parse_ref_entry(data, key).result_id)
        except IntegrityError as problem:
            work.problems.append(str(problem))
            continue
        if target not in present and target not in work.copied:
            work.problems.append(f"{key}: its result is not in the destination.")
            continue
        copied += 1
        if not work.dry_run:
            work.destination.create(key, data)
            note_written(work.destination, documents={key: data})
    return copied


def _copy_changing(work: _Copy, folder: str) -> int:
    """Documents that change: what is missing, and what is further on here than there. Gives back how many."""
    there = {key for key, _ in work.destination.keys(folder)}
    copied = 0
    listed = sorted(key for key, _ in work.source.keys(folder))
    for key, data in read_many(work.source, listed):
        if data is None:
            continue
        try:
            ours = _further(key, data)
        except (IntegrityError, InvalidArgument) as problem:
            work.problems.append(str(problem))
            continue
        if key in there:
            theirs = work.destination.get(key)
            if theirs == data:
                continue
            try:
                if theirs is not None and _further(key, theirs) >= ours:
                    continue
            except IntegrityError:
                pass  # damaged there: ours stands in for it
        copied += 1
        if not work.dry_run:
            put_changing(work.destination, key, data)
    return copied


def _further(key: str, data: bytes) -> tuple[object, ...]:
    """How far a document is: the larger of two stays, the same on whichever side it is asked."""
    digest = digest_of(data)
    if key.startswith(layout.COMPARISONS):
        entry: ComparisonEntry = parse_comparison(data, key)
        return entry.compared_at, entry.decision is not None, digest
    document: MeasurementDocument = parse_measurement(data, measurement_id_of(key))
    ended = document.status != "running"
    return document.rounds, len(document.roles), ended, document.ended_at or "", digest


def _synced(source: Store, destination: Store, work: _Copy, counts: tuple[int, int, int, int], present: int) -> Synced:
    results, baselines, measured, compared = counts
    would = "would be copied" if work.dry_run else "copied"
    parts = [
        f"{n} {what if n != 1 else what.removesuffix('s')}"
        for n, what in (
            (results, "results"),
            (baselines, "entries of baselines"),
            (measured, "measurements"),
            (compared, "comparisons"),
        )
        if n
    ]
    said = f"{', '.join(parts)} {would}" if parts else f"{destination.location.url} has all of it already"
    failed = f"; {len(work.problems)} could not be, such as: {work.problems[0]}" if work.problems else "."
    status = "incomplete" if work.problems else "nothing" if not parts else "planned" if work.dry_run else "done"
    next_step = f"holobench-mcp --store {source.location.url} repair" if work.problems else None
    if status == "planned":
        next_step = f"holobench-mcp sync {source.location.url} {destination.location.url}"
    return Synced.model_validate({
        "status": status,
        "reason": said + failed,
        "next_step": next_step,
        "source": source.location.url,
        "destination": destination.location.url,
        "dry_run": work.dry_run,
        "results": results,
        "bytes": work.bytes,
        "baselines": baselines,
        "measurements": measured,
        "comparisons": compared,
        "present": present,
        "problems": tuple(work.problems),
    })  # fmt: skip
