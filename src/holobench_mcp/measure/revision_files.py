"""A revision's files, as git has them: none is checked out, and none that is too large is read."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from holobench_mcp import gitinfo

_GIT_S = 60.0
#: As many names are given to git at once.
_AT_ONCE = 500
_FILE, _LINK = b"100", b"120000"


@dataclass(frozen=True)
class RevisionFiles:
    """The files of a revision, by their paths from the repository's top."""

    repository: Path
    revision: str

    def paths(self) -> tuple[str, ...]:
        """All of them."""
        listed = gitinfo.git_bytes(
            self.repository, "ls-tree", "-r", "-z", "--name-only", "--full-tree", self.revision, timeout_s=_GIT_S
        )
        return tuple(os.fsdecode(name) for name in (listed or b"").split(b"\0") if name)

    def read(self, paths: Iterable[str], max_bytes: int, max_total: int) -> dict[str, bytes | None]:
        """What files hold; None for one that is larger, or lies beyond what is read of all.

        A link is what it leads to in the tree. What is not there is left out.
        """
        wanted = list(dict.fromkeys(paths))
        found = self._objects(wanted)
        links = {path: blob for path, (mode, blob, size) in found.items() if mode == _LINK and size < 4096}
        for path, target in zip(links, self._contents(links.values()), strict=True):
            where = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(target or b"")))
            for entry in self._objects([where]).values():
                found[path] = entry
        contents: dict[str, bytes | None] = {}
        small: dict[str, bytes] = {}
        for path, (mode, blob, size) in found.items():
            if not mode.startswith(_FILE):
                continue
            contents[path] = None
            max_total -= size
            if size <= max_bytes and max_total >= 0:
                small[path] = blob
        return contents | dict(zip(small, self._contents(small.values()), strict=True))

    def _objects(self, paths: list[str]) -> dict[str, tuple[bytes, bytes, int]]:
        """Mode, blob and size of each path that is a file."""
        found = {}
        for start in range(0, len(paths), _AT_ONCE):
            names = [name for name in paths[start : start + _AT_ONCE] if name and not name.startswith("..")]
            if not names:  # which would be all that there is
                continue
            listed = gitinfo.git_bytes(
                self.repository, "ls-tree", "-z", "-l", "--full-tree", self.revision, "--", *names, timeout_s=_GIT_S
            )
            for line in (listed or b"").split(b"\0")[:-1]:
                entry, _, name = line.partition(b"\t")
                mode, kind, blob, size = entry.split()
                if kind == b"blob":
                    found[os.fsdecode(name)] = (mode, blob, int(size))
        return found

    def _contents(self, blobs: Iterable[bytes]) -> list[bytes | None]:
        """What blobs hold, in their order."""
        wanted = list(blobs)
        if not wanted:
            return []
        printed = gitinfo.git_bytes(
            self.repository, "cat-file", "--batch", stdin=b"\n".join(wanted) + b"\n", timeout_s=_GIT_S
        )
        contents: list[bytes | None] = []
        at = 0
        for _ in wanted:
            end = (printed or b"").find(b"\n", at)
            words = (printed or b"")[at:end].split() if end >= 0 else []
            if printed is None or len(words) != 3:
                contents.append(None)
                at = end + 1 if end >= 0 else at
                continue
            size = int(words[2])
            contents.append(printed[end + 1 : end + 1 + size])
            at = end + 1 + size + 1
        return contents
