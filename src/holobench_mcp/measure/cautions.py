"""Ways to look fast without being it: what a head's change could owe to the measurement.

Agents that optimise find them: answers that are kept and given again, a clock that is bent, a module that takes the
place of another. Each may be honest, a cache above all, so nothing is refused: an improvement is told with its doubt.
Python's caches are read as syntax, whatever their names, by `measure.caches`; other languages by words. What the
samples themselves show of a cache is `evidence.cached_answers`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from holobench_mcp import gitinfo
from holobench_mcp.capture.benchmark_files import names_a_benchmark
from holobench_mcp.config import TABLE
from holobench_mcp.measure.caches.cautions import caches_of, caution_of
from holobench_mcp.measure.change import Change, FileChange
from holobench_mcp.measure.file_names import named
from holobench_mcp.model import Difference

_MOST_NAMED = 3
#: What names a cache, in languages that are not read as syntax.
_CACHE = re.compile(
    r"\b(?:lru_cache|cached_property|memoi[sz]e\w*|diskcache|shelve\.open|joblib\.Memory)\b"
    r"|@\s*(?:functools\.)?cache\b"
    r"|\b\w*(?:cache|memo(?!r))\w*(?:\[[^\]]*\])?\s*(?::[^=]+)?=(?!=)"
    r"|\bdef\s.*=\s*(?:\{\}|\[\]|dict\(\))",
    re.IGNORECASE,
)
#: Places that outlive a run and its tree, in any language.
_OUTLIVES_A_RUN = re.compile(
    r"/dev/shm|\bshared_memory\b|[\"']/(?:var/)?tmp\b|\bPath\.home\(|\bexpanduser\(|[\"']HOME[\"']"  # noqa: S108 - what is looked for
)
_CLOCK = re.compile(
    r"(?<![\w.])(?:time|timeit|bencher|bn)(?:\.\w+)+\s*=(?!=)"
    r"|\bsetattr\(\s*(?:time|timeit|bencher|bn)\b"
    r"|\bpatch(?:\.\w+)?\(\s*[\"']?(?:time|timeit|bencher)\b"
    r"|\b(?:perf_counter|process_time|thread_time|monotonic)(?:_ns)?\b|(?<![\w.])time\.time(?:_ns)?\(|\btimeit\b"
    r"|\.__dict__\b|(?<![\w.])(?:exec|eval|vars|__import__)\("
    r"|\bsys\.modules\[|\bsys\._getframe\b|\binspect\.(?:stack|currentframe)\b|\bgc\.(?:disable|freeze)\b"
)
#: What no interpreter runs: words and figures about code.
_PROSE = (".md", ".rst", ".txt", ".json", ".lock", ".toml", ".pyi")
#: How a comment begins, by language: what begins one in another, such as `#` in C or `*` in Python, may be code.
_PYTHON_LIKE = frozenset(
    {".py", ".pyi", ".pyx", ".pxd", ".sh", ".bash", ".rb", ".jl", ".r", ".yml", ".yaml", ".cfg", ""}
)
_COMMENT, _COMMENT_OF_C = ("#",), ("//", "*", "/*")
_STARTS_BY_ITSELF = frozenset({"sitecustomize.py", "usercustomize.py"})
#: What holobench loads while it measures.
_LOADED = frozenset({
    "bencher", "numpy", "param", "xarray", "pandas", "holoviews", "hvplot", "panel", "bokeh", "plotly", "diskcache",
    "optuna", "scipy",
})  # fmt: skip


# ---------------------------------------------------------------------- the change


def change_cautions(
    change: Change, *, protected: Sequence[str], import_folders: Sequence[str], benchmark: Sequence[str] = ()
) -> tuple[Difference, ...]:
    """What the lines that the head adds look like: a cache, a bent clock, a module in another's place.

    protected: paths of which the base's version is measured. import_folders: folders whose modules the benchmark finds
    first. benchmark: files that are known to be the benchmark's. Paths are from the repository's top.
    """
    files = [file for file in change.files if not _is_below(file.path, protected)]
    # A clock that is no longer read is as telling as one that is.
    found = caches_of(change, passed_over={file.path for file in change.files} - {file.path for file in files})
    by_words = [file for file in files if not file.path.endswith((".py", ".pyw")) or file.path in found.unreadable]
    caches = _signs(files, _OUTLIVES_A_RUN, removed=False) | _signs(by_words, _CACHE, removed=False)
    clocks = _signs(files, _CLOCK, removed=True)
    benchmark_modules = [module.stem for module in map(PurePosixPath, protected) if module.suffix == ".py"]
    shadows = [file.path for file in files if _takes_anothers_place(file, import_folders, benchmark_modules)]
    harness = [
        file.path
        for file in files
        if file.path not in shadows and (file.path in benchmark or names_a_benchmark(file.path))
    ]
    cautions = [caution_of(found.caches)] if found.caches else []
    if caches:
        detail = f"the head's change looks as if it keeps answers: {_places(caches)}"
        step = "Measure with fresh inputs: give the code one that it has not had at each sample."
        cautions.append(Difference(severity="caution", what="cached_answers", detail=detail, next_step=step))
    if clocks:
        detail = f"the head's change touches the clock, holobench or Python's own working: {_places(clocks)}"
        cautions.append(_caution("measurement_touched", detail))
    if shadows:
        detail = f"the head adds modules that take the place of others: {named(shadows, _MOST_NAMED)}"
        cautions.append(_caution("measurement_touched", detail))
    if harness:
        detail = (
            "the head changed files that are the benchmark's, or look like it, and not protected: "
            f"{named(harness)}. Each side was measured with its own"
        )
        cautions.append(_caution("benchmark_source", detail, harness))
    if not change.whole or found.too_much:
        detail = (
            "the head's change is too long to be read whole, so that no sign of a cache or a bent clock is no proof"
        )
        cautions.append(_caution("measurement_touched", detail))
    return tuple(cautions)


def configuration_cautions(
    repository: Path, base: str, head: str, pyproject: str, benchmark: str | None = None
) -> tuple[Difference, ...]:
    """What to say of a head that changes what is run, what is protected, or how it is judged.

    pyproject: the project's, from the repository's top. benchmark: the configured one that is measured; None for a
    command that was given by hand. What is configured of others says nothing of it.
    """
    before, after = (_table(gitinfo.git(repository, "show", f"{side}:{pyproject}"), benchmark) for side in (base, head))
    if before is None or before == after:
        return ()
    detail = (
        f"the head changes [{TABLE}] in {pyproject}, which says what is run and how it is judged: it was measured as a "
        "person had it, unless the server was started, or the command called, after the change"
    )
    step = (
        f"Where the edit of [{TABLE}] is meant, commit it alone first, and measure the rest of the change against that "
        "commit; else undo it, and measure again."
    )
    return (_caution("benchmark_source", detail, (pyproject,)).model_copy(update={"next_step": step}),)


def harness_cautions(
    benchmark: str, protected: Sequence[str], changed: Sequence[str], from_head: Sequence[str] = ()
) -> tuple[Difference, ...]:
    """What to say of a benchmark that the head has changed, or of which nothing could be taken from the base.

    changed: protected files that the head changes. from_head: protected paths that only the head has.
    """
    if from_head:
        detail = f"the base has no {named(from_head)}: both sides were measured with the head's own"
    elif not protected:
        detail = (
            f"nothing of {benchmark} is protected, as its command names no file that is a benchmark: each side was "
            "measured with its own. A person can name the benchmark's files under protected in the configuration"
        )
    elif changed:
        detail = f"the head changed protected files ({named(changed)}): the base's version was measured on both sides"
    else:
        return ()
    return (_caution("benchmark_source", detail, () if from_head or not protected else changed),)


def _signs(files: Sequence[FileChange], pattern: re.Pattern[str], *, removed: bool) -> dict[str, str]:
    """The first sign of something in each file's added lines; in those that were removed too, where they count."""
    signs: dict[str, str] = {}
    for file in files:
        if file.path.endswith(_PROSE):
            continue
        comment = _COMMENT if PurePosixPath(file.path).suffix in _PYTHON_LIKE else _COMMENT_OF_C
        for hunk in file.hunks:
            lines = (*hunk.added, *hunk.removed) if removed else hunk.added
            code = (line for line in lines if not line.strip().startswith(comment))
            match = next(filter(None, map(pattern.search, code)), None)
            if match is not None:
                signs[file.path] = match[0].strip()[:40]
                break
    return signs


