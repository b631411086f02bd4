"""Measures two revisions in turn, so that what drifts meanwhile meets both sides alike.

Rounds go base, head, head, base, … The decision is looked at twice: once early, once at the end, and the error rate is
shared between the looks (Bonferroni: 1 % and 4 %), so that stopping early keeps it.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp import gitinfo
from holobench_mcp.capture.environment import benchmark_file_of
from holobench_mcp.capture.runner import run_command
from holobench_mcp.config import MAX_ROUNDS, BenchmarkConfig
from holobench_mcp.evidence.cached_answers import SideRuns, cached_answers
from holobench_mcp.measure import cautions, setups
from holobench_mcp.measure.change import read_change
from holobench_mcp.measure.session import (
    Cancelled,
    OnProgress,
    Record,
    Session,
    clean_environment,
    filled,
    ordered,
)
from holobench_mcp.measure.worktrees import (
    Revisions,
    as_checked_out,
    choose_revisions,
    clean_up_after_crash,
    protect,
    worktrees,
)
from holobench_mcp.model import CaptureError, Difference, InvalidArgument

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

#: The look's share of the error rate of 5 %; the last look has the rest (see model.ROUNDS_ALPHA).
EARLY_ALPHA = 0.01
_EARLY_SHARE = 0.6
_TOLD_LINES = 12
FORBIDDEN_ROOT, BASE_TREE = "BENCHER_AB_FORBIDDEN_ROOT", "BENCHER_AB_BASE_TREE"

#: By sweep, the recorded ids of one side in order of rounds.
Recorded = Sequence[Sequence[str]]
#: Whether the runs so far settle every sweep at an error rate of all together: given those of both sides.
Settled = Callable[[Recorded, Recorded, float], bool]


@dataclass(frozen=True)
class Measured:
    """What an A/B measurement recorded, and how it went."""

    revisions: Revisions
    measurement: str
    base_ids: tuple[tuple[str, ...], ...]  #: by sweep, then by round
    head_ids: tuple[tuple[str, ...], ...]
    rounds: int
    stopped: str | None
    protected_changed: tuple[str, ...]
    notes: tuple[str, ...]
    seen: tuple[Difference, ...] = ()  #: what the samples of all runs, warm-ups included, make one doubt


def measure_revisions(
    name: str,
    config: BenchmarkConfig,
    root: Path,
    *,
    record: Record,
    settled: Settled,
    base: str = "merge-base",
    head: str = "worktree",
    rounds: int = 5,
    max_seconds: float | None = None,
    parameters: Mapping[str, str] | None = None,
    progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Measured:
    """Measure two revisions in interleaved rounds, in temporary worktrees that are gone afterwards.

    Raises CaptureError, and Cancelled; what was recorded until then stays.
    """
    if not 2 <= rounds <= MAX_ROUNDS:
        raise InvalidArgument(f"rounds: from 2 to {MAX_ROUNDS}, not {rounds}.")
    clean_up_after_crash()
    chosen = choose_revisions(root, base, head)
    below = root.resolve().relative_to(chosen.repository.resolve())
    session = Session(name, config, root, record, 2 * rounds, parameters or {}, None, progress, cancel)
    started = time.monotonic()
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (base_tree, head_tree):
        words = [filled(word, session.parameters) for word in config.command]
        paths = _protected(config, words, below, (base_tree, head_tree))
        changed = protect(chosen, head_tree, paths)
        lent = _lend(chosen, base_tree, paths)
        given = [f"The base has no {path}: the head's version was measured on both sides." for path in lent]
        notes = [*chosen.notes, *given, *_empty_submodules((base_tree, head_tree))]
        trees = {"base": base_tree / below, "head": head_tree / below}
        for side, top in (("base", base_tree), ("head", head_tree)) if config.setup is not None else ():
            both = [chosen.base, chosen.head, paths]
            goes_in = both if (changed and side == "head") or lent else [getattr(chosen, side)]
            _set_up(name, config, top, trees[side], session, goes_in)
        guarded = {FORBIDDEN_ROOT: str(chosen.repository), BASE_TREE: str(base_tree)}
        also_head = {FORBIDDEN_ROOT: str(chosen.repository), BASE_TREE: str(head_tree)}
        extra = {"base": guarded, "head": also_head}
        commits = {"base": chosen.base, "head": chosen.head}
        pyproject = (below / "pyproject.toml").as_posix()
        of_the_change = (
            *cautions.harness_cautions(name, paths, changed, lent),
            *cautions.configuration_cautions(chosen.repository, chosen.base, chosen.head, pyproject),
            *cautions.change_cautions(
                read_change(chosen.repository, chosen.base, chosen.head),
                protected=paths,
                import_folders=_loads_from(config, below, paths),
            ),
        )
        seen = {"base": SideRuns(), "head": SideRuns()}
        for side in ordered(0):
            for _ in range(max(1, config.warmup_runs)):
                session.run(
                    trees[side],
                    number=0,
                    side=side,
                    revision=commits[side],
                    environment=extra[side],
                    keep=False,
                    seen=seen[side].warm_up,
                )

        def of_the_head() -> tuple[Difference, ...]:
            """Recorded with the head's results, so that whoever compares them later is told as well."""
            return (*of_the_change, *cached_answers(seen["base"], seen["head"]))

        recorded: dict[str, list[list[str]]] = {"base": [], "head": []}
        stopped = None
        early = math.ceil(rounds * _EARLY_SHARE)
        for number in range(rounds):
            for side in ordered(number):
                if config.setup is None:
                    as_checked_out(base_tree if side == "base" else head_tree)
                ids = session.run(
                    trees[side],
                    number=number,
                    side=side,
                    revision=commits[side],
                    environment=extra[side],
                    annotate=_annotation(chosen, side),
                    seen=seen[side].rounds.append,
                    cautions=of_the_head if side == "head" else tuple,
                )
                _same_sweeps(name, recorded, ids)
                recorded[side].append(ids)
            done = number + 1
            if done == rounds:
                break
            if (
                done == early
                and done >= 2
                and settled(_by_sweep(recorded["base"]), _by_sweep(recorded["head"]), EARLY_ALPHA)
            ):
                stopped = f"settled after {done} of {rounds} rounds, at the early look"
                break
            if max_seconds is not None and time.monotonic() - started > max_seconds:
                stopped = f"max_seconds was reached after {done} of {rounds} rounds"
                break
    return Measured(
        revisions=chosen,
        measurement=session.id,
        base_ids=_by_sweep(recorded["base"]),
        head_ids=_by_sweep(recorded["head"]),
        rounds=len(recorded["base"]),
        stopped=stopped,
        protected_changed=tuple(changed),
        notes=tuple(notes),
        seen=cached_answers(seen["base"], seen["head"]),
    )


