"""Ways to look fast without being it: what a head's change, and the samples it gave, could owe to the measurement.

Agents that optimise find them: answers that are kept and given again, a clock that is bent, a module that takes the
place of another. Each may be honest, a cache above all, so nothing is refused: an improvement is told with its doubt.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from holobench_mcp import gitinfo
from holobench_mcp.config import TABLE
from holobench_mcp.model import Difference, Direction, Kind

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import FloatArray, Snapshot

#: How many times slower than later ones a first sample or run is, beyond the base's own, to look like a kept answer.
_KEPT_FACTOR = 1.5
#: Of a change, at most this much is read.
_MAX_DIFF = 8 << 20
_MOST_NAMED = 3
_CACHE = re.compile(
    r"\b(?:lru_cache|cached_property|memoi[sz]e\w*|diskcache|shelve\.open|joblib\.Memory)\b"
    r"|@\s*(?:functools\.)?cache\b"
    r"|\b\w*(?:cache|memo(?!r))\w*(?:\[[^\]]*\])?\s*(?::[^=]+)?=(?!=)"
    r"|\bdef\s.*=\s*(?:\{\}|\[\]|dict\(\))"
    # Places that outlive a run and its tree.
    r"|/dev/shm|\bshared_memory\b|[\"']/(?:var/)?tmp\b|\bPath\.home\(|\bexpanduser\(|[\"']HOME[\"']|\bpickle\.loads?\(",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\w.])(?:time|timeit|bencher|bn)(?:\.\w+)+\s*=(?!=)"
    r"|\bsetattr\(\s*(?:time|timeit|bencher|bn)\b"
    r"|\bpatch(?:\.\w+)?\(\s*[\"']?(?:time|timeit|bencher)\b"
    r"|\b(?:perf_counter|process_time|thread_time|monotonic)(?:_ns)?\b|(?<![\w.])time\.time(?:_ns)?\(|\btimeit\b"
    r"|\.__dict__\b|(?<![\w.])(?:exec|eval|vars|__import__)\("
    r"|\bsys\.modules\[|\bsys\._getframe\b|\binspect\.(?:stack|currentframe)\b|\bgc\.(?:disable|freeze)\b"
)
_STARTS_BY_ITSELF = frozenset({"sitecustomize.py", "usercustomize.py"})
#: What holobench loads while it measures.
_LOADED = frozenset({
    "bencher", "numpy", "param", "xarray", "pandas", "holoviews", "hvplot", "panel", "bokeh", "plotly", "diskcache",
    "optuna", "scipy",
})  # fmt: skip
#: Words in the name of a file or a folder that measures.
_MEASURES = frozenset({
    "bench", "benches", "benchmark", "benchmarks", "benchmarking", "harness", "perf", "timer", "timing", "timings",
})  # fmt: skip


@dataclass
class Seen:
    """What one side's runs gave: its very first one, a warm-up, apart from those that count."""

    first: Sequence[Snapshot] = ()
    rounds: list[Sequence[Snapshot]] = field(default_factory=list)

    def warm_up(self, snapshots: Sequence[Snapshot]) -> None:
        """Take the first of the warm-ups."""
        self.first = self.first or snapshots


# ---------------------------------------------------------------------- the change


