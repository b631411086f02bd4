"""Two worktrees made ready to be measured: protected files, what only the head has, submodules and set-ups."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.capture.benchmark_files import is_benchmark
from holobench_mcp.capture.environment import command_file_of
from holobench_mcp.capture.runner import run_command
from holobench_mcp.config import BenchmarkConfig
from holobench_mcp.measure import setups
from holobench_mcp.measure.checkouts import Checkout, checkouts_of, put_back
from holobench_mcp.measure.failures import output_end
from holobench_mcp.measure.revision_choice import Revisions
from holobench_mcp.measure.session import Session, Side, clean_environment, filled
from holobench_mcp.measure.worktrees import protect
from holobench_mcp.model import Failure, InvalidArgument


@dataclass(frozen=True)
class Tree:
    """One side's worktree. folder: the project's root in it."""

    side: Side
    top: Path
    folder: Path
    commit: str
    checkouts: tuple[Checkout, ...] = ()


@dataclass(frozen=True)
class Trees:
    """Both sides' worktrees, and what was taken from which. Paths are from the repository's top."""

    base: Tree
    head: Tree
    protected: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  #: protected files that the head had changed
    from_head: tuple[str, ...] = ()  #: protected paths that only the head has
    notes: tuple[str, ...] = field(default=())

    def of(self, side: Side) -> Tree:
        """The tree of a side."""
        return self.base if side == "base" else self.head


def prepare_trees(session: Session, revisions: Revisions, tops: Sequence[Path]) -> Trees:
    """Give both worktrees the benchmark's files that they are to be measured with. Runs nothing."""
    config = session.config
    below = session.root.resolve().relative_to(revisions.repository.resolve())
    words = [filled(word, session.parameters) for word in config.command]
    paths = _protected(config, words, below, tops)
    changed = protect(revisions, tops[1], paths)
    from_head = _take_from_head(revisions, tops[0], paths)
    taken = [f"The base has no {path}: the head's version was measured on both sides." for path in from_head]
    return Trees(
        base=Tree("base", tops[0], tops[0] / below, revisions.base, checkouts_of(tops[0])),
        head=Tree("head", tops[1], tops[1] / below, revisions.head, checkouts_of(tops[1])),
        protected=tuple(paths),
        changed=tuple(changed),
        from_head=tuple(from_head),
        notes=(*taken, *_empty_submodules(tops)),
    )


def protect_more(revisions: Revisions, trees: Trees, paths: Sequence[str]) -> Trees:
    """The same trees, with the base's version of more of the benchmark's files in the head's. Runs nothing."""
    below = [path for path in paths if not any(Path(path).is_relative_to(known) for known in trees.protected)]
    changed = protect(revisions, trees.head.top, below)
    head = replace(trees.head, checkouts=checkouts_of(trees.head.top)) if changed else trees.head
    return replace(trees, head=head, protected=(*trees.protected, *below), changed=(*trees.changed, *changed))


def set_up(session: Session, revisions: Revisions, trees: Trees, side: Side) -> Failure | None:
    """Run the configured setup in a worktree, or take what was built for the same revision before.

    Returns how it failed, if it did. Raises Cancelled.
    """
    config, tree, name = session.config, trees.of(side), session.name
    words = [filled(word, {**session.parameters, "tree": str(tree.folder)}) for word in config.setup or ()]
    env = clean_environment(config, session.parameters, tree.folder)
    of_both = (trees.changed and side == "head") or trees.from_head
    sources = [revisions.base, revisions.head, trees.protected] if of_both else [tree.commit]
    key = setups.key_of(tree.top, sources, words, env)
    if setups.restore(tree.top, key):
        return None
    put_back(tree.checkouts)
    session.end_if_asked()
    session.say(f"setting up {name} ({side})")
    outcome = run_command(
        words,
        cwd=tree.folder,
        env=env,
        timeout_s=config.setup_timeout_s,
        on_output=lambda _: None,
        cancel=session.cancel,
    )
    if outcome.cancelled:
        raise session.cancelled(" while it was set up")
    end = output_end(outcome.output_tail)
    if outcome.timed_out:
        detail = f"{name}: its setup took more than {config.setup_timeout_s:g} s ({side})."
        return Failure(what="setup", detail=detail, output_tail=end)
    if outcome.returncode != 0:
        detail = f"{name}: its setup failed with exit status {outcome.returncode} ({side})."
        return Failure(what="setup", detail=detail, output_tail=end)
    setups.save(tree.top, key)
    return None


def import_folders(config: BenchmarkConfig, below: Path, protected: Sequence[str]) -> list[str]:
    """Folders whose modules a benchmark's Python finds before others, from the repository's top."""
    folders = [below, below / config.cwd, below / "src", *(Path(path).parent for path in protected)]
    return [folder.as_posix() for folder in folders]


# ---------------------------------------------------------------------- parts


def _protected(config: BenchmarkConfig, command: Sequence[str], below: Path, trees: Sequence[Path]) -> list[str]:
    """The protected paths, from the repository's top; the benchmark's own file unless others are configured.

    trees: the base's and the head's. What the command names is looked for in both: the head may have moved it away.
    A link of the base's is protected with what it leads to; where one of the head's leads is nobody's word.
    """
    base, *_ = trees
    named = [below / path for path in config.protected]
    for path, written in zip(named, config.protected, strict=True):
        if not any(os.path.lexists(tree / path) for tree in trees):
            raise InvalidArgument(
                f"protected: {written!r:.200} is neither in the base nor in the head, so nothing would be protected. "
                "Paths are relative to the project's root."
            )
    if not named:
        found = [(tree, command_file_of(command, tree / below / config.cwd)) for tree in trees]
        named = [path.relative_to(tree) for tree, path in found if path is not None and path.is_relative_to(tree)]
        # What the base does not measure with is the program that is measured, whatever the head makes of it.
        first = {path: next(tree / path for tree in trees if (tree / path).is_file()) for path in named}
        named = [path for path in named if is_benchmark(first[path], first[path].parent)]
    links = [(base / path).resolve() for path in named]
    named += [path.relative_to(base.resolve()) for path in links if path.is_relative_to(base.resolve())]
    # `..` is taken out of a path as it is written: what is outside the repository both sides have the same anyway.
    inside = [path for path in map(os.path.normpath, named) if not path.startswith("..")]
    return list(dict.fromkeys(Path(path).as_posix() for path in inside))


def _take_from_head(revisions: Revisions, base_tree: Path, paths: Sequence[str]) -> list[str]:
    """Give the base the head's version of what only the head has, such as a benchmark that is new. Returns which."""
    taken = []
    for path in paths:
        if gitinfo.git(revisions.repository, "ls-tree", "-r", "--name-only", revisions.base, "--", path):
            continue
        # git follows no symbolic link of the base's tree on its way to the path, as a copy would.
        if gitinfo.git(base_tree, "checkout", "--quiet", revisions.head, "--", f":(top,literal){path}") is not None:
            taken.append(path)
    return taken


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
