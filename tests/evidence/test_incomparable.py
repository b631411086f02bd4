"""What is not the same thing is not compared, and what can't be an argument is an error."""

from __future__ import annotations

import math

import pytest

from evidence_sides import lognormal, run
from holobench_mcp import judge


def test_nothing_shared_and_changed_declarations_are_incomparable():
    base = run(lognormal(74))
    assert judge([base], [run(lognormal(75), names=["other"])]).decision == "incomparable"
    assert judge([base], [run(lognormal(75), units="ms")]).decision == "incomparable"
    assert judge([base], [run(lognormal(75), direction="maximize")]).decision == "incomparable"


@pytest.mark.parametrize("wrong", [{"margin_percent": 0}, {"margin_percent": math.nan}, {"alpha": 0}, {"alpha": 1}])
def test_a_margin_or_an_alpha_that_can_not_be_one_is_an_error(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        judge([run([1, 2])], [run([1, 2])], **wrong)


def test_pairs_need_partners_and_sides_need_runs():
    with pytest.raises(ValueError, match="pairs"):
        judge([run([1, 2])], [run([1, 2]), run([1, 3])], paired=True)
    with pytest.raises(ValueError, match="at least one run"):
        judge([], [run([1, 2])])


def test_a_metric_that_became_a_boolean_is_incomparable():
    assert judge([run([3.5, 3.6])], [run([1, 0], kind="bool")]).decision == "incomparable"
