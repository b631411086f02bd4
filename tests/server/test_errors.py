"""Every error is one sentence that names the argument and says what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from clients import talk, text_of
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.server.app import create_server
from holobench_mcp.store import open_store


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("compare_results", {"candidate": "sort@nothing"}, "Nearest"),
        ("compare_results", {"candidate": "../../etc"}, "Nearest"),
        ("compare_results", {"candidate": "x\0y"}, "Nearest"),
        ("compare_results", {"candidate": "x" * 10_000}, "10000 characters"),
        ("compare_results", {"metrics": ["nope"]}, "time_ms"),
        ("compare_results", {"method": "magic"}, "percentage"),
        ("compare_results", {"method": "absolute"}, "threshold"),
        ("compare_results", {"margin_percent": -3}, "margin_percent"),
        ("list_results", {"benchmark": "nope"}, "Recorded benches: sort"),
        ("list_results", {"bench_name": "srot"}, "benchmark: nothing was recorded of 'srot'. Did you mean sort?"),
        ("list_results", {"bench_name": "sort", "benchmark": "scan"}, "benchmark: list_results got 'scan', and"),
        ("list_results", {"name": "sort", "bench_name": "scan"}, "benchmark: list_results got 'scan', and name="),
        ("list_results", {"benchmark": ""}, "benchmark: is empty; leave it out for all."),
        ("list_results", {"revision": ""}, "revision: is empty; leave it out for all."),
        ("list_results", {"label": ""}, "label: is empty; leave it out for all."),
        ("list_results", {"cursor": ""}, "cursor: is empty; leave it out for all."),
        ("list_baselines", {"benchmark": ""}, "benchmark: is empty; leave it out for all."),
        ("list_baselines", {"bench_name": "srot"}, "Did you mean sort?"),
        ("metric_history", {"bench_name": "srot", "metric": "time_ms"}, "Did you mean sort?"),
        ("set_baseline", {"result": "latest", "name": ""}, "name: '' is not a name for a baseline"),
        ("list_results", {"cursor": "!!"}, "cursor"),
        ("list_results", {"limit": 1000}, "100"),
        ("list_metrics", {"result": "sort-"}, "several results"),
        ("list_result", {}, "Unknown tool: list_result. Did you mean list_results? There are compare_results, "),
        ("x" * 1000, {}, "There are compare_results, list_results"),
        ("a\x1b[2J", {}, "Unknown tool: a"),
        ("compare_revisions", {"benchmark": "sort"}, "[tool.holobench-mcp.benchmarks.NAME]"),
        ("wait_measurement", {}, "`holobench-mcp ab -- COMMAND` in a shell measures a change"),
        ("export_result", {"result": "latest~9"}, "Nearest"),
        ("export_result", {"results": "latest"}, "Did you mean result?"),
        ("compare_results", {"x": 1}, "'x': compare_results has no such argument. It takes baseline, candidate"),
        ("compare_results", {"metrics": []}, "metrics: name at least one"),
        ("compare_results", {"metrics": [1]}, "metrics.0: it should be a valid string, not 1"),
        ("compare_results", {"metrics": ["\x1b[2J"]}, r"'\x1b[2J' is not measured"),
        ("compare_results", {"metrics": [f"m{i}" for i in range(100_000)]}, "these are: time_ms"),
        ("compare_results", {"margin_percent": "much"}, "margin_percent: it should be a valid number"),
        ("compare_results", {"margin_percent": True}, "margin_percent: it should be a finite number, not True"),
        ("compare_results", {"margin_percent": "NaN"}, "margin_percent: it should be a finite number, not 'NaN'"),
        ("list_results", {"limit": "5.5"}, "limit: it should be a valid integer"),
        ("set_baseline", {"result": None}, "result: a value is needed"),
        ("metric_history", {"benchmark": "sort"}, "metric: a value is needed"),
        (
            "metric_history",
            {"benchmark": "sort", "metric": "time_ms", "point": {"size": [1]}},
            "point.size: it should",
        ),
        ("list_results", {"benchmark": "\ud800"}, "benchmark: '\\ud800' is not text"),
        ("list_results", {"revision": "\ud800"}, "revision: '\\ud800' is not text"),
        ("list_results", {"label": "\ud800"}, "label: '\\ud800' is not text"),
        ("list_baselines", {"benchmark": "\ud800"}, "benchmark: '\\ud800' is not text"),
        ("metric_history", {"benchmark": "\ud800", "metric": "time_ms"}, "benchmark: '\\ud800' is not text"),
        ("import_results", {"path": "x" * 300}, "path: "),
        ("import_results", {"path": "loop.pkl"}, "path: "),
    ],
)
def test_every_error_says_what_would_be_right(project: Path, tool: str, arguments: dict, says: str) -> None:
    async def say(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    (project / "loop.pkl").symlink_to("loop.pkl")
    result = talk(create_server(project=str(project)), say)
    assert result.is_error
    assert says in text_of(result), text_of(result)
    assert "fault of the server" not in text_of(result)
    assert "\n" not in text_of(result) and "\x1b" not in text_of(result)
    assert text_of(result) != f"Error executing tool {tool}"
    assert "Traceback" not in text_of(result)
    assert len(text_of(result)) < 1500


def test_an_error_that_lists_much_is_cut(project: Path) -> None:
    names = [f"m{i}" for i in range(5000)]
    wide = Snapshot.build(
        bench_name="wide", metrics={name: {} for name in names}, samples={name: [1.0, 2.0] for name in names}
    )
    open_store(project / ".holobench").record(wide)

    async def say(client: Client) -> Any:
        return text_of(
            await client.call_tool("compare_results", {"baseline": "sort@latest", "candidate": "wide@latest"})
        )

    text = talk(create_server(project=str(project)), say)
    assert "m650, m651" in text and len(text) < 4100
