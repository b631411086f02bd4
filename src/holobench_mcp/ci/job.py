"""What the environment of a CI job says: which host, which pull request, and where its log is.

All of it is what somebody else wrote: a branch may be named like an option or a piece of shell. What is used as a hash,
a number or an address is checked to be one; names go nowhere but behind `refs/heads/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from holobench_mcp.model import InvalidArgument

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GITHUB_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
#: The most that is read of an event: GitHub's are a few kilobytes, and 25 MB at most.
_MAX_EVENT = 32_000_000


@dataclass(frozen=True)
class PullRequest:
    """A pull request of GitHub, or a merge request of GitLab."""

    project: str  #: as the host's interface names it: owner/name, or a number
    number: int
    head: str  #: the commit that was pushed, which need not be the one that is checked out
    target: str  #: the branch that it is to go into
    merge_base: str | None = None  #: where the host itself knows it


@dataclass(frozen=True)
class Job:
    """A CI job. host: none where the environment is of no host that is known."""

    host: Literal["github", "gitlab"] | None = None
    request: PullRequest | None = None
    before: str | None = None  #: the commit that a push replaced
    log: str | None = None  #: the address of the job's own page


def read_job(environ: Mapping[str, str]) -> Job:
    """The job that this process is part of. Raises InvalidArgument for an environment that no host writes so."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return _github(environ)
    if environ.get("GITLAB_CI") == "true":
        return _gitlab(environ)
    return Job()


def _github(environ: Mapping[str, str]) -> Job:
    event = _event(environ.get("GITHUB_EVENT_PATH", ""))
    server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    run = environ.get("GITHUB_RUN_ID", "")
    known = server.startswith("https://") and _GITHUB_REPOSITORY.fullmatch(repository) and run.isdecimal()
    log = f"{server}/{repository}/actions/runs/{run}" if known else None
    request = event.get("pull_request")
    if request is None:
        queued = _part(event, "merge_group").get("base_sha")
        return Job("github", before=_commit(queued or event.get("before")), log=log)
    head, base = _part(request, "head"), _part(request, "base")
    if not _GITHUB_REPOSITORY.fullmatch(repository):
        raise InvalidArgument(f"GITHUB_REPOSITORY: {repository!r:.100} is not OWNER/NAME.")
    number, pushed = request.get("number"), _commit(head.get("sha"))
    if not isinstance(number, int) or pushed is None:
        raise InvalidArgument("GITHUB_EVENT_PATH: its pull_request has no number, or no commit as head.")
    return Job("github", PullRequest(repository, number, pushed, str(base.get("ref", ""))), log=log)


def _gitlab(environ: Mapping[str, str]) -> Job:
    page = environ.get("CI_JOB_URL", "")
    log = page if page.startswith("https://") else None
    iid = environ.get("CI_MERGE_REQUEST_IID")
    if iid is None:
        return Job("gitlab", before=_commit(environ.get("CI_COMMIT_BEFORE_SHA")), log=log)
    project = environ.get("CI_MERGE_REQUEST_PROJECT_ID", environ.get("CI_PROJECT_ID", ""))
    # A merged result is a commit of GitLab's own; the branch's own commit then has a variable of its own.
    head = _commit(environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA"))
    if not (iid.isdecimal() and project.isdecimal() and head):
        raise InvalidArgument("CI_MERGE_REQUEST_IID, CI_PROJECT_ID or CI_COMMIT_SHA is not what GitLab writes there.")
    target = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
    base = _commit(environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"))
    return Job("gitlab", PullRequest(project, int(iid), head, target, base), log=log)


def _event(path: str) -> dict[str, Any]:
    """The event that started a workflow; empty where there is none."""
    if not path:
        return {}
    try:
        with Path(path).open("rb") as stream:
            event = json.loads(stream.read(_MAX_EVENT))
    except (OSError, ValueError, RecursionError) as problem:
        raise InvalidArgument(f"GITHUB_EVENT_PATH: {path[:200]!r} can't be read as JSON: {problem}.") from problem
    return event if isinstance(event, dict) else {}


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    part = document.get(name)
    return part if isinstance(part, dict) else {}


def _commit(text: object) -> str | None:
    """A commit's hash; none for what is none, such as the zeros that stand for no commit."""
    return text if isinstance(text, str) and _HASH.fullmatch(text) and text.strip("0") else None
