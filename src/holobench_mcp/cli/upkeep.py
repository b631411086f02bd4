"""What is configured, and whether the store is whole: config, verify."""

from __future__ import annotations

import json

import typer

from holobench_mcp.cli import output, tables
from holobench_mcp.cli.program import Json, app, configuration, open_workspace
from holobench_mcp.config import problems


@app.command()
def config(as_json: Json = False) -> None:
    """Show the configuration in force, and where it came from."""
    loaded = configuration()
    missing = problems(loaded)
    if as_json:
        output.out(json.dumps({**loaded.model_dump(mode="json", exclude_unset=True), "problems": missing}, indent=2))
        return
    tables.config(loaded)
    for problem in missing:
        output.out(f"problem         {problem}")


@app.command()
def verify(as_json: Json = False) -> None:
    """Read the whole store and check every digest. Exits 3 when something is damaged."""
    found = open_workspace().verify()
    if as_json:
        output.print_json(found)
    else:
        for problem in found.problems:
            output.out(problem)
        for note in found.notes:
            output.note(note)
        output.note(f"{found.store}: " + (f"{len(found.problems)} damaged" if found.problems else "all is well"))
    if found.problems:
        raise typer.Exit(3)
