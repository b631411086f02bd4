"""The command line: results on stdout, everything else on stderr, and exit codes that a script can trust.

Each command is a few lines around a use case of the workspace, in the module of its group; how things look is in
`tables`, `markdown` and `bars`. Importing this package registers every command, in the order in which help lists them.
"""

from holobench_mcp.cli import recording, listing, exporting, comparing, tracking, reporting  # noqa: F401, I001 - they
from holobench_mcp.cli import upkeep, space, attaching, ci  # noqa: F401 - register, in this order
from holobench_mcp.cli.examples import add_examples
from holobench_mcp.cli.program import app
from holobench_mcp.cli.errors import main

add_examples(app)

__all__ = ["app", "main"]
