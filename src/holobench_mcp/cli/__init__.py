"""The command line: results on stdout, everything else on stderr, and exit codes that a script can trust.

0 fine, 1 the gate failed, 2 usage or not found, 3 the store is damaged. Each command is a few lines around a
Workspace method; how things look is in `render`.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import BaseModel, ValidationError

from holobench_mcp import digest
from holobench_mcp._version import __version__
from holobench_mcp.answers import CompareOptions
from holobench_mcp.cli import render
from holobench_mcp.config import BenchmarkConfig, load_config
from holobench_mcp.model import Decision, HolobenchMcpError, InvalidArgument
from holobench_mcp.workspace import Workspace

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}

app = typer.Typer(
    name="holobench-mcp",
    help="Benchmark ground truth for coding agents. Without a command, serves MCP on stdio.",
    no_args_is_help=False,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class _Chosen:
    """The global options of this call."""

    store: str | None = None
    project: str | None = None

    def workspace(self) -> Workspace:
        return Workspace(load_config(store=self.store, project=self.project))


_chosen = _Chosen()


def _version(asked: bool) -> None:
    if asked:
        render.out(__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _globals(
    context: typer.Context,
    store: Annotated[str | None, typer.Option(help="Folder or URL of the store.")] = None,
    project: Annotated[str | None, typer.Option(help="Project folder; the current one unless given.")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version
    _chosen.store, _chosen.project = store, project
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve() -> None:
    """Serve MCP on stdio, until the client goes."""
    from holobench_mcp.server.app import serve as serve_stdio

    serve_stdio(store=_chosen.store, project=_chosen.project)


@app.command(context_settings=_PASS_ON)
def run(
    context: typer.Context,
    label: Annotated[str | None, typer.Option(help="A name for these results, such as 'before'.")] = None,
    as_json: Json = False,
) -> None:
    """Run a benchmark, unedited, and record every sweep that it collects: run -- python bench.py."""
    command = [a for i, a in enumerate(context.args) if not (i == 0 and a == "--")]
    if not command:
        raise InvalidArgument("run: name the command behind '--', such as: holobench-mcp run -- python bench.py")
    workspace = _chosen.workspace()
    report = workspace.run(
        command, label=label, on_result=lambda _id: render.note(f"recorded {_id}"), stdout_is_ours=as_json
    )
    for problem in report.problems:
        render.note(problem)
    if as_json:
        _print_json(report)
    else:
        for result_id in report.result_ids:
            render.out(result_id)
    if not report.result_ids:
        render.note("nothing was recorded: the command collected no holobench sweep.")
    if report.returncode or not report.result_ids:
        raise typer.Exit(report.returncode or 2)


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Saved .pkl results, or result.json files.")],
    as_json: Json = False,
) -> None:
    """Take in saved results. Pickles are read in a quarantined process that can run nothing."""
    taken = []
    try:
        for path, ids in _chosen.workspace().import_paths(paths):
            taken.append({"path": str(path), "result_ids": ids})
            if not as_json:
                for result_id in ids:
                    render.out(result_id)
    finally:
        if as_json:  # what came before a file that can't be read is in the store
            render.out(json.dumps(taken, indent=2))


@app.command("list")
def list_(
    bench: Annotated[str | None, typer.Option(help="Only this benchmark.")] = None,
    revision: Annotated[str | None, typer.Option(help="Only this git revision, branch or tag.")] = None,
    label: Annotated[str | None, typer.Option(help="Only this label.")] = None,
    limit: Annotated[int, typer.Option(help="How many.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="next_cursor of the page before.")] = None,
    as_json: Json = False,
) -> None:
    """List recorded results, newest first."""
    page = _chosen.workspace().list_results(
        bench_name=bench, revision=revision, label=label, limit=limit, cursor=cursor
    )
    _print_json(page) if as_json else render.results(page)


@app.command()
def show(result: Annotated[str, typer.Argument(help="Which result.")] = "latest", as_json: Json = False) -> None:
    """Show one result: its result.json contract."""
    document = _chosen.workspace().export_result(result)
    _print_json(document) if as_json else render.result(document)


@app.command()
def metrics(result: Annotated[str, typer.Argument(help="Which result.")] = "latest", as_json: Json = False) -> None:
    """Show what one result measured."""
    listed = _chosen.workspace().list_metrics(result)
    _print_json(listed) if as_json else render.metrics(listed)


@app.command()
def compare(
    baseline: Annotated[str, typer.Argument(help="The code before the change.")] = "baseline",
    candidate: Annotated[str, typer.Argument(help="The code after it.")] = "latest",
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric; may be repeated.")] = None,
    method: Annotated[
        str | None, typer.Option(help="holobench's detector: percentage, adaptive, delta, absolute.")
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="That detector's threshold.")] = None,
    margin: Annotated[float | None, typer.Option(help="Smallest change that matters, in percent.")] = None,
    replicates: Annotated[str, typer.Option(help="auto: further runs of the same code count; or none.")] = "auto",
    change: Annotated[bool, typer.Option("--change", help="Add holobench's bootstrap record (slow).")] = False,
    fail_on: Annotated[str, typer.Option(help="Decisions that exit 1, such as regressed,inconclusive.")] = "",
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a pull request comment.")] = False,
) -> None:
    """Compare two results: better, worse, neither, or can't tell."""
    gate = _gate(fail_on)
    options = _options(
        metrics=tuple(metric) if metric else None,
        method=method,
        threshold=threshold,
        margin_percent=margin,
        replicates=replicates,
        detail="full",
        include_change=change,
    )
    document = _chosen.workspace().compare(baseline, candidate, options)
    if as_json:
        _print_json(document)
    elif markdown:
        render.out(render.comparison_markdown(document))
    else:
        render.comparison(document)
    if document.decision in gate:
        raise typer.Exit(1)


