"""What a job's environment says is read as what it is, or refused: it comes from whoever opened the pull request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holobench_mcp.ci.github import annotation, write_outputs, write_summary
from holobench_mcp.ci.job import Job, PullRequest, read_job
from holobench_mcp.model import InvalidArgument, OutputError

HEAD, BASE = "a" * 40, "b" * 40
GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/p", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "9",
}  # fmt: skip
GITLAB = {
    "GITLAB_CI": "true",
    "CI_JOB_URL": "https://gitlab.com/o/p/-/jobs/9",
    "CI_COMMIT_SHA": HEAD,
    "CI_PROJECT_ID": "7",
}
REQUEST = {"CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}


def github(tmp_path: Path, event: object, **more: str) -> Job:
    path = tmp_path / "event.json"
    path.write_text(event if isinstance(event, str) else json.dumps(event))
    return read_job({**GITHUB, "GITHUB_EVENT_PATH": str(path), **more})


def pull(number: object = 5, sha: object = HEAD, ref: object = "main") -> dict[str, object]:
    return {"pull_request": {"number": number, "head": {"sha": sha}, "base": {"ref": ref, "sha": BASE}}}


def test_a_pull_request_of_github(tmp_path: Path) -> None:
    job = github(tmp_path, pull())
    assert job == Job("github", PullRequest("o/p", 5, HEAD, "main"), None, "https://github.com/o/p/actions/runs/9")


@pytest.mark.parametrize(
    ("event", "before"),
    [
        ({"before": BASE}, BASE),
        ({"merge_group": {"base_sha": BASE}}, BASE),
        ({"before": "0" * 40}, None),
        ({"before": "--upload-pack=evil"}, None),
        ({"before": 3}, None),
        ({}, None),
        ([], None),
    ],
)
def test_a_push_is_compared_with_what_it_replaced(tmp_path: Path, event: object, before: str | None) -> None:
    job = github(tmp_path, event)
    assert (job.request, job.before) == (None, before)


@pytest.mark.parametrize(
    ("event", "more"),
    [
        (pull(number="5; rm -rf /"), {}),
        (pull(sha="HEAD"), {}),
        (pull(sha="-x"), {}),
        (pull(), {"GITHUB_REPOSITORY": "o/p/../../user"}),
        (pull(), {"GITHUB_REPOSITORY": ""}),
        ("{", {}),
        ("[" * 100_000, {}),
    ],
)
def test_an_event_that_no_host_writes_is_refused(tmp_path: Path, event: object, more: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument, match="GITHUB_"):
        github(tmp_path, event, **more)


def test_requests_of_gitlab_plain_and_merged() -> None:
    plain = read_job({**GITLAB, **REQUEST, "CI_MERGE_REQUEST_DIFF_BASE_SHA": BASE})
    assert plain.request == PullRequest("7", 5, HEAD, "main", BASE)
    assert plain.log == "https://gitlab.com/o/p/-/jobs/9"
    merged = read_job(
        {**GITLAB, **REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": BASE, "CI_MERGE_REQUEST_PROJECT_ID": "8"}
    )
    assert merged.request == PullRequest("8", 5, BASE, "main")
    assert read_job({**GITLAB, "CI_COMMIT_BEFORE_SHA": BASE}) == Job("gitlab", None, BASE, plain.log)
    for wrong in ({"CI_MERGE_REQUEST_IID": "../5"}, {"CI_PROJECT_ID": "o/p"}, {"CI_COMMIT_SHA": ""}):
        with pytest.raises(InvalidArgument, match="GitLab"):
            read_job({**GITLAB, **REQUEST, **wrong})
    assert read_job({}) == Job()


@pytest.mark.parametrize("value", ["regressed", "two\nlines", "end-x\ndecision<<a\nimproved\na", "x=y", "", "é"])
def test_no_output_can_become_another_one(tmp_path: Path, value: str) -> None:
    file = tmp_path / "output"
    write_outputs({"GITHUB_OUTPUT": str(file)}, {"reason": value, "decision": "regressed"})
    assert outputs(file) == {"reason": value, "decision": "regressed"}


def outputs(file: Path) -> dict[str, str]:
    """As the host reads them."""
    found, lines = {}, iter(file.read_text(encoding="utf-8").split("\n"))
    for line in lines:
        if "<<" in line:
            name, _, end = line.partition("<<")
            value = list(iter(lambda: next(lines), end))
            found[name] = "\n".join(value)
    return found


def test_annotations_are_one_line_and_summaries_are_added_up_to_their_bound(tmp_path: Path) -> None:
    assert (
        annotation("error", "a, b: c", "+5 %\n::set-output::x") == "::error title=a%2C b%3A c::+5 %25%0A::set-output::x"
    )
    file = tmp_path / "summary"
    for text in ("one", "x" * 2_000_000):
        write_summary({"GITHUB_STEP_SUMMARY": str(file)}, text)
    assert file.read_text().startswith("one\n\nxxx") and file.stat().st_size < 1_024_000
    write_summary({}, "nobody reads it")
    with pytest.raises(OutputError, match="GITHUB_OUTPUT"):
        write_outputs({"GITHUB_OUTPUT": str(tmp_path)}, {"a": "b"})
