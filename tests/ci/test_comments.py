"""One comment a pull request: written, rewritten, never somebody else's, and the token goes nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from comments_api import HEAD, PERSON, CommentsApi, comments_api
from holobench_mcp.ci.comments import NotCommented, put_comment
from holobench_mcp.ci.job import Job, PullRequest
from holobench_mcp.model import InvalidArgument

MARKER = "<!-- holobench-mcp: benchmarks -->"
JOBS = {
    "github": Job("github", PullRequest("o/p", 5, HEAD, "main")),
    "gitlab": Job("gitlab", PullRequest("7", 5, HEAD, "main")),
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def api() -> Iterator[CommentsApi]:
    with comments_api() as served:
        yield served


def environ(api: CommentsApi, **more: str) -> dict[str, str]:
    return {
        "GITHUB_API_URL": api.address, "GITHUB_TOKEN": "t0", "CI_API_V4_URL": api.address,
        "HOLOBENCH_MCP_GITLAB_TOKEN": "t0", **more,
    }  # fmt: skip


def put(api: CommentsApi, text: str, *, host: str = "github", name: str = "benchmarks"):
    api.may_ask_who = host == "gitlab"  # where a token may always ask whose it is
    return put_comment(JOBS[host], text, name, environ(api))


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_the_first_run_writes_and_all_others_rewrite(api: CommentsApi, host: str) -> None:
    assert put(api, "first", host=host).created
    for text in ("second", "third"):
        assert not put(api, text, host=host).created
        assert api.bodies() == [f"{MARKER}\n{text}"]
    update = "PATCH" if host == "github" else "PUT"
    assert api.methods() == ["POST", update, update]
    name, value = ("authorization", "Bearer t0") if host == "github" else ("private-token", "t0")
    assert {headers.get(name) for _, _, headers in api.calls} == {value}


@pytest.mark.parametrize("host", ["github", "gitlab"])
@pytest.mark.parametrize("text", [f"{MARKER}\nbetter", f"> {MARKER}\nas it said", "LGTM"])
def test_somebody_elses_comment_stays_as_it_is(api: CommentsApi, host: str, text: str) -> None:
    api.add(text, PERSON)
    api.add("coverage 90 %")
    put(api, "first", host=host)
    put(api, "second", host=host)
    assert api.bodies(PERSON) == [text]
    assert api.bodies() == ["coverage 90 %", f"{MARKER}\nsecond"]


def test_ours_is_found_behind_a_hundred_others(api: CommentsApi) -> None:
    for number in range(250):
        api.add(f"{number}", PERSON)
    put(api, "first")
    assert not put(api, "second").created
    assert api.bodies() == [f"{MARKER}\nsecond"]


def test_comments_of_two_names_stand_beside_one_another(api: CommentsApi) -> None:
    for text in ("1", "2"):
        put(api, text)
        put(api, text, name="memory of the parser")
    assert api.bodies() == [f"{MARKER}\n2", "<!-- holobench-mcp: memory of the parser -->\n2"]


def test_two_comments_of_two_first_runs_at_one_time_become_one(api: CommentsApi) -> None:
    api.add(f"{MARKER}\none")
    api.add(f"{MARKER}\nthe other")
    put(api, "now")
    assert api.bodies() == [f"{MARKER}\nnow"]
    api.add(f"{MARKER}\nthe other")
    api.refusals["DELETE"] = 403
    assert not put(api, "later").created
    assert api.bodies()[0] == f"{MARKER}\nlater"


@pytest.mark.parametrize(
    ("method", "status", "says"),
    [
        ("POST", 403, "pull-requests: write"),
        ("GET", 401, "not valid"),
        ("GET", 500, "HTTP 500"),
        ("POST", 302, "moved"),
    ],
)
def test_a_refusal_is_one_sentence_and_a_redirect_is_not_followed(
    api: CommentsApi, method: str, status: int, says: str
) -> None:
    api.refusals[method] = status
    with pytest.raises(NotCommented, match=says):
        put(api, "first")
    assert not [path for _, path, _ in api.calls if path == "/elsewhere"]
    assert api.comments == []


def test_a_run_that_a_newer_push_has_overtaken_says_nothing(api: CommentsApi) -> None:
    put(api, "of the newer push")
    api.head = "b" * 40
    with pytest.raises(NotCommented, match="no longer the newest"):
        put(api, "of the older push")
    assert api.bodies() == [f"{MARKER}\nof the newer push"]


@pytest.mark.parametrize("address", ["http://example.invalid", "ftp://x", "", "http://localhost.example.invalid/"])
def test_a_token_goes_only_over_tls_or_to_this_machine(api: CommentsApi, address: str) -> None:
    with pytest.raises(NotCommented, match="no https address"):
        put_comment(JOBS["github"], "x", "benchmarks", environ(api, GITHUB_API_URL=address))


def test_without_a_token_or_with_something_else_in_its_place_nothing_is_asked(api: CommentsApi) -> None:
    for token, says in (("", "there is no token"), ("a\nHost: evil", "holds no token")):
        for host, job in JOBS.items():
            with pytest.raises(NotCommented, match=says):
                put_comment(job, "x", "benchmarks", environ(api, GITHUB_TOKEN=token, HOLOBENCH_MCP_GITLAB_TOKEN=token))
            assert api.calls == [], host


def test_an_interface_that_is_down_or_answers_something_else_is_a_sentence(api: CommentsApi) -> None:
    api.answer = lambda *_: (200, "hello")  # type: ignore[method-assign]
    with pytest.raises(NotCommented, match="no list of comments"):
        put(api, "x")
    with pytest.raises(NotCommented, match="does not answer"):
        put_comment(JOBS["github"], "x", "benchmarks", environ(api, GITHUB_API_URL="http://127.0.0.1:1"))


@pytest.mark.parametrize("name", ["", "a --> b", "x" * 65, "a\nb", "-x"])
def test_a_name_can_not_end_its_line(api: CommentsApi, name: str) -> None:
    with pytest.raises(InvalidArgument, match="--name"):
        put(api, "x", name=name)
