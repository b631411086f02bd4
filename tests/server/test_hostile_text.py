"""Whatever a result's texts say, an agent reads them as data: on their lines, bounded, with nothing hidden in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import PromptReference, ResourceTemplateReference

from clients import talk
from holobench_mcp.digest.room import MOST, WHOLE
from holobench_mcp.server.app import create_server
from hostile_results import HOSTILE, LONG, ORDER, hidden_in, hostile, hostile_store, strings

#: A benchmark that prints what it is given, and fails.
FAILS = """
[tool.holobench-mcp]
import_roots = ["."]
[tool.holobench-mcp.benchmarks.fails]
command = ["sh", "-c", "cat output.txt; exit 3"]
"""


@pytest.fixture(scope="module", params=[HOSTILE, LONG], ids=["hostile", "a megabyte"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("project")
    hostile_store(folder / ".holobench", request.param)
    (folder / "pyproject.toml").write_text(FAILS)
    (folder / "output.txt").write_text(request.param, newline="")
    points = [
        {"bench": request.param[:400], "metrics": {"time": {"value": v, "units": request.param}}} for v in (1.0, 2.0)
    ]
    (folder / "points.jsonl").write_text("".join(json.dumps(p) + "\n" for p in points))
    return folder, request.param


def calls(text: str) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """Calls of every tool, and how many of them have an answer: the others have an error."""
    bench, metric = hostile(text).bench_name, hostile(text).metrics[0].variable
    named = f"unknown {text[:490]}"
    answered = [
        ("list_results", {}),
        ("list_results", {"benchmark": bench}),
        ("list_metrics", {"result": f"{bench}@latest"}),
        ("list_metrics", {"result": "honest@latest"}),
        ("export_result", {"result": f"{bench}@latest"}),
        ("compare_results", {"candidate": f"{bench}@latest"}),
        ("compare_results", {"candidate": f"{bench}@latest", "detail": "full"}),
        ("metric_history", {"benchmark": bench, "metric": metric}),
        ("list_baselines", {}),
        ("list_benchmarks", {}),
        ("set_baseline", {"result": f"{bench}@latest", "reason": "mine"}),
        ("import_results", {"path": "points.jsonl"}),
    ]
    # And what is asked in such words is answered with an error in which they stand.
    refused = [
        ("compare_results", {}),  # the newest result is the only one of its bench
        ("run_benchmark", {"name": "fails"}),
        ("list_results", {"benchmark": named}),
        ("list_metrics", {"result": named}),
        ("compare_results", {"metrics": [named]}),
        ("compare_results", {named: named}),
        ("metric_history", {"benchmark": bench, "metric": named}),
        ("set_baseline", {"result": f"{bench}@latest", "name": named, "reason": named}),
        ("import_results", {"path": named}),
        ("run_benchmark", {"name": "fails", "parameters": {named: named}}),
        ("compare_revisions", {"benchmark": named, "base": named}),
        ("wait_measurement", {"measurement": named}),
        ("cancel_measurement", {"measurement": named}),
    ]
    return [*answered, *refused], len(answered)


def test_every_tool_says_what_others_wrote_as_data(project: tuple[Path, str]) -> None:
    folder, text = project

    made, n_answered = calls(text)

    async def say(client: Client) -> list[Any]:
        assert {tool.name for tool in (await client.list_tools()).tools} == {tool for tool, _ in made}
        return [await client.call_tool(tool, arguments) for tool, arguments in made]

    results = talk(create_server(project=str(folder)), say)
    for i, result in enumerate(results):
        assert bool(result.is_error) is (i >= n_answered), (made[i][0], result.content)
    for (tool, arguments), result in zip(made, results, strict=True):
        where = tool, {key: str(value)[:40] for key, value in arguments.items()}
        for block in result.content:
            shown = block.text if block.type == "text" else f"{block.name} {block.uri}"
            assert not hidden_in(shown), (where, shown[:2000])
            assert len(shown) <= MOST, where
        structure = result.structured_content or {}
        for key, value in strings(structure):
            signs = hidden_in(value, lines=key in ("reason", "output_tail"))
            assert not (signs - {ORDER} if key == "output_tail" else signs), (where, key, value[:300])
        most = WHOLE if "detail" in arguments or tool == "export_result" else MOST
        assert len(json.dumps(structure, ensure_ascii=False)) <= most, where


def test_every_resource_prompt_and_completion_does(project: tuple[Path, str]) -> None:
    folder, text = project
    bench = hostile(text).bench_name
    result, address = (
        ResourceTemplateReference(uri=f"holobench://{uri}")
        for uri in ("results/{result_id}/result.json", "benchmarks/{bench_name}")
    )
    investigate = PromptReference(name="investigate_regression")

    async def say(client: Client) -> list[tuple[str, Any]]:
        shown: list[tuple[str, Any]] = []
        listed = await client.list_resources()
        for entry in listed.resources:
            shown.append(("listed", [entry.name, entry.description, str(entry.uri)]))
            shown.append(("read", (await client.read_resource(entry.uri)).contents[0].text))
        uris = [str(entry.uri) for entry in listed.resources]
        a, b = [uri.split("/")[3] for uri in uris if uri.startswith("holobench://results/sort")][:2]
        for uri in (f"results/{a}/manifest.json", f"comparisons/{a}/{b}/comparison.json"):
            shown.append(("read", (await client.read_resource(f"holobench://{uri}")).contents[0].text))
        for ref, name in [
            (result, "result_id"),
            (address, "bench_name"),
            (investigate, "metric"),
            (investigate, "baseline"),
        ]:
            found = await client.complete(ref=ref, argument={"name": name, "value": ""})
            shown.append(("completed", found.completion.values))
        for prompt, arguments in [
            ("judge_change", {"benchmark": text}),
            ("investigate_regression", {"benchmark": text, "metric": text, "baseline": text}),
        ]:
            shown.append(("prompt", (await client.get_prompt(prompt, arguments)).messages[0].content.text))
        for wrong in ({"name": text[:300], "arguments": {}}, {"name": "judge_change", "arguments": {text[:300]: "x"}}):
            with pytest.raises(MCPError) as failure:
                await client.get_prompt(**wrong)
            shown.append(("error", failure.value.error.message))
        with pytest.raises(MCPError) as failure:
            await client.read_resource(f"holobench://results/{bench[:5]}%0a%1b/result.json")
        return [*shown, ("error", failure.value.error.message)]

    shown = talk(create_server(project=str(folder)), say)
    assert {kind for kind, _ in shown} == {"listed", "read", "completed", "prompt", "error"}
    for kind, value in shown:
        for one in value if isinstance(value, list) else [value]:
            # A document is as it was recorded, in JSON whose characters are all of ASCII.
            assert not hidden_in(one), (kind, one[:500])
            assert one.isascii() if kind == "read" else len(one) < 10_000, (kind, one[:300])
