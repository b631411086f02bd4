"""Naming a result: what a person or an agent writes, parsed once at the edge, and found in a store.

`sort-20261124…` (an id or the beginning of one), `latest`, `latest~2`, `sort@latest`, `sort@baseline` (a ref),
`sort@1a2b3c` or `sort@HEAD` (a revision), `sort@label:after the change`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

from holobench_mcp.model import AmbiguousResult, InvalidArgument, Manifest, UnknownResult
from holobench_mcp.store import layout
from holobench_mcp.store.bundle import Store
from holobench_mcp.store.index import Index

MAX_NAME = 300
_LATEST = re.compile(r"latest(?:~(\d{1,6}))?")
_HASH = re.compile(r"[0-9a-f]{4,64}")

#: What a branch, a tag or HEAD means in the project's repository; None when it means nothing there.
Resolve = Callable[[str], str | None]


@dataclass(frozen=True)
class ById:
    """An id or a prefix of one."""

    prefix: str


@dataclass(frozen=True)
class Latest:
    """The newest result, or the one `back` before it; of one bench, or of all."""

    bench_name: str | None
    back: int = 0


@dataclass(frozen=True)
class Named:
    """A ref of a bench, or a revision that it was measured at."""

    bench_name: str
    name: str


@dataclass(frozen=True)
class Labelled:
    """The newest result of a bench with this display label."""

    bench_name: str
    label: str


Ref = ById | Latest | Named | Labelled


def parse_ref(text: str, argument: str = "result") -> Ref:
    """What a name means. Raises InvalidArgument for one that can't be a name of anything."""
    if not text or len(text) > MAX_NAME or not text.isprintable():
        raise InvalidArgument(
            f"{argument}: a result is named by 1 to {MAX_NAME} printable characters, not {text[:40]!r}"
            f"{'…' if len(text) > 40 else ''} ({len(text)} characters)."
        )
    bench, at, rest = text.partition("@")
    if not at:
        if latest := _LATEST.fullmatch(text):
            return Latest(None, int(latest[1] or 0))
        if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            raise InvalidArgument(
                f"{argument}: {text!r:.80} is no result id. Use an id from list_results, 'latest', 'latest~1', "
                "'<bench>@latest', '<bench>@<baseline name>', '<bench>@<revision>' or '<bench>@label:<label>'."
            )
        return ById(text)
    if not bench or not rest:
        raise InvalidArgument(f"{argument}: {text!r} needs a bench before '@' and a name behind it.")
    if latest := _LATEST.fullmatch(rest):
        return Latest(bench, int(latest[1] or 0))
    if rest.startswith("label:"):
        return Labelled(bench, rest.removeprefix("label:"))
    return Named(bench, rest)


def find(store: Store, text: str, *, argument: str = "result", resolve: Resolve | None = None) -> Manifest:
    """The one result that a name means.

    resolve: what a branch or tag means in the project's repository.
    Raises InvalidArgument, UnknownResult or AmbiguousResult, each listing the nearest names that do exist.
    """
    ref = parse_ref(text, argument)
    if isinstance(ref, ById) and layout.is_result_id(ref.prefix):
        try:
            return store.manifest(ref.prefix)
        except UnknownResult as missing:
            raise _unknown(store, text, argument) from missing
    index = store.manifests()
    match ref:
        case ById(prefix):
            found = index.select(id_prefix=prefix, limit=6)
            if len(found) > 1:
                listed = ", ".join(m.result_id for m in found[:5])
                raise AmbiguousResult(f"{argument}: {text!r} is the beginning of several results: {listed}. Give more.")
        case Latest(bench, back):
            found = index.select(bench_name=bench, limit=1, offset=back)
        case Labelled(bench, label):
            found = index.select(bench_name=bench, label=label, limit=1)
        case Named(bench, name):
            found = _by_ref_or_revision(store, bench, name, argument, resolve)
    if not found:
        raise _unknown(store, text, argument)
    return found[0]


def unknown_bench(index: Index, bench_name: str) -> UnknownResult:
    """What to say of a bench of which nothing was recorded."""
    known = index.bench_names()
    near = difflib.get_close_matches(bench_name[:100], known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return UnknownResult(
        f"bench_name: nothing was recorded of {bench_name!r:.80}. {hint}"
        f"Recorded benches: {', '.join(known[:10]) or 'none yet'}."
    )


def _by_ref_or_revision(store: Store, bench: str, name: str, argument: str, resolve: Resolve | None) -> list[Manifest]:
    try:
        entry = store.ref(bench, name)
    except InvalidArgument:
        entry = None  # a branch such as feature/x can't be a ref's name, but can be a revision
    if entry is not None:
        return [store.ref_target(entry)]
    index = store.manifests()
    if _HASH.fullmatch(name):
        found = index.select(bench_name=bench, revision=name)
        revisions = sorted({m.source_revision or "" for m in found})
        if len(revisions) > 1:
            raise AmbiguousResult(f"{argument}: {name} is the beginning of several revisions: {', '.join(revisions)}.")
        if found:
            return found[:1]
    exact = [m for m in index.select(bench_name=bench, revision=name) if m.source_revision == name]
    if exact:
        return exact[:1]
    commit = resolve(name) if resolve else None
    if commit is None:
        return []
    found = index.select(bench_name=bench, revision=commit, limit=1)
    if not found:
        raise UnknownResult(
            f"{argument}: {name} is the revision {commit[:12]}, and {bench} was never measured there. "
            f"Measure it, or name another result; list_results(bench_name={bench!r}) shows which there are."
        )
    return found


def _unknown(store: Store, text: str, argument: str) -> UnknownResult:
    index = store.manifests()
    if index.count() == 0:
        return UnknownResult(
            f"{argument}: there is no result {text!r}, as nothing was recorded yet in {store.location.url}. Record "
            "one: holobench-mcp run -- python your_benchmark.py"
        )
    benches = index.bench_names()
    newest = [m.result_id for m in index.select(limit=200)]
    names = newest + [f"{b}@latest" for b in benches] + [f"{r.bench_name}@{r.name}" for r in store.refs()]
    nearest = difflib.get_close_matches(text, names, n=3, cutoff=0.5) or [*newest[:2], f"{benches[0]}@latest"]
    return UnknownResult(
        f"{argument}: no result answers to {text[:120]!r}. Nearest: {', '.join(nearest)}. "
        "list_results shows all of them."
    )
