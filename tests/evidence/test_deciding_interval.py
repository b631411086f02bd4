"""The interval that is printed, and the p beside it, come from the estimate that decided."""

from __future__ import annotations

import numpy as np
import pytest

from evidence_sides import only, run
from holobench_mcp import judge
from holobench_mcp.evidence.formulas import Estimate, chance_of_parting


def unequal_repeats(rng, shift):
    return [run(np.exp(0.1 * rng.standard_normal(n) + s)) for n, s in ((3, 0.0), (30, shift))]


def unequal_runs(rng, shift):
    sizes = ((2, 0.0), (5, shift))
    return [[run(np.exp(0.05 * rng.standard_normal((1, 3)) + s), units="ms") for _ in range(n)] for n, s in sizes]


def booleans(rng, shift):
    return [run((rng.random(12) < rate).astype(float), kind="bool") for rate in (0.9, 0.9 - shift)]


def few_samples(rng, shift):
    return [run(np.exp(0.1 * rng.standard_normal(3) + s)) for s in (0.0, shift)]


def boolean_runs(rng, shift):
    rates = ((3, 0.9), (4, 0.9 - shift))
    return [[run((rng.random(6) < rate).astype(float), kind="bool") for _ in range(n)] for n, rate in rates]


@pytest.mark.parametrize("draw", [unequal_repeats, unequal_runs, booleans, few_samples, boolean_runs])
@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_a_95_percent_interval_without_zero_and_a_p_of_at_most_5_percent_are_one_thing(draw, shift):
    rng = np.random.default_rng(12)
    excluded = 0
    for _ in range(150):
        sides = [side if isinstance(side, list) else [side] for side in draw(rng, shift)]
        found = only(judge(*sides, margin_percent=0.1))
        if found.decision == "unchanged":  # its interval is the 90 % one
            assert found.p_value > 0.05
            continue
        low, high = found.ci
        excluded += not low <= 0 <= high
        assert (low > 0 or high < 0) == (found.p_value <= 0.05), (found.ci, found.p_value)
    assert excluded or not shift


def test_an_estimate_that_is_less_sure_has_a_wider_interval():
    sure = Estimate(1.0, 0.01, 8.0)
    for p in (0.001, 0.031, 0.049):
        low, high = sure.no_surer_than(p).interval(1 - p)
        assert (low, high) == (pytest.approx(0, abs=1e-9), pytest.approx(2))
    assert sure.no_surer_than(1e-9) is sure
    assert Estimate(0.0, 0.01, 8.0).no_surer_than(0.05).variance == 0.01


@pytest.mark.parametrize(("n", "m", "chance"), [(2, 2, 1 / 8), (3, 3, 1 / 32), (2, 3, 1 / 16), (4, 6, 1 / 512)])
def test_two_modes_part_few_samples_by_a_known_chance(n, m, chance):
    assert chance_of_parting(n, m) == pytest.approx(chance, rel=0.25)
    assert chance_of_parting(m, n) == chance_of_parting(n, m)
    q = np.linspace(0.001, 0.999, 999)
    assert chance_of_parting(n, m) == pytest.approx((q**n * (1 - q) ** m + q**m * (1 - q) ** n).max(), rel=0.03)
