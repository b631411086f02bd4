"""A next step that is a call works as it stands, in text and structure alike, whatever the store holds.

Processes are stood in for: a run gives what its side's code is worth at once. What real ones do, other tests ask.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from mcp import Client

from clients import text_of
from conftest import git, snapshot
from holobench_mcp.measure import revisions
from holobench_mcp.measure.progress import Cancelled, Ending
from holobench_mcp.measure.session import Run, Session
from holobench_mcp.model import Failure
from holobench_mcp.server.app import create_server
from scripted_agents import call_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")

#: What only reads, and takes nothing; and what of it says its next step in the text too.
READING = ("list_results", "list_benchmarks", "list_baselines")
BOTH_FORMS = ("compare_results", "list_results", "compare_revisions", "wait_measurement", "run_benchmark")
CALL = re.compile(r"\b[a-z]+(?:_[a-z]+)+\((?:[^()'\"]|'[^']*'|\"[^\"]*\")*\)")


class Runs:
    """What runs of `tiny` give. level, noise: of each side's time. fails: the sides that crash. ends_at: cancelled in
    the run of that number."""

    def __init__(self) -> None:
        self.count, self.ends_at, self.ending = 0, 0, Ending("cancelled", "it was cancelled")
        self.level: dict[str, float] = {}
        self.fails: set[str] = set()
        self.noise = 0.01

    def run(self, session: Session, side: str | None, counts: bool, revision: str | None) -> Run:
        session.end_if_asked()
        self.count += 1
        if counts and self.count == self.ends_at:
            raise Cancelled("it ended", self.ending)
        if (side or "head") in self.fails:
            failure = Failure(what="crash", detail=f"tiny failed ({side}).", output_tail="KeyError: 3")
            return Run((), 0.1, failure)
        if counts:
            session.seconds.append(0.1)
            session.done += 1
        rng = np.random.default_rng(self.count)
        level = self.level.get(side or "head", 1.0) * np.exp(self.noise * rng.standard_normal())
        values = level * np.exp(0.01 * rng.standard_normal((3, 5))) * 10
        commit = git(session.root, "rev-parse", "HEAD").strip()
        dirty = bool(git(session.root, "status", "--porcelain", "--untracked-files=no"))
        known = {"git_commit": commit, "git_dirty": dirty and side != "base", "cpu_model": "x", "os": "y"}
        made = snapshot(values, bench="tiny", at=self.count % 60, environment=known, revision=revision or commit)
        return Run((made,), 0.1)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    fake = Runs()

    def run(
        self: Session,
        _folder: Path,
        *,
        side: str | None = None,
        counts: bool = True,
        revision: str | None = None,
        **_: Any,
    ) -> Run:
        return fake.run(self, side, counts, revision)

    monkeypatch.setattr(Session, "run", run)
    return fake


class Agent:
    """Calls tools of one server. Checks of each answer that both its forms lead on alike."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def asks(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structure of an answer; of an error, its text as the next step."""
        answer = await self.client.call_tool(tool, arguments)
        text = text_of(answer)
        if answer.is_error:
            return {"status": "error", "next_step": text}
        structure = dict(answer.structured_content or {})
        in_text = [line.removeprefix("Next: ") for line in text.splitlines() if line.startswith("Next: ")]
        if tool in BOTH_FORMS:
            assert in_text == ([structure["next_step"]] if "next_step" in structure else []), (tool, text)
        return structure

    async def follows(self, structure: dict[str, Any]) -> list[str]:
        """Make each call of a next step as it stands. The calls."""
        calls = CALL.findall(structure.get("next_step", ""))
        for said in calls:
            found = call_in(said)
            assert found is not None, said
            again = await self.client.call_tool(found[0], found[1])
            assert not again.is_error, (said, text_of(again))
        return calls


async def measures(agent: Agent, **more: Any) -> None:
    await agent.asks("compare_revisions", benchmark="tiny", **more)


def edit(project: Path, text: str) -> None:
    (project / "product.py").write_text(f"def work(n):\n    return {text}\n")


async def empty(agent: Agent, runs: Runs, project: Path) -> None:
    """Nothing was recorded."""


