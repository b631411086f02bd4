"""How many variants were tried against one baseline.

Whoever tries twenty variants and keeps the best has given luck twenty chances; a decision that does not count them is
too sure of itself. Counted are the variants of one search: uncommitted changes and commits of one author that began at
the same commit of the trunk. Others' commits are no tries of this one, nor is the trunk's own history: a pinned
baseline in CI is compared with every commit, and improvements would drift towards luck.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holobench_mcp import gitinfo
from holobench_mcp.model import ComparisonDocument, ComparisonEntry, Decision, Manifest, Selection, StoreError
from holobench_mcp.result.identity import Code, code_of, identity_of, same_code
from holobench_mcp.store import comparisons
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.sides import Sides

#: Where a project's finished work is, the likeliest first.
_TRUNKS = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
#: The author of commits that stand for a working tree.
_OWN_EMAIL = "holobench-mcp@localhost"
#: Characters of a reason that the log holds.
_MAX_REASON = 300


def with_selection(
    library: Library, document: ComparisonDocument, sides: Sides, *, usual: bool = True
) -> ComparisonDocument:
    """Log the comparison as a try; caution an improvement that is the best of several, and say if it may be luck.

    Two sides of the same code are no variant of anything, and a result that is made a baseline is not tried again.
    usual: whether nothing was asked for but the default, so that the log can have the decision too.
    """
    baseline, candidate = sides.baseline[0], sides.candidate[0]
    if same_code(baseline, candidate):
        return document
    search = _search(library, candidate)
    tried = count_variants(library, _entry(baseline, candidate, search, document if usual else None), sides)
    if tried < 2 or document.decision is not Decision.improved or document.evidence is None:
        return document
    best = [m.evidence.p_value for m in document.metrics if m.evidence and m.evidence.decision is Decision.improved]
    p = min((value for value in best if value is not None), default=1.0)
    adjusted = min(1.0, tried * p)  # Bonferroni (Dunn 1961) over the variants
    by_luck = adjusted > document.evidence.alpha
    note = f"{tried} variants were compared with this baseline; counting them, p is {adjusted:.2g}" + (
        ": luck could explain this improvement." if by_luck else "."
    )
    update: dict[str, Any] = {"selection": Selection(comparisons=tried, adjusted_p=adjusted, note=note)}
    if by_luck:
        update["next_step"] = "Confirm it on fresh runs: measure both sides again, and compare only those."
    return document.model_copy(update=update)


def count_variants(library: Library, entry: ComparisonEntry, sides: Sides) -> int:
    """Log a comparison, and count the different variants of its search that were compared with this baseline.

    A store that can't be written is counted as it is: no answer is withheld for want of a log.
    """
    backend, code = library.store.backend, variant_key(sides.baseline[0])
    key = comparisons.entry_key(code, variant_key(sides.candidate[0]), entry.search)
    try:
        entries = comparisons.variants(backend, code, entry.search)
    except StoreError:
        entries = set()
    if key in entries:
        return len(entries)
    with suppress(StoreError):
        library.spool.log_comparison(key, entry, is_new=True)
        library.remember_logged(key, _outcome(entry))
    return len(entries) + 1


def log_decision(library: Library, document: ComparisonDocument, sides: Sides) -> None:
    """Write down what a comparison came to, where that is not what the log has: the list of comparisons shows it."""
    baseline, candidate = sides.baseline[0], sides.candidate[0]
    search = None if same_code(baseline, candidate) else _search(library, candidate)
    key = comparisons.entry_key(variant_key(baseline), variant_key(candidate), search)
    entry = _entry(baseline, candidate, search or "", document)
    outcome = _outcome(entry)
    if library.is_logged(key, outcome):
        return
    with suppress(StoreError):
        known = comparisons.read(library.store.backend, key)
        if known is None or _outcome(known) != outcome:
            library.spool.log_comparison(key, entry, is_new=False)
        library.remember_logged(key, outcome)


def _outcome(entry: ComparisonEntry) -> ComparisonEntry:
    """What an entry says, whenever that was."""
    return entry.model_copy(update={"compared_at": ""})


def _entry(
    baseline: Manifest, candidate: Manifest, search: str, document: ComparisonDocument | None = None
) -> ComparisonEntry:
    reason = document.reason if document is not None else None
    return ComparisonEntry(
        baseline=baseline.result_id,
        candidate=candidate.result_id,
        search=search,
        compared_at=datetime.now(UTC).isoformat(timespec="seconds"),
        decision=document.decision if document is not None else None,
        reason=reason if reason is None or len(reason) <= _MAX_REASON else f"{reason[: _MAX_REASON - 1]}…",
    )


def _search(library: Library, candidate: Manifest) -> str:
    """Which search a candidate is a variant of: where its work began, and whose work it is.

    Code that git does not know may be anybody's next try, so that all of it counts.
    """
    code, folder = code_of(candidate), library.config.root
    commit = library.order.commit_of(code)
    if code is None or commit is None:
        return "unknown"
    return library.cached_search(commit, code.dirty, lambda: _search_of(folder, commit, code))


def _search_of(folder: Path, commit: str, code: Code) -> str:
    # The raw commit: a shallow clone hides the parents that it names.
    lines = (gitinfo.git(folder, "cat-file", "commit", commit) or "").partition("\n\n")[0].splitlines()
    parents = [line.removeprefix("parent ") for line in lines if line.startswith("parent ")]
    author = next((line.partition("<")[2].partition(">")[0] for line in lines if line.startswith("author ")), "")
    tree_alone = author == _OWN_EMAIL
    if code.dirty or tree_alone:
        author = gitinfo.git(folder, "config", "user.email") or ""
    began = parents[0] if tree_alone and parents else commit
    own = code.dirty or tree_alone
    trunk = next(filter(None, (gitinfo.resolve_revision(folder, name) for name in _TRUNKS)), None)
    base = gitinfo.git(folder, "merge-base", trunk, began) if trunk is not None else None
    if base is not None and base != began:
        return f"{base} {author}"
    # On the trunk itself, a commit began at the one before it: its own uncommitted tries count, others' commits don't.
    return f"{began if own else parents[0] if parents else began} {author}"


def variant_key(manifest: Manifest) -> str:
    """What makes two measurements one variant: the same code, or the same measurement."""
    variant = identity_of(manifest).variant
    if variant is None:
        variant = manifest.measurement.id if manifest.measurement else manifest.result_id
    return hashlib.sha256(f"{manifest.bench_name}\0{variant!r}".encode()).hexdigest()[:16]
