"""What an agent may import, and that importing runs nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from clients import talk, text_of
from holobench_mcp.server.app import create_server


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.pkl", "link.pkl", "x\0y", "missing.pkl", "."])
def test_an_agent_imports_only_files_below_the_project(project: Path, tmp_path_factory: Any, path: str) -> None:
    outside = tmp_path_factory.mktemp("elsewhere") / "outside.pkl"
    outside.write_bytes(b"x")
    (project / "link.pkl").symlink_to(outside)

    async def say(client: Client) -> Any:
        return await client.call_tool("import_results", {"path": path})

    result = talk(create_server(project=str(project)), say)
    assert result.is_error and "path: " in text_of(result)


def test_a_pickle_that_would_create_a_file_creates_none_through_the_tool(project: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {project / 'created'}",)

    (project / "evil.pkl").write_bytes(pickle.dumps(Evil()))

    async def say(client: Client) -> Any:
        return await client.call_tool("import_results", {"path": "evil.pkl"})

    result = talk(create_server(project=str(project)), say)
    assert result.is_error and "system" in text_of(result)
    assert not (project / "created").exists()


@pytest.mark.parametrize("metric", ["m", "m" * 190])
def test_a_file_of_many_metrics_is_answered_shortly(project: Path, metric: str) -> None:
    metrics = {f"{metric}{i}": {"values": [1.0, 2.0]} for i in range(400)}
    rows = [json.dumps({"bench": f"b{i}", "metrics": metrics}) for i in range(3)]
    (project / "many.jsonl").write_text("\n".join(rows))

    async def say(client: Client) -> Any:
        return await client.call_tool("import_results", {"path": "many.jsonl"})

    result = talk(create_server(project=str(project)), say)
    assert not result.is_error and len(text_of(result)) < 5000
    assert len(json.dumps(result.structured_content)) < 5000
    assert [bench["more_metrics"] for bench in result.structured_content["benches"]] == [390] * 3
