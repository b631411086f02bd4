"""A chart in the conversation: an MCP App, for the clients that declare the extension `io.modelcontextprotocol/ui`.

The page is static and the same for every answer; the chart of an answer comes with it, in its `_meta`, which clients
don't show to the model. Whoever did not declare the extension gets every list and answer as if there were none.
"""

from __future__ import annotations

from holobench_mcp.server.chart.extension import ForApps, charts, register
from holobench_mcp.server.chart.fragments import chart_meta

__all__ = ["ForApps", "chart_meta", "charts", "register"]
