"""The code that a job is to be compared with, and bringing it into a clone that was made without its history.

CI hosts check out one commit, often a merge that they made themselves, and nothing behind it.
"""

from __future__ import annotations

from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.ci.job import Job, PullRequest
from holobench_mcp.model import CaptureError

#: How long one fetch may take.
_FETCH_S = 300.0
#: Commits behind both sides that are brought until they meet; then all.
_DEPTHS = ("--depth=50", "--depth=500", "--unshallow")
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules")


def base_of(folder: Path, job: Job) -> tuple[str, str]:
    """The revision to compare the checked-out commit with, which is then there, and in words why that one.

    "merge-base" where the job knows of none, and it has to be found as on anybody's machine. Raises CaptureError.
    """
    top = gitinfo.repository_root(folder)
    if top is None:
        return "merge-base", ""  # which says what is wrong with it
    if job.request is not None:
        return _base_of_request(top, job.request)
    if job.before is not None and _bring(top, job.before):
        return job.before, f"The base is {job.before[:10]}, the commit before this push."
    return "merge-base", ""


def _base_of_request(top: Path, request: PullRequest) -> tuple[str, str]:
    parents = _parents(top)
    if len(parents) == 2 and parents[1] == request.head:
        # The target may have moved since the request was opened: what the host merged into is the other side.
        return _brought(top, parents[0]), f"The base is {parents[0][:10]}, which the host merged this request into."
    base = request.merge_base
    if base is not None:
        return _brought(top, base), f"The base is {base[:10]}, where the host says that this request began."
    base = _merge_base(top, request.target)
    return base, f"The base is {base[:10]}, where this request left {request.target:.100}."


def _parents(top: Path) -> list[str]:
    """The parents of the checked-out commit as it names them itself, whether or not they are there."""
    commit = gitinfo.git(top, "cat-file", "commit", "HEAD") or ""
    header = commit.split("\n\n")[0].splitlines()
    return [line.removeprefix("parent ") for line in header if line.startswith("parent ")]


def _merge_base(top: Path, target: str) -> str:
    branch = f"refs/remotes/origin/{target}"
    fetched = f"+refs/heads/{target}:{branch}"
    known = gitinfo.resolve_revision(top, branch) is not None
    shallow = _is_shallow(top)
    for depth in (None, *(_DEPTHS if shallow else ())):
        if depth is None and not known:
            how = ("--depth=1",) if shallow else ()
            gitinfo.git(top, *_FETCH, *how, "origin", fetched, timeout_s=_FETCH_S)
        elif depth is not None:
            head = gitinfo.resolve_revision(top, "HEAD") or "HEAD"
            gitinfo.git(top, *_FETCH, depth, "origin", fetched, head, timeout_s=_FETCH_S)
        base = gitinfo.git(top, "merge-base", branch, "HEAD")
        if base:
            return base
    raise CaptureError(
        f"base: where this request left {target!r:.100} is not in this clone, and could not be fetched. Check out with "
        "its whole history (fetch-depth: 0; GIT_DEPTH: 0 on GitLab), or name the base."
    )


def _brought(top: Path, commit: str) -> str:
    if not _bring(top, commit):
        raise CaptureError(
            f"base: {commit[:10]} is not in this clone, and could not be fetched. Check out with the whole history "
            "(fetch-depth: 0; GIT_DEPTH: 0 on GitLab), or with credentials that stay (persist-credentials)."
        )
    return commit


def _bring(top: Path, commit: str) -> bool:
    """Whether a commit is there, if need be by fetching it. A clone with its whole history keeps it."""
    if gitinfo.resolve_revision(top, commit) is not None:
        return True
    how = ("--depth=1",) if _is_shallow(top) else ()
    gitinfo.git(top, *_FETCH, *how, "origin", commit, timeout_s=_FETCH_S)
    return gitinfo.resolve_revision(top, commit) is not None


def _is_shallow(top: Path) -> bool:
    return gitinfo.git(top, "rev-parse", "--is-shallow-repository") == "true"
