"""What stands below each command's help: an example, and what it exits with."""

from __future__ import annotations

from collections.abc import Mapping

import typer

#: An example of each command, by its words.
EXAMPLES: Mapping[str, str] = {
    "serve": "holobench-mcp serve --http --token-file tokens.txt",
    "run": "holobench-mcp run --label before -- python bench.py",
    "import": "holobench-mcp import results/*.json --label after",
    "list": "holobench-mcp list --benchmark sort --limit 5",
    "show": "holobench-mcp show sort@latest",
    "metrics": "holobench-mcp metrics sort@main",
    "export": "holobench-mcp export sort@latest --format csv --output sort.csv",
    "compare": "holobench-mcp compare sort@main sort@latest --fail-on regressed",
    "report": "holobench-mcp report sort --html sort.html",
    "ab": "holobench-mcp ab --base main -- python bench.py",
    "history": "holobench-mcp history sort time_ms --point size=100",
    "config": "holobench-mcp config --json",
    "verify": "holobench-mcp verify",
    "gc": "holobench-mcp gc --grace 7d --yes",
    "repair": "holobench-mcp repair --yes",
    "sync": "holobench-mcp sync .holobench s3://bucket/results",
    "install": "holobench-mcp install --client claude-code --dry-run",
    "baseline set": "holobench-mcp baseline set sort@latest --reason 'release 2.0'",
    "baseline list": "holobench-mcp baseline list --benchmark sort",
    "ci measure": "holobench-mcp ci measure --fail-on regressed -- python bench.py",
    "ci comment": "holobench-mcp ci comment --report benchmark-report",
}
_FINE = "0 fine"
_WRONG = "2 a wrong argument, or nothing found"
_STOPPED = "130 Ctrl-C"
_GATE = "1 a decision that --fail-on names"
_DAMAGED = "3 the store is damaged, or not all could be done"
#: What exits with more than 0, 2 and 130.
_EXITS: Mapping[str, tuple[str, ...]] = {
    "compare": (_FINE, _GATE, _WRONG, _STOPPED),
    "ab": (_FINE, _GATE, _WRONG, _STOPPED),
    "ci measure": (_FINE, _GATE, _WRONG, _STOPPED),
    "verify": (_FINE, _WRONG, _DAMAGED, _STOPPED),
    "gc": (_FINE, _WRONG, _DAMAGED, _STOPPED),
    "repair": (_FINE, _WRONG, _DAMAGED, _STOPPED),
    "sync": (_FINE, _WRONG, _DAMAGED, _STOPPED),
    "run": (_FINE, "the command's own exit status", "2 nothing was recorded", _STOPPED),
}


def add_examples(app: typer.Typer, above: str = "") -> None:
    """Put an example and the exit codes below the help of every command that has one."""
    for command in app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "")
        if (example := EXAMPLES.get(f"{above}{name}")) is not None:
            exits = _EXITS.get(f"{above}{name}", (_FINE, _WRONG, _STOPPED))
            command.epilog = f"Example: {example}\n\nExits with: {'; '.join(exits)}."
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_examples(group.typer_instance, f"{above}{group.name} ")