def in_the_change(
    repository: Path, base: str, head: str, *, but_not: Sequence[str], loads_from: Sequence[str]
) -> tuple[Difference, ...]:
    """What the lines that the head adds look like: a cache, a bent clock, a module in another's place.

    but_not: protected paths, of which the base's version is measured. loads_from: folders whose modules the benchmark
    finds first. Paths are from the repository's top.
    """
    cached: dict[str, str] = {}
    bent: dict[str, str] = {}

    def measured(path: str) -> bool:
        return not any(PurePosixPath(path).is_relative_to(kept) for kept in but_not)

    change = gitinfo.git(repository, "diff", *_READABLE, base, head)
    for path, sign, line in _lines(change or ""):
        if not measured(path):
            continue
        # A clock that is no longer read is as telling as one that is.
        for pattern, found in ((_CACHE, cached), (_CLOCK, bent)) if sign == "+" else ((_CLOCK, bent),):
            if path not in found and (seen := pattern.search(line)):
                found[path] = seen[0].strip()[:40]
    names = _changed_files(repository, base, head)
    own = [module.stem for module in map(PurePosixPath, but_not) if module.suffix == ".py"]
    shadows = [
        path
        for path, how in names
        if measured(path) and _takes_anothers_place(PurePosixPath(path), loads_from, own, is_new=how == "A")
    ]
    measures = [path for path, _ in names if measured(path) and path not in shadows and _measures(PurePosixPath(path))]
    told = []
    if cached:
        detail = f"the head's change looks as if it keeps answers: {_places(cached)}"
        told.append(Difference(severity="caution", what="cached_answers", detail=detail))
    if bent:
        detail = f"the head's change touches the clock, holobench or Python's own working: {_places(bent)}"
        told.append(Difference(severity="caution", what="measurement_touched", detail=detail))
    if shadows:
        detail = f"the head adds modules that take the place of others: {', '.join(shadows[:_MOST_NAMED])}"
        told.append(Difference(severity="caution", what="measurement_touched", detail=detail))
    if measures:
        detail = (
            f"the head changed files that look like a benchmark's and are not protected: {_few(measures)}. Each side "
            "was measured with its own"
        )
        told.append(Difference(severity="caution", what="benchmark_source", detail=detail))
    if change is None or len(change) > _MAX_DIFF:
        detail = (
            "the head's change is too long to be read whole, so that no sign of a cache or a bent clock is no proof"
        )
        told.append(Difference(severity="caution", what="measurement_touched", detail=detail))
    return tuple(told)


def in_the_configuration(repository: Path, base: str, head: str, pyproject: str) -> tuple[Difference, ...]:
    """What to say of a head that changes what is run, what is protected, or how it is judged.

    pyproject: the project's, from the repository's top.
    """
    before, after = (_table(gitinfo.git(repository, "show", f"{side}:{pyproject}")) for side in (base, head))
    if before is None or before == after:
        return ()
    detail = (
        f"the head changes [{TABLE}] in {pyproject}, which says what is run and how it is judged: it was measured as a "
        "person had it, unless the server was started, or the command called, after the change"
    )
    return (Difference(severity="caution", what="benchmark_source", detail=detail),)


def of_the_harness(
    benchmark: str, protected: Sequence[str], changed: Sequence[str], lent: Sequence[str] = ()
) -> tuple[Difference, ...]:
    """What to say of a benchmark that the head has changed, or of which nothing could be taken from the base."""
    if lent:
        detail = f"the base has no {_few(lent)}: both sides were measured with the head's own"
    elif not protected:
        detail = (
            f"nothing of {benchmark} is protected, as its command names no file of it: each side was measured with its "
            "own benchmark. A person can name its files under protected in the configuration"
        )
    elif changed:
        detail = f"the head changed protected files ({_few(changed)}): the base's version was measured on both sides"
    else:
        return ()
    return (Difference(severity="caution", what="benchmark_source", detail=detail),)


