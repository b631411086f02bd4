"""The values of an input keep what they are, as far as an array without objects can hold it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from holobench_mcp.result.coordinates import in_common, without_objects


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


@pytest.mark.parametrize(
    ("ours", "theirs", "common"),
    [
        ([1, 2], [2.0, 3.5], [2]),
        ([0.5, 2.0], [2, 3], [2.0]),
        ([1, 2], [True, False], []),
        ([1, 2], ["1", "2"], []),
        ([2**53, 2**53 + 1], [float(2**53), 1.0], [2**53]),
        (np.array([2**53 + 1, 2**63], dtype=np.uint64), [2**53, 2**53 + 1], [2**53 + 1]),
        ([2**53, 2**53 + 1], np.array([2**53 + 1, 7], dtype=np.uint64), [2**53 + 1]),
        ([-0.0, 1.0], [0, 5], [0.0]),
    ],
)
def test_values_in_common_are_those_that_are_equal(ours: Any, theirs: Any, common: list[Any]) -> None:
    assert in_common(np.asarray(ours), np.asarray(theirs)).tolist() == common
