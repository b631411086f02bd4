"""A page stays small whatever was measured: what moved is drawn, of the rest is said how much there is."""

from __future__ import annotations

import pytest

from drawn_answers import document, evidence, point, runs_of
from holobench_mcp.model import MetricEvidence
from holobench_mcp.report import comparison_fragment, comparison_picture, page

MOST = 150_000


def metrics(count: int, moved: int) -> list[MetricEvidence]:
    return [
        evidence(f"a metric of some length {i}", *(("regressed", 12.0) if i < moved else ("unchanged", 0.1)))
        for i in range(count)
    ]


def points(count: int, listed: int) -> MetricEvidence:
    every = tuple(point(n=i, effect=20.0 + i / 10) for i in range(listed))
    return evidence(points=every, points_moved=listed, points_tested=count, n_points=count)


@pytest.mark.parametrize("count, moved", [(1, 1), (200, 0), (200, 200), (2000, 20), (2000, 2000)])
def test_any_number_of_metrics_fits(count: int, moved: int) -> None:
    listed = metrics(count, moved)
    answer = document(listed)
    assert len(comparison_fragment(answer)) < MOST
    assert len(comparison_picture(answer)) < 40_000
    assert len(page("x", comparison_fragment(answer))) < MOST


@pytest.mark.parametrize("count, listed", [(10, 10), (100_000, 3), (100_000, 1000)])
def test_any_number_of_points_fits(count: int, listed: int) -> None:
    e = points(count, listed)
    markup = comparison_fragment(document([e]), [runs_of(e, [0.01 * i for i in range(40)])])
    assert len(markup) < MOST
    assert (f"All {count:,} points" in markup) == (count > 12)
    assert f"{listed:,} of {count:,} points moved" in markup or count == listed


@pytest.mark.parametrize("effect, ends", [
    (1e300, (1e299, 1.7e308)), (1e-12, (-1e-12, 2e-12)), (0.0, (0.0, 0.0)), (-100.0, (-100.0, -99.0)), (5.0, (-1.7e308, 1.7e308)),
])  # fmt: skip
def test_any_size_of_effect_has_a_place(effect: float, ends: tuple[float, float]) -> None:
    for margin in (3.0, None, 1e-300, 1e300):
        markup = comparison_fragment(document([evidence(percent=effect, ci=ends, margin=margin)]))
        assert "nan" not in markup and "inf%" not in markup
