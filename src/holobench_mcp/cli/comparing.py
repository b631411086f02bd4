"""What became of the code: compare, ab. Both are gates: --fail-on turns a decision into exit code 1."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from holobench_mcp.answers import RevisionReport
from holobench_mcp.cli import arguments, forest, output
from holobench_mcp.cli.exporting import check_report, write_file
from holobench_mcp.cli.markdown import comparison_markdown, revisions_markdown
from holobench_mcp.cli.measuring import wait_with_progress
from holobench_mcp.cli.program import PASS_ON, Json, app, open_workspace
from holobench_mcp.model import Decision, InvalidArgument

FailOn = Annotated[
    list[str] | None,
    typer.Option(help="Decisions that exit 1, such as regressed,inconclusive; may be repeated."),
]


@app.command()
def compare(
    baseline: Annotated[str, typer.Argument(help="The code before the change.")] = "baseline",
    candidate: Annotated[str, typer.Argument(help="The code after it.")] = "latest",
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", "--bench", help="Of which benchmark both results are.")
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric; may be repeated.")] = None,
    method: Annotated[
        str | None, typer.Option(help="holobench's detector: percentage, adaptive, delta, absolute.")
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="That detector's threshold.")] = None,
    margin: Annotated[
        float | None, typer.Option("--margin-percent", "--margin", help="Smallest change that matters, in percent.")
    ] = None,
    replicates: Annotated[str, typer.Option(help="auto: further runs of the same code count; or none.")] = "auto",
    change: Annotated[bool, typer.Option("--change", help="Add holobench's bootstrap record (slow).")] = False,
    fail_on: FailOn = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a pull request comment.")] = False,
    junit: Annotated[
        Path | None, typer.Option(help="Write JUnit XML there too; an earlier report is replaced.")
    ] = None,
) -> None:
    """Compare two results: better, worse, neither, or can't tell."""
    gate = arguments.gate(fail_on)
    options = arguments.compare_options(
        metrics=tuple(metric) if metric else None,
        method=method,
        threshold=threshold,
        margin_percent=margin,
        replicates=replicates,
        detail="full",
        include_change=change,
    )
    if baseline != "baseline":  # which is the candidate's own, whatever its benchmark
        baseline = arguments.of_benchmark(baseline, benchmark)
    candidate = arguments.of_benchmark(candidate, benchmark)
    if junit is None:
        document = open_workspace().compare(baseline, candidate, options)
    else:
        check_report(junit)
        document, report = open_workspace().compare_with_report(baseline, candidate, options)
        write_file(junit, report, replace=True)
    if as_json:
        output.print_json(document)
    elif markdown:
        output.out(comparison_markdown(document))
    else:
        forest.comparison(document)
    if gate & {document.decision, *(other.decision for other in document.also)}:
        raise typer.Exit(1)


@app.command(context_settings=PASS_ON)
def ab(
    context: typer.Context,
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", "--bench", help="A configured benchmark, in place of a command.")
    ] = None,
    base: Annotated[str, typer.Option(help="The code before; merge-base is where the work began.")] = "merge-base",
    head: Annotated[str, typer.Option(help="The code after; worktree has uncommitted changes.")] = "worktree",
    rounds: Annotated[str, typer.Option(help="Runs of each side, in turn; auto until all is settled.")] = "auto",
    max_seconds: Annotated[
        float | None, typer.Option(help="Stop after the round that passes this; 120 where rounds is auto.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds that one run may take; 600 unless given.")] = None,
    protect: Annotated[list[str] | None, typer.Option(help="A path taken from the base on both sides.")] = None,
    env: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; {tree} is each side's folder.")] = None,
    setup: Annotated[
        str | None, typer.Option(help="A command that prepares each side's folder, such as 'make -C ext'.")
    ] = None,
    guard: Annotated[
        str | None, typer.Option(help="A command that checks each side before it is measured, such as 'make test'.")
    ] = None,
    tool: arguments.Tool = "auto",
    results: arguments.Results = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, for a parameter that a configured benchmark declares.")
    ] = None,
    fail_on: FailOn = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a pull request comment.")] = False,
) -> None:
    """Measure two revisions in turn and compare them: ab --base main -- python bench.py, or any other command."""
    gate = arguments.gate(fail_on)
    report = revision_report(
        arguments.command_of(context),
        benchmark=benchmark,
        base=base,
        head=head,
        rounds=rounds,
        max_seconds=max_seconds,
        timeout=timeout,
        protect=protect,
        env=env,
        setup=setup,
        parameter=parameter,
        guard=guard,
        tool=tool,
        results=results,
    )
    if as_json:
        output.print_json(report)
    elif markdown:
        output.out(revisions_markdown(report))
    else:
        forest.revisions(report)
    if is_failed(gate, report):
        raise typer.Exit(1)


def is_failed(gate: set[Decision], report: RevisionReport) -> bool:
    """Whether a gate of these decisions fails: by the whole, or by a bench whose decision stands behind a worse one."""
    return bool(gate & {report.decision, *(document.decision for document in report.comparisons)})


def revision_report(
    command: list[str],
    *,
    benchmark: str | None,
    base: str,
    head: str,
    rounds: str,
    max_seconds: float | None,
    timeout: float | None,
    protect: list[str] | None,
    env: list[str] | None,
    setup: str | None,
    parameter: list[str] | None,
    guard: str | None = None,
    tool: str = "auto",
    results: str | None = None,
    by: str = "ab",
) -> RevisionReport:
    """Measure two revisions as options of the command line say. by: the command whose options they are."""
    if bool(command) == (benchmark is not None):
        raise InvalidArgument(f"{by}: name a command behind '--', or a configured one with --benchmark.")
    own = timeout is not None or protect or env or setup or guard or tool != "auto" or results is not None
    if benchmark is not None and own:
        raise InvalidArgument(
            f"{by}: --timeout, --protect, --env, --setup, --guard, --tool and --results are for a command behind '--'; "
            "a configured benchmark has its own timeout_s, protected, env, setup, guard, tool and results in "
            "pyproject.toml."
        )
    if command and parameter:
        raise InvalidArgument(f"{by}: --parameter is for a configured benchmark; a command has its own arguments.")
    given = (
        arguments.benchmark(command, timeout, protect, env, setup, guard=guard, tool=tool, results=results)
        if command
        else None
    )
    workspace = open_workspace()
    workspace.clean_up_after_crash()
    job = workspace.measuring.start_revisions(
        benchmark or "command",
        base=base,
        head=head,
        rounds=arguments.rounds(rounds),
        max_seconds=max_seconds,
        parameters=dict(arguments.parameter(text) for text in parameter or ()),
        config=given,
        cwd=Path.cwd(),
        asked_by="person",
    )
    return cast("RevisionReport", wait_with_progress(job))
