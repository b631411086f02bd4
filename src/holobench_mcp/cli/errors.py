"""The one place where an error becomes a sentence on stderr and an exit code that a script can trust.

0 fine, 1 the gate failed, 2 usage or not found, 3 the store is damaged.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from holobench_mcp.cli import output
from holobench_mcp.cli.program import app
from holobench_mcp.model import HolobenchMcpError


def main() -> NoReturn:
    """Run the command line, and exit."""
    output.replace_what_cannot_be_written()
    try:
        app(prog_name="holobench-mcp")
    except HolobenchMcpError as problem:
        output.note(f"error: {problem}")
        sys.exit(problem.exit_code)
    except Exception as problem:
        message = " ".join(str(problem)[:1000].split())[:300]
        output.note(
            f"error: holobench-mcp failed with {type(problem).__name__}: {message}. This is a fault of the program, "
            "not of your arguments; holobench-mcp verify checks the store."
        )
        sys.exit(2)
    sys.exit(0)
