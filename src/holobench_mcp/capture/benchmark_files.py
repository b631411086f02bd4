"""Which files of a project are the benchmark: more than the one that the command names.

The command's own file, the files of the classes that it sweeps, and what a run loads whose name, or whose folder's,
says that it measures. An edit of any of them may make a difference that is not the code's.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from holobench_mcp.capture.environment import command_file_of, source_sha256
from holobench_mcp.capture.loaded_files import LoadedFiles

#: Words in the name of a file or a folder that measures.
_MEASURES = frozenset({
    "bench", "benches", "benchmark", "benchmarks", "benchmarking", "harness", "perf", "timer", "timing", "timings",
})  # fmt: skip
#: Those of them that no product's own code has.
_IS_A_BENCHMARK = frozenset({"bench", "benches", "benchmark", "benchmarks", "benchmarking"})
#: Folders of a project that hold its own code, whatever else stands there.
_OF_THE_PRODUCT = frozenset({"src", "lib", "python"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
#: What a script that measures something has in it, whatever it is called.
_MEASURING = re.compile(
    r"^\s*(?:from|import)\s+(?:bencher|holobench\w*|pyperf|timeit|pytest\w*|asv\w*)\b|\bperf_counter|\btimeit\b"
    r"|^\s*def (?:test|bench)_?\w*\(|\bhyperfine\b|\bperformance\.now\b",
    re.MULTILINE,
)
_LONGEST_SCRIPT = 4 << 20


def benchmark_file_of(command: Sequence[str], cwd: Path) -> Path | None:
    """The file that a command names, where it is a benchmark; None for a program that is itself what is measured."""
    file = command_file_of(command, cwd)
    return file if file is not None and is_benchmark(file, cwd) else None


def is_benchmark(file: Path, cwd: Path) -> bool:
    """Whether a script measures something else than itself, by its name or by what stands in it.

    One that can't be read is one: an edit of it would otherwise be taken for one of the product.
    """
    with suppress(ValueError):
        if names_a_benchmark(file.relative_to(cwd).as_posix()):
            return True
    try:
        with file.open("rb") as stream:
            return _MEASURING.search(stream.read(_LONGEST_SCRIPT).decode("utf-8", "replace")) is not None
    except OSError:
        return True


def names_a_benchmark(path: str) -> bool:
    """Whether a program's name, or its folder's, says that it measures."""
    file = PurePosixPath(path)
    return file.suffix in (".py", ".sh") and any(_words(part) & _MEASURES for part in (*file.parent.parts, file.stem))


def is_apart_from_the_product(root: Path, path: str) -> bool:
    """Whether a file of a benchmark is in no package that it may measure: there, a sweep has its product beside it.

    Only such a file can be the base's on both sides without hiding a change. path: from the project's top, `root`.
    """
    folders = PurePosixPath(path).parent.parts
    packages = [i for i in range(len(folders)) if (root / Path(*folders[: i + 1]) / "__init__.py").exists()]
    of_benchmarks = (_words(folders[i]) & _IS_A_BENCHMARK for i in packages)
    return _OF_THE_PRODUCT.isdisjoint(folders) and all(of_benchmarks)


def _words(name: str) -> set[str]:
    return set(re.split(r"[_.-]", name.lower()))


def project_root(folder: Path) -> Path:
    """The top of the repository that a folder is in, or else the folder."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)


def benchmark_files(command_file: Path | None, loaded: LoadedFiles, root: Path) -> list[Path]:
    """The files of a benchmark that stand in its project, by what a run of it loaded; paths that are resolved.

    command_file: the one that its command names. root: the top of the project.
    """
    top = root.resolve()
    sweeps = {part.file for parts in loaded.sweeps.values() for part in parts}
    own = _inside([*([command_file] if command_file else []), *sweeps], top)
    modules = _inside({path for paths in loaded.modules.values() for path in paths if path.endswith(".py")}, top)
    beside = [module for module in modules if names_a_benchmark(module.relative_to(top).as_posix())]
    return list(dict.fromkeys([*own, *sorted(beside)]))


def sources_sha256(files: Sequence[Path]) -> str | None:
    """A digest of a benchmark's files, of one alone as `source_sha256` has it, that a move to another folder leaves."""
    digests = []
    for file in files:
        with suppress(OSError):
            # Source in another encoding still has a digest: without one, an edit of it would not show.
            digests.append(source_sha256(file.read_bytes().decode("utf-8", "backslashreplace")))
    if len(digests) < 2:
        return next(iter(digests), None)
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


def sweep_sha256(loaded: LoadedFiles, sweep: str | None) -> str | None:
    """A digest of the source of a sweep's class and of those of its project that it is built on.

    sweep: `module.Class`, as a result names it.
    """
    parts = loaded.sweeps.get(sweep or "", ())
    digests = [source_sha256(part.source) for part in parts]
    return hashlib.sha256("".join(digests).encode()).hexdigest() if digests else None


def _inside(paths: Iterable[str | Path], top: Path) -> list[Path]:
    """Those that are files of a project, and not of what is installed into it; each once."""
    files = []
    folders: dict[str, bool] = {}
    for path in paths:
        folder, _ = os.path.split(path)
        if folder not in folders:
            folders[folder] = _may_hold(folder, top)
        with suppress(OSError, ValueError, RuntimeError):
            # Of a thousand modules nearly all are elsewhere: a link of theirs into the project is all that may be here.
            if not folders[folder] and not Path(path).is_symlink():
                continue
            file = Path(path).resolve()
            if file.is_relative_to(top) and _INSTALLED.isdisjoint(file.parts) and file.is_file():
                files.append(file)
    return list(dict.fromkeys(files))


def _may_hold(folder: str, top: Path) -> bool:
    """Whether the files of a folder, those that are no links, may be a project's own."""
    try:
        real = Path(folder).resolve()
    except (OSError, ValueError, RuntimeError):
        return True
    return real.is_relative_to(top) and _INSTALLED.isdisjoint(real.parts)
