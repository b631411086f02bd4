"""One comment on a pull request, however often it is pushed to: written once, then rewritten.

Ours is told by a first line that a reader does not see, and by its author: somebody else's comment that quotes ours is
theirs. A token goes to the host's own address and nowhere else: redirects are not followed.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from holobench_mcp._version import __version__
from holobench_mcp.ci.job import Job, PullRequest
from holobench_mcp.model import HolobenchMcpError, InvalidArgument

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_PAGE = 100
#: Pages of comments that are looked through: a request with more has other problems.
_MAX_PAGES = 50
_TIMEOUT_S = 30
_MAX_ANSWER = 32_000_000


class NotCommented(HolobenchMcpError):
    """The comment could not be written; the sentence says why, and what would help."""


@dataclass(frozen=True)
class Comment:
    """What became of it."""

    url: str | None
    created: bool


@dataclass(frozen=True)
class _Host:
    """Where a host's interface has what is needed, below the address of its version."""

    address: str
    request: str  #: the pull request itself
    comments: str  #: all of its comments
    comment: str  #: one of them
    update: str  #: the HTTP method that rewrites one
    head: tuple[str, ...]  #: where the request says which commit is its newest
    author: tuple[str, str]  #: where a comment says whose it is
    login: str  #: the same in the answer to who we are
    token: Mapping[str, str] = field(repr=False)

    def call(self, method: str, path: str, body: object = None) -> object:
        """What the interface answers. Raises NotCommented."""
        request = urllib.request.Request(  # noqa: S310 - the address was checked in _api
            f"{self.address}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": f"holobench-mcp/{__version__}",
                **self.token,
            },
        )
        try:
            with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
                text = answer.read(_MAX_ANSWER)
                return json.loads(text) if text else None
        except urllib.error.HTTPError as problem:
            raise NotCommented(_refusal(problem)) from problem
        except (OSError, ValueError, RecursionError, HTTPException) as problem:
            raise NotCommented(f"the host's interface does not answer as it should: {problem!s:.200}.") from problem


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Nobody else gets the token."""

    def redirect_request(self, *_: object) -> None:
        """Follow none: what the interface said is then an error."""


_OPENER = urllib.request.build_opener(_NoRedirects)


def put_comment(job: Job, text: str, name: str, environ: Mapping[str, str]) -> Comment:
    """Write or rewrite the request's comment of this name. Raises NotCommented where the host does not let us."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(f"--name: {name!r:.80} is not 1 to 64 letters, digits, spaces, '.', '_' and '-'.")
    if job.request is None:
        raise NotCommented("this job is of no pull request.")
    host = _github(job.request, environ) if job.host == "github" else _gitlab(job.request, environ)
    head = _within(host.call("GET", host.request), host.head)
    if head is not None and head != job.request.head:
        raise NotCommented(
            f"{job.request.head[:10]} is no longer the newest commit of the request: {str(head)[:10]} is."
        )
    marker = f"<!-- holobench-mcp: {name} -->"
    body = {"body": f"{marker}\n{text}"}
    ours = _ours(host, marker)
    if not ours:
        return Comment(_url(host.call("POST", host.comments, body)), created=True)
    answer = host.call(host.update, host.comment.format(ours[0]["id"]), body)
    for double in ours[1:]:  # of two first runs at one time: one would stay as it is for ever
        with suppress(NotCommented):
            host.call("DELETE", host.comment.format(double["id"]))
    return Comment(_url(answer), created=False)


def _ours(host: _Host, marker: str) -> list[dict[str, Any]]:
    """Our comments of that name, oldest first."""
    found = [comment for comment in _all(host) if str(comment.get("body", "")).partition("\n")[0].rstrip() == marker]
    if not found:
        return []
    try:
        login = _within(host.call("GET", "/user"), (host.login,))
    except NotCommented:
        login = None  # the token of a GitHub app, as a workflow's own is, may not ask
    return [comment for comment in found if _is_ours(host, comment, login)]


def _is_ours(host: _Host, comment: dict[str, Any], login: object) -> bool:
    author = _within(comment, host.author[:1])
    if not isinstance(author, dict):
        return False
    # A person can't have the type of an app, and no other app begins a comment with our line.
    return author.get(host.author[1]) == login if login is not None else author.get("type") == "Bot"


def _all(host: _Host) -> Iterator[dict[str, Any]]:
    for page in range(1, _MAX_PAGES + 1):
        joint = "&" if "?" in host.comments else "?"
        comments = host.call("GET", f"{host.comments}{joint}per_page={_PAGE}&page={page}")
        if not isinstance(comments, list):
            raise NotCommented("the host's interface gives no list of comments.")
        yield from (comment for comment in comments if isinstance(comment, dict) and isinstance(comment.get("id"), int))
        if len(comments) < _PAGE:
            return


def _github(request: PullRequest, environ: Mapping[str, str]) -> _Host:
    of = f"/repos/{request.project}"
    token = _token(environ, ("GITHUB_TOKEN", "GH_TOKEN"), "give the step `env: GITHUB_TOKEN: ${{ github.token }}`")
    return _Host(
        address=_api(environ.get("GITHUB_API_URL", "https://api.github.com"), "GITHUB_API_URL"),
        request=f"{of}/pulls/{request.number}",
        comments=f"{of}/issues/{request.number}/comments",
        comment=f"{of}/issues/comments/{{}}",
        update="PATCH",
        head=("head", "sha"),
        author=("user", "login"),
        login="login",
        token={"Authorization": f"Bearer {token}"},
    )


def _gitlab(request: PullRequest, environ: Mapping[str, str]) -> _Host:
    of = f"/projects/{request.project}/merge_requests/{request.number}"
    token = _token(
        environ, ("HOLOBENCH_MCP_GITLAB_TOKEN",), "set it to a project access token with the scope api, masked"
    )
    return _Host(
        address=_api(environ.get("CI_API_V4_URL", ""), "CI_API_V4_URL"),
        request=of,
        comments=f"{of}/notes",
        comment=f"{of}/notes/{{}}",
        update="PUT",
        head=("sha",),
        author=("author", "username"),
        login="username",
        token={"PRIVATE-TOKEN": token},
    )


def _token(environ: Mapping[str, str], names: tuple[str, ...], how: str) -> str:
    token = next((environ[name] for name in names if environ.get(name)), None)
    if token is None:
        raise NotCommented(f"there is no token in {names[0]}; {how}.")
    if not token.isascii() or not token.isprintable():
        raise NotCommented(f"{names[0]} holds no token: a token is one line of plain characters.")
    return token


def _api(address: str, variable: str) -> str:
    """An address that a token may be sent to: over TLS, or to this machine."""
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]", address):
        raise NotCommented(f"{variable}: {address!r:.100} is no https address.")
    return address.rstrip("/")


def _refusal(problem: urllib.error.HTTPError) -> str:
    match problem.code:
        case 401:
            why = "the token is not valid, or has run out"
        case 403 | 404:
            why = (
                "the token may not comment here. A workflow's needs `permissions: pull-requests: write`, and gets none "
                "on a pull request from a fork"
            )
        case code if 300 <= code < 400:
            why = "the interface has moved, and a token is not sent after it"
        case _:
            why = "the host's interface refused it"
    return f"{why} (HTTP {problem.code})."


def _within(document: object, path: tuple[str, ...]) -> object:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _url(answer: object) -> str | None:
    url = _within(answer, ("html_url",))
    return url if isinstance(url, str) else None
