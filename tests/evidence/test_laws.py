"""Laws that hold for any samples: symmetry, scale, order, copies, margins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence_sides import only, run
from holobench_mcp import judge
from holobench_mcp.model import Judgement

steady = settings(max_examples=60, suppress_health_check=list(HealthCheck))
SWAPPED = {"regressed": "improved", "improved": "regressed"}
CHANGED = ("regressed", "improved")


@st.composite
def sides(draw, positive=True):
    """Two sides of one to three runs, with noise, a shift and a point that moved, of many sizes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, repeats = draw(st.sampled_from([1, 2, 7, 20])), draw(st.integers(2, 8))
    runs = draw(st.sampled_from([(1, 1), (2, 2), (3, 3), (1, 3), (2, 4)]))
    sd = draw(st.sampled_from([0.001, 0.02, 0.2]))
    shift = draw(st.sampled_from([0.0, 0.01, 0.1, -0.1, 0.7]))
    logs = [[sd * rng.standard_normal((points, repeats)) for _ in range(n)] for n in runs]
    for samples in logs[1]:
        samples += shift
        samples[-1] += draw(st.sampled_from([0.0, 0.5]))
    made = [[50 * np.exp(a) if positive else 50 * a for a in side] for side in logs]
    return made, draw(st.sampled_from(["", "ms"]))


def judged(made, units, **options) -> Judgement:
    base, cand = made
    return judge([run(a, units=units) for a in base], [run(a, units=units) for a in cand], **options)


def same(one: Judgement, other: Judgement) -> None:
    a, b = only(one), only(other)
    assert (a.decision, a.points_moved, a.runs_needed) == (b.decision, b.points_moved, b.runs_needed)
    assert a.p_value == pytest.approx(b.p_value, rel=1e-6, abs=1e-12) if a.p_value is not None else b.p_value is None
    if a.ci is not None:
        assert a.ci == pytest.approx(b.ci, rel=1e-6, abs=1e-6)


@steady
@given(sides())
def test_swapping_the_sides_negates_the_effect_and_swaps_better_and_worse(given_sides):
    made, units = given_sides
    there, back = only(judged(made, units)), only(judged(made[::-1], units))
    if there.effect_percent is not None:
        assert (1 + there.effect_percent / 100) * (1 + back.effect_percent / 100) == pytest.approx(1)
    assert there.p_value == pytest.approx(back.p_value) if there.p_value is not None else back.p_value is None
    swapped = sorted((str(p.inputs), SWAPPED[p.decision]) for p in there.points)
    assert swapped == sorted((str(p.inputs), p.decision) for p in back.points)
    words = {there.decision.value, *(p.decision for p in there.points)}
    if not {"regressed", "improved"} <= words:  # a mixture is regressed either way
        assert back.decision.value == SWAPPED.get(there.decision.value, there.decision.value)


@steady
@given(sides(), st.floats(1e-6, 1e6))
def test_scaling_a_positive_metric_changes_nothing(given_sides, factor):
    made, units = given_sides
    same(judged(made, units), judged([[a * factor for a in side] for side in made], units))


@steady
@given(sides(), st.integers(0, 2**32 - 1))
def test_the_order_of_points_repeats_and_runs_does_not_matter(given_sides, seed):
    made, units = given_sides
    rng = np.random.default_rng(seed)
    order = rng.permutation(made[0][0].shape[0])
    shuffled = [[rng.permuted(a[order], axis=1) for a in side] for side in made]
    for side in shuffled:
        rng.shuffle(side)
    same(judged(made, units), judged(shuffled, units))


@steady
@given(sides(), st.integers(0, 1))
def test_a_copy_of_a_run_is_no_further_evidence(given_sides, which):
    made, units = given_sides
    copied = [list(side) for side in made]
    copied[which] += [copied[which][0]] * 3
    same(judged(made, units), judged(copied, units))


@steady
@given(sides())
def test_a_wider_margin_never_finds_more_change_nor_less_sameness(given_sides):
    made, units = given_sides
    words = [judged(made, units, margin_percent=m).decision for m in (0.5, 1, 3, 10, 30, 200)]
    changed = [w in CHANGED for w in words]
    assert changed == sorted(changed, reverse=True)
    assert [w == "unchanged" for w in words] == sorted(w == "unchanged" for w in words)


@steady
@given(sides(positive=False))
def test_samples_of_any_sign_give_finite_numbers_and_no_error(given_sides):
    made, units = given_sides
    found = only(judged(made, units))
    assert found.reason
    assert found.ci is None or np.isfinite(found.ci).all()


@steady
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 3))
def test_holes_anywhere_never_break_it(seed, repeats, runs):
    rng = np.random.default_rng(seed)
    made = [[np.exp(rng.standard_normal((6, repeats))) for _ in range(runs)] for _ in "ab"]
    for side in made:
        for samples in side:
            samples[rng.random(samples.shape) < 0.4] = rng.choice([np.nan, np.inf])
    found = only(judged(made, "ms"))
    assert found.n_dropped == sum(int((~np.isfinite(a)).sum()) for side in made for a in side)
