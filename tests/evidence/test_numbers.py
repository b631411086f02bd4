"""Odd numbers: the largest, the smallest, the signed, those rounded to zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from evidence_sides import only, run
from holobench_mcp import judge
from holobench_mcp.evidence import formulas
from holobench_mcp.evidence.formulas import row_sums


def test_times_that_were_rounded_to_zero_have_a_variance_between_runs_too():
    base, cand = [0, 1, 1, 1, 1, 1, 1, 1.0], [1, 1, 1, 1, 1, 1.05, 1, 1.0]
    assert only(judge([run(base, units="ms")], [run(cand, units="ms")])).run_variance.source == "assumed"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e308, 1e300, 1e-300, 5e-324])
@pytest.mark.parametrize("runs", [1, 3])
def test_the_largest_and_smallest_numbers_give_finite_answers(size, runs):
    rng = np.random.default_rng(240)
    sides = [[run(np.clip(rng.standard_normal((4, 5)), -1, 1) * size, units="V") for _ in range(runs)] for _ in "ab"]
    found = only(judge(*sides))
    assert all(math.isfinite(v) for v in (*found.ci, found.effect, found.margin, found.p_value))
    positive = [
        [run(np.exp(-np.abs(rng.standard_normal((4, 5)))) * size, units="ms") for _ in range(runs)] for _ in "ab"
    ]
    assert only(judge(*positive)).reason


def test_the_margin_of_a_signed_metric_is_of_the_size_of_its_points():
    base = np.array([[-5.0, -5.1, -4.9], [5.0, 5.1, 4.9]])
    assert only(judge([run(base, units="V")], [run(base[:, ::-1] + 0.01, units="V")])).margin == pytest.approx(0.15)


def test_a_time_rounded_to_zero_at_one_point_leaves_the_others_their_own_run_variance():
    rng = np.random.default_rng(250)
    levels = np.r_[1000.0, np.full(9, 1.0)][:, None]
    base, cand = (levels * (1 + 0.001 * rng.standard_normal((10, 5))) for _ in range(2))
    base[9], cand[9] = 0, 0
    cand[0] *= 1.05  # within what two runs of the same code differ by
    assert judge([run(base, units="ms")], [run(cand, units="ms")]).decision != "regressed"


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 7, 8, 9, 30])
def test_rows_are_added_up_as_numpy_does_to_the_last_bit(columns):
    rows = np.random.default_rng(columns).lognormal(0, 5, (500, columns))
    rows[::7] *= -1
    rows[3, 0], rows[5, -1] = np.nan, np.inf
    np.testing.assert_array_equal(row_sums(rows), rows.sum(axis=1))
    np.testing.assert_array_equal(row_sums(rows[::2]), rows[::2].sum(axis=1))


@pytest.mark.parametrize("repeats", [2, 5, 12])
def test_samples_without_a_gap_are_judged_as_those_are_that_could_have_one(repeats, monkeypatch):
    rng = np.random.default_rng(repeats)
    sides = [[run(np.exp(0.1 * rng.standard_normal((30, repeats))), units="ms")] for _ in "ab"]
    quick = judge(*sides)
    monkeypatch.setattr(type(sides[0][0]), "is_finite", lambda self, variable: False)
    assert judge(*sides) == quick


# ---------------------------------------------------------------------- to the last bit


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8, 9, 20, 101, 2001])
def test_a_median_is_numpys(n: int) -> None:
    rng = np.random.default_rng(n)
    normal = rng.standard_normal((20, n))
    coarse, spread = np.round(normal, 1), np.exp(rng.uniform(-700, 700, (20, n)))
    holed = np.where(rng.random((20, n)) < 0.2, np.nan, normal)
    for values in (*normal, *coarse, *spread, *holed, normal[0][::-1], np.full(n, np.inf)):
        assert np.array_equal(formulas.median(values), np.median(values), equal_nan=True)


def test_a_trigamma_is_scipys() -> None:
    values = np.exp(np.random.default_rng(1).uniform(-20, 20, 2000))
    assert np.array_equal(formulas.trigamma(values), special.polygamma(1, values))
    for value in values[:200].tolist():
        assert float(formulas.trigamma(value)) == float(special.polygamma(1, value))
        found = formulas.inverse_trigamma(float(special.polygamma(1, value)))
        assert found == pytest.approx(value, rel=1e-6)
