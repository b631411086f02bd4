"""Files of results that a command writes into its tree, told from those that lay there before.

A file of an earlier run, or one that is committed, is no result of this one. What a run has written is copied before it
is read: whatever else is in a folder stays out, and so does everything that a link leads out of the tree to.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from holobench_mcp.model import CaptureError

_MOST_MATCHES, _MOST_FILES, _MOST_BYTES = 200, 5000, 256 << 20
#: What changes when a file is written, however quickly: its inode, size and times.
State = tuple[int, int, int, int]


@dataclass(frozen=True)
class ResultFiles:
    """The files that a pattern finds below a folder, as they were before a run."""

    folder: Path  #: that the command runs in
    tree: Path  #: that everything has to be in
    pattern: str
    before: Mapping[Path, State] = field(default_factory=dict)

    @classmethod
    def before_run(cls, folder: Path, tree: Path, pattern: str) -> ResultFiles:
        """What is there now. What is not to be read is only said after the run."""
        found = cls(folder, tree.resolve(), pattern)
        states: dict[Path, State] = {}
        with suppress(CaptureError):
            for match in found._matches():
                states |= {file: _state(file) for _, file in found._files(match)}
        return cls(folder, tree.resolve(), pattern, states)

    def copy_written(self, into: Path) -> list[tuple[Path, str]]:
        """Copy what was written since, each match apart: the copies, and their names in the tree.

        Raises CaptureError for nothing at all, nothing new, too much, and what is outside.
        """
        copies, old, size, count = [], list[Path](), 0, 0
        for number, match in enumerate(self._matches()):
            name = match.relative_to(self.folder).as_posix()
            copy = into / str(number) / match.name
            written = False
            for below, file in self._files(match):
                state = _state(file)
                if state == self.before.get(file):
                    old.append(file)
                    continue
                count, size, written = count + 1, size + state[1], True
                if count > _MOST_FILES or size > _MOST_BYTES:
                    raise CaptureError(
                        f"results: {self.pattern!r} finds more than {_MOST_FILES:,} files or {_MOST_BYTES >> 20} MB."
                    )
                target = copy / below
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
                os.utime(target, ns=(state[2], state[2]))
            if written:
                copies.append((copy, name))
        if not copies:
            raise CaptureError(self._nothing_new(old))
        return copies

    def _nothing_new(self, old: list[Path]) -> str:
        if not old:
            return (
                f"results: the command wrote no file that {self.pattern!r} finds. Paths are relative to the folder "
                "that it runs in."
            )
        written = datetime.fromtimestamp(old[0].stat().st_mtime).astimezone()
        return (
            f"results: {old[0].name} was not written by this run: it is of {written:%Y-%m-%d %H:%M:%S}, and not taken "
            "for new. Does the command write its results elsewhere, or not at all?"
        )

    def _matches(self) -> list[Path]:
        """What the pattern finds, by name; nothing twice, such as a file beside its folder."""
        try:
            found = sorted(islice(self.folder.glob(self.pattern), _MOST_MATCHES + 1))
        except (OSError, ValueError, NotImplementedError, RecursionError) as problem:
            raise CaptureError(f"results: {self.pattern!r} can't be looked for: {problem}.") from problem
        if len(found) > _MOST_MATCHES:
            raise CaptureError(f"results: {self.pattern!r} finds more than {_MOST_MATCHES} files; name them closer.")
        return [match for match in found if not any(parent in found for parent in match.parents)]

    def _files(self, match: Path) -> Iterator[tuple[Path, Path]]:
        """The regular files that a match is, or holds: each by its path below the match, and its real one."""
        self._inside(match)
        paths = [match]
        if match.is_dir():
            paths = sorted(Path(folder, name) for folder, _, names in os.walk(match) for name in names)
        for path in paths:
            real = self._inside(path)
            if real.exists() and stat.S_ISREG(real.stat().st_mode):
                yield path.relative_to(match), real

    def _inside(self, path: Path) -> Path:
        try:
            real = path.resolve()
        except (OSError, RuntimeError) as problem:
            raise CaptureError(f"results: {path.name} can't be followed: {problem}.") from problem
        if not real.is_relative_to(self.tree):
            raise CaptureError(f"results: {path.name} is a link that leads out of the project, and is not read.")
        return real


def _state(file: Path) -> State:
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
