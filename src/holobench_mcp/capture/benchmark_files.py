"""Which files of a project are the benchmark: more than the one that the command names.

The command's own file, the files of the classes that it sweeps, and what a run loads of the folder that they stand in,
where that is a folder of benchmarks. An edit of any of them may make a difference that is not the code's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePath, PurePosixPath

from holobench_mcp.capture.environment import source_sha256
from holobench_mcp.capture.loaded_files import LoadedFiles

#: Words in the name of a file or a folder that measures.
_MEASURES = frozenset({
    "bench", "benches", "benchmark", "benchmarks", "benchmarking", "harness", "perf", "timer", "timing", "timings",
})  # fmt: skip
#: Folders of a project that hold its own code, whatever else stands there.
_OF_THE_PRODUCT = frozenset({"src", "lib", "python"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def names_a_benchmark(path: str) -> bool:
    """Whether a program's name, or its folder's, says that it measures."""
    file = PurePosixPath(path)
    words = {word for part in (*file.parent.parts, file.stem) for word in re.split(r"[_.-]", part.lower())}
    return file.suffix in (".py", ".sh") and not words.isdisjoint(_MEASURES)


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
    folders = [file.parent for file in own if _is_a_benchmarks_folder(file.parent, top)]
    modules = _inside({path for paths in loaded.modules.values() for path in paths if path.endswith(".py")}, top)
    beside = [
        module
        for module in modules
        if names_a_benchmark(module.relative_to(top).as_posix()) or any(map(module.is_relative_to, folders))
    ]
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
    for path in paths:
        with suppress(OSError, ValueError, RuntimeError):
            file = Path(path).resolve()
            if file.is_relative_to(top) and _INSTALLED.isdisjoint(file.parts) and file.is_file():
                files.append(file)
    return list(dict.fromkeys(files))


def _is_a_benchmarks_folder(folder: Path, top: Path) -> bool:
    """Whether what stands in a folder beside a benchmark is the benchmark too, and not what it measures."""
    below: PurePath = folder.relative_to(top)
    if names_a_benchmark((below / "any.py").as_posix()):
        return True
    is_a_project = any((folder / name).exists() for name in ("pyproject.toml", "setup.py", "setup.cfg", ".git"))
    is_the_products = folder == top or not _OF_THE_PRODUCT.isdisjoint(below.parts)
    return not is_the_products and not is_a_project and not (folder / "__init__.py").exists()
