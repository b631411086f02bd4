"""How results come in: run, import."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from holobench_mcp.answers import ImportReport
from holobench_mcp.cli import arguments, output, progress
from holobench_mcp.cli.program import PASS_ON, Json, app, open_workspace
from holobench_mcp.digest import structures
from holobench_mcp.model import HolobenchMcpError, InvalidArgument


@app.command(context_settings=PASS_ON)
def run(
    context: typer.Context,
    label: Annotated[str | None, typer.Option(help="A name for these results, such as 'before'.")] = None,
    tool: arguments.Tool = "auto",
    results: arguments.Results = None,
    as_json: Json = False,
) -> None:
    """Run any command and record its sweeps, its tool's results, or its own time and memory: run -- ./prog."""
    command = arguments.command_of(context)
    if not command:
        raise InvalidArgument("run: name the command behind '--', such as: holobench-mcp run -- python bench.py")
    given = arguments.benchmark(command, tool=tool, results=results)
    workspace = open_workspace()
    report = workspace.run(
        command,
        label=label,
        tool=given.tool,
        results=given.results,
        on_result=lambda _id: output.note(f"recorded {_id}"),
        stdout_is_ours=as_json,
    )
    for remark in (*report.notes, *report.problems):
        output.note(remark)
    if as_json:
        output.print_json(report)
    else:
        for result_id in report.result_ids:
            output.out(result_id)
    if not report.result_ids:
        why = f": the command failed with exit status {report.returncode}" if report.returncode else ""
        output.note(f"nothing was recorded{why}.")
    if report.returncode or not report.result_ids:
        raise typer.Exit(report.returncode or 2)


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of benchmark tools, or saved results.")],
    format_: Annotated[
        str | None, typer.Option("--format", help="What the files are; by what they hold, unless given.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="A name for this code, such as 'before'.")] = None,
    revision: Annotated[str | None, typer.Option(help="The commit that was measured, where a file lacks it.")] = None,
    as_json: Json = False,
) -> None:
    """Take in other tools' files and saved results. Nothing in them is run."""
    reports: list[ImportReport] = []
    failure: str | None = "it was broken off."
    try:
        left = "what it said it recorded is whole and stays; the same command records nothing of it twice."
        with progress.shown("import", left) as bar:
            for report in open_workspace().import_paths(paths, format_name=format_, label=label, revision=revision):
                reports.append(report)
                with bar.aside():
                    output.note(f"{report.path} ({report.format}): {report.reason}")
                    if not as_json:
                        for result_id in report.result_ids:
                            output.out(result_id)
                bar(len(reports), len(paths))
        failure = None
    except HolobenchMcpError as problem:
        failure = str(problem)
        raise
    finally:
        if as_json:  # what came before a file that can't be read is in the store
            output.out(json.dumps(_imported(reports, len(paths), failure), indent=2))


def _imported(reports: Sequence[ImportReport], n_paths: int, failure: str | None) -> dict[str, Any]:
    """What came of all paths, then of each; why the next one could not be taken in."""
    results, n = sum(report.n_results for report in reports), len(reports)
    first = f"{results} result{'s' if results != 1 else ''} of {n} of {n_paths} paths recorded."
    last = f" Then: {failure}" if failure else ""
    status = "failed" if failure else "ok"
    return {"status": status, "reason": first + last, "imports": [structures.full(report) for report in reports]}
