"""One way to write a number: figures and sentences agree."""

from __future__ import annotations

import pytest

from holobench_mcp import digits


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1180.4, "+1180"),
        (-0.0, "+0"),
        (-1e-9, "-1e-09"),
        (226.4, "+226"),
        (-99.96, "-100"),
        (12345.0, "+12300"),
        (999_999.0, "+1e+06"),
        (1.25e9, "+1.25e+09"),
        (0.00012345, "+0.000123"),
    ],
)
def test_a_change_has_three_digits_and_no_exponent_as_long_as_it_can_be_read(value: float, written: str) -> None:
    assert digits.signed(value) == written
    assert digits.plain(abs(value)) == written.lstrip("+-")


def test_a_mean_has_as_many_digits_as_are_asked_for() -> None:
    assert digits.plain(123456.7, 5) == "123460"
    assert digits.plain(2.91071, 5) == "2.9107"
