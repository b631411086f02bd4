"""The use cases, once: what the server's tools and the command line's commands both call.

Knows every wing below; knows no protocol and no terminal.
"""

from holobench_mcp.workspace.workspace import Workspace

__all__ = ["Workspace"]
