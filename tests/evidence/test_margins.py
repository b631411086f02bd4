"""What was asked, what is configured, and what is used: three margins that are told apart."""

from __future__ import annotations

import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.model import MetricSettings

OWN = {"m0": MetricSettings(margin_percent=10)}


def found(settings=None, level=106, **options):
    base, cand = lognormal(1, (10, 30), sd=0.01), lognormal(2, (10, 30), sd=0.01, level=level)
    return only(judge([run(base)], [run(cand)], settings=settings, **options))


def margins(evidence):
    return tuple(
        None if v is None else round(v, 9) for v in (evidence.margin, evidence.margin_asked, evidence.margin_configured)
    )


@pytest.mark.parametrize(
    ("settings", "options", "expected", "decision"),
    [
        (None, {}, (3, None, None), "regressed"),
        (OWN, {}, (10, None, 10), "unchanged"),
        (OWN, {"margin_percent": 3}, (3, 3, 10), "regressed"),
        (OWN, {"margin_percent": 20}, (20, 20, 10), "unchanged"),
        (None, {"margin_percent": 20}, (20, 20, None), "unchanged"),
        (OWN, {"default_margin_percent": 4}, (10, None, 10), "unchanged"),
        (None, {"default_margin_percent": 4}, (4, None, None), "regressed"),
    ],
)
def test_an_asked_margin_wins_over_a_configured_one_which_wins_over_the_default(settings, options, expected, decision):
    evidence = found(settings, **options)
    assert margins(evidence) == expected
    assert evidence.decision == decision


def test_a_margin_in_units_and_one_of_booleans_obey_the_same_order():
    base, cand = lognormal(3, (10, 9), sd=0.1) - 100, lognormal(4, (10, 9), sd=0.1) - 100
    own = {"m0": MetricSettings(margin=5.0)}
    in_units = only(judge([run(base, units="V")], [run(cand, units="V")], settings=own))
    assert (in_units.margin, in_units.margin_asked, in_units.margin_configured) == (
        pytest.approx(5),
        None,
        pytest.approx(5),
    )
    asked = only(judge([run(base, units="V")], [run(cand, units="V")], settings=own, margin_percent=1))
    assert asked.margin < 1 and asked.margin_configured == pytest.approx(5)
    flags = [run([1, 1, 1, 0], kind="bool"), run([1, 1, 0, 0], kind="bool")]
    share = only(judge(*([f] for f in flags), settings={"m0": MetricSettings(margin=40)}, margin_percent=7))
    assert (round(share.margin, 9), round(share.margin_configured, 9)) == (7, 40)


def test_a_decrease_just_beyond_the_margin_says_what_the_margin_is_there():
    evidence = found(level=100 / 1.031)
    assert evidence.decision == "improved" and evidence.effect_percent > -3
    assert "beyond the 3 % margin (-2.91 %)" in evidence.reason


@pytest.mark.parametrize(
    "wrong", [{"margin_percent": 0}, {"default_margin_percent": -1}, {"margin_percent": float("inf")}]
)
def test_a_margin_that_can_not_be_one_is_an_error(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        found(**wrong)
