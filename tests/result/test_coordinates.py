"""The values of an input keep what they are, as far as an array without objects can hold it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from holobench_mcp.result.coordinates import without_objects


@pytest.mark.parametrize(
    ("values", "expected", "kind"),
    [
        ([1, 8], [1, 8], "i"),
        ([0.5, 2], [0.5, 2.0], "f"),
        ([np.float32(0.5), np.int64(2)], [0.5, 2.0], "f"),
        ([True, False], [True, False], "b"),
        ([True, 2], ["True", "2"], "U"),
        ([1, "one", None], ["1", "one", "None"], "U"),
        ([1.0, math.inf], ["1.0", "inf"], "U"),
        ([1, 2**64], ["1", str(2**64)], "U"),
        ([0.5, 2**53 + 1], ["0.5", str(2**53 + 1)], "U"),
        ([datetime(2026, 1, 2, 3)], [datetime(2026, 1, 2, 3)], "M"),
        ([datetime(2026, 1, 2, 3, tzinfo=UTC)], ["2026-01-02 03:00:00+00:00"], "U"),
        ([], [], "U"),
    ],
)
def test_values_stay_what_they_are_where_all_are_alike(values: list[Any], expected: list[Any], kind: str) -> None:
    array = without_objects(values)
    assert (array.tolist(), array.dtype.kind) == (expected, kind)
