"""Ways to look fast without being it: what a head's change, and the samples it gave, could owe to the measurement.

Agents that optimise find them: answers that are kept and given again, a clock that is bent, a module that takes the
place of another. Each may be honest, a cache above all, so nothing is refused: an improvement is told with its doubt.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from holobench_mcp import gitinfo
from holobench_mcp.model import Difference, Direction, Kind

if TYPE_CHECKING:
    from holobench_mcp.snapshot import FloatArray, Snapshot

#: How many times slower than later ones a first sample or run is, beyond the base's own, to look like a kept answer.
_KEPT_FACTOR = 1.5
#: Of a change, at most this much is read.
_MAX_DIFF = 4 << 20
_MOST_NAMED = 3
_CACHE = re.compile(
    r"\b(?:lru_cache|cached_property|memoi[sz]e\w*|diskcache|shelve\.open|joblib\.Memory)\b"
    r"|@\s*(?:functools\.)?cache\b"
    r"|\b\w*(?:cache|memo(?!r))\w*(?:\[[^\]]*\])?\s*(?::[^=]+)?=(?!=)"
    r"|\bdef\s.*=\s*(?:\{\}|\[\]|dict\(\))",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\w.])(?:time|timeit|bencher|bn)(?:\.\w+)+\s*=(?!=)"
    r"|\bsetattr\(\s*(?:time|timeit|bencher|bn)\b"
    r"|\bpatch(?:\.\w+)?\(\s*[\"']?(?:time|timeit|bencher)\b"
    r"|\bsys\.modules\[|\bsys\._getframe\b|\binspect\.(?:stack|currentframe)\b|\bgc\.(?:disable|freeze)\b"
)
_STARTS_BY_ITSELF = frozenset({"sitecustomize.py", "usercustomize.py"})


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
    for path, line in _added(repository, base, head):
        if any(PurePosixPath(path).is_relative_to(kept) for kept in but_not):
            continue
        for pattern, found in ((_CACHE, cached), (_CLOCK, bent)):
            if path not in found and (seen := pattern.search(line)):
                found[path] = seen[0].strip()[:40]
    shadows = [
        path
        for path in _new_files(repository, base, head)
        if _takes_anothers_place(PurePosixPath(path), loads_from)
        and not any(PurePosixPath(path).is_relative_to(kept) for kept in but_not)
    ]
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
    return tuple(told)


def of_the_harness(benchmark: str, protected: Sequence[str], changed: Sequence[str]) -> tuple[Difference, ...]:
    """What to say of a benchmark that the head has changed, or of which nothing could be taken from the base."""
    if not protected:
        detail = (
            f"nothing of {benchmark} is protected, as its command names no file of it: each side was measured with its "
            "own benchmark. A person can name its files under protected in the configuration"
        )
    elif changed:
        listed = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        detail = f"the head changed protected files ({listed}): the base's version was measured on both sides"
    else:
        return ()
    return (Difference(severity="caution", what="benchmark_source", detail=detail),)


def _added(repository: Path, base: str, head: str) -> Iterator[tuple[str, str]]:
    """Each line that the head adds, with its file, without comments and prose."""
    how = (
        "--unified=0",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--src-prefix=a/",
        "--dst-prefix=b/",
    )
    path = ""
    for line in (gitinfo.git(repository, "diff", *how, base, head) or "")[:_MAX_DIFF].splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ ").removeprefix("b/").strip('"')
        elif line.startswith("+") and not path.endswith((".md", ".rst", ".txt", ".json", ".lock", ".toml")):
            code = line[1:].strip()
            if not code.startswith(("#", "//", "*", "/*")):
                yield path, code


def _new_files(repository: Path, base: str, head: str) -> list[str]:
    found = gitinfo.git(repository, "diff", "--name-only", "--no-renames", "--diff-filter=A", "-z", base, head) or ""
    return [name for name in found.split("\0") if name]


def _takes_anothers_place(path: PurePosixPath, loads_from: Sequence[str]) -> bool:
    if path.name in _STARTS_BY_ITSELF or path.suffix == ".pth":
        return True
    module = path.parent if path.name == "__init__.py" else path
    standard = module.stem in sys.stdlib_module_names or module.stem in ("bencher", "numpy", "param", "xarray")
    return path.suffix == ".py" and standard and str(module.parent) in loads_from


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
