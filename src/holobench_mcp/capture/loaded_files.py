"""Which files the Pythons of a run loaded, as the probe in them wrote it down.

What they wrote is a claim of the measured code about itself: read within bounds, and believed as its samples are.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

#: The folder of the module that a measured Python runs when it starts.
PROBE = Path(__file__).parent / "probe"
_FOLDER, _MODE, _IMPORT = "HOLOBENCH_MCP_PROBE", "HOLOBENCH_MCP_PROBE_MODE", "HOLOBENCH_MCP_IMPORT"
#: What a measured Python must inherit, so that its probe writes down what it loads.
PROBE_VARIABLES = ("PYTHONPATH", _FOLDER, _MODE, _IMPORT)
_MAX_BYTES = 16 << 20
_MAX_RECORDS = 2000
_SECONDS, _MAX_NAME = re.compile(r"\d{1,5}\.\d{4}"), 40

#: What a probe writes down: the modules at the end, or also each file as it is opened.
Mode = Literal["modules", "opened"]
#: How holobench is imported: with its plotting packages, as it always is, or without.
HolobenchImport = Literal["light", "whole"]


@dataclass(frozen=True)
class SweepSource:
    """A part of the class of a sweep, or of one that it is built on: the file it stands in, and its text."""

    file: str
    source: str


@dataclass(frozen=True)
class OldHolobench:
    """A holobench that was imported, and hands no sweeps on, as it is of before there was a light import."""

    version: str | None
    python: str | None


@dataclass(frozen=True)
class LoadedFiles:
    """What the Pythons of a run say that they loaded. Paths are absolute, and not resolved."""

    modules: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: by a module's name, where it came from
    opened: frozenset[str] | None = None  #: files that were opened to be read; None where nobody looked
    programs: frozenset[str] = frozenset()  #: what the run started, as far as it is known
    deaf: frozenset[str] = frozenset()  #: what it started in a way that no probe is run
    sweeps: Mapping[str, tuple[SweepSource, ...]] = field(default_factory=dict)  #: by `module.Class`
    lines: Mapping[str, frozenset[int]] | None = None  #: which of the wanted lines ran, by file; None: not known
    holobench_import: HolobenchImport | None = None  #: how any of them imported holobench; None: none did, or unknown
    import_s: float | None = None  #: how long the longest of these imports took, where that was asked
    needs: frozenset[str] = frozenset()  #: packages that were used, though holobench was imported without them
    old_holobench: OldHolobench | None = None

    @property
    def known(self) -> bool:
        """Whether any Python of the run wrote something down."""
        return bool(self.modules) or self.opened is not None

    def files(self) -> frozenset[str]:
        """Everything that was loaded."""
        return frozenset().union(*self.modules.values(), self.opened or ())


def probe_environment(
    env: Mapping[str, str], folder: Path, mode: Mode | Path, holobench_import: HolobenchImport | None = None
) -> dict[str, str]:
    """What makes every Python of a run write down what it loads in a folder. mode: what to note, or a file of lines.

    holobench_import: how the first Python that imports holobench does it, and how long that takes; None leaves it be.
    """
    before = env.get("PYTHONPATH")
    return {
        **({_IMPORT: holobench_import} if holobench_import is not None else {}),
        "PYTHONPATH": os.pathsep.join([str(PROBE), *([before] if before else [])]),
        _FOLDER: str(folder),
        _MODE: f"lines:{mode}" if isinstance(mode, Path) else mode,
    }


def write_wanted_lines(file: Path, lines: Mapping[str, Iterable[int]]) -> None:
    """Write down which lines a probe is to look for: minus n is a call of the function that begins in line n."""
    text = "".join(f"{path}\0{','.join(map(str, numbers))}\0" for path, numbers in lines.items())
    file.write_bytes(text.encode("utf-8", "surrogateescape"))


class FirstLine(threading.Event):
    """Set as soon as a run has run one of the wanted lines, or another event is set: what it was run for is known."""

    def __init__(self, folder: Path, other: threading.Event | None) -> None:
        super().__init__()
        self._folder = folder
        self._other = other

    def is_set(self) -> bool:
        """Whether the run can be ended."""
        return (self._other is not None and self._other.is_set()) or self.line_ran()

    def line_ran(self) -> bool:
        """Whether one of the wanted lines has run."""
        with suppress(OSError):
            return any(file.stat().st_size > 0 for file in self._folder.glob("*.lines"))
        return False


def read_loaded_files(folder: Path) -> LoadedFiles:
    """What the probes of one run have written into its folder."""
    modules: dict[str, set[str]] = {}
    for name, path in _records(folder, "modules", 2):
        modules.setdefault(name, set()).add(path)
    opened: set[str] = set()
    programs: set[str] = set()
    deaf: set[str] = set()
    for kind, path in _records(folder, "opened", 2):
        {"program": programs, "deaf": deaf}.get(kind, opened).add(path)
    sweeps: dict[str, list[SweepSource]] = {}
    for name, path, source in _records(folder, "sweeps", 3):
        part = SweepSource(path, source)
        if part not in sweeps.setdefault(name, []):  # more than one process may have it
            sweeps[name].append(part)
    lines: dict[str, set[int]] = {}
    for path, number in _records(folder, "lines", 2):
        if number.removeprefix("-").isdecimal():
            lines.setdefault(path, set()).add(int(number))
    imports = list(_records(folder, "imports", 2))
    how = {kind for kind, _ in imports} & {"light", "whole"}
    seconds = [float(text) for kind, text in imports if kind in how and _SECONDS.fullmatch(text)]
    followed = any(folder.glob("*.lines")) and "" not in lines  # without a file: somebody else took the trace
    return LoadedFiles(
        modules={name: frozenset(paths) for name, paths in modules.items()},
        opened=frozenset(opened) if any(folder.glob("*.opened")) else None,
        programs=frozenset(programs),
        deaf=frozenset(deaf),
        sweeps={name: tuple(parts) for name, parts in sweeps.items()},
        lines={path: frozenset(numbers) for path, numbers in lines.items()} if followed else None,
        holobench_import="light" if "light" in how else "whole" if how else None,
        import_s=max(seconds, default=None),
        needs=frozenset(name[:_MAX_NAME] for kind, name in imports if kind == "needs"),
        old_holobench=_old_holobench(imports),
    )


def _old_holobench(imports: Iterable[tuple[str, ...]]) -> OldHolobench | None:
    about = {kind: text for kind, text in imports if kind in ("old", "python")}
    return OldHolobench(about["old"][:_MAX_NAME] or None, about.get("python") or None) if "old" in about else None


def _records(folder: Path, kind: str, width: int) -> Iterable[tuple[str, ...]]:
    """The records of every process of a run; one that was cut short is left out."""
    for file in sorted(folder.glob(f"*.{kind}"))[:_MAX_RECORDS]:
        with suppress(OSError):
            with file.open("rb") as stream:
                words = stream.read(_MAX_BYTES).decode("utf-8", "surrogateescape").split("\0")[:-1]
            yield from zip(*(words[i::width] for i in range(width)), strict=False)
