"""Finding what a name means: the one result, or the benches, that it can be of in this store.

Every name that an answer prints leads back here. What is unknown gets the nearest names that there are; what could
mean several results gets them listed, and is never guessed.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from holobench_mcp.model import AmbiguousResult, InvalidArgument, Manifest, RefEntry, UnknownResult
from holobench_mcp.result.identity import SHOWN_DIGITS, revision_text
from holobench_mcp.store import layout
from holobench_mcp.store.bundle import Store
from holobench_mcp.store.names import ById, Labelled, Latest, Named, Ref, readings

#: How a revision is written whose working tree had uncommitted changes.
DIRTY = "+dirty"
_HASH = re.compile(r"[0-9a-fA-F]{4,64}")
#: Names that an error lists, and that the nearest are searched among.
_LISTED, _SEARCHED = 5, 200

#: What a branch, a tag or HEAD means in the project's repository; None when it means nothing there.
Resolve = Callable[[str], str | None]


@dataclass(frozen=True)
class Match:
    """A result that a name can mean, and how surely.

    note: what must be said with it. entry: the entry of the ref that named it. rank: 0 for a bench named exactly, 1
    for one by another case or by its configured name, 2 for one of several results that an id's beginning fits.
    """

    manifest: Manifest
    name: str
    note: str | None = None
    entry: RefEntry | None = None
    rank: int = 0


@dataclass(frozen=True)
class Revision:
    """A revision that was measured, and whether only its clean or its dirty runs are meant."""

    commit: str
    dirty: bool | None = None


class Lookup:
    """The names of one store. configured: the benchmarks that the configuration has."""

    def __init__(self, store: Store, resolve: Resolve | None = None, configured: Collection[str] = ()) -> None:
        self._store, self._index = store, store.index
        self._resolve = resolve or (lambda _name: None)
        self._configured = configured

    def find(self, text: str, argument: str = "result", *, bench: str | None = None) -> Match:
        """The one result that a name means. bench: the one that is meant where the name has none.

        Raises InvalidArgument, UnknownResult or AmbiguousResult, each listing the nearest names that do exist.
        """
        self._store.manifests()
        match = self._find(text, argument, bench)
        while self._store.correct([match.manifest.result_id]):
            match = self._find(text, argument, bench)
        return match

    def _find(self, text: str, argument: str, bench: str | None) -> Match:
        hints: list[str] = []
        for tier in readings(text, argument, bench=bench):
            matches = [m for ref in tier for m in self._matches(ref, argument, hints)]
            surest = min((m.rank for m in matches), default=0)
            found = {m.manifest.result_id: m for m in reversed(matches) if m.rank == surest}
            if len(found) == 1:
                return next(iter(found.values()))
            if found:
                names = _listed(m.name for m in reversed(found.values()))
                raise AmbiguousResult(f"{argument}: {_quoted(text)} can mean several results: {names}. Give more.")
        if hints:
            raise UnknownResult(f"{argument}: {hints[0]}")
        raise self._unknown_result(text, argument)

    def benches(self, name: str, argument: str = "benchmark") -> tuple[str, ...]:
        """The benches of a name: one, or all that a configured benchmark of this name records.

        Raises InvalidArgument for an empty name, UnknownResult or AmbiguousResult.
        """
        check_filter(argument, name)
        self._store.manifests()
        groups, _ = self._benches(name)
        if not groups:
            raise self._unknown_bench(name, argument)
        if len(groups) > 1:
            raise AmbiguousResult(
                f"{argument}: {_quoted(name)} differs only in upper and lower case from several: "
                f"{_listed(b for group in groups for b in group)}. Give one exactly."
            )
        return groups[0]

    def knows_bench(self, name: str) -> bool:
        """Whether a name is that of a bench, or of what records one."""
        self._store.manifests()
        return bool(self._benches(name)[0])

    def bench(self, name: str, argument: str = "benchmark") -> str:
        """The one bench of a name. Raises as `benches` does, and AmbiguousResult for a benchmark of several benches."""
        benches = self.benches(name, argument)
        if len(benches) > 1:
            raise AmbiguousResult(f"{argument}: {_quoted(name)} records several benches: {_listed(benches)}. Name one.")
        return benches[0]

    def revision(self, name: str, argument: str = "revision", benches: Sequence[str] | None = None) -> Revision:
        """A revision that was measured: a hash or its beginning, a branch, a tag; with `+dirty`, its dirty runs.

        benches: where it is looked for. Raises InvalidArgument, UnknownResult or AmbiguousResult.
        """
        check_filter(argument, name)
        self._store.manifests()
        hints: list[str] = []
        found = self._revision(name, argument, benches, hints)
        if found is not None:
            return found
        if hints:
            raise UnknownResult(f"{argument}: {hints[0]}")
        known = [revision_text(r, None) or "" for r in self._index.distinct("revision", limit=_SEARCHED)]
        raise UnknownResult(self._nothing_of(argument, name, known, "revisions"))

    def label(self, label: str, argument: str = "label") -> str:
        """A label that a result has. Raises InvalidArgument or UnknownResult."""
        check_filter(argument, label)
        index = self._store.manifests()
        if not index.has(label=label):
            known = index.distinct("label", limit=_SEARCHED)
            raise UnknownResult(self._nothing_of(argument, label, known, "labels"))
        return label

    # ------------------------------------------------------------------ one reading, the index being up to date

    def _matches(self, ref: Ref, argument: str, hints: list[str]) -> list[Match]:
        index = self._index
        if isinstance(ref, ById):
            if layout.is_result_id(ref.prefix):
                return self._by_whole_id(ref.prefix)
            found = index.select(id_prefix=ref.prefix, limit=_LISTED + 1)
            return [Match(m, m.result_id, rank=0 if len(found) == 1 else 2) for m in found]
        if ref.bench is None:
            if isinstance(ref, Latest):
                return [Match(m, m.result_id) for m in index.select(limit=1, offset=ref.back)]
            return [m for bench in self._answering(ref, argument, hints) for m in self._of(bench, ref, argument, hints)]
        groups, rank = self._benches(ref.bench)
        if isinstance(ref, Latest):
            newest = [m for group in groups for m in index.select(benches=group, limit=1, offset=ref.back)]
            return [Match(m, m.result_id, rank=rank) for m in newest]
        matches = [m for group in groups for bench in group for m in self._of(bench, ref, argument, hints)]
        return [replace(match, rank=rank) for match in matches]

    def _by_whole_id(self, text: str) -> list[Match]:
        """The result of a whole id, from the store itself: one that is damaged says so."""
        try:
            return [Match(self._store.manifest(text), text)]
        except UnknownResult:
            return []

    def _answering(self, ref: Labelled | Named, argument: str, hints: list[str]) -> list[str]:
        """The benches that have a label, a ref or a revision."""
        if isinstance(ref, Labelled):
            return self._index.distinct("bench_name", label=ref.label, limit=_LISTED + 1)
        if benches := [e.bench_name for e in self._store.refs() if e.name == ref.name]:
            return benches
        revision = self._revision(ref.name, argument, None, hints)
        if revision is None:
            return []
        return self._index.distinct("bench_name", commit=revision.commit, dirty=revision.dirty, limit=_LISTED + 1)

    def _of(self, bench: str, ref: Labelled | Named, argument: str, hints: list[str]) -> list[Match]:
        """What a label, a ref or a revision means of one bench: no result, or one."""
        index = self._index
        if isinstance(ref, Labelled):
            labelled = index.select(bench_name=bench, label=ref.label, limit=1)
            return [Match(m, f"{bench}@label:{ref.label}") for m in labelled]
        name = f"{bench}@{ref.name}"
        if layout.is_ref_name(ref.name) and (entry := self._store.ref(bench, ref.name)) is not None:
            return [Match(self._store.ref_target(entry), name, entry=entry)]
        revision = self._revision(ref.name, argument, (bench,), hints)
        if revision is None:
            return []
        if revision.dirty is None:
            # The name of a commit is that of the committed code, as long as that was measured.
            if clean := index.select(bench_name=bench, commit=revision.commit, dirty=False, limit=1):
                return [Match(clean[0], name)]
            note = (
                f"{bench} was measured at {revision_text(revision.commit, None)} only with uncommitted changes, so "
                f"{ref.name} means {revision_text(revision.commit, True)} here."
            )
        else:
            note = None
        dirty = index.select(bench_name=bench, commit=revision.commit, dirty=True, limit=1)
        return [Match(m, name, note) for m in dirty]

    def _revision(self, name: str, argument: str, benches: Sequence[str] | None, hints: list[str]) -> Revision | None:
        """A measured revision; None, with a hint where git knows it, for any other."""
        index = self._index
        if index.has(commit=name, benches=benches):
            return Revision(name)
        plain = name.removesuffix(DIRTY)
        dirty = True if plain != name else None
        if len(plain) >= SHOWN_DIGITS and _HASH.fullmatch(plain):
            # As answers print it: it need not be asked of git, which takes as long as everything else together.
            found = index.distinct("revision", revision=plain.lower(), benches=benches, dirty=dirty, limit=2)
            if len(found) == 1:
                return Revision(found[0], dirty)
        commit = self._resolve(plain)
        for known in filter(None, (plain, commit)):
            if index.has(commit=known, benches=benches, dirty=dirty):
                return Revision(known, dirty)
        if _HASH.fullmatch(plain) or len(plain) >= SHOWN_DIGITS:
            prefix = plain.lower() if _HASH.fullmatch(plain) else plain
            found = index.distinct("revision", revision=prefix, benches=benches, dirty=dirty)
            if len(found) > 1:
                listed = _listed(sorted(found))
                raise AmbiguousResult(f"{argument}: {_quoted(name)} is the beginning of several revisions: {listed}.")
            if found:
                return Revision(found[0], dirty)
        if commit is not None:
            where = "nothing" if benches is None else f"no result of {_listed(benches)}"
            what = "" if dirty is None else ", with uncommitted changes,"
            shown = "this" if commit.startswith(plain) else commit[:12]
            hints.append(
                f"{_quoted(name)} is the revision {shown}{what} and {where} was recorded there: never measured there. "
                "Measure it, or name another result; list_results shows which there are."
            )
        return None

    def _benches(self, name: str) -> tuple[list[tuple[str, ...]], int]:
        """The benches of a name, in groups that the name can mean, and how sure that is."""
        index = self._index
        if index.has(bench_name=name):
            return [(name,)], 0
        if recorded := index.distinct("bench_name", benchmark=name):
            return [tuple(recorded)], 1
        folded = name.casefold()
        if benches := [b for b in index.bench_names() if b.casefold() == folded]:
            return [(b,) for b in benches], 1
        configured = [b for b in index.distinct("benchmark") if b.casefold() == folded]
        return [tuple(index.distinct("bench_name", benchmark=b)) for b in configured], 1

    # ------------------------------------------------------------------ what is unknown

    def _unknown_bench(self, name: str, argument: str) -> UnknownResult:
        index = self._index
        if name in self._configured:
            return UnknownResult(
                f"{argument}: {_quoted(name)} is configured, and nothing was recorded of it yet. "
                f"run_benchmark(benchmark={name!r}) measures it."
            )
        known = [*index.bench_names(), *index.distinct("benchmark")]
        return UnknownResult(self._nothing_of(argument, name, list(dict.fromkeys(known)), "benches"))

    def _unknown_result(self, text: str, argument: str) -> UnknownResult:
        index = self._index
        if not index.has():
            return UnknownResult(f"{argument}: there is no result {_quoted(text)}. {self._nothing()}")
        of = [b for b in index.bench_names() if text.startswith(f"{b}@")] or None
        ids = index.distinct("result_id", benches=of, limit=_SEARCHED)
        benches = (of or index.bench_names())[:_SEARCHED]
        names = [
            *(f"{b}@latest" for b in benches),
            *(f"{r.bench_name}@{r.name}" for r in self._store.readable_refs()[0] if of is None or r.bench_name in of),
            *(f"{b}@label:{label}" for b in benches[:10] for label in index.distinct("label", bench_name=b, limit=20)),
            *ids,
        ]
        nearest = difflib.get_close_matches(text[:200], [n for n in names if len(n) <= 200], n=3, cutoff=0.5)
        shown = _listed(nearest or [*ids[:2], f"{benches[0]}@latest"])
        return UnknownResult(
            f"{argument}: no result answers to {_quoted(text)}. Nearest: {shown}. list_results shows all of them."
        )

    def _nothing(self) -> str:
        return nothing_recorded(self._store, self._configured)

    def _nothing_of(self, argument: str, name: str, known: Sequence[str], what: str) -> str:
        """What is said of a filter that no result passes."""
        if not self._index.has():
            return f"{argument}: nothing was recorded of {_quoted(name)}. {self._nothing()}"
        shown = [k for k in known if len(k) <= 100]
        near = _closest(name, shown)
        hint = f"Did you mean {_listed([near])}? " if near else ""
        listed = _listed(shown, 10) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
        return f"{argument}: nothing was recorded of {_quoted(name)}. {hint}Recorded {what}: {listed or 'none'}."


def check_filter(argument: str, text: str | None) -> None:
    """Raise InvalidArgument for a filter that no store can hold: an empty one, or half of a character."""
    if text is None:
        return
    if not text.strip():
        raise InvalidArgument(f"{argument}: is empty; leave it out for all.")
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        raise InvalidArgument(f"{argument}: {text!r:.80} is not text, as its encoding is broken.") from problem


def nothing_recorded(store: Store, configured: Collection[str] = ()) -> str:
    """What is said of a store without results: where it is, how to fill it, and how to look elsewhere.

    configured: the benchmarks that may be measured from here.
    """
    fill = "Record a result: holobench-mcp run -- python your_benchmark.py."
    if configured:
        name = next(iter(configured))
        fill = f"compare_revisions(benchmark={name!r}) measures a change to the code, and records both sides."
    return (
        f"Nothing was recorded yet in the store {store.location.url}. {fill} If results are elsewhere, start "
        "holobench-mcp with --project FOLDER or --store FOLDER-OR-URL, or set HOLOBENCH_MCP_STORE."
    )


def _closest(name: str, known: Iterable[str]) -> str | None:
    by_fold = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(name[:100].casefold(), by_fold, n=1)
    return by_fold[near[0]] if near else None


def _quoted(text: str) -> str:
    return repr(text) if len(text) <= 120 else f"{text[:119]!r}…"


def _listed(names: Iterable[str], limit: int = _LISTED) -> str:
    """Names in a sentence; one that a terminal would take for something else is quoted."""
    return ", ".join(name if name.isprintable() else repr(name) for name in itertools.islice(names, limit))
