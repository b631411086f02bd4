"""A job of a CI host: measure what its pull request changes, and keep one comment there.

Two commands, so that what measures, and so runs the request's own code, needs no token. Every option has a variable, so
that a workflow hands its inputs on without a shell reading them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from typer.models import OptionInfo

from holobench_mcp import digest
from holobench_mcp._version import __version__
from holobench_mcp.answers import RevisionReport
from holobench_mcp.cli import arguments, forest, output
from holobench_mcp.cli.comparing import is_failed, revision_report
from holobench_mcp.cli.markdown import refusal_markdown, revisions_markdown
from holobench_mcp.cli.program import PASS_ON, app, configuration
from holobench_mcp.digest import structures
from holobench_mcp.model import Decision, HolobenchMcpError, InvalidArgument, OutputError

COMPARISON, COMMENT, JUNIT = "comparison.json", "comment.md", "junit.xml"
#: The word of --fail-on for a job that is to tell and not to judge.
NEVER = "never"
_VARIABLE = "HOLOBENCH_MCP_CI_"


def _lines(text: str | None) -> list[str] | None:
    """The lines of an option that takes several values, one a line."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()] or None


def _option(name: str, help: str, *aliases: str) -> OptionInfo:
    """An option and its variable; an empty variable is as good as none."""
    variable = _VARIABLE + name.removeprefix("--").replace("-", "_").upper()
    option: OptionInfo = typer.Option(name, *aliases, help=help, envvar=variable, show_envvar=False)
    return option


Benchmark = Annotated[str | None, _option("--benchmark", "A configured benchmark, in place of a command.", "--bench")]
Command = Annotated[str | None, _option("--command", "The command as one text, in place of words behind '--'.")]
Base = Annotated[str, _option("--base", "The code before; auto is where the pull request began.")]
Head = Annotated[str, _option("--head", "The code after: what the job has checked out.")]
Rounds = Annotated[str, _option("--rounds", "Runs of each side, in turn; auto until all is settled.")]
MaxSeconds = Annotated[
    float | None, _option("--max-seconds", "Stop after the round that passes this; 120 unless given.")
]
Timeout = Annotated[float | None, _option("--timeout", "Seconds that one run may take; 600 unless given.")]
Protect = Annotated[str | None, _option("--protect", "Paths taken from the base on both sides, one a line.")]
Env = Annotated[str | None, _option("--env", "NAME=VALUE, one a line; {tree} is each side's folder.")]
Setup = Annotated[str | None, _option("--setup", "A command that prepares each side's folder.")]
Guard = Annotated[str | None, _option("--guard", "A command that checks each side before it is measured.")]
Tool = Annotated[str, _option("--tool", "auto, holobench, command (its own time and memory), or a known tool.")]
Results = Annotated[str | None, _option("--results", "File or pattern that the command writes results to.")]
Parameters = Annotated[str | None, _option("--parameters", "NAME=VALUE, one a line, of a configured benchmark.")]
FailOn = Annotated[str, _option("--fail-on", "Decisions that exit 1, with commas between them; or never.")]
Report = Annotated[Path, _option("--report", "Folder of comparison.json, comment.md and junit.xml.")]
Name = Annotated[str, _option("--name", "Which comment this is, where a request has several.")]

ci = typer.Typer(help="Measure a pull request in a CI job, and comment on it once.", no_args_is_help=True)
app.add_typer(ci, name="ci")


@ci.command("measure", context_settings=PASS_ON)
def measure(
    context: typer.Context,
    benchmark: Benchmark = None,
    command: Command = None,
    base: Base = "auto",
    head: Head = "HEAD",
    rounds: Rounds = "auto",
    max_seconds: MaxSeconds = None,
    timeout: Timeout = None,
    protect: Protect = None,
    env: Env = None,
    setup: Setup = None,
    guard: Guard = None,
    tool: Tool = "auto",
    results: Results = None,
    parameters: Parameters = None,
    fail_on: FailOn = Decision.regressed.value,
    report: Report = Path("benchmark-report"),
) -> None:
    """Measure what this job's pull request, or its push, changes, in turn with the code that it began at.

    Writes the job's log, outputs, summary and annotations, and a report, which `ci comment` puts on the pull request.
    """
    gate = set() if fail_on.strip().lower() == NEVER else arguments.gate([fail_on])
    words = _words(arguments.command_of(context), command)
    folder = _made(report)
    try:
        measured = revision_report(
            words,
            benchmark=benchmark,
            base=_base() if base == "auto" else base,
            head=head,
            rounds=rounds,
            max_seconds=max_seconds,
            timeout=timeout,
            protect=_lines(protect),
            env=_lines(env),
            setup=setup,
            parameter=_lines(parameters),
            guard=guard,
            tool=tool,
            results=results,
            by="ci measure",
        )
    except HolobenchMcpError as problem:
        _write(folder / COMMENT, f"{refusal_markdown(str(problem))}\n\n{_footer()}\n")
        _publish(folder, {"reason": str(problem)})
        raise
    forest.revisions(measured)
    _write_report(folder, measured)
    _annotate(measured)
    if is_failed(gate, measured):
        raise typer.Exit(1)


