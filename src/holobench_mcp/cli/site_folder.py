"""The folder of a site: what is ours in it, and how a new state takes the place of an old one.

Files are written beside themselves and moved, the way in last; what is ours is written down before it is there and
after it is gone, so that a site that was broken off is ours all the same. Nothing else in the folder is touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holobench_mcp.model import OutputError

#: Lists the files of a site: a folder without it, and with anything in it, is somebody else's.
MARKER = "holobench-site.json"
_FORMAT = 1
#: What a file of ours is called: nothing that leads out of the folder.
_OURS = re.compile(r"index\.html|style\.css|(?:bench|comparison)/[a-z0-9][a-z0-9-]*\.html")
_BESIDE = ".new"


class SiteFolder:
    """A folder that is empty, is not there yet, or holds a site of ours. Raises OutputError for any other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._before = self._listed()
        self._written: list[str] = []

    def write(self, name: str, data: bytes) -> bool:
        """Put a file there, beside the old one until all are written. Whether it is another than it was."""
        if _OURS.fullmatch(name) is None:
            raise OutputError(f"{name} is no file of a site.")
        self._written.append(name)
        place = self.folder / name
        if place.is_symlink() or place.parent.is_symlink():
            raise OutputError(f"{place} is a link; a site's files are its own.")
        if place.exists() and name not in self._before:
            raise OutputError(f"{place} is there already and no file of a site; move it away.")
        with self._errors():
            if name in self._before and place.is_file() and place.read_bytes() == data:
                return False
            place.parent.mkdir(parents=True, exist_ok=True)
            Path(f"{place}{_BESIDE}").write_bytes(data)
        return True

    def finish(self) -> list[str]:
        """Move all files into their places, the overview last, and remove those that are not made any more."""
        gone = sorted(self._before - set(self._written))
        with self._errors():
            self._list({*self._before, *self._written})
            for name in sorted(self._written, key=lambda name: (name == "index.html", name)):
                beside = self.folder / f"{name}{_BESIDE}"
                if beside.exists():
                    beside.replace(self.folder / name)
            for name in gone:
                (self.folder / name).unlink(missing_ok=True)
            for emptied in {Path(name).parent for name in gone} - {Path()}:
                with suppress(OSError):
                    (self.folder / emptied).rmdir()
            self._list(self._written)
        return gone

    def abandon(self) -> None:
        """Remove what was written beside the files, which stay as they were."""
        for name in self._written:
            with suppress(OSError):
                (self.folder / f"{name}{_BESIDE}").unlink(missing_ok=True)

    # ------------------------------------------------------------------ parts

    def _listed(self) -> frozenset[str]:
        marker = self.folder / MARKER
        try:
            if not self.folder.exists() or (self.folder.is_dir() and not any(self.folder.iterdir())):
                return frozenset()
            document = json.loads(marker.read_bytes())
            files = document["files"] if document["format"] == _FORMAT else None
            if isinstance(files, list) and all(isinstance(f, str) and _OURS.fullmatch(f) for f in files):
                return frozenset(files)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        raise OutputError(
            f"--site: {self.folder} is no site that holobench-mcp wrote (it has no {MARKER} of this version), and what "
            "is in it stays. Name an empty folder, or one that is not there yet."
        )

    def _list(self, names: Iterable[str]) -> None:
        document = {"format": _FORMAT, "by": "holobench-mcp", "files": sorted(set(names))}
        beside = self.folder / f"{MARKER}{_BESIDE}"
        beside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        beside.replace(self.folder / MARKER)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise OutputError(f"{self.folder} can't be written: {problem.strerror or problem}.") from problem
