"""What a store holds and where: gc, repair, sync. Nothing is removed unless --yes says so."""

from __future__ import annotations

from typing import Annotated

import typer

from holobench_mcp.cli import arguments, output, progress
from holobench_mcp.cli.program import Json, app, open_workspace

Yes = Annotated[bool, typer.Option("--yes", help="Do it; otherwise only say what would be done.")]


@app.command()
def gc(
    yes: Yes = False,
    grace: Annotated[
        str | None, typer.Option(help="How old what is removed must be: 12h, 30m, 7d; 0 where nobody writes. [1d]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Free space: what `keep` in the configuration does not keep, and blobs that no result names.

    It goes to the store's trash first, and is destroyed by a later gc, a day after.
    """
    grace_s = None if grace is None else arguments.duration(grace, "--grace")
    with progress.shown("gc") as on_progress:
        freed = open_workspace().free_space(dry_run=not yes, grace_s=grace_s, on_progress=on_progress)
    if as_json:
        output.print_json(freed)
    else:
        for result_id in freed.retention.removed if freed.retention else ():
            output.out(f"{'removed' if yes else 'would remove'} {result_id}")
        output.note(freed.reason)
        if freed.next_step:
            output.note(f"next: {freed.next_step}")
    if freed.status == "refused":
        raise typer.Exit(3)