def _annotation(chosen: Revisions, side: str) -> Callable[[Snapshot], Snapshot]:
    """Say of the head's uncommitted changes that they are: its commit is one that no branch knows."""
    dirty = side == "head" and chosen.head_is_worktree and chosen.head != chosen.base

    def annotate(snapshot: Snapshot) -> Snapshot:
        known = {"git_commit": chosen.head if side == "head" else chosen.base, "git_dirty": False}
        label = "worktree" if dirty else None
        environment = snapshot.environment.model_copy(update=known)
        told = {**snapshot.provenance, **({"display_label": label} if label else {})}
        return snapshot.with_(environment=environment, provenance=told)

    return annotate


def _protected(config: BenchmarkConfig, command: Sequence[str], below: Path, trees: Sequence[Path]) -> list[str]:
    """The protected paths, from the repository's top; the benchmark's own file unless others are configured.

    trees: the base's and the head's. What the command names is looked for in both: the head may have moved it away.
    A link of the base's is protected with what it leads to; where one of the head's leads is nobody's word.
    """
    base, *_ = trees
    named = [below / path for path in config.protected]
    if not named:
        found = [(tree, benchmark_file_of(command, tree / below / config.cwd)) for tree in trees]
        named = [path.relative_to(tree) for tree, path in found if path is not None and path.is_relative_to(tree)]
    links = [(base / path).resolve() for path in named]
    named += [path.relative_to(base.resolve()) for path in links if path.is_relative_to(base.resolve())]
    # `..` is taken out of a path as it is written: what is outside the repository both sides have the same anyway.
    inside = [path for path in map(os.path.normpath, named) if not path.startswith("..")]
    return list(dict.fromkeys(Path(path).as_posix() for path in inside))


