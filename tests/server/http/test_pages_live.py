"""The pages of a real server: news of other processes, many who look, and a person with a browser."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from conftest import need
from http_serving import READER, Serving, serving
from node_clients import node_modules
from stored_runs import A, B, C, record_runs, workspace_in

HERE = Path(__file__).parent
HEADERS = {"authorization": f"Bearer {READER}", "accept": "text/html"}
#: The colours of the two themes' ground.
GROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 21, 28)"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    (folder / "pyproject.toml").write_text('[tool.holobench-mcp]\nstore = "store"\n')
    (folder / "tokens").write_text(f"read {READER} reader\n")
    space = workspace_in(folder)
    record_runs(space, 100, 0, revision=A)
    record_runs(space, 140, 10, revision=B)
    record_runs(space, 100, 30, revision=B, bench="a bench/with a name that is long enough to be broken " + "x" * 100)
    space.compare(f"sort@{A}", f"sort@{B}")
    return folder


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[Serving]:
    with serving(project, "--token-file", "tokens") as running:
        yield running


def test_many_who_look_get_the_same_page_and_shut_nobody_out(server: Serving) -> None:
    with httpx2.Client(base_url=server.url, headers=HEADERS, timeout=60) as browser, ThreadPoolExecutor(20) as many:
        known = {"if-none-match": browser.get("/").headers["etag"]}
        found = list(many.map(lambda _: browser.get("/", headers=known).status_code, range(200)))
    assert found == [304] * 200
    assert httpx2.get(f"{server.url}/healthz").status_code == 200
    assert READER not in server.log.read_text()
    assert '"user": "reader"' in server.log.read_text()


def test_a_person_signs_in_sees_everything_at_any_width_and_is_told_of_news(server: Serving, project: Path) -> None:
    from holobench_mcp.cli.site import write_site

    write_site(workspace_in(project), project / "site", lambda _done, _total: None)
    folder = node_modules("playwright-core@1.65", "axe-core@4.14")
    command = [need("node", "nodejs"), "look.mjs", need("chromium", "chromium")]
    here = Path(tempfile.mkdtemp(prefix="look-", dir=folder))
    shutil.copy(HERE / "look.mjs", here)
    try:
        looking = subprocess.Popen(
            [*command, server.url, READER, str(project / "site")], cwd=here, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(project / "look.log").open("w"),
        )  # fmt: skip
        steps = steps_of(looking, project)
    finally:
        looking.kill()
        looking.wait()
        shutil.rmtree(here, ignore_errors=True)
    said: dict[str, Any] = {key: value for step in steps for key, value in step.items()}
    assert "not one that is in force" in said["refused"]
    assert said["signedIn"] == "/"
    assert said["cookie"] == "", "no script can read it"
    assert "regressed" in steps[1]["text"].lower()
    assert "cccccccccc" not in steps[1]["text"]
    assert "cccccccccc" in said["news"]
    assert said["reloaded"] is False, "the page was brought up to date where it is"
    shown = [step for step in steps if "place" in step]
    assert len(shown) == 2 * 3 * 5
    assert [step for step in shown if step["wide"] > step["width"]] == [], "nothing is wider than the page"
    assert [step for step in shown if step["hurdles"]] == [], "for any reader"
    assert said["signIn"] == []
    assert {(step["colorScheme"], step["ground"]) for step in shown} == set(GROUND.items())
    assert said["siteLink"].startswith("file://")
    assert said["signedOut"] is True
    assert said["complaints"] == [], "nothing was refused by the page's own policy"


def test_it_ends_at_once_whoever_looks(server: Serving) -> None:
    """The last of these tests: the server is gone then."""
    with httpx2.Client(timeout=60) as browser:
        assert browser.get(server.url, headers=HEADERS).status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(8) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    assert "Traceback" not in server.log.read_text()


def steps_of(looking: subprocess.Popen[str], project: Path) -> list[dict[str, Any]]:
    """What the browser says, step by step. Where it waits for news, another process records."""
    steps = []
    assert looking.stdout is not None and looking.stdin is not None
    for line in looking.stdout:
        steps.append(json.loads(line))
        if "waits" in steps[-1]:
            record_runs(workspace_in(project), 90, 100, revision=C)
            looking.stdin.write("\n")
            looking.stdin.flush()
    assert steps and "signedOut" in steps[-1], (project / "look.log").read_text()[-3000:]
    return steps
