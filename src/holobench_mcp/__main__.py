"""The console script. Serving on stdio takes the short way, past the command line's own imports."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `holobench-mcp`."""
    if len(sys.argv) == 1 or sys.argv[1:] == ["serve"]:
        from holobench_mcp.server.app import serve

        serve()
        return
    from holobench_mcp.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