async def two_results(agent: Agent, runs: Runs, project: Path) -> None:
    git(project, "checkout", "--", "product.py")
    await agent.asks("run_benchmark", benchmark="tiny")
    edit(project, "n + 1")
    runs.level["head"] = 1.05
    await agent.asks("run_benchmark", benchmark="tiny")


async def interrupted_after_a_look(agent: Agent, runs: Runs, project: Path) -> None:
    runs.ends_at, runs.ending, runs.noise = 10, Ending("interrupted", "the client is gone"), 0.06
    await measures(agent)


async def cancelled_early(agent: Agent, runs: Runs, project: Path) -> None:
    runs.ends_at = 5
    await measures(agent, rounds=5)


async def failed_base(agent: Agent, runs: Runs, project: Path) -> None:
    runs.fails = {"base"}
    await measures(agent, rounds=2)
    runs.fails = set()


async def failed_head(agent: Agent, runs: Runs, project: Path) -> None:
    runs.fails = {"head"}
    await measures(agent, rounds=2)


async def unsettled(agent: Agent, runs: Runs, project: Path) -> None:
    runs.noise = 0.06
    await measures(agent, rounds=4)


async def renamed(agent: Agent, runs: Runs, project: Path) -> None:
    await unsettled(agent, runs, project)
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("benchmarks.tiny", "benchmarks.small"))


#: A state, and the call by which compare_results() goes on there.
STATES: dict[Callable[..., Any], str] = {
    empty: "compare_revisions(benchmark='tiny')",
    two_results: "compare_revisions(benchmark='tiny', rounds=",
    interrupted_after_a_look: "compare_revisions(benchmark='tiny', rounds=",
    cancelled_early: "compare_revisions(benchmark='tiny', rounds=5)",
    failed_base: "compare_revisions(benchmark='tiny', rounds=2)",
    failed_head: "compare_revisions(benchmark='tiny', rounds=2)",
    renamed: "list_benchmarks()",
}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_next_step_is_a_call_that_works_as_it_stands(
    state: Callable[..., Any], configured: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(configured, "n - 1")
    monkeypatch.setattr(revisions, "quarantine_at_hand", nullcontext)

    async def session() -> None:
        async with Client(create_server(project=str(configured))) as client:
            await state(Agent(client), runs, configured)
        runs.ends_at = 0
        # By another server, which has no job of it any more.
        async with Client(create_server(project=str(configured))) as client:
            agent = Agent(client)
            for tool in READING:
                await agent.asks(tool)
            calls = await agent.follows(await agent.asks("compare_results"))
            assert len(calls) == 1, await agent.asks("compare_results")
            assert calls[0].startswith(STATES[state])

    anyio.run(session)


def test_a_wider_margin_is_asked_for_of_the_sides_that_were_compared(
    configured: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(configured, "n - 1")
    monkeypatch.setattr(revisions, "quarantine_at_hand", nullcontext)

    async def session() -> None:
        async with Client(create_server(project=str(configured))) as client:
            agent = Agent(client)
            runs.noise = 0.3
            [of_rounds] = await agent.follows(await agent.asks("compare_revisions", benchmark="tiny", rounds=8))
            assert "baseline='tiny-" in of_rounds and "candidate='tiny-" in of_rounds
            found = call_in(of_rounds)
            assert found is not None
            sides = {argument: found[1][argument] for argument in ("baseline", "candidate")}
            for arguments in ({}, sides):
                [wider] = await agent.follows(await agent.asks("compare_results", **arguments))
                assert ("baseline=" in wider) is bool(arguments)

    anyio.run(session)


@pytest.mark.parametrize(
    ("tool", "arguments", "call"),
    [
        ("metric_history", {}, "list_results()"),
        ("metric_history", {"benchmark": "tiny"}, "list_metrics()"),
        ("compare_revisions", {}, "list_benchmarks()"),
        ("set_baseline", {}, "list_results()"),
        ("cancel_measurement", {}, "wait_measurement()"),
    ],
)
def test_who_leaves_a_name_out_gets_the_call_that_has_the_names(
    tool: str, arguments: dict[str, Any], call: str, configured: Path
) -> None:
    async def session() -> None:
        async with Client(create_server(project=str(configured))) as client:
            said = await Agent(client).asks(tool, **arguments)
            assert said["next_step"].endswith(f"a value is needed. {call} has the names.")

    anyio.run(session)
