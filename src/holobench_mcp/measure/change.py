"""What the head changes: its files, and in each the lines that it adds and removes.

Read by the line counts of git's own hunk headers and split at line feeds only, so that no line that the change adds is
taken for a header and hides what follows it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.measure.revision_files import RevisionFiles

#: Of a change, at most this much is read.
_MAX_BYTES = 8 << 20
_DIFF_S = 60.0
#: A diff that says the same whatever is configured: the head's own .gitattributes could call its code binary.
_READABLE = (
    "--unified=0",
    "--inter-hunk-context=0",
    "--text",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-indent-heuristic",
    "--diff-algorithm=myers",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
)
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_QUOTED = {
    "a": b"\a", "b": b"\b", "f": b"\f", "n": b"\n", "r": b"\r", "t": b"\t", "v": b"\v", '"': b'"', "\\": b"\\",
}  # fmt: skip


@dataclass(frozen=True)
class Hunk:
    """Lines that stand together. Where nothing was added, `added_at` is the line after which the others stood."""

    removed_at: int
    removed: tuple[str, ...]
    added_at: int
    added: tuple[str, ...]


@dataclass(frozen=True)
class FileChange:
    """A file that differs. status: A for one that the head adds, D for one that it removes, M or T otherwise."""

    path: str
    status: str
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True)
class Change:
    """What differs between two revisions, and where their files are. whole: whether every line of it was read."""

    files: tuple[FileChange, ...]
    whole: bool = True
    base: RevisionFiles | None = None
    head: RevisionFiles | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that differ, from the repository's top."""
        return tuple(file.path for file in self.files)


def read_change(repository: Path, base: str, head: str) -> Change:
    """The change from one revision to another, a renamed file as one removed and one added."""
    listed = gitinfo.git_bytes(repository, "diff", "--name-status", "--no-renames", "-z", base, head, timeout_s=_DIFF_S)
    patch = gitinfo.git_bytes(repository, "diff", *_READABLE, base, head, timeout_s=_DIFF_S, env={"GIT_DIFF_OPTS": ""})
    words = (listed or b"").split(b"\0")[:-1]
    hunks: dict[str, list[Hunk]] = {}
    for path, hunk in _hunks((patch or b"")[:_MAX_BYTES].split(b"\n")):
        hunks.setdefault(path, []).append(hunk)
    files = tuple(
        FileChange(path, status.decode(), tuple(hunks.get(path, ())))
        for status, path in zip(words[::2], map(os.fsdecode, words[1::2]), strict=True)
    )
    whole = listed is not None and patch is not None and len(patch) <= _MAX_BYTES
    return Change(files, whole, RevisionFiles(repository, base), RevisionFiles(repository, head))


def _hunks(lines: Sequence[bytes]) -> Iterator[tuple[str, Hunk]]:
    """Each hunk with its file: a header says how many lines follow that are no header, whatever they look like."""
    path, at = "", 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith(b"diff --git "):
            path = ""
        elif line.startswith((b"--- ", b"+++ ")):
            path = _path(line[4:]) or path
        elif header := _HUNK.match(line):
            removed_at, removed_lines, added_at, added_lines = (int(group or 1) for group in header.groups())
            removed: list[str] = []
            added: list[str] = []
            while at < len(lines) and (len(removed) < removed_lines or len(added) < added_lines):
                sign, text = lines[at][:1], lines[at][1:].decode("utf-8", "replace")
                at += 1
                if sign == b"-":
                    removed.append(text)
                elif sign == b"+":
                    added.append(text)
            yield path, Hunk(removed_at, tuple(removed), added_at, tuple(added))


def _path(name: bytes) -> str:
    """A file's path as a header gives it: behind its prefix, in quotes where it has unusual characters."""
    name = name.removesuffix(b"\t")  # git ends a name that has spaces so
    if name == b"/dev/null":
        return ""
    if name.startswith(b'"') and name.endswith(b'"'):
        name = _unquoted(name[1:-1].decode("utf-8", "surrogateescape"))
    return os.fsdecode(name[2:])


def _unquoted(text: str) -> bytes:
    """A name without the escapes of C in which git writes it."""
    parts = re.split(r"\\([0-7]{3}|.)", text)
    plain = [parts[0].encode("utf-8", "surrogateescape")]
    for escape, following in zip(parts[1::2], parts[2::2], strict=True):
        byte = bytes([int(escape, 8)]) if len(escape) == 3 else _QUOTED.get(escape, escape.encode())
        plain += [byte, following.encode("utf-8", "surrogateescape")]
    return b"".join(plain)
