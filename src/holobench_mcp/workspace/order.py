"""The order of code, as git knows it: which of two measured codes is the older one.

A commit is older than those that have it behind them, and than uncommitted changes on top of it. Uncommitted changes
have no order to anything else, nor have commits of branches that went apart, revisions that git does not know (another
repository's, rebased and gone, beyond a shallow clone's depth) and results without one: those are ordered by time, and
whoever does so says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from time import monotonic

from cachetools import LRUCache

from holobench_mcp import gitinfo
from holobench_mcp.result.identity import Code

#: How far back in a history a nearest ancestor is looked for. Longer lists take git tenths of a second.
_MAX_HISTORY = 20_000
#: A revision that git did not know may have been fetched since.
_ASK_AGAIN_S = 10.0


class CodeOrder:
    """The order of measured codes in one repository. Thread-safe; what git said of two commits is asked once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._commits: dict[str, str] = {}
        self._unknown: dict[str, float] = {}
        self._older: LRUCache[tuple[str, str], bool] = LRUCache(4096)
        self._histories: LRUCache[str, dict[str, int]] = LRUCache(8)
        self._tips: LRUCache[tuple[str, frozenset[str]], bool] = LRUCache(64)
        self._nearest_of: LRUCache[tuple[str, frozenset[str]], str] = LRUCache(64)
        self._lock = Lock()

    def learn(self, codes: Iterable[Code | None]) -> None:
        """Ask git once which commits the revisions of some codes are."""
        now = monotonic()
        revisions = {code.revision for code in codes if code is not None and code.revision}
        with self._lock:
            asked = [r for r in revisions if r not in self._commits and now - self._unknown.get(r, -1e9) > _ASK_AGAIN_S]
        if not asked:
            return
        found = gitinfo.commits_of(self._folder, sorted(asked))
        with self._lock:
            self._commits |= found
            self._unknown |= {r: now for r in asked if r not in found}

    def commit_of(self, code: Code | None) -> str | None:
        """The commit of a code's revision; None where git does not know it."""
        if code is None or not code.revision:
            return None
        self.learn([code])
        return self._commits.get(code.revision)

    def older(self, one: Code | None, other: Code | None) -> bool:
        """Whether git knows that one code is older than another."""
        if one is None or other is None or one == other or one.dirty:
            return False
        first, second = self.commit_of(one), self.commit_of(other)
        if first is None or second is None:
            return False
        if first == second:
            return other.dirty
        return self._behind(first, second)

    def newer_than(self, code: Code | None, others: Sequence[Code]) -> list[Code]:
        """Those of some codes that git knows to be newer than one, in their order."""
        commit = self.commit_of(code)
        if code is None or commit is None or code.dirty:
            return []
        self.learn(others)
        known = [o for o in others if self.commit_of(o) is not None]
        commits = {self.commit_of(o) or "" for o in known} - {commit}
        if commits and self._is_tip(commit, commits):
            known = [o for o in known if self.commit_of(o) == commit]
        return [o for o in known if self.older(code, o)]

    def nearest_older(self, code: Code | None, others: Sequence[Code]) -> list[Code]:
        """Those of some codes that git knows to be older than one, the nearest first.

        That is the one with the fewest commits in between. A merge's first parent goes before its other ones: it is
        what the branch was before.
        """
        commit = self.commit_of(code)
        if code is None or commit is None:
            return []
        self.learn(others)
        history = self._history(commit)
        found: list[tuple[int, Code]] = []
        for other in others:
            its = self.commit_of(other)
            behind = its is not None and its in history and (its != commit or code.dirty)
            if its is not None and behind and not other.dirty and other != code:
                found.append((history[its], other))
        found.sort(key=lambda pair: pair[0])
        nearest = self._nearest(commit, frozenset(self.commit_of(other) or "" for _, other in found))
        return sorted((other for _, other in found), key=lambda other: self.commit_of(other) != nearest)

    def _nearest(self, commit: str, ancestors: frozenset[str]) -> str | None:
        """The ancestor with the fewest commits in between; a merge's first parent, where that is one of them."""
        if len(ancestors) < 2:
            return next(iter(ancestors), None)
        with self._lock:
            if (known := self._nearest_of.get((commit, ancestors))) is not None:
                return known
        tips = (gitinfo.git(self._folder, "merge-base", "--independent", *sorted(ancestors)) or "").split()
        parent = gitinfo.git(self._folder, "rev-parse", "--verify", "--quiet", f"{commit}^1")

        def distance(tip: str) -> int:
            counted = gitinfo.git(self._folder, "rev-list", "--count", f"{tip}..{commit}") or ""
            return int(counted) if counted.isdigit() else _MAX_HISTORY

        nearest = parent if parent in tips else min(tips, key=distance) if len(tips) > 1 else next(iter(tips), None)
        if nearest is not None:
            with self._lock:
                self._nearest_of[commit, ancestors] = nearest
        return nearest

    def _is_tip(self, commit: str, others: set[str]) -> bool:
        """Whether none of some commits has this one behind it."""
        asked = (commit, frozenset(others))
        with self._lock:
            if (known := self._tips.get(asked)) is not None:
                return known
        tips = gitinfo.git(self._folder, "merge-base", "--independent", commit, *sorted(others))
        with self._lock:
            self._tips[asked] = is_tip = tips is not None and commit in tips.split()
        return is_tip

    def _behind(self, one: str, other: str) -> bool:
        with self._lock:
            if (known := self._older.get((one, other))) is not None:
                return known
        answer = gitinfo.git(self._folder, "merge-base", "--is-ancestor", one, other) is not None
        with self._lock:
            self._older[one, other] = answer
        return answer

    def _history(self, commit: str) -> dict[str, int]:
        """A commit and what is behind it, by their place in git's list."""
        with self._lock:
            if (known := self._histories.get(commit)) is not None:
                return known
        listed = gitinfo.git(self._folder, "rev-list", "--topo-order", f"--max-count={_MAX_HISTORY}", commit) or ""
        history = {line: place for place, line in enumerate(listed.split())}
        with self._lock:
            self._histories[commit] = history
        return history
