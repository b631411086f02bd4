"""A line of a metric's newest values, as small as a word: how it went, and how much of that is noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

from holobench_mcp import digits
from holobench_mcp.answers.overview import OverviewMetric
from holobench_mcp.model import Kind
from holobench_mcp.report.markup import Markup, element, identity, number, shortened

WIDTH, HEIGHT = 150.0, 30.0
_EDGE = 4.0
#: Characters of a unit: the value beside a line is not broken.
_UNITS = 16
#: The least that the height stands for, as a share of the value: less would make mountains of noise.
_LEAST_SPAN = 0.04
#: A value within so many standard deviations of the newest is as likely noise.
_BAND = 2.0


def sparkline(metric: OverviewMetric, key: object = "") -> Markup:
    """The line, with its first and last value in words. key: tells alike ones apart."""
    known = [(i, v) for i, v in enumerate(metric.values) if v is not None and math.isfinite(v)]
    if not known:
        return element("span", "no values", class_="hb-soft")
    low, high = _span([v for _, v in known], metric)
    last, newest = known[-1]

    def x(i: int) -> str:
        n = len(metric.values)
        return number(_EDGE + (WIDTH - 2 * _EDGE) * (i / (n - 1) if n > 1 else 0.5))

    def y(value: float) -> float:
        share = (value / 2 - low / 2) / (high / 2 - low / 2)
        return _EDGE + (HEIGHT - 2 * _EDGE) * (1 - min(max(share, 0.0), 1.0))

    path, before = list[str](), -2
    for i, value in known:
        path.append(f"{'L' if before == i - 1 else 'M'}{x(i)} {number(y(value))}")
        before = i
    drawn = [element("path", d="".join(path), class_="hb-line"), _dot(x(last), y(newest))]
    if metric.noise_percent:
        share = _BAND * metric.noise_percent / 100
        top, bottom = y(newest * (1 + share)), y(newest / (1 + share))
        height = max(abs(bottom - top), 1.0)
        drawn.insert(0, element("rect", x=0, y=min(top, bottom), width=WIDTH, height=height, class_="hb-band"))
    name, said = identity(metric.variable, metric.values, key), in_words(metric, [v for _, v in known])
    return element(
        "svg",
        element("title", said, id=name),
        *drawn,
        class_="hb-spark",
        role="img",
        viewBox=f"0 0 {number(WIDTH)} {number(HEIGHT)}",
        width=WIDTH,
        height=HEIGHT,
        aria_labelledby=name,
    )


def value_text(value: float | None, metric: OverviewMetric) -> str:
    """A value of a metric with its unit; a share of a boolean one in percent."""
    if value is None:
        return "no value"
    if metric.kind is Kind.bool:
        return f"{digits.plain(100 * value)} %"
    return f"{digits.plain(value)} {shortened(metric.units or '', _UNITS)}".rstrip()


def in_words(metric: OverviewMetric, values: Sequence[float]) -> str:
    """What a line shows."""
    if len(values) == 1:
        return f"{metric.variable}: one measurement, {value_text(values[0], metric)}"
    ends = f"from {value_text(values[0], metric)} to {value_text(values[-1], metric)}"
    between = f"between {value_text(min(values), metric)} and {value_text(max(values), metric)}"
    return f"{metric.variable} over {len(values)} measurements: {ends}, {between}"


def _span(values: Sequence[float], metric: OverviewMetric) -> tuple[float, float]:
    low, high = min(values), max(values)
    if metric.kind is Kind.bool:
        return 0.0, 1.0
    least = _LEAST_SPAN * max(abs(low), abs(high)) or 1.0
    if high / 2 - low / 2 < least / 2:
        middle = low / 2 + high / 2
        low, high = middle - least / 2, middle + least / 2
    return low, high


def _dot(x: str, y: float) -> Markup:
    return element("circle", cx=x, cy=y, r=3, class_="hb-newest")
