"""How files come into the library: which are allowed, what they say of their code, and what came of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp import gitinfo
from holobench_mcp.answers import ImportedBench, ImportReport
from holobench_mcp.model import CaptureError, InvalidArgument
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.listing import CONTRACT_ONLY

if TYPE_CHECKING:
    from holobench_mcp.importers.file_results import FileResults
    from holobench_mcp.result.snapshot import Snapshot

_MAX_LABEL, _MAX_NOTES = 200, 5
#: Files of a folder that are looked at for their time.
_MOST_FILES = 20_000
_HASH = re.compile(r"[0-9a-fA-F]{7,64}")


def import_paths(
    library: Library,
    paths: Sequence[Path],
    *,
    format_name: str | None = None,
    label: str | None = None,
    revision: str | None = None,
    only_below_roots: bool = False,
) -> Iterator[ImportReport]:
    """Take in other tools' files and saved results, each whole or not at all.

    format_name: one that is known, or "auto". label, revision: of the code, where a file doesn't say them or says them
    wrongly. only_below_roots: refuse what is outside the configured roots, which is what an agent gets.
    Raises CaptureError, naming the file, and InvalidArgument.
    """
    if label is not None and (not label.strip() or len(label) > _MAX_LABEL or not label.isprintable()):
        raise InvalidArgument(f"label: 1 to {_MAX_LABEL} printable characters are needed, not {label!r:.60}.")
    from holobench_mcp.importers.quarantine_at_hand import quarantine_at_hand

    commit = None if revision is None else _commit(library, revision)
    with quarantine_at_hand() if len(paths) > 1 else nullcontext():
        for path in paths:
            real = _allowed(library, path, only_below_roots=only_below_roots)
            found, ids = _recorded(library, real, str(path), format_name or "auto", label, commit)
            yield _report(library, str(path), found, ids)


def import_for_agent(
    library: Library,
    path: str,
    *,
    format_name: str | None = None,
    label: str | None = None,
    revision: str | None = None,
) -> ImportReport:
    """Take in a file that an agent names: relative to the project, and below the configured roots only."""
    if not path or len(path) > 4096 or not path.isprintable():
        raise InvalidArgument("path: a file's path of at most 4096 printable characters.")
    [report] = import_paths(
        library,
        [library.config.root / Path(path)],
        format_name=format_name,
        label=label,
        revision=revision,
        only_below_roots=True,
    )
    return report.model_copy(update={"path": path})


# ---------------------------------------------------------------------- what may be read, and of which code it is


def _allowed(library: Library, path: Path, *, only_below_roots: bool) -> Path:
    """Where a path leads. Raises CaptureError for nowhere, and for outside of what may be read."""
    roots = [root.resolve() for root in library.config.import_roots]
    try:
        real = path.expanduser().resolve()
        exists = real.exists()
    except (OSError, RuntimeError, ValueError) as problem:
        raise CaptureError(f"path: {str(path)[:200]!r} can't be found: {str(problem)[:200]}.") from problem
    if only_below_roots and not any(real.is_relative_to(root) for root in roots):
        raise CaptureError(f"path: {path} is outside the folders that the configuration allows to import from.")
    if not exists:
        raise CaptureError(f"path: {path} is not a file.")
    if real == library.config.root.resolve():
        raise CaptureError(f"path: {path} is the whole project; name a file, or a folder of results.")
    return real


def _commit(library: Library, revision: str) -> str:
    """The commit that a revision means, as git knows it; a hash that git does not know is taken as it is."""
    if not revision.strip() or len(revision) > _MAX_LABEL or not revision.isprintable():
        raise InvalidArgument(f"revision: a commit's hash, a branch or a tag is needed, not {revision!r:.60}.")
    known = gitinfo.git(
        library.config.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if known is not None:
        return known
    if _HASH.fullmatch(revision):
        return revision.lower()
    raise InvalidArgument(f"revision: git knows no {revision!r:.80} in {library.config.root}; give a commit's hash.")


# ---------------------------------------------------------------------- recording


def _recorded(
    library: Library, real: Path, name: str, format_name: str, label: str | None, revision: str | None
) -> tuple[FileResults, list[str]]:
    from holobench_mcp.importers.assembling import Attribution
    from holobench_mcp.importers.file_results import read_results
    from holobench_mcp.importers.formats import CONTRACT, PICKLE

    attribution = Attribution(label, revision, _written_at(real))
    found = read_results(real, name=name, format_name=format_name, said=attribution)
    if found.format in (PICKLE, CONTRACT) and (label or revision):
        argument = "label" if label else "revision"
        raise InvalidArgument(f"{argument}: {name} is a result of holobench, which says itself what it is of.")
    known = _known(library, found.snapshots[0])
    if known is not None and known != found.snapshots[0].executed_at:
        # The same file under another time of its own: what has been imported once has the time that it got then.
        found = read_results(real, name=name, format_name=format_name, said=Attribution(label, revision, known))
    with library.store.together():
        return found, [library.record(snapshot) for snapshot in found.snapshots]


def _written_at(real: Path) -> datetime:
    """When a file was written; of a folder, whose own time says nothing of what is deep in it, its newest result."""
    files = [real] if real.is_file() else [real, *islice(real.rglob("*.json"), _MOST_FILES)]
    newest = max(file.stat().st_mtime for file in files if file.exists())
    return datetime.fromtimestamp(max(newest, 0), UTC)


def _known(library: Library, snapshot: Snapshot) -> datetime | None:
    """The time of the same measurement in the store, where it was imported before."""
    if snapshot.measurement is None or not library.store.exists():
        return None
    earlier = library.index().select(measurement=snapshot.measurement.id, limit=1)
    return datetime.fromisoformat(earlier[0].executed_at) if earlier else None


def _report(library: Library, path: str, found: FileResults, ids: Sequence[str]) -> ImportReport:
    first = found.snapshots[0]
    lone = [i for i, snapshot in zip(ids, found.snapshots, strict=True) if snapshot.dataset is None]
    benches = _benches(found.snapshots)
    words = f"{_counted(len(set(ids)), 'result')} of {_counted(len(benches), 'benchmark')} from {found.tool} recorded."
    words = " ".join(filter(None, (words, library.spool.sentence())))
    notes = found.notes[:_MAX_NOTES]
    notes += [f"and {len(found.notes) - _MAX_NOTES} notes more"] if len(found.notes) > _MAX_NOTES else []
    reason = f"{words} Note: {'; '.join(notes)}." if notes else words
    measurement = first.measurement.id if first.measurement is not None and found.tool != "holobench" else None
    return ImportReport(
        status="ok",
        reason=" ".join([*([CONTRACT_ONLY] if lone else []), reason]),
        **({"next_step": "compare_results()"} if _has_other(library, first) else {}),
        path=path,
        format=found.format,
        **({"measurement": measurement} if measurement else {}),
        n_results=len(set(ids)),
        n_benches=len(benches),
        benches=benches,
        result_ids=tuple(dict.fromkeys(ids)),
    )


def _benches(snapshots: Sequence[Snapshot]) -> tuple[ImportedBench, ...]:
    by_name: dict[str, list[Snapshot]] = {}
    for snapshot in snapshots:
        by_name.setdefault(snapshot.bench_name, []).append(snapshot)
    return tuple(
        ImportedBench(
            bench_name=name,
            metrics=tuple(m.variable for m in runs[0].metrics),
            points=_points(runs[0]),
            runs=len(runs),
        )
        for name, runs in by_name.items()
    )


def _points(snapshot: Snapshot) -> int:
    """How many input points were to be measured; 0 for a contract, whose points nobody knows."""
    if snapshot.dataset is None:
        return 0
    variables = [m.variable for m in snapshot.metrics]
    held = [snapshot.replication.get(v) for v in variables]
    return max(
        snapshot.samples[v][..., 0].size if h is None else int((h.count > 0).sum())
        for v, h in zip(variables, held, strict=True)
    )


def _has_other(library: Library, snapshot: Snapshot) -> bool:
    """Whether there is something else of the bench to compare it with."""
    own = snapshot.measurement.id if snapshot.measurement is not None else None
    others = library.index().select(bench_name=snapshot.bench_name, limit=200)
    return any(m.measurement is None or m.measurement.id != own for m in others) and len(others) > 1


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