@app.command(context_settings=_PASS_ON)
def ab(
    context: typer.Context,
    benchmark: Annotated[str | None, typer.Option(help="A configured benchmark, in place of a command.")] = None,
    base: Annotated[str, typer.Option(help="The code before; merge-base is where the work began.")] = "merge-base",
    head: Annotated[str, typer.Option(help="The code after; worktree has uncommitted changes.")] = "worktree",
    rounds: Annotated[int, typer.Option(help="Runs of each side, in turn.")] = 5,
    max_seconds: Annotated[float | None, typer.Option(help="Stop after the round that passes this.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds that one run may take; 600 unless given.")] = None,
    protect: Annotated[list[str] | None, typer.Option(help="A path taken from the base on both sides.")] = None,
    env: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; {tree} is each side's folder.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, for a parameter that a configured benchmark declares.")
    ] = None,
    fail_on: Annotated[str, typer.Option(help="Decisions that exit 1, such as regressed,inconclusive.")] = "",
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a pull request comment.")] = False,
) -> None:
    """Measure two revisions in turn and compare them: ab --base main -- python bench.py."""
    gate = _gate(fail_on)
    command = [a for i, a in enumerate(context.args) if not (i == 0 and a == "--")]
    if bool(command) == (benchmark is not None):
        raise InvalidArgument("ab: name a command behind '--', or a configured one with --benchmark.")
    if benchmark is not None and (timeout is not None or protect or env):
        raise InvalidArgument(
            "ab: --timeout, --protect and --env are for a command behind '--'; a configured benchmark has its own "
            "timeout_s, protected and env in pyproject.toml."
        )
    if command and parameter:
        raise InvalidArgument("ab: --parameter is for a configured benchmark; a command has its own arguments.")
    given = _benchmark(command, timeout, protect, env) if command else None
    workspace = _chosen.workspace()
    workspace.clean_up_after_crash()
    report = workspace.measuring.compare_revisions(
        benchmark or "command",
        base=base,
        head=head,
        rounds=rounds,
        max_seconds=max_seconds,
        parameters=dict(_value(text) for text in parameter or ()),
        progress=lambda message, _done, _total: render.note(message),
        config=given,
    )
    if as_json:
        _print_json(report)
    elif markdown:
        render.out("\n\n".join(render.comparison_markdown(c) for c in report.comparisons))
    else:
        for document in report.comparisons:
            render.comparison(document)
        for told in filter(None, (report.stopped, *report.notes)):
            render.note(told)
    if any(document.decision in gate for document in report.comparisons):
        raise typer.Exit(1)


