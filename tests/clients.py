"""How tests of the server talk to it: over stdio as a real client does, or in memory."""

from __future__ import annotations

import asyncio
import base64
import gzip
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.extension import ClientExtension, advertise
from pydantic import BaseModel


def server_of(project: Path) -> StdioServerParameters:
    """The server of this tree, in a process of its own."""
    # The client hands on few variables; PYTHONPATH is what makes this the server of this tree.
    env = {k: v for k, v in os.environ.items() if k.startswith(("HOLOBENCH_MCP_", "PYTHONPATH"))}
    return StdioServerParameters(command=sys.executable, args=["-m", "holobench_mcp"], cwd=project, env=env)


def talk(target: Any, session: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    """What a session with a server gives back. target: parameters of a process, or a server in memory."""

    async def connected() -> Any:
        async with Client(target, **options) as client:
            return await session(client)

    return asyncio.run(connected())


def text_of(result: Any) -> str:
    """The text of a tool's answer, without the links beside it."""
    return "\n".join(block.text for block in result.content if block.type == "text")


def sent(message: BaseModel) -> dict[str, Any]:
    """A list's row or an answer as it is on the wire."""
    return message.model_dump(mode="json", by_alias=True, exclude_none=True)


def declares(**settings: Any) -> ClientExtension:
    """A client's word that it knows MCP Apps."""
    return advertise("io.modelcontextprotocol/ui", settings)


def chart_of(answer: dict[str, Any]) -> str | None:
    """The chart that came with an answer on the wire, as HTML."""
    packed = answer.get("_meta", {}).get("io.github.holobench-mcp/chart")
    return None if packed is None else gzip.decompress(base64.b64decode(packed["gzip"])).decode()


#: What a client declares that shows charts.
SHOWS_CHARTS = [declares(mimeTypes=["text/html;profile=mcp-app"])]
