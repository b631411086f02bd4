"""The protocol's official conformance suite against the real server, over HTTP, as it is started by hand.

Most scenarios look for tools, prompts and resources that only the suite's own fixture server has, such as
`test_image_content`. What is left is what any server can be held to; all of it has to pass.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import need
from http_serving import Serving, serving

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
#: Checks that pass and fail. Two checks of server-stateless look for a tool that samples, which ours has none of.
CURRENT = {
    "server-stateless": (26, 2),
    "completion-complete": (2, 0),
    "tools-list": (4, 0),
    "tools-call-error": (2, 0),
    "server-sse-multiple-streams": (1, 0),
    "resources-list": (2, 0),
    "sep-2164-resource-not-found": (4, 0),
    "prompts-list": (2, 0),
    "dns-rebinding-protection": (2, 0),
    "caching": (7, 0),
    "http-header-validation": (14, 0),
    "input-required-result-unsupported-methods": (2, 0),
    "input-required-result-validate-input": (2, 0),
    "input-required-result-ignore-extra-params": (2, 0),
}
_NO_SAMPLING = {"sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400"}
#: Of the revisions with a handshake.
LEGACY = {"server-initialize": (2, 0), "ping": (2, 0)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("conformance")) as running:
        yield running


def conformance(server: Serving, *options: str) -> str:
    npx = need("npx", "nodejs npm")
    command = [npx, "-y", "-p", "node@22", "-p", SUITE, "conformance", "server", "--url", f"{server.url}/mcp", *options]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, cwd=Path.home())
    return re.sub(r"\x1b\[\d+m", "", finished.stdout + finished.stderr)


def test_what_the_newest_revision_requires_of_any_server_passes(server: Serving) -> None:
    output = conformance(server, "--requirements", "2026-07-28")
    summary = re.findall(r"^[✓✗] (\S+): (\d+) passed, (\d+) failed$", output, re.MULTILINE)
    counted = {name: (int(passed), int(failed)) for name, passed, failed in summary}
    assert {name: counted.get(name) for name in CURRENT} == CURRENT, output[-6000:]
    failed = set(re.findall(r"\[(sep-2575-\S+)\s*\] FAILURE", output))
    assert failed <= _NO_SAMPLING, output[-6000:]


@pytest.mark.parametrize("scenario", LEGACY)
def test_clients_with_a_handshake_are_served_too(server: Serving, scenario: str) -> None:
    output = conformance(server, "--scenario", scenario, "--spec-version", "2025-11-25")
    assert f"Passed: {LEGACY[scenario][0]}/{sum(LEGACY[scenario])}, 0 failed" in output, output[-3000:]
