"""What is recorded: list, show, metrics."""

from __future__ import annotations

from typing import Annotated

import typer

from holobench_mcp.cli import output, tables
from holobench_mcp.cli.program import Json, OnlyBenchmark, app, open_workspace


@app.command("list")
def list_(
    benchmark: OnlyBenchmark = None,
    revision: Annotated[str | None, typer.Option(help="Only this git revision, branch or tag.")] = None,
    label: Annotated[str | None, typer.Option(help="Only this label.")] = None,
    limit: Annotated[int, typer.Option(help="How many.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="next_cursor of the page before.")] = None,
    as_json: Json = False,
) -> None:
    """List recorded results, newest first."""
    page = open_workspace().list_results(
        benchmark=benchmark, revision=revision, label=label, limit=limit, cursor=cursor
    )
    output.print_json(page) if as_json else tables.results(page)


@app.command()
def show(result: Annotated[str, typer.Argument(help="Which result.")] = "latest", as_json: Json = False) -> None:
    """Show one result: its result.json contract."""
    document = open_workspace().export_result(result)
    output.print_json(document) if as_json else tables.result(document)


@app.command()
def metrics(result: Annotated[str, typer.Argument(help="Which result.")] = "latest", as_json: Json = False) -> None:
    """Show what one result measured."""
    listed = open_workspace().list_metrics(result)
    output.print_json(listed) if as_json else tables.metrics(listed)
