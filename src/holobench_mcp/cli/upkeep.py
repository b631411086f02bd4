"""What is configured, and whether the store is whole: config, verify."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from holobench_mcp import holobench_versions
from holobench_mcp.cli import output, progress, tables
from holobench_mcp.cli.program import Json, app, configuration, open_workspace
from holobench_mcp.config import Config, problems
from holobench_mcp.workspace.upkeep import waiting_for


@app.command()
def config(as_json: Json = False) -> None:
    """Show the configuration in force, and where it came from."""
    loaded = configuration()
    missing = (*problems(loaded), *filter(None, (holobench_versions.unsupported(),)))
    if as_json:
        output.out(json.dumps(_in_force(loaded, missing), indent=2))
        return
    tables.config(loaded)
    if waiting := waiting_for(loaded.store):
        tables.setting("waiting", waiting)
    for problem in missing:
        tables.setting("problem", problem)


def _in_force(loaded: Config, missing: Sequence[str]) -> dict[str, Any]:
    """The keys that are configured, behind whether anything of them is amiss."""
    n = len(missing)
    amiss = f"{n} problem{'s' if n != 1 else ''}, such as: {missing[0]}" if missing else ""
    source = f"as configured in {loaded.file}" if loaded.file else "by default: nothing is configured"
    return {
        "status": "problems" if missing else "ok",
        "reason": amiss or f"Results are stored in {loaded.store}, {source}.",
        **loaded.model_dump(mode="json", exclude_unset=True),
        "holobench": holobench_versions.installed(),
        "problems": missing,
        **({"waiting": waiting} if (waiting := waiting_for(loaded.store)) else {}),
    }


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="DIGEST", help="What verify printed before: nothing older may have changed."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the whole store and check every digest. Exits 3 when something is damaged."""
    with progress.shown(
        "verify", "it changes nothing, and says nothing of a store that it has not read whole."
    ) as on_progress:
        found = open_workspace().verify(on_progress, head)
    if as_json:
        output.print_json(found)
    else:
        for problem in found.problems:
            tables.text(problem)
        for note in found.notes:
            output.note(note)
        output.note(f"{found.store}: " + (f"{len(found.problems)} damaged" if found.problems else "all is well"))
        if found.head:
            output.note(f"head: {found.head} (holobench-mcp verify --head checks that nothing before it has changed)")
        if found.next_step:
            output.note(f"next: {found.next_step}; holobench-mcp sync OTHER_STORE {found.store} fetches what is lost")
    if found.problems:
        raise typer.Exit(3)
