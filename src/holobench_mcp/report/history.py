"""A metric over the code that was measured, as a section of a page: its values with their intervals, and its steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from holobench_mcp import digits
from holobench_mcp.answers import ChangePoint, History, HistoryPoint
from holobench_mcp.model import Decision, Direction
from holobench_mcp.report import marks, scale
from holobench_mcp.report.comparison import bullets
from holobench_mcp.report.markup import Markup, element, joined, number, shortened
from holobench_mcp.report.palette import class_of

HEIGHT = 260.0
#: Pixels above the chart for the flags of steps, and below it for its ends' names.
_TOP, _BOTTOM = 42.0, 24.0
#: Percent of the width that the axis' numbers stand in, and that is left behind the newest value.
_LEFT, _RIGHT = 8.0, 2.0
#: So many newest values have a row in the table, and of so many each is a dot with a title of its own.
_ROWS, _TITLES = 300, 300
#: Characters of the codes at both ends, which stand side by side on a telephone too.
_END = 16
_BETTER = {Direction.minimize: "lower is better", Direction.maximize: "higher is better"}
_ORDER = {"git": "in the order of commits", "time": "by time of measurement", "mixed": "by commit, or time"}


@dataclass(frozen=True)
class _Plot:
    """Where things stand: measurements along the width, values down the height."""

    n: int
    low: float
    high: float
    log: bool

    def x(self, index: float) -> str:
        share = 0.5 if self.n == 1 else index / (self.n - 1)
        return f"{number(_LEFT + (100 - _LEFT - _RIGHT) * share)}%"

    def y(self, value: float) -> float:
        low, high, place = (math.log(v) if self.log else v for v in (self.low, self.high, self._within(value)))
        # Halves, so that no difference of the largest numbers is infinite.
        share = (place / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5
        return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share)

    def thousandths(self, index: float) -> str:
        """The same place along the width as `x`, in thousandths of it."""
        return number(10 * float(self.x(index)[:-1]))

    def _within(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def ticks(self) -> tuple[float, ...]:
        make = scale.log_ticks if self.log else scale.even_ticks
        return make(self.low, self.high, 5)


def history_fragment(answer: History) -> str:
    """A metric's history as `<section class="hb-history">`: the chart, its steps in words, and the values as a table.

    answer: what `Workspace.metric_history` gives. Needs the stylesheet, and no script.
    """
    return element(
        "section",
        _opening(answer),
        _chart(answer),
        _steps(answer),
        bullets("What limits this", [limit.detail for limit in answer.limits]),
        _table(answer),
        bullets("holobench's threshold detectors", [_detector(d) for d in answer.detectors]),
        class_="hb-history",
    )


def step_decision(step: ChangePoint, direction: Direction) -> Decision | None:
    """Whether a step was to the better or to the worse; None where no direction is better."""
    size = step.effect_percent if step.effect_percent is not None else step.effect or 0.0
    if direction is Direction.none or not size:
        return None
    return Decision.improved if (size < 0) == (direction is Direction.minimize) else Decision.regressed


def _opening(answer: History) -> Markup:
    at = f" at {', '.join(f'{k}={v}' for k, v in answer.point.items())}" if answer.point else ""
    units = f" [{answer.units}]" if answer.units else ""
    title = f"{answer.metric}{units}{at}"
    notes = [_BETTER.get(answer.direction, "no direction is better"), f"oldest first, {_ORDER[answer.order]}"]
    return joined(
        [
            element(
                "h2",
                element("bdi", shortened(title, 90), title=title if len(title) > 90 else None),
                " ",
                element("span", element("bdi", shortened(answer.bench_name, 90)), class_="hb-soft hb-of"),
            ),
            element("p", answer.summary, class_="hb-reason"),
            element("p", ", ".join(notes), class_="hb-soft"),
        ]
    )


# ---------------------------------------------------------------------- the chart


def drawing(answer: History) -> list[Markup]:
    """What is drawn of a history, in a picture of this height and any width; nothing where no value is known."""
    known = [(i, p) for i, p in enumerate(answer.series) if _finite(p.estimate)]
    if not known:
        return []
    plot = _plot(answer.series, known)
    return [*_frame(answer, plot), *_flags(answer, plot), *_series(answer.series, plot, known[-1][1])]


def _chart(answer: History) -> Markup:
    drawn = drawing(answer)
    if not drawn:
        return element("p", "No measurement has a value that could be drawn.", class_="hb-soft")
    newest = [p for p in answer.series if _finite(p.estimate)][-1]
    return element(
        "figure",
        marks.picture(
            *drawn,
            height=HEIGHT,
            title=f"{answer.metric} of {answer.bench_name} over {len(answer.series)} measurements",
            desc=f"{answer.summary} The newest value is {_value(newest, answer.units)}.",
            class_="hb-plot hb-over-time",
        ),
        element("figcaption", _legend(newest, answer), class_="hb-legend"),
        class_="hb-figure",
    )


def _plot(series: Sequence[HistoryPoint], known: Sequence[tuple[int, HistoryPoint]]) -> _Plot:
    values = [p.estimate for _, p in known if p.estimate is not None]
    reach = min((max(values) - min(values)) or abs(values[0]) * 0.1 or 1.0, 1e308)
    # A wide interval is drawn as far as the values' own range reaches twice over.
    ends = [
        min(max(end, min(values) - reach), max(values) + reach)
        for _, p in known
        for end in p.ci or ()
        if _finite(end) and (end > 0 or min(values) <= 0)
    ]
    low, high, kind = scale.levels([*values, *ends])
    return _Plot(len(series), low, high, kind == "log")


def _frame(answer: History, plot: _Plot) -> list[Markup]:
    """Ticks with their numbers, and the names of both ends."""
    parts = []
    for tick in plot.ticks():
        y = plot.y(tick)
        parts.append(marks.line("0%", y, "100%", y, "hb-tick"))
        parts.append(marks.label(digits.plain(tick), "0%", y - 4, "hb-number"))
    y = HEIGHT - 7
    parts.append(marks.label(shortened(_code(answer.series[0]), _END), "0%", y, "hb-number", "start"))
    if len(answer.series) > 1:
        parts.append(marks.label(f"{shortened(_code(answer.series[-1]), _END)}, newest", "100%", y, "hb-number", "end"))
    return parts


def _flags(answer: History, plot: _Plot) -> list[Markup]:
    """A numbered flag for each step, with a line down to the axis: its words stand below the chart."""
    places = {p.result_id: i for i, p in enumerate(answer.series)}
    parts = []
    last: float | None = None
    raised = False
    for n, step in enumerate(answer.change_points, 1):
        if step.result_id not in places:
            continue
        x = plot.x(places[step.result_id] - 0.5)
        raised = not raised if last is not None and float(x[:-1]) - last < 6 else False
        last = float(x[:-1])
        y = 11.0 if not raised else 31.0
        decision = step_decision(step, answer.direction)
        parts.append(marks.line(x, y, x, HEIGHT - _BOTTOM, "hb-step"))
        flag = joined(
            [
                element("title", f"step {n}: {_size(step, answer.units)}"),
                element("circle", cx=0, cy=0, r=9.5, class_=f"hb-flag hb-filled {class_of(decision)}"),
                marks.label(str(n), "0", 4, "hb-flag-number", "middle"),
            ]
        )
        parts.append(marks.at(x, y, flag))
    return parts


def _series(series: Sequence[HistoryPoint], plot: _Plot, newest: HistoryPoint) -> list[Markup]:
    """Values joined by a line, which a gap interrupts, with their intervals; the newest one larger."""
    drawn = _values(series, plot, newest) if len(series) <= _TITLES else [_many_values(series, plot)]
    x, y = plot.x(series.index(newest)), plot.y(newest.estimate or 0.0)
    return [*drawn, marks.dot(x, y, "hb-newest", 6, f"{_code(newest)}, newest: {_value(newest, None)}")]


def _values(series: Sequence[HistoryPoint], plot: _Plot, newest: HistoryPoint) -> list[Markup]:
    """Each value as a dot with a title of its own."""
    line, spread, dots = [], [], []
    before: tuple[str, float] | None = None
    for i, p in enumerate(series):
        if p.estimate is None or not _finite(p.estimate):
            before = None
            continue
        x, y = plot.x(i), plot.y(p.estimate)
        if before is not None:
            line.append(element("line", x1=before[0], y1=before[1], x2=x, y2=y))
        before = (x, y)
        if p.ci is not None:
            spread.append(element("line", x1=x, y1=plot.y(p.ci[1]), x2=x, y2=plot.y(p.ci[0])))
        if p is not newest:
            title = element("title", f"{_code(p)}: {_value(p, None)}")
            dots.append(element("circle", title, cx=x, cy=y, r=3.5))
    return [
        element("g", *spread, class_="hb-spread"),
        element("g", *line, class_="hb-series"),
        element("g", *dots, class_="hb-value"),
    ]


def _many_values(series: Sequence[HistoryPoint], plot: _Plot) -> Markup:
    """A thousand values as three paths: as elements they take ten times as much. Strokes are not stretched."""
    line, spread, dots = [], [], []
    gap = True
    for i, p in enumerate(series):
        if p.estimate is None or not _finite(p.estimate):
            gap = True
            continue
        place = f"{plot.thousandths(i)} {plot.y(p.estimate):.1f}"
        line.append(f"{'M' if gap else 'L'}{place}")
        dots.append(f"M{place}h0")
        gap = False
        if p.ci is not None:
            spread.append(f"M{plot.thousandths(i)} {plot.y(p.ci[1]):.1f}V{plot.y(p.ci[0]):.1f}")
    paths = (
        element("path", d=Markup("".join(d)), class_=name)
        for d, name in ((spread, "hb-spread"), (line, "hb-series"), (dots, "hb-value"))
        if d
    )
    return element(
        "svg",
        *paths,
        viewBox=f"0 0 1000 {number(HEIGHT)}",
        width="100%",
        height=HEIGHT,
        preserveAspectRatio="none",
        class_="hb-many",
    )


def _legend(newest: HistoryPoint, answer: History) -> Markup:
    steps = answer.change_points
    return joined(
        [
            element("span", f"● newest: {_value(newest, answer.units)}"),
            element("span", "│ interval of each value") if any(p.ci for p in answer.series) else None,
            element("span", f"numbered: {len(steps)} step{'' if len(steps) == 1 else 's'}") if steps else None,
        ]
    )


# ---------------------------------------------------------------------- in words


def _steps(answer: History) -> Markup | None:
    if not answer.change_points:
        return None
    items = []
    for step in answer.change_points:
        decision = step_decision(step, answer.direction)
        span = f"{(step.after_revision or 'unknown')[:10]}..{(step.source_revision or 'unknown')[:10]}"
        items.append(
            element(
                "li",
                marks.badge(decision) if decision is not None else None,
                " ",
                element("strong", _size(step, answer.units)),
                " between ",
                element("code", span),
                element("span", f", confidence {step.confidence:.3f}, {step.executed_at[:10]}", class_="hb-soft"),
            )
        )
    return element("div", element("h3", "Steps"), element("ol", *items), class_="hb-steps")


def _table(answer: History) -> Markup | None:
    if not answer.series:
        return None
    shown = answer.series[-_ROWS:]
    earlier = len(answer.series) - len(shown)
    steps = {c.result_id: n for n, c in enumerate(answer.change_points, 1)}
    head = element(
        "tr", *(element("th", name, scope="col") for name in ("code", "measured", "value", "interval", "runs", "step"))
    )
    rows = [
        element(
            "tr",
            element("td", element("code", _code(p))),
            element("td", p.executed_at[:16].replace("T", " ")),
            element("td", "no value" if p.estimate is None else digits.plain(p.estimate, 5)),
            element("td", f"{digits.plain(p.ci[0], 5)} to {digits.plain(p.ci[1], 5)}" if p.ci else ""),
            element("td", str(p.n_runs)),
            element("td", str(steps[p.result_id]) if p.result_id in steps else ""),
        )
        for p in reversed(shown)
    ]
    return element(
        "details",
        element("summary", f"All {len(shown):,} values" if not earlier else f"The newest {len(shown):,} values"),
        element("p", f"… and {earlier:,} earlier ones") if earlier else None,
        element(
            "div",
            element("table", element("thead", head), element("tbody", *rows), class_="hb-table"),
            class_="hb-scroll",
            tabindex="0",
        ),
    )


def _detector(d: dict[str, object]) -> str:
    return f"{d['method']}: {'over' if d['regressed'] else 'within'} its threshold ({d['details']})"


def _size(step: ChangePoint, units: str | None) -> str:
    if step.effect_percent is not None:
        return f"{digits.signed(step.effect_percent)} %"
    return f"{digits.signed(step.effect or 0.0)} {units or ''}".rstrip()


def _value(p: HistoryPoint, units: str | None) -> str:
    if p.estimate is None:
        return "no value"
    interval = f" ({digits.plain(p.ci[0], 5)} to {digits.plain(p.ci[1], 5)})" if p.ci else ""
    return f"{digits.plain(p.estimate, 5)} {units or ''}".rstrip() + interval


def _code(p: HistoryPoint) -> str:
    if p.source_revision:
        return p.source_revision[:10] + ("+dirty" if p.dirty else "")
    return shortened(p.label, 24) if p.label else "unknown"


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