def _takes_anothers_place(file: FileChange, import_folders: Sequence[str], benchmark_modules: Sequence[str]) -> bool:
    """Whether Python runs a file by itself, or for a module of another name."""
    path = PurePosixPath(file.path)
    if path.name in _STARTS_BY_ITSELF or path.suffix in (".pth", ".pyc"):
        return True
    module = path.parent if path.name == "__init__.py" else path
    name = module.name.partition(".")[0]
    taken = name in sys.stdlib_module_names or name in _LOADED or name in benchmark_modules
    is_module = path.suffix in (".py", ".so", ".pyd")
    return file.status == "A" and is_module and taken and str(module.parent) in import_folders


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)


def _table(pyproject: str | None, benchmark: str | None) -> object:
    """holobench-mcp's own table of a pyproject.toml, of its benchmarks the one; None where there is nothing of it."""
    try:
        tool = tomllib.loads(pyproject or "").get("tool", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    table = tool.get(TABLE.partition(".")[2]) if isinstance(tool, Mapping) else None
    if not isinstance(table, Mapping):
        return None
    benchmarks = table.get("benchmarks")
    own = benchmarks.get(benchmark) if isinstance(benchmarks, Mapping) and benchmark is not None else None
    if benchmark is not None and own is None:
        return None  # what the base does not configure is nobody's edit
    return {**{key: value for key, value in table.items() if key != "benchmarks"}, "benchmark": own}


def _caution(what: str, detail: str, files: Sequence[str] = ()) -> Difference:
    return Difference(severity="caution", what=what, detail=detail, files=tuple(files))


def _places(signs: Mapping[str, str]) -> str:
    listed = [f"{sign!r} in {named([path])}" for path, sign in list(signs.items())[:_MOST_NAMED]]
    return ", ".join(listed) + (f" and {len(signs) - _MOST_NAMED} more files" if len(signs) > _MOST_NAMED else "")
