"""One bench as sections of a page: where it stands, its newest comparison, how its metrics went, what was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from holobench_mcp.answers import ResultRow, SingleRuns
from holobench_mcp.answers.overview import BenchReport, LoggedComparison
from holobench_mcp.report.comparison import comparison_fragment
from holobench_mcp.report.history import history_fragment
from holobench_mcp.report.links import Links, NoLinks
from holobench_mcp.report.markup import Markup, element, joined
from holobench_mcp.report.overview import compared, measured, metric_lines, moment, named, notes, remarks

_LABEL = 40


def bench_fragments(
    report: BenchReport,
    links: Links = NoLinks(),  # noqa: B008 - it is frozen
    runs: Sequence[SingleRuns] = (),
) -> list[str]:
    """A bench as sections, each of which stands alone. Needs the stylesheet, and no script.

    report: what `Workspace.bench_report` gives. links: where the pages of comparisons are, if there are any. runs: the
    single runs of its comparison.
    """
    parts = [_standing(report)]
    if report.comparison is not None:
        parts.append(Markup(comparison_fragment(report.comparison, runs)))
    parts += [Markup(history_fragment(history)) for history in report.histories if history.series]
    parts.append(_recorded(report, links))
    return list(parts)


def _standing(report: BenchReport) -> Markup:
    bench = report.bench
    return element(
        "section",
        notes(report.notes),
        element("p", measured(bench), class_="hb-soft"),
        remarks(bench),
        metric_lines(bench),
        class_="hb-overview hb-standing",
    )


def _recorded(report: BenchReport, links: Links) -> Markup:
    logged = [element("li", compared(one, links), _reason(one)) for one in report.comparisons]
    table = element(
        "div",
        element(
            "table",
            element("thead", element("tr", *(element("th", name, scope="col") for name in _COLUMNS))),
            element("tbody", *map(_row, report.results)),
            class_="hb-table",
        ),
        class_="hb-scroll",
        tabindex="0",
        role="region",
        aria_label="Newest results",
    )
    return element(
        "section",
        element("h2", "Comparisons") if logged else None,
        element("ul", *logged, class_="hb-log") if logged else None,
        element("h2", "Newest results"),
        table,
        class_="hb-overview hb-recorded",
    )


def _reason(one: LoggedComparison) -> Markup | None:
    return element("span", one.reason.splitlines()[0], class_="hb-soft hb-remark") if one.reason else None


_COLUMNS = ("Measured", "Revision", "Label", "Baseline", "Result")


def _row(row: ResultRow) -> Markup:
    rev = (row.source_revision or "")[:10] + ("+dirty" if row.dirty and row.source_revision else "")
    cells = (
        moment(row.executed_at),
        element("code", rev) if rev else joined(["–"]),
        named(row.label, _LABEL) if row.label else joined(["–"]),
        joined([", ".join(row.refs) or "–"]),
        element("code", row.result_id, class_="hb-id"),
    )
    return element("tr", *(element("td", cell) for cell in cells))
