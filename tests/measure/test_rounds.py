"""Looking early at an interleaved A/B keeps its error rate, and the rule finds what it should."""

from __future__ import annotations

import numpy as np
import pytest

import rounds_calibration as rounds


@pytest.mark.parametrize("drift", [0.0, 0.05])
def test_identical_code_seldom_alarms_with_two_looks(drift: float) -> None:
    rng = np.random.default_rng(7)
    alarms = sum(rounds.decide(*rounds.pairs(rng, 0.03, drift, 0.0))[0] for _ in range(200))
    assert alarms / 200 <= 0.05 + 2 * (0.05 * 0.95 / 200) ** 0.5


def test_a_ten_percent_slowdown_is_found_within_five_rounds() -> None:
    rng = np.random.default_rng(8)
    found = sum(rounds.decide(*rounds.pairs(rng, 0.03, 0.0, 0.10))[0] for _ in range(100))
    assert found >= 80
