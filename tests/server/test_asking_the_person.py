"""A regressed result becomes a baseline only if the person says so, where the client can ask; elsewhere with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import ElicitResult

from clients import talk, text_of
from holobench_mcp.server.app import create_server
from holobench_mcp.store import open_store

MODES = ["auto", "legacy"]


class Person:
    """Somebody who answers what a client shows."""

    def __init__(self, action: str, reason: str | None = "it is known and meant") -> None:
        self.action, self.reason = action, reason
        self.questions: list[str] = []

    async def __call__(self, _context: Any, params: Any) -> ElicitResult:
        self.questions.append(params.message)
        assert set(params.requested_schema["properties"]) == {"reason"}
        content = {} if self.reason is None else {"reason": self.reason}
        return ElicitResult(action=self.action, content=content if self.action == "accept" else None)


@pytest.fixture
def ids(project: Path) -> list[str]:
    """The result before, which is the baseline, and the one after, which regressed."""
    store = open_store(project / ".holobench")
    after, before = (m.result_id for m in store.manifests().select())
    store.set_ref("sort", "baseline", before)
    return [before, after]


def pinned(project: Path) -> str:
    entry = open_store(project / ".holobench").ref("sort", "baseline")
    assert entry is not None
    return entry.result_id


def set_baseline(project: Path, mode: str, person: Person | None, **arguments: Any) -> Any:
    async def say(client: Client) -> Any:
        return await client.call_tool("set_baseline", arguments)

    server = create_server(project=str(project))
    return talk(server, say, mode=mode, **({"elicitation_callback": person} if person else {}))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("reason", "logged"), [("it is known and meant", "it is known and meant"), (None, "confirmed when asked")]
)
def test_who_agrees_is_asked_once_and_is_in_the_log(
    project: Path, ids: list[str], mode: str, reason: str | None, logged: str
) -> None:
    person = Person("accept", reason)
    result = set_baseline(project, mode, person, result=ids[1])
    assert not result.is_error and pinned(project) == ids[1]
    [question] = person.questions
    assert ids[1] in question and "regressed" in question and len(question) < 500
    entry = open_store(project / ".holobench").ref("sort", "baseline")
    assert entry is not None and entry.reason == logged


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_who_does_not_agree_changes_nothing(project: Path, ids: list[str], mode: str, action: str) -> None:
    result = set_baseline(project, mode, Person(action), result=ids[1])
    assert result.is_error and "did not agree" in text_of(result)
    assert pinned(project) == ids[0]


@pytest.mark.parametrize("mode", MODES)
def test_nobody_is_asked_about_what_hides_nothing_or_has_a_reason(project: Path, ids: list[str], mode: str) -> None:
    person = Person("decline")
    for arguments in (
        {"result": ids[1], "reason": "on purpose"},
        {"result": ids[0]},
        {"result": ids[1], "name": "new"},
    ):
        assert not set_baseline(project, mode, person, **arguments).is_error
    assert set_baseline(project, mode, person, result="nothing").is_error
    assert person.questions == []


@pytest.mark.parametrize("mode", MODES)
def test_a_client_that_can_not_ask_needs_a_reason(project: Path, ids: list[str], mode: str) -> None:
    result = set_baseline(project, mode, None, result=ids[1])
    assert result.is_error and "Say why in reason" in text_of(result)
    assert pinned(project) == ids[0]
    assert not set_baseline(project, mode, None, result=ids[1], reason="on purpose").is_error


def test_the_question_is_no_argument_of_the_tool(project: Path) -> None:
    async def say(client: Client) -> Any:
        return {t.name: t.input_schema for t in (await client.list_tools()).tools}["set_baseline"]

    assert set(talk(create_server(project=str(project)), say)["properties"]) == {"result", "name", "reason"}
