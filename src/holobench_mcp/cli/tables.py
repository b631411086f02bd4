"""How documents look: tables on a terminal, as wide as it is, and in a pipe the plain text that agents get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holobench_mcp import digest, holobench_versions
from holobench_mcp.answers import MetricList, ResultPage
from holobench_mcp.cli import output, terminal
from holobench_mcp.cli.layout import Column, paragraph, table
from holobench_mcp.config import Config
from holobench_mcp.model import Direction, ResultDocument

if TYPE_CHECKING:
    from rich.text import Text

#: Of a result's metrics, and of an input's values, so many are named.
_NAMED = 6
_VALUES = 12
_BETTER = {Direction.minimize: "lower", Direction.maximize: "higher", Direction.none: ""}


def results(page: ResultPage) -> None:
    """A listing. The id is whole, since it is what other commands take."""
    if not terminal.is_there() or not page.results:
        text(digest.results(page))
        return
    rows = page.results
    columns = [
        _column("label", [r.label or "" for r in rows], said="label {}"),
        _column("revision", [revision(r.source_revision, r.dirty) for r in rows], said="revision {}"),
        _column("baselines", [", ".join(r.refs) for r in rows], said="baseline {}"),
        _column("executed (UTC)", [r.executed_at[:19].replace("T", " ") for r in rows], said="executed {}"),
        _column("bench", [r.bench_name for r in rows], said="bench {}"),
        _column("metrics", [digest.few(r.metrics, _NAMED) for r in rows], said="metrics {}"),
    ]
    terminal.show(table(_column("result", [r.result_id for r in rows]), columns, terminal.size()[0]))
    sentences(page.reason)
    if page.next_cursor:
        output.note(f"{len(rows)} of {page.total}; more with --cursor {page.next_cursor}")


def metrics(listed: MetricList) -> None:
    """What a result measured."""
    if not terminal.is_there():
        output.out(digest.metrics(listed))
        return
    rows = listed.metrics
    columns = [
        _column("mean", [digest.number(m.mean) for m in rows], said="mean {}", must=True),
        _column("sd", [digest.number(m.sd) if m.sd is not None else "" for m in rows], said="sd {}", must=True),
        _column("units", [m.units or "" for m in rows], said="units {}"),
        _column("n", [digest.samples(m) for m in rows], said="n {}"),
        _column("better", [_BETTER[m.direction] for m in rows], said="{} is better"),
        _column("claim", [f"{m.claim.claim} {digest.holds(m.claim.holds)}" if m.claim else "" for m in rows],
                said="claim {}"),
        _column("best", [digest.number(m.optimal_value) if m.optimal_value is not None else "" for m in rows],
                said="best {}"),
        _column("best at", [", ".join(f"{k}={v}" for k, v in m.optimal_inputs.items()) for m in rows],
                said="best at {}"),
    ]  # fmt: skip
    sentences(f"{listed.result_id} ({listed.bench_name})", listed.reason)
    terminal.show(table(_column("metric", [m.variable for m in rows]), columns, terminal.size()[0]))
    for i in listed.inputs:
        more = f" … {i.n_values} values" if i.n_values > _VALUES else ""
        units = f" [{i.units}]" if i.units else ""
        sentences(f"{i.name}{units}: {', '.join(map(str, i.values[:_VALUES]))}{more}")


def result(document: ResultDocument) -> None:
    """One result."""
    text(digest.result(document))


def config(loaded: Config) -> None:
    """The configuration in force."""
    shared = f", shared by all worktrees of {loaded.store_shared_by}" if loaded.store_shared_by else ""
    keep = loaded.keep.model_dump(exclude_none=True)
    for key, value in (
        ("project", loaded.root),
        ("configured in", loaded.file or "nothing: no [tool.holobench-mcp] in a pyproject.toml"),
        ("store", f"{loaded.store} (from {loaded.store_from}{shared})"),
        ("margin_percent", f"{loaded.margin_percent:g}"),
        ("patience_s", f"{loaded.patience_s:g}"),
        ("keep", ", ".join(f"{k} = {v:g}" for k, v in keep.items()) or "everything"),
        ("import_roots", ", ".join(map(str, loaded.import_roots)) or "none"),
        ("metrics", ", ".join(loaded.metrics) or "none configured"),
        ("benchmarks", ", ".join(loaded.benchmarks) or "none configured"),
        ("holobench", holobench_versions.installed() or "not known"),
    ):
        setting(key, str(value))


def setting(key: str, value: str) -> None:
    """A line of the configuration: its key, then its value under those of the others."""
    text(digest.plain(f"{key:<14}  {value}"), indent=16)


def text(lines: str, *, indent: int = 2) -> None:
    """Lines of text: on a terminal broken between words, what follows of a line indented; elsewhere as they are."""
    if not terminal.is_there():
        output.out(lines)
        return
    width = terminal.size()[0]
    for line in map(terminal.shown, lines.split("\n")):
        terminal.show(paragraph(line, width, indent + len(line) - len(line.lstrip())))


def sentences(*said: str | None) -> None:
    """Sentences that hold names which others gave: each is one line, whatever its names are."""
    for sentence in filter(None, said):
        text(digest.plain(sentence))


def marked(mark: str, style: str, rest: str, *, gap: int = 1) -> list[Text]:
    """A sentence behind the word, in a style of its own, that says what it is."""
    from rich.text import Text

    sentence = Text().append(terminal.shown(mark), style=style).append(" " * gap + terminal.shown(rest))
    return paragraph(sentence, terminal.size()[0])


def revision(commit: str | None, dirty: bool | None) -> str:
    """Which code; nothing where that is not known."""
    return (commit[:10] if commit else "") + ("+dirty" if dirty else "")


def _column(header: str, cells: Sequence[str], said: str = "{}", *, must: bool = False) -> Column:
    return Column(header, [terminal.shown(cell) for cell in cells], said, must)
