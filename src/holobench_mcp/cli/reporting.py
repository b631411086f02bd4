"""What people look at: report. A page, or its main picture as SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from holobench_mcp import report as drawn
from holobench_mcp.answers import ReportContent, ReportFile, ReportWritten
from holobench_mcp.answers.overview import Overview
from holobench_mcp.cli import output, progress
from holobench_mcp.cli.exporting import check_target, write_file
from holobench_mcp.cli.program import Json, app, open_workspace
from holobench_mcp.model import InvalidArgument, NotComparable, OutputError, Undecided, UnknownResult
from holobench_mcp.report.raster import check_renderer, rendered
from holobench_mcp.workspace import Workspace

Format = Literal["html", "svg", "png"]


@app.command()
def report(
    what: Annotated[
        list[str] | None, typer.Argument(help="A benchmark, a measurement, or one or two results; all unless given.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="What was measured from this revision on.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page there; - for stdout.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Write its main picture there, as SVG.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write its main picture there, as PNG; needs the extra png.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="The picture in dark colours.")] = False,
    site: Annotated[Path | None, typer.Option(help="Write a page of every bench into this folder.")] = None,
    as_json: Json = False,
) -> None:
    """Write a page or a picture for people: a comparison, a measurement, metrics over time, all benches."""
    files: list[tuple[Format, Path]] = [(f, p) for f, p in _formats(html, svg, png) if p is not None]
    if site is not None:
        if what or since is not None or files:
            raise InvalidArgument("--site: it is of the whole store, and stands alone.")
        _write_site(site, as_json=as_json)
        return
    _check(files, as_json=as_json)
    space = open_workspace()
    overview = space.overview() if not what and since is None and html is not None else None
    content = _content(space, what or (), since, overview)
    written: list[ReportFile] = []
    for format_, file in files:
        data = _data(format_, space, content, overview, dark=dark)
        if str(file) == "-":
            output.out_bytes(data)
        else:
            write_file(file, data, replace=True)
        written.append(ReportFile(path=str(file), format=format_, n_bytes=len(data)))
    answer = _written(content, written)
    if as_json:
        output.print_json(answer)
        return
    for note in answer.notes:
        output.note(note)
    output.note(answer.reason)


def page_of(space: Workspace, content: ReportContent, overview: Overview | None = None) -> str:
    """A report's answers as one page. overview: all benches, which stand above them."""
    fragments = [drawn.overview_fragment(overview)] if overview is not None else []
    if content.measurement is not None:
        fragments.append(drawn.measurement_fragment(content.measurement))
    for document in content.comparisons:
        runs = space.single_runs(document, drawn.detailed_metrics(document))
        fragments.append(drawn.comparison_fragment(document, [runs] if runs is not None else []))
    fragments += [drawn.history_fragment(history) for history in content.histories]
    return drawn.page(content.title, *fragments, drawn.notes_fragment(content.notes))


def _content(space: Workspace, what: Sequence[str], since: str | None, overview: Overview | None) -> ReportContent:
    """The answers of a page. Below an overview they may be missing: there need be nothing to compare."""
    try:
        content = space.report_content(what, since=since)
    except (UnknownResult, NotComparable, Undecided) as problem:
        if overview is None or not overview.benches:
            raise
        content = ReportContent(title="", notes=(f"There is no comparison of the newest code: {problem}",))
    return content if overview is None else content.model_copy(update={"title": drawn.TITLE})


def _write_site(folder: Path, *, as_json: bool) -> None:
    from holobench_mcp.cli.site import write_site

    space = open_workspace()
    with progress.shown("report", f"{folder} is as it was; the same command begins again.") as on_progress:
        answer = write_site(space, folder, on_progress)
    for note in answer.notes:
        output.note(note)
    output.print_json(answer) if as_json else output.note(answer.reason)


def _formats(html: Path | None, svg: Path | None, png: Path | None) -> tuple[tuple[Format, Path | None], ...]:
    return ("html", html), ("svg", svg), ("png", png)


def _check(files: list[tuple[Format, Path]], *, as_json: bool) -> None:
    """Raise for files that can't be written, before any work is done."""
    if not files:
        raise InvalidArgument(
            "report: name what to write: --html FILE, --svg FILE or --png FILE, where - is stdout; or --site FOLDER."
        )
    to_stdout = [format_ for format_, file in files if str(file) == "-"]
    if len(to_stdout) + as_json > 1:
        raise InvalidArgument(f"--{to_stdout[0]}: only one thing can be written to stdout; name a file.")
    for format_, file in files:
        if str(file) != "-":
            check_target(file, may_replace=lambda _: True, how="")
        if format_ == "png":
            check_renderer()


def _data(format_: Format, space: Workspace, content: ReportContent, overview: Overview | None, *, dark: bool) -> bytes:
    match format_:
        case "html":
            return page_of(space, content, overview).encode()
        case "svg":
            return _picture(content, dark=True if dark else None).encode()
        case "png":
            return rendered(_picture(content, dark=dark))


def _picture(content: ReportContent, *, dark: bool | None) -> str:
    """The main picture: of the comparison that decides, else of the first metric over time."""
    if content.comparisons:
        return drawn.comparison_picture(content.comparisons[0], dark=dark)
    if content.histories:
        return drawn.history_picture(content.histories[0], dark=dark)
    raise OutputError(f"There is nothing to draw: {' '.join(content.notes) or 'nothing was measured.'}")


def _written(content: ReportContent, files: list[ReportFile]) -> ReportWritten:
    first = content.comparisons[0] if content.comparisons else None
    places = " and ".join(f"{f.path} ({f.n_bytes:,} bytes)" for f in files)
    decided = f", {first.decision.value}" if first is not None and first.decision is not None else ""
    given: dict[str, object] = {}
    if first is not None and first.decision is not None:
        given |= {"decision": first.decision}
        given |= {"cause": first.cause} if first.cause is not None else {}
    return ReportWritten.model_validate(
        {
            "status": "ok",
            "reason": f"{content.title}{decided}: written to {places}.",
            **given,
            "title": content.title,
            "files": tuple(files),
            "notes": content.notes,
        }
    )
