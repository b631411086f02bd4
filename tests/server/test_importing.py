"""What an agent may import, and that importing runs nothing."""

from __future__ import annotations

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
