"""The chart in the conversation: who is offered it, and that nobody else notices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.extension import ClientExtension, advertise
from mcp_types import CallToolResult

from clients import SHOWS_CHARTS, chart_of, declares, sent, server_of, talk
from holobench_mcp.server.app import create_server
from holobench_mcp.server.chart.extension import FOR_THE_PAGE
from holobench_mcp.server.chart.fragments import CHART_KEY, CHART_URI

MIME = "text/html;profile=mcp-app"
MODES = ["auto", "legacy"]
WITH = "[tool.holobench-mcp.benchmarks.sort]\ncommand = ['python', 'bench.py']\n"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("compare_results", {}),
    ("compare_results", {"detail": "full"}),
    ("metric_history", {"benchmark": "sort", "metric": "time_ms"}),
]


#: What is no word of showing charts.
OTHERS: dict[str, list[ClientExtension]] = {
    "nothing": [],
    "no types": [declares()],
    "other types": [declares(mimeTypes=["text/uri-list"])],
    "types that are no list": [declares(mimeTypes=MIME)],
    "another extension": [advertise("io.modelcontextprotocol/uis", {"mimeTypes": [MIME]})],
}


async def everything(client: Client) -> dict[str, Any]:
    """What a client gets of lists and answers."""
    return {
        "tools": [sent(tool) for tool in (await client.list_tools()).tools],
        "instructions": client.instructions,
        "answers": [sent(await client.call_tool(name, arguments)) for name, arguments in CALLS],
        "resources": [str(resource.uri) for resource in (await client.list_resources()).resources],
    }


def got(project: Path, extensions: list[ClientExtension], mode: str) -> dict[str, Any]:
    answer: dict[str, Any] = talk(
        create_server(project=str(project)), everything, extensions=extensions or None, mode=mode
    )
    return answer


@pytest.fixture
def measurable(project: Path) -> Path:
    (project / "pyproject.toml").write_text(WITH)
    return project


@pytest.mark.parametrize("mode", MODES)
def test_who_declares_the_extension_gets_the_chart_with_the_answer(measurable: Path, mode: str) -> None:
    answers = got(measurable, SHOWS_CHARTS, mode)["answers"]
    comparison, full, history = map(chart_of, answers)
    assert comparison and history and comparison.startswith('<section class="hb-comparison') and full == comparison
    assert history.startswith('<section class="hb-history')


@pytest.mark.parametrize("mode", MODES)
def test_the_chart_comes_beside_what_others_get_and_changes_nothing_of_it(measurable: Path, mode: str) -> None:
    with_charts, without = got(measurable, SHOWS_CHARTS, mode), got(measurable, [], mode)
    for answer in with_charts["answers"]:
        del answer["_meta"][CHART_KEY]
        if not answer["_meta"]:
            del answer["_meta"]
    assert with_charts["answers"] == without["answers"]
    assert with_charts["resources"] == without["resources"]
    assert with_charts["instructions"] == without["instructions"]
    for tool in with_charts["tools"]:
        del tool["_meta"]
    assert [t for t in with_charts["tools"] if t["name"] != FOR_THE_PAGE] == without["tools"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("declared", OTHERS)
def test_nobody_else_is_told_of_charts(measurable: Path, declared: str, mode: str) -> None:
    everything_sent = json.dumps(got(measurable, OTHERS[declared], mode))
    for word in ("ui://", "resourceUri", "visibility", FOR_THE_PAGE, CHART_KEY, "<section"):
        assert word not in everything_sent, word


@pytest.mark.parametrize("mode", MODES)
def test_the_page_may_call_one_tool_that_only_reads_and_the_model_every_other(measurable: Path, mode: str) -> None:
    tools = {tool["name"]: tool for tool in got(measurable, SHOWS_CHARTS, mode)["tools"]}
    ui = {name: tool["_meta"]["ui"] for name, tool in tools.items()}
    assert {name for name, of in ui.items() if of.get("resourceUri") == CHART_URI} == {
        "compare_results", "compare_revisions", "wait_measurement", "metric_history",
    }  # fmt: skip
    assert ui.pop(FOR_THE_PAGE)["visibility"] == ["app"]
    assert all(of["visibility"] == ["model"] for of in ui.values())
    assert tools[FOR_THE_PAGE]["annotations"]["readOnlyHint"] is True


@pytest.mark.parametrize("mode", MODES)
def test_a_project_without_benchmarks_has_nothing_that_the_page_could_call(project: Path, mode: str) -> None:
    assert FOR_THE_PAGE not in {tool["name"] for tool in got(project, SHOWS_CHARTS, mode)["tools"]}


@pytest.mark.parametrize("mode", MODES)
def test_errors_and_other_answers_come_without_a_chart(measurable: Path, mode: str) -> None:
    async def answers(client: Client) -> list[CallToolResult]:
        calls: list[tuple[str, dict[str, Any]]] = [
            ("compare_results", {"baseline": "nothing"}),
            ("metric_history", {"benchmark": "sort", "metric": "none"}),
            ("list_results", {}),
            ("wait_measurement", {}),
        ]
        return [await client.call_tool(name, arguments) for name, arguments in calls]

    for answer in talk(create_server(project=str(measurable)), answers, extensions=SHOWS_CHARTS, mode=mode):
        assert CHART_KEY not in (answer.meta or {})


def test_a_chart_that_can_not_be_drawn_leaves_the_answer_as_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from holobench_mcp import report

    def fail(*_: object) -> str:
        raise ZeroDivisionError("a chart")

    monkeypatch.setattr(report, "comparison_fragment", fail)
    monkeypatch.setattr(report, "history_fragment", lambda _: "x" * 10**6)
    with_charts, without = got(project, SHOWS_CHARTS, "auto")["answers"], got(project, [], "auto")["answers"]
    assert with_charts == without


@pytest.mark.parametrize("mode", MODES)
def test_the_page_is_read_as_what_hosts_show_and_asks_for_nothing(project: Path, mode: str) -> None:
    async def read(client: Client) -> Any:
        return await client.read_resource(CHART_URI)

    answer = talk(create_server(project=str(project)), read, extensions=SHOWS_CHARTS, mode=mode)
    page = answer.contents[0]
    assert page.mime_type == MIME
    if mode == "auto":
        assert (answer.ttl_ms, answer.cache_scope) == (24 * 3600 * 1000, "public")
    ui = page.meta["ui"]
    assert not any(ui["csp"].values()) and not ui["permissions"]
    assert page.text.startswith("<!doctype html>") and "default-src 'none'" in page.text
    for address in ("http://", "https://", "//cdn", "@import", "src=", "url("):
        assert address not in page.text.replace("http://www.w3.org/", ""), address


@pytest.mark.parametrize("mode", MODES)
def test_a_process_on_stdio_says_the_same(measurable: Path, mode: str) -> None:
    async def both(client: Client) -> tuple[Any, Any]:
        return await client.list_tools(), await client.call_tool("compare_results", {})

    tools, answer = talk(server_of(measurable), both, extensions=SHOWS_CHARTS, mode=mode)
    assert FOR_THE_PAGE in {tool.name for tool in tools.tools} and CHART_KEY in answer.meta
