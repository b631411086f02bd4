"""What clients list is a reviewed file: each tool's JSON, the order of tools, the instructions, the resources.

An agent chooses and calls by these words, so that changing one is changing the interface. After a change that is meant:

    UPDATE_SNAPSHOTS=1 python -m pytest tests/server/test_tool_snapshots.py

and read the difference before committing it.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from clients import SHOWS_CHARTS, sent
from holobench_mcp.server.app import create_server

SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "tools"
WITH = "[tool.holobench-mcp.benchmarks.sort]\ncommand = ['python', 'bench.py']\n"


def listed(project: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a client is shown of a project's server: each tool, and the rest."""

    async def session() -> tuple[dict[str, Any], dict[str, Any]]:
        async with Client(create_server(project=str(project))) as client:
            tools = (await client.list_tools()).tools
            templates = (await client.list_resource_templates()).resource_templates
            rest = {
                "instructions": (client.instructions or "").splitlines(),
                "tools": [tool.name for tool in tools],
                "resource_templates": [t.model_dump(mode="json", exclude_none=True, by_alias=True) for t in templates],
            }
            return {t.name: t.model_dump(mode="json", exclude_none=True, by_alias=True) for t in tools}, rest

    return anyio.run(session)


def listed_with_charts(project: Path) -> dict[str, Any]:
    """What is added for a client that shows charts: which page shows what, and the page's own tool."""

    async def session() -> dict[str, Any]:
        async with Client(create_server(project=str(project)), extensions=SHOWS_CHARTS) as client:
            tools = [sent(tool) for tool in (await client.list_tools()).tools]
        of_page = [tool for tool in tools if tool["_meta"]["ui"]["visibility"] == ["app"]]
        return {"ui": {tool["name"]: tool["_meta"]["ui"] for tool in tools}, "of_page": of_page}

    return anyio.run(session)


def current(folder: Path) -> dict[str, str]:
    """Every snapshot as it would be written now, by its file's name."""
    (folder / "pyproject.toml").write_text("")
    without, surface_without = listed(folder)
    (folder / "pyproject.toml").write_text(WITH)
    with_benchmarks, surface_with = listed(folder)
    assert without.items() <= with_benchmarks.items(), "a tool changes with the configuration: give it two snapshots"
    documents = {**with_benchmarks, "_without_benchmarks": surface_without, "_with_benchmarks": surface_with}
    documents["_with_charts"] = listed_with_charts(folder)
    return {f"{name}.json": json.dumps(d, indent=2, ensure_ascii=False) + "\n" for name, d in documents.items()}


def check(written: dict[str, str], snapshots: Path, *, update: bool) -> None:
    """Hold what is served now against the files of a folder, or write them. Raises AssertionError with the diff."""
    if update:
        for path in snapshots.glob("*.json"):
            path.unlink()
        for name, text in written.items():
            (snapshots / name).write_text(text, encoding="utf-8")
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in snapshots.glob("*.json")}
    differences = [
        line
        for name in sorted(written.keys() | on_disk.keys())
        for line in difflib.unified_diff(
            on_disk.get(name, "").splitlines(),
            written.get(name, "").splitlines(),
            f"snapshots/tools/{name}" if name in on_disk else "no snapshot",
            f"served now: {name}" if name in written else f"nothing is served as {name}",
            lineterm="",
        )
    ]
    if differences:
        raise AssertionError("\n".join([*differences, "", "If it is meant: UPDATE_SNAPSHOTS=1, and commit the files."]))


def test_what_is_served_is_what_was_reviewed(tmp_path: Path) -> None:
    check(current(tmp_path), SNAPSHOTS, update=bool(os.environ.get("UPDATE_SNAPSHOTS")))


@pytest.mark.parametrize(
    ("on_disk", "says"),
    [
        ({}, "no snapshot"),
        ({"a.json": "old\n"}, "-old\n+new"),
        ({"a.json": "new\n", "b.json": "gone\n"}, "nothing is served as b.json"),
    ],
)
def test_a_missing_a_changed_and_a_stale_snapshot_fail_with_the_difference(
    tmp_path: Path, on_disk: dict[str, str], says: str
) -> None:
    for name, text in on_disk.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(AssertionError, match="UPDATE_SNAPSHOTS") as failure:
        check({"a.json": "new\n"}, tmp_path, update=False)
    assert says in str(failure.value)
    check({"a.json": "new\n"}, tmp_path, update=True)
    check({"a.json": "new\n"}, tmp_path, update=False)