def _loads_from(config: BenchmarkConfig, below: Path, protected: Sequence[str]) -> list[str]:
    """Folders whose modules a benchmark's Python finds before others, from the repository's top."""
    folders = [below, below / config.cwd, below / "src", *(Path(path).parent for path in protected)]
    return [folder.as_posix() for folder in folders]


def _lend(chosen: Revisions, base_tree: Path, paths: Sequence[str]) -> list[str]:
    """Give the base the head's version of what only the head has, such as a benchmark that is new. Returns which."""
    given = []
    for path in paths:
        if gitinfo.git(chosen.repository, "ls-tree", "-r", "--name-only", chosen.base, "--", path):
            continue
        # git follows no symbolic link of the base's tree on its way to the path, as a copy would.
        if gitinfo.git(base_tree, "checkout", "--quiet", chosen.head, "--", f":(top,literal){path}") is not None:
            given.append(path)
    return given


def _empty_submodules(trees: Sequence[Path]) -> list[str]:
    """What to say of submodules whose folders are empty in a worktree."""
    empty = {
        line.split()[1]
        for tree in trees
        if (tree / ".gitmodules").exists()
        for line in (gitinfo.git(tree, "submodule", "status") or "").splitlines()
        if line.startswith("-")
    }
    if not empty:
        return []
    return [f"Submodules that are not checked out, and empty on both sides: {', '.join(sorted(empty)[:5])}."]


def _set_up(
    name: str, config: BenchmarkConfig, top: Path, folder: Path, session: Session, goes_in: Sequence[object]
) -> None:
    """Prepare a worktree, or take what was built for the same revision before. goes_in: what its files depend on."""
    side = top.name
    words = [filled(word, {**session.parameters, "tree": str(folder)}) for word in config.setup or ()]
    env = clean_environment(config, session.parameters, folder)
    key = setups.key_of(top, goes_in, words, env)
    if setups.restore(top, key):
        return
    if session.progress is not None:
        session.progress(f"setting up {name} ({side})", session.done, session.runs)
    outcome = run_command(
        words, cwd=folder, env=env, timeout_s=config.setup_timeout_s, on_output=lambda _: None, cancel=session.cancel
    )
    if outcome.cancelled:
        raise Cancelled(f"The measurement of {name} was cancelled while it was set up.")
    end = "\n".join(outcome.output_tail.strip().splitlines()[-_TOLD_LINES:])
    told = f" The end of its output:\n{end}" if end else ""
    if outcome.timed_out:
        raise CaptureError(f"{name}: its setup took more than {config.setup_timeout_s:g} s ({side}).{told}")
    if outcome.returncode != 0:
        raise CaptureError(f"{name}: its setup failed with exit status {outcome.returncode} ({side}).{told}")
    setups.keep(top, key)


def _same_sweeps(name: str, recorded: Mapping[str, list[list[str]]], ids: list[str]) -> None:
    for earlier in (*recorded["base"][:1], *recorded["head"][:1]):
        benches = [[i.rsplit("-", 2)[0] for i in some] for some in (earlier, ids)]
        if benches[0] != benches[1]:
            raise CaptureError(
                f"{name} does not record the same benchmarks each time: {', '.join(benches[0])} before, "
                f"{', '.join(benches[1])} now."
            )


def _by_sweep(rounds: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(zip(*rounds, strict=True))


__all__ = ["Cancelled", "Measured", "measure_revisions"]