#: A diff that says the same whatever is configured: the head's own .gitattributes could call its code binary.
_READABLE = (
    "--unified=0",
    "--text",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


def _lines(change: str) -> Iterator[tuple[str, str, str]]:
    """Each line that the head adds (+) or removes (-), with its file, without comments and prose."""
    path = ""
    for line in change[:_MAX_DIFF].splitlines():
        if line.startswith(("--- a/", '--- "a/', "+++ b/", '+++ "b/')):
            path = line[4:].strip('"')[2:]
        elif line.startswith(("+", "-")) and not path.endswith((".md", ".rst", ".txt", ".json", ".lock", ".toml")):
            code = line[1:].strip()
            if not code.startswith(("#", "//", "*", "/*")):
                yield path, line[0], code


def _changed_files(repository: Path, base: str, head: str) -> list[tuple[str, str]]:
    """Each file that differs, and how: A for one that the head adds."""
    told = gitinfo.git_bytes(repository, "diff", "--name-status", "--no-renames", "-z", base, head) or b""
    how, names = told.split(b"\0")[:-1:2], told.split(b"\0")[1::2]
    return [(name.decode("utf-8", "replace"), sign.decode()) for sign, name in zip(how, names, strict=True)]


def _takes_anothers_place(path: PurePosixPath, loads_from: Sequence[str], own: Sequence[str], *, is_new: bool) -> bool:
    """Whether Python runs a file by itself, or for a module of another name. own: the benchmark's modules."""
    if path.name in _STARTS_BY_ITSELF or path.suffix in (".pth", ".pyc"):
        return True
    module = path.parent if path.name == "__init__.py" else path
    name = module.name.partition(".")[0]
    taken = name in sys.stdlib_module_names or name in _LOADED or name in own
    return is_new and path.suffix in (".py", ".so", ".pyd") and taken and str(module.parent) in loads_from


def _measures(path: PurePosixPath) -> bool:
    """Whether a program's name, or its folder's, says that it measures."""
    words = {word for part in (*path.parent.parts, path.stem) for word in re.split(r"[_.-]", part.lower())}
    return path.suffix in (".py", ".sh") and not words.isdisjoint(_MEASURES)


def _table(pyproject: str | None) -> object:
    """holobench-mcp's own table of a pyproject.toml; None where there is none."""
    try:
        tool = tomllib.loads(pyproject or "").get("tool", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    return tool.get(TABLE.partition(".")[2]) if isinstance(tool, Mapping) else None


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _places(found: dict[str, str]) -> str:
    listed = [f"{sign!r} in {path}" for path, sign in list(found.items())[:_MOST_NAMED]]
    return ", ".join(listed) + (f" and {len(found) - _MOST_NAMED} more files" if len(found) > _MOST_NAMED else "")


# ---------------------------------------------------------------------- the samples


def kept_answers(base: Seen, head: Seen) -> tuple[Difference, ...]:
    """Cautions for a head that is fast only where it has been before: an answer kept in memory, or on disk.

    A first sample at a point, or a side's first run, is always a little slower. It is told of when the head is the
    faster side, and its first is slower than its later ones by half, and by half more than the base's is: a fresh
    input would not see that speed.
    """
    told = []
    for sweep, snapshots in enumerate(zip(*head.rounds, strict=False)):
        for metric in snapshots[0].metrics:
            ours, theirs = (_costs(side, sweep, metric.variable) for side in (base, head))
            if ours is None or theirs is None or _typical(theirs[1]) >= _typical(ours[1]):
                continue
            for what, kept, before, now in (
                ("sample at each input", "between samples", _first_sample(ours[1]), _first_sample(theirs[1])),
                ("run", "between runs", _first_run(*ours), _first_run(*theirs)),
            ):
                if now > _KEPT_FACTOR * max(1.0, before):
                    detail = (
                        f"{metric.variable}: the head's first {what} is {now:.3g} times as slow as the later ones, "
                        f"the base's {before:.3g} times. It looks as if the head keeps its answers {kept}"
                    )
                    told.append(
                        Difference(severity="caution", what="cached_answers", detail=detail, variable=metric.variable)
                    )
    return tuple(told)


def _costs(side: Seen, sweep: int, variable: str) -> tuple[FloatArray, FloatArray] | None:
    """A metric as what it costs: shape (points, repeats) of the first run, (rounds, points, repeats) of the others.

    None where it is not a cost or a rate, or a run differs in its points.
    """
    runs = [side.first, *side.rounds]
    if any(len(run) <= sweep or variable not in run[sweep].samples for run in runs):
        return None
    metric = runs[0][sweep].metric(variable)
    arrays = [run[sweep].samples[variable] for run in runs]
    if metric.direction is Direction.none or metric.kind is not Kind.float or len({a.shape for a in arrays}) != 1:
        return None
    stacked = np.stack([a.reshape(-1, a.shape[-1]) for a in arrays])
    if not (np.isfinite(stacked) & (stacked > 0)).all():
        return None
    cost = stacked if metric.direction is Direction.minimize else 1 / stacked
    return cost[0], cost[1:]


def _first_sample(cost: FloatArray) -> float:
    """How many times the later samples the first one at a point costs: the median over rounds and points."""
    if cost.shape[-1] < 2:
        return 1.0
    return float(np.median(cost[..., 0] / np.median(cost[..., 1:], axis=-1)))


def _first_run(first: FloatArray, later: FloatArray) -> float:
    """How many times the slowest of the later runs the first one costs: the median over points.

    The slowest, as a busy machine makes any one run slow.
    """
    return float(np.median(np.median(first, axis=-1) / np.median(later, axis=-1).max(axis=0)))


def _typical(cost: FloatArray) -> float:
    return float(np.exp(np.log(np.median(cost, axis=-1)).mean()))
