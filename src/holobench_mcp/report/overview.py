"""All benches of a store as a section of a page: what needs a look first, each with how it went and how noisy it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from holobench_mcp import digits
from holobench_mcp.answers.overview import ComparedSide, LoggedComparison, Overview, OverviewBench, OverviewMetric
from holobench_mcp.model import DECISIONS_WORST_FIRST, Direction
from holobench_mcp.report import marks
from holobench_mcp.report.links import Links, NoLinks
from holobench_mcp.report.markup import Markup, element, joined, shortened
from holobench_mcp.report.palette import class_of
from holobench_mcp.report.sparkline import sparkline, value_text

#: What a page of all benches is called.
TITLE = "Benchmarks"
#: Characters of a bench's name, of a metric's and of a label.
_NAME, _METRIC, _LABEL = 90, 40, 40
_LEGEND = (
    "A line has the means of the newest 30 measurements on the machine of the last one. ± is the standard deviation "
    "between runs of one code; the band is twice as much around the newest value."
)
_BETTER = {Direction.minimize: "lower is better", Direction.maximize: "higher is better"}


def overview_fragment(overview: Overview, links: Links = NoLinks()) -> str:  # noqa: B008 - it is frozen
    """An overview as `<section class="hb-overview">`. Needs the stylesheet, and no script.

    overview: what `Workspace.overview` gives. links: where the pages of benches and comparisons are, if there are any.
    """
    return element(
        "section",
        _counts(overview),
        notes(overview.notes),
        element("ul", *(_bench(bench, links) for bench in overview.benches), class_="hb-benches")
        if overview.benches
        else element("p", "Nothing is recorded yet. Record a result, and it stands here.", class_="hb-soft"),
        element("p", _LEGEND, class_="hb-soft hb-remark") if overview.benches else None,
        class_="hb-overview",
    )


def _counts(overview: Overview) -> Markup:
    """How many benches have which decision, worst first."""
    decisions = Counter(b.comparison.decision if b.comparison is not None else None for b in overview.benches)
    counts = [
        element("li", element("strong", f"{decisions[d]:,}"), marks.icon(d), marks.word(d).lower(), class_=class_of(d))
        for d in DECISIONS_WORST_FIRST
        if decisions[d]
    ]
    if decisions[None]:
        counts.append(element("li", element("strong", f"{decisions[None]:,}"), "never compared", class_="hb-soft"))
    n = len(overview.benches)
    said = f"{n:,} bench{'' if n == 1 else 'es'}, {overview.n_results:,} result{'' if overview.n_results == 1 else 's'}"
    return joined(
        [
            element("ul", *counts, class_="hb-counts", aria_label="Newest decisions") if counts else None,
            element("p", said, class_="hb-soft"),
        ]
    )


def notes(lines: Iterable[str]) -> Markup | None:
    """What has to be said before anything else is read."""
    said = [element("li", line) for line in lines]
    return element("ul", *said, class_="hb-warnings") if said else None


# ---------------------------------------------------------------------- a bench


def _bench(bench: OverviewBench, links: Links) -> Markup:
    decision = bench.comparison.decision if bench.comparison is not None else None
    return element(
        "li",
        element(
            "div",
            element("h2", link(links.bench(bench.bench_name), named(bench.bench_name, _NAME))),
            compared(bench.comparison, links),
            element("p", measured(bench), class_="hb-soft hb-remark"),
            remarks(bench),
        ),
        metric_lines(bench),
        class_=f"hb-bench {class_of(decision) if decision is not None else 'hb-soft'}",
    )


def compared(comparison: LoggedComparison | None, links: Links) -> Markup:
    """A logged comparison in a line: what it came to, of which code, and when."""
    if comparison is None:
        return element("p", "Never compared", class_="hb-remark hb-soft")
    to = links.comparison(comparison.baseline.result_id, comparison.candidate.result_id)
    return element(
        "p",
        link(to, marks.badge(comparison.decision)),
        element(
            "span",
            side(comparison.baseline),
            " → ",
            side(comparison.candidate),
            ", ",
            moment(comparison.compared_at),
            class_="hb-soft hb-remark",
        ),
        class_="hb-compared",
    )


def side(one: ComparedSide) -> Markup:
    """The code of a side in a few words."""
    parts = [element("code", one.rev)] if one.rev else []
    if one.label and one.label not in ("worktree", one.rev):
        parts.append(element("bdi", f"“{shortened(one.label, _LABEL)}”"))
    return joined(parts or [element("span", one.result_id, class_="hb-id")], " ")


def measured(bench: OverviewBench) -> Markup:
    """When a bench was measured last, and of which code."""
    if bench.measured_at is None:
        return joined(["nothing of it can be read"])
    code = ComparedSide(result_id=bench.result_id or "", rev=bench.rev, label=bench.label)
    runs = f"{bench.runs} run{'' if bench.runs == 1 else 's'}, {bench.n_results:,} recorded"
    return joined(["Measured ", moment(bench.measured_at), " of ", side(code), f" · {runs}"])


def remarks(bench: OverviewBench) -> Markup | None:
    """What limits a bench, and what of it can't be read."""
    lines = [
        f"Too noisy: {m.variable} shows changes from {digits.plain(m.too_noisy.can_show_percent, 2)} % on, and its "
        f"margin is {digits.plain(m.too_noisy.margin_percent)} %"
        for m in bench.metrics
        if m.too_noisy is not None
    ]
    if bench.answers_checked is False:
        lines.append("Nothing checks its answers")
    return joined([notes(bench.problems), *(element("p", line, class_="hb-remark hb-flagged") for line in lines)])


def metric_lines(bench: OverviewBench) -> Markup:
    """A bench's metrics: each with its line, its newest value and its noise."""
    rows = [_metric(metric, bench.bench_name) for metric in bench.metrics]
    if bench.metrics_more:
        rows.append(
            element(
                "p",
                f"and {bench.metrics_more:,} more metric{'' if bench.metrics_more == 1 else 's'}",
                class_="hb-soft hb-remark",
            )
        )
    return element("div", *rows, class_="hb-lines")


def _metric(metric: OverviewMetric, bench_name: str) -> Markup:
    noise = None
    if metric.noise_percent is not None:
        runs = f"standard deviation between runs of one code, on {metric.noise_runs} degrees of freedom"
        noise = element("span", f"± {digits.plain(metric.noise_percent, 2)} %", class_="hb-soft", title=runs)
    return element(
        "div",
        element("span", named(metric.variable, _METRIC), class_="hb-metric", title=_BETTER.get(metric.direction)),
        sparkline(metric, bench_name),
        element("span", element("strong", value_text(metric.value, metric)), " ", noise, class_="hb-newest-value"),
        class_="hb-metric-line",
    )


# ---------------------------------------------------------------------- parts


def link(to: str | None, content: Markup) -> Markup:
    """A link, or what it would be of where it leads nowhere."""
    return content if to is None else element("a", content, href=to)


def named(name: str, most: int) -> Markup:
    """A name that somebody chose, of at most so many characters."""
    return element("bdi", shortened(name, most), title=name if len(name) > most else None)


def moment(text: str) -> Markup:
    """A time to the minute, in UTC; what is none stands as it is."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return element("span", text)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return element("time", f"{when:%Y-%m-%d %H:%M}", datetime=f"{when:%Y-%m-%dT%H:%M:%SZ}")
