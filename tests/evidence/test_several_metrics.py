"""Metrics share one error rate, and the worst of them decides."""

from __future__ import annotations

import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import judge


def test_the_worst_metric_comes_first_and_decides():
    base = run(lognormal(80), lognormal(81), lognormal(82, sd=0.5))
    cand = run(lognormal(83, level=60), lognormal(84, level=160), lognormal(85, sd=0.5))
    judgement = judge([base], [cand])
    assert judgement.decision == "regressed"
    assert judgement.metrics[0].variable == "m1"
    assert [m.decision for m in judgement.metrics] == ["regressed", "inconclusive", "improved"]
    assert "Improved: m0" in judgement.reason


def test_more_metrics_need_more_evidence():
    base, cand = lognormal(90, (1, 8)), lognormal(91, (1, 8), level=114)
    alone = only(judge([run(base)], [run(cand)])).p_value
    rest = [lognormal(92 + i, (1, 8)) for i in range(4)]
    among = judge([run(base, *rest)], [run(cand, *(r[:, ::-1] * 1.001 for r in rest))])
    assert next(m for m in among.metrics if m.variable == "m0").p_value == pytest.approx(min(1, 5 * alone))


def test_only_the_metrics_asked_for_are_judged():
    judgement = judge([run(lognormal(1), lognormal(2))], [run(lognormal(3), lognormal(4))], metrics=["m1"])
    assert only(judgement).variable == "m1"