@ci.command("comment")
def comment(report: Report = Path("benchmark-report"), name: Name = "benchmarks") -> None:
    """Write the report as the pull request's one comment, or rewrite it.

    Where that is not allowed, or there is no pull request, says so and exits 0: `ci measure` is the gate.
    """
    from holobench_mcp.ci.comments import NotCommented, put_comment
    from holobench_mcp.ci.job import read_job

    file = report / COMMENT
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise InvalidArgument(f"--report: {file} can't be read: {problem.strerror}.") from problem
    job = read_job(os.environ)
    try:
        written = put_comment(job, text, name, os.environ)
    except NotCommented as problem:
        sentence = f"no comment: {problem}"
        if job.host == "github" and job.request is not None:
            sentence += " The summary of this run has all that it would say."
            output.out(_annotation("notice", "Benchmarks", sentence))
        output.note(sentence)
        return
    output.out(f"{'wrote' if written.created else 'rewrote'} {written.url or 'the comment'}")


def _words(behind: list[str], command: str | None) -> list[str]:
    """The command's words, given one way or the other."""
    if command is None:
        return behind
    if behind:
        raise InvalidArgument("ci measure: give the command once, by --command or behind '--'.")
    return arguments.words(command, "--command") or []


def _base() -> str:
    from holobench_mcp.ci.history import base_of
    from holobench_mcp.ci.job import read_job

    base, why = base_of(Path.cwd(), read_job(os.environ))
    if why:
        output.note(why)
    return base


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (COMPARISON, COMMENT, JUNIT):  # an earlier one must not be taken for this one's
            (folder / name).unlink(missing_ok=True)
    except (OSError, ValueError) as problem:
        raise OutputError(f"--report: {str(folder)[:200]!r} can't be written into: {problem}.") from problem
    return folder


def _write_report(folder: Path, report: RevisionReport) -> None:
    from holobench_mcp.workspace.exporting import revisions_report

    _write(folder / COMPARISON, json.dumps(structures.full(report), indent=2))
    _write(folder / JUNIT, revisions_report(report).decode())
    sides = f"{report.base_revision[:10]} → {report.head_revision[:10]}, {report.rounds} rounds in turn"
    _write(folder / COMMENT, f"{revisions_markdown(report)}\n\n{_footer(sides)}\n")
    store = configuration().store
    outputs = {
        "decision": report.decision.value,
        "cause": report.cause or "",
        "reason": report.reason,
        "comparison": str((folder / COMPARISON).absolute()),
        "store": "" if "://" in store else store,
    }
    _publish(folder, outputs)


def _publish(folder: Path, outputs: Mapping[str, str]) -> None:
    """What a job of GitHub Actions hands on: outputs and the summary. Elsewhere, nothing."""
    from holobench_mcp.ci.github import write_outputs, write_summary

    write_outputs(os.environ, {**outputs, "report": str(folder.absolute())})
    write_summary(os.environ, (folder / COMMENT).read_text(encoding="utf-8"))


def _annotate(report: RevisionReport) -> None:
    level = {Decision.regressed: "error", Decision.incomparable: "warning"}.get(report.decision)
    if level and os.environ.get("GITHUB_ACTIONS") == "true":
        first = digest.plain((report.reason.splitlines() or [""])[0])
        output.out(_annotation(level, f"Benchmark {report.decision.value}", first))


def _annotation(level: str, title: str, text: str) -> str:
    from holobench_mcp.ci.github import annotation

    return annotation(level, title, text)


def _footer(sides: str | None = None) -> str:
    from holobench_mcp.ci.job import read_job

    log = read_job(os.environ).log
    parts = [f"holobench-mcp {__version__}", sides, f"[log]({log})" if log else None]
    return f"<sub>{' · '.join(part for part in parts if part)}</sub>"


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise OutputError(f"--report: {file} can't be written: {problem.strerror}.") from problem
