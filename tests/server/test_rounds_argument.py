"""How many rounds `compare_revisions` is asked for, however a client writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from clients import talk
from holobench_mcp.model import InvalidArgument
from holobench_mcp.server.app import create_server
from holobench_mcp.workspace.measuring import Measuring


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.holobench-mcp.benchmarks.sort]\ncommand = ["true"]\n')
    return tmp_path


def asked(project: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the use case is asked for by a call of the tool."""
    calls: list[dict[str, Any]] = []

    def start(_: Measuring, name: str, **options: Any) -> Any:
        calls.append(options)
        raise InvalidArgument("enough")

    async def call(client: Client) -> Any:
        return await client.call_tool("compare_revisions", {"benchmark": "sort", **arguments})

    monkeypatch.setattr(Measuring, "start_revisions", start)
    talk(create_server(project=str(project)), call)
    return calls[0] if calls else {}


@pytest.mark.parametrize("arguments", [{}, {"rounds": None}, {"rounds": "auto"}, {"rounds": " Auto "}])
def test_left_out_or_auto_is_until_all_is_settled(configured, monkeypatch, arguments):
    assert asked(configured, monkeypatch, arguments)["rounds"] == "auto"


@pytest.mark.parametrize("rounds", [7, 7.0, "7", " 7 "])
def test_a_number_is_that_number(configured, monkeypatch, rounds):
    assert asked(configured, monkeypatch, {"rounds": rounds})["rounds"] == 7


@pytest.mark.parametrize("rounds", [1, 51, "many", 2.5])
def test_anything_else_is_refused(configured, monkeypatch, rounds):
    assert asked(configured, monkeypatch, {"rounds": rounds}) == {}
