"""Benchmark tools that a command may start: which it is, how it is asked for its results, and what it has left."""

from holobench_mcp.capture.tools.known_tool import KnownTool, ToolCommand
from holobench_mcp.capture.tools.recognising import TOOLS, tool_command
from holobench_mcp.capture.tools.results import MeasuredRun, ToolResults, as_they_are, file_results, tool_results

__all__ = [
    "TOOLS",
    "KnownTool",
    "MeasuredRun",
    "ToolCommand",
    "ToolResults",
    "as_they_are",
    "file_results",
    "tool_command",
    "tool_results",
]