@app.command()
def history(
    bench: Annotated[str, typer.Argument(help="The benchmark.")],
    metric: Annotated[str, typer.Argument(help="One of its metrics.")],
    at: Annotated[list[str] | None, typer.Option(help="Only this input point: NAME=VALUE, for every input.")] = None,
    limit: Annotated[int, typer.Option(help="Newest measurements to look at.")] = 50,
    detector: Annotated[
        list[str] | None,
        typer.Option(help="holobench's over-time detectors, METHOD or METHOD=THRESHOLD, such as delta=2.5."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a metric over time: change points, drift, and what holobench's own detectors say."""
    point = dict(_pair(text, "--at") for text in at) if at else None
    told = _chosen.workspace().metric_history(bench, metric, point=point, limit=limit, detectors=_detectors(detector))
    _print_json(told) if as_json else render.history(told)


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
    told = _chosen.workspace().set_baseline(result, name, reason)
    _print_json(told) if as_json else render.out(digest.baseline_set(told))


@baseline.command("list")
def baseline_list(
    bench: Annotated[str | None, typer.Option(help="Only this benchmark.")] = None, as_json: Json = False
) -> None:
    """List what every baseline means now."""
    listed = _chosen.workspace().list_baselines(bench)
    _print_json(listed) if as_json else render.out(digest.baselines(listed))


@app.command()
def config(as_json: Json = False) -> None:
    """Show the configuration in force, and where it came from."""
    loaded = load_config(store=_chosen.store, project=_chosen.project)
    _print_json(loaded) if as_json else render.config(loaded)


@app.command()
def verify(as_json: Json = False) -> None:
    """Read the whole store and check every digest. Exits 3 when something is damaged."""
    workspace = _chosen.workspace()
    problems = workspace.verify()
    if as_json:
        render.out(json.dumps({"store": workspace.store.location.url, "problems": problems}, indent=2))
    else:
        for problem in problems:
            render.out(problem)
        render.note(f"{workspace.store.location.url}: " + (f"{len(problems)} damaged" if problems else "all is well"))
    if problems:
        raise typer.Exit(3)


# ---------------------------------------------------------------------- parts


def main() -> NoReturn:
    """Run the command line; the one place where errors become sentences and exit codes."""
    try:
        app(prog_name="holobench-mcp")
    except HolobenchMcpError as problem:
        render.note(f"error: {problem}")
        sys.exit(problem.exit_code)
    except Exception as problem:
        said = " ".join(str(problem).split())[:300]
        render.note(
            f"error: holobench-mcp failed with {type(problem).__name__}: {said}. This is a fault of the program, not "
            "of your arguments; holobench-mcp verify checks the store."
        )
        sys.exit(2)
    sys.exit(0)


def _gate(words: str) -> set[Decision]:
    try:
        return {Decision(word.strip()) for word in words.split(",") if word.strip()}
    except ValueError as problem:
        known = ", ".join(d.value for d in Decision)
        raise InvalidArgument(f"--fail-on: {problem}; decisions are {known}.") from problem


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise InvalidArgument(f"{option}: {text!r} is not of the form NAME=VALUE.")
    return name, value


def _value(text: str) -> tuple[str, object]:
    """A parameter's value as TOML or JSON write it; what is neither number nor boolean is text."""
    name, value = _pair(text, "--parameter")
    with suppress(ValueError):
        read = json.loads(value)
        return name, read if isinstance(read, int | float) else value
    return name, value


def _benchmark(
    command: list[str], timeout: float | None, protect: list[str] | None, env: list[str] | None
) -> BenchmarkConfig:
    given = {
        "command": command,
        "protected": protect or (),
        "env": dict(_pair(text, "--env") for text in env or ()),
        **({"timeout_s": timeout} if timeout is not None else {}),
    }
    try:
        return BenchmarkConfig.model_validate(given)
    except ValidationError as problem:
        first = problem.errors()[0]
        option = {"timeout_s": "--timeout", "protected": "--protect"}.get(str(first["loc"][0]), str(first["loc"][0]))
        raise InvalidArgument(f"{option}: {first['msg'].removeprefix('Value error, ')}.") from problem


def _detectors(given: list[str] | None) -> dict[str, float | None] | None:
    if given is None:
        return None
    found: dict[str, float | None] = {}
    for text in given:
        method, _, threshold = text.partition("=")
        try:
            found[method] = float(threshold) if threshold else None
        except ValueError as problem:
            raise InvalidArgument(f"--detector: {threshold!r} is not a number.") from problem
    return found


def _options(**given: object) -> CompareOptions:
    try:
        return CompareOptions.model_validate(given)
    except ValidationError as problem:
        first = problem.errors()[0]
        option = {"margin_percent": "margin", "metrics": "metric"}.get(str(first["loc"][0]), first["loc"][0])
        raise InvalidArgument(f"--{option}: {first['msg']}.") from problem


def _print_json(value: BaseModel) -> None:
    render.out(json.dumps(value.model_dump(mode="json", exclude_unset=True), indent=2))


__all__ = ["app", "main"]
