"""What a store holds and where: gc, repair, sync. Nothing is removed unless --yes says so."""

from __future__ import annotations

from typing import Annotated

import typer

from holobench_mcp.answers import Freed, Repaired, Synced
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
    left = "what it took out lies in the store's trash; the same command goes on, and destroys nothing before a day."
    with progress.shown("gc", left if yes else "nothing was changed; the same command begins again.") as on_progress:
        freed = open_workspace().free_space(dry_run=not yes, grace_s=grace_s, on_progress=on_progress)
    if as_json:
        output.print_json(freed)
    else:
        for result_id in freed.retention.removed if freed.retention else ():
            output.out(f"{'removed' if yes else 'would remove'} {result_id}")
        _note(freed)
    if freed.status == "refused":
        raise typer.Exit(3)


@app.command()
def repair(yes: Yes = False, as_json: Json = False) -> None:
    """Put right what verify finds, as far as that can be; what can't be is set aside, and nothing is destroyed."""
    left = "what it put right stays so; the same command goes on with the rest."
    with progress.shown(
        "repair", left if yes else "nothing was changed; the same command begins again."
    ) as on_progress:
        repaired = open_workspace().repair(dry_run=not yes, on_progress=on_progress)
    if as_json:
        output.print_json(repaired)
    else:
        for step in repaired.steps:
            output.out(f"{step.action:<10} {step.key}: {step.detail}")
        _note(repaired)
    if repaired.status == "incomplete":
        raise typer.Exit(3)


@app.command()
def sync(
    source: Annotated[str, typer.Argument(help="Folder or URL of the store to copy from.")],
    destination: Annotated[str, typer.Argument(help="Folder or URL of the store to copy to.")],
    both: Annotated[bool, typer.Option("--both", help="Copy the other way too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be copied.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read what the destination has too, and send again what is damaged.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy what one store has and another lacks: results, baselines, measurements, comparisons; nothing is removed."""
    from holobench_mcp.workspace import upkeep

    left = "what was copied is whole and stays; the same command goes on with the rest."
    with progress.shown(
        "sync", "nothing was changed; the same command begins again." if dry_run else left
    ) as on_progress:
        synced = upkeep.sync(source, destination, both=both, dry_run=dry_run, whole=check, on_progress=on_progress)
    if as_json:
        output.print_json(synced)
    else:
        for problem in (*synced.problems, *(synced.back.problems if synced.back else ())):
            output.out(problem)
        _note(synced)
    if synced.status == "incomplete":
        raise typer.Exit(3)


def _note(answer: Freed | Repaired | Synced) -> None:
    """What became of it, and what to do next."""
    output.note(answer.reason)
    if answer.next_step:
        output.note(f"next: {answer.next_step}")
