"""Which results stay: the newest of each benchmark, those of some days, and for ever whatever a baseline named.

What belongs together stays or goes together: all results of a measurement, all runs of one code. What goes is moved to
the trash, so that a baseline that is set on it meanwhile gets it back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from holobench_mcp.answers import Retained
from holobench_mcp.config import Retention
from holobench_mcp.model import IntegrityError, Manifest
from holobench_mcp.store import comparisons, layout, trash
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.many import read_many
from holobench_mcp.store.parsing import parse_manifest
from holobench_mcp.store.references import Progress, baselines, manifest_keys, measured
from holobench_mcp.store.written import note_written

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store


def retention(
    store: Store, policy: Retention, *, dry_run: bool = True, on_progress: Progress | None = None
) -> Retained:
    """Move the results that no rule of a policy keeps to the trash, with the measurements and comparisons of them.

    A policy without rules keeps all. With dry_run, only say what would go. Nothing goes while a baseline's entry or a
    manifest is damaged: what that keeps is not known. Raises StoreError.
    """
    store.check_format()
    backend = store.backend
    if not policy:
        return _retained(store, (), 0, dry_run=dry_run)
    manifests, damaged = _manifests(backend, on_progress)
    named, damaged_entries = baselines(backend)
    documents, damaged_documents = measured(backend)
    if unknown := [*damaged, *damaged_entries, *damaged_documents]:
        return Retained(
            status="refused",
            reason=f"{len(unknown)} documents are damaged, such as {unknown[0]}: what that keeps is not known, so "
            "nothing was removed.",
            next_step="holobench-mcp repair",
            store=store.location.url,
            dry_run=dry_run,
        )
    now = datetime.now(UTC) if dry_run else trash.store_clock(backend)
    named |= {i for running, ids in documents.values() if running for i in ids}
    stay = _staying(manifests, named, {i: ids for i, (_, ids) in documents.items()}, policy, now)
    removed = sorted({m.result_id for m in manifests} - stay)
    gone = set(removed)
    ended = sorted(i for i, (running, ids) in documents.items() if ids and ids <= gone and not running)
    entries = _comparisons_of(backend, gone) if gone else []
    if not dry_run:
        # The journal first: whoever is ended in between leaves nothing missing that it says is there.
        gone_keys = [*entries, *map(layout.measurement_key, ended), *map(layout.manifest_key, removed)]
        note_written(backend, removed=gone_keys)
        for key in gone_keys:
            trash.take_out(backend, key, now)
        back = restore_named_results(backend)
        removed = [result_id for result_id in removed if result_id not in back]
    return _retained(store, removed, len(stay), ended, len(entries), dry_run=dry_run)


def restore_named_results(backend: Backend) -> set[str]:
    """Put results back from the trash that a baseline names or a measurement under way has. Gives back their ids."""
    taken = defaultdict[str, list[trash.Trashed]](list)
    for item in trash.items(backend):
        if item.original.startswith(layout.RESULTS):
            taken[item.original].append(item)
    if not taken:
        return set()
    named, _ = baselines(backend)
    named |= {i for running, ids in measured(backend)[0].values() if running for i in ids}
    back = set()
    for result_id in filter(layout.is_result_id, named):
        whole = (item for item in taken[layout.manifest_key(result_id)] if _is_whole(backend, item, result_id))
        if any(trash.put_back(backend, item) for item in whole):
            back.add(result_id)
    note_written(backend, documents=dict(read_many(backend, map(layout.manifest_key, sorted(back)))))
    return back


def _is_whole(backend: Backend, item: trash.Trashed, result_id: str) -> bool:
    try:
        parse_manifest(backend.get(item.key) or b"", result_id)
    except IntegrityError:
        return False
    return True


def _manifests(backend: Backend, on_progress: Progress | None) -> tuple[list[Manifest], list[str]]:
    keys = manifest_keys(backend)
    manifests, damaged = list[Manifest](), list[str]()
    for n, (key, data) in enumerate(read_many(backend, keys), 1):
        if on_progress is not None:
            on_progress(n, len(keys))
        result_id = key.removeprefix(layout.RESULTS).removesuffix(".json")
        try:
            if data is not None and layout.is_result_id(result_id):
                manifests.append(parse_manifest(data, result_id))
        except IntegrityError:
            damaged.append(key)
    return manifests, damaged


def _staying(
    manifests: Iterable[Manifest],
    named: Iterable[str],
    measurements: dict[str, frozenset[str]],
    policy: Retention,
    now: datetime,
) -> set[str]:
    """The ids of the results that stay."""
    newest_first = sorted(manifests, key=lambda m: (_executed_at(m), m.result_id), reverse=True)
    named = set(named)
    passed, groups = Counter[str](), dict[Hashable, set[str]]()
    group_of: dict[str, Hashable] = {i: key for key, ids in measurements.items() for i in ids}
    staying = set[Hashable]()
    for m in newest_first:
        group = group_of.get(m.result_id) or _group(m)
        groups.setdefault(group, set()).add(m.result_id)
        young = policy.days is not None and now - _executed_at(m) < timedelta(days=policy.days)
        among_newest = policy.results is not None and passed[m.bench_name] < policy.results
        passed[m.bench_name] += 1
        if young or among_newest or m.result_id in named:
            staying.add(group)
    return {i for group in staying for i in groups[group]}


def _executed_at(m: Manifest) -> datetime:
    return datetime.fromisoformat(m.executed_at)


def _group(m: Manifest) -> Hashable:
    """What stays or goes as one: a measurement, or the runs of one code under one label; else the result alone."""
    if m.measurement is not None:
        return m.measurement.id
    if m.source_revision is None:
        return m.result_id
    diff = (m.environment.model_extra or {}).get("git_diff_sha256")
    return m.bench_name, m.source_revision, bool(m.environment.git_dirty), diff, m.label


def _comparisons_of(backend: Backend, gone: set[str]) -> list[str]:
    """The keys of the logged comparisons that have a side which goes. A damaged one is left to repair."""
    found = []
    for key in [key for key, _ in backend.keys(layout.COMPARISONS)]:
        try:
            entry = comparisons.read(backend, key)
        except IntegrityError:
            continue
        if entry is not None and {entry.baseline, entry.candidate} & gone:
            found.append(key)
    return found


def _retained(
    store: Store,
    removed: Iterable[str],
    stay: int,
    measurements: Iterable[str] = (),
    comparisons_removed: int = 0,
    *,
    dry_run: bool,
) -> Retained:
    removed = tuple(removed)
    would = "would be" if dry_run else "were"
    return Retained(
        status="nothing" if not removed else "planned" if dry_run else "done",
        reason=f"{len(removed)} results {would} moved to the trash, {stay} stay."
        if removed
        else f"All results of {store.location.url} stay.",
        next_step="holobench-mcp gc --yes" if removed and dry_run else None,
        store=store.location.url,
        dry_run=dry_run,
        stay=stay,
        removed=removed,
        removed_measurements=tuple(measurements),
        removed_comparisons=comparisons_removed,
    )
