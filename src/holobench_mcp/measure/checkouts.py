"""A checkout as it was before anything ran in it, and how it becomes so again: no run leaves anything to the next.

What git is told in the tree itself is the run's to change: files that are added, bits that hide a change, another HEAD.
So the state that counts is an index of our own, beside the tree, and git is told where everything is.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.measure.revision_choice import GIT_S
from holobench_mcp.model import CaptureError

#: What a run could have set in the repository, so that a changed file looks unchanged or stays away.
_SETTINGS = (
    "core.sparseCheckout=false", "core.trustctime=true", "core.checkStat=default", "core.ignoreStat=false",
    "core.untrackedCache=false", "core.fileMode=true", "core.splitIndex=false", "core.bare=false",
)  # fmt: skip


@dataclass(frozen=True)
class Checkout:
    """One working tree, a submodule's too: where git keeps it, and the index that says what belongs into it."""

    tree: Path
    git_dir: Path
    index: Path
    head: bytes
    link: bytes | None  #: what its `.git` says, where that is a file

    def put_back(self) -> None:
        """Undo whatever was done to the tree, its index and its HEAD. Raises CaptureError when that can't be done."""
        try:
            self._restore_links()
            for arguments in (("checkout", "--quiet", "--force", "--", "."), ("clean", "-ffdxq")):
                if self._git(*arguments) is None:
                    raise CaptureError(
                        f"What a run left in {self.tree} can't be undone (git {arguments[0]} fails there), so that the "
                        "next one would measure it: is the disk full, or is something there that may not be removed?"
                    )
            shutil.copy2(self.index, self.git_dir / "index")
        except OSError as problem:
            raise CaptureError(f"What a run left in {self.tree} can't be undone: {problem}.") from problem

    def _restore_links(self) -> None:
        if self.link is not None:
            link = self.tree / ".git"
            if link.is_dir() and not link.is_symlink():
                shutil.rmtree(link)
            else:
                link.unlink(missing_ok=True)
            link.write_bytes(self.link)
        (self.git_dir / "HEAD").write_bytes(self.head)
        (self.git_dir / "index.lock").unlink(missing_ok=True)

    def _git(self, *arguments: str) -> str | None:
        bound = {"GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.tree), "GIT_INDEX_FILE": str(self.index)}
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return gitinfo.git(self.tree, *settings, *arguments, timeout_s=GIT_S, env=bound)


def checkouts_of(tree: Path) -> tuple[Checkout, ...]:
    """What a worktree and its submodules are now, before anything has run in them. The innermost come last."""
    return tuple(_checkout(folder, tree.parent / f"index-{tree.name}-{i}") for i, folder in enumerate(_trees(tree)))


def put_back(checkouts: Sequence[Checkout]) -> None:
    """Make a worktree what it was when its checkouts were taken. Raises CaptureError when that can't be done."""
    for checkout in checkouts:
        checkout.put_back()


def _trees(tree: Path) -> Iterator[Path]:
    yield tree
    if (tree / ".gitmodules").is_file():
        listed = gitinfo.git(tree, "submodule", "--quiet", "foreach", "--recursive", "pwd") or ""
        yield from (Path(line) for line in listed.splitlines())


def _checkout(tree: Path, index: Path) -> Checkout:
    git_dir = gitinfo.git(tree, "rev-parse", "--absolute-git-dir")
    if git_dir is None:
        raise CaptureError(f"git does not know its own worktree {tree}.")
    shutil.copy2(Path(git_dir) / "index", index)  # with its time, which tells git what may have changed since
    link = tree / ".git"
    return Checkout(
        tree=tree,
        git_dir=Path(git_dir),
        index=index,
        head=(Path(git_dir) / "HEAD").read_bytes(),
        link=link.read_bytes() if link.is_file() else None,
    )
