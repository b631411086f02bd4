"""What became of a metric over time, and what is pinned: history, baseline."""

from __future__ import annotations

from typing import Annotated

import typer

from holobench_mcp import digest
from holobench_mcp.cli import arguments, output, tables, timeline
from holobench_mcp.cli.program import Json, OnlyBenchmark, app, open_workspace


@app.command()
def history(
    benchmark: Annotated[str, typer.Argument(help="The benchmark.")],
    metric: Annotated[str, typer.Argument(help="One of its metrics.")],
    point: Annotated[
        list[str] | None, typer.Option("--point", "--at", help="Only this input point: NAME=VALUE, for every input.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Newest codes to look at.")] = 50,
    uncommitted: Annotated[bool, typer.Option("--uncommitted", help="Take in uncommitted code too.")] = False,
    detector: Annotated[
        list[str] | None,
        typer.Option(help="holobench's over-time detectors, METHOD or METHOD=THRESHOLD, such as delta=2.5."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a metric over time: change points, drift, and what holobench's own detectors say."""
    values = dict(arguments.pair(text, "--point") for text in point) if point else None
    document = open_workspace().metric_history(
        benchmark, metric, point=values, limit=limit, uncommitted=uncommitted, detectors=arguments.detectors(detector)
    )
    output.print_json(document) if as_json else timeline.history(document)


baseline = typer.Typer(help="Pin results as baselines, and list them.", no_args_is_help=True)
app.add_typer(baseline, name="baseline")


@baseline.command("set")
def baseline_set(
    result: Annotated[str, typer.Argument(help="Which result.")],
    name: Annotated[str, typer.Option(help="The baseline's name.")] = "baseline",
    reason: Annotated[str | None, typer.Option(help="Why; needed for a result that regressed.")] = None,
    as_json: Json = False,
) -> None:
    """Pin a result, with all runs of its measurement."""
    document = open_workspace().set_baseline(result, name, reason)
    output.print_json(document) if as_json else tables.text(digest.baseline_set(document))


@baseline.command("list")
def baseline_list(benchmark: OnlyBenchmark = None, as_json: Json = False) -> None:
    """List what every baseline means now."""
    listed = open_workspace().list_baselines(benchmark)
    output.print_json(listed) if as_json else tables.text(digest.baselines(listed))
