"""A result from plain arrays: what it keeps, and what it refuses in a sentence that names the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holobench_mcp.model import InvalidArgument
from holobench_mcp.result.snapshot import Snapshot


def build(**changed: Any) -> Snapshot:
    given: dict[str, Any] = {
        "bench_name": "b",
        "inputs": {"size": [1, 2]},
        "metrics": {"t": {"units": "ms"}},
        "samples": {"t": [[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]]},
    }
    return Snapshot.build(**{**given, **changed})


def test_an_input_may_declare_its_units() -> None:
    built = build(inputs={"size": {"values": [1, 2], "units": "items"}})
    assert (built.inputs[0].units, built.inputs[0].kind) == ("items", "int")
    assert built.samples["t"].shape == (2, 3)
    assert (built.stats()["t"].n, built.stats()["t"].max) == (5, 5.0)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"bench_name": " "}, "bench_name: a name is"),
        ({"inputs": {"size": []}}, "inputs: 'size' must be a list"),
        ({"inputs": {"size": [1, 1]}}, "inputs: 'size' has the same value twice"),
        ({"inputs": {"size": [1.0, np.inf]}}, "inputs: 'size' has values that are not finite"),
        ({"inputs": {"repeat": [1, 2]}}, "inputs: 'repeat' is the name of a dimension"),
        ({"inputs": {"size": {"units": "items"}}}, "inputs: 'size' is declared by"),
        ({"inputs": {"size": {"values": [1, 2], "unit": "items"}}}, "inputs: 'size' is declared by"),
        ({"inputs": {"size": {"values": [1, 2], "units": 5}}}, "inputs: 'size': units"),
        ({"inputs": {"t": [1, 2]}}, "metrics: .*are names of inputs too"),
        ({"metrics": {}}, "metrics: a result has at least one"),
        ({"metrics": {"t": {"unit": "ms"}}}, "metrics: 't': unit: there is no such key; did you mean 'units'"),
        ({"metrics": {"t": {"claim": "fast"}}}, "metrics: 't'"),
        ({"samples": {"u": [[1.0], [2.0]]}}, "samples: metrics and samples must name the same"),
        ({"samples": {"t": [1.0, 2.0]}}, r"samples: 't' has the shape \(2,\), not \(2, repeats\)"),
        ({"samples": {"t": [["a"], ["b"]]}}, "samples: 't' is not an array of numbers"),
        ({"metrics": {"t": {"kind": "bool"}}}, "samples: 't' is declared bool"),
        ({"environment": {"cpu_count": "many"}}, "environment: cpu_count"),
        ({"executed_at": "yesterday"}, "executed_at: 'yesterday' is not an ISO 8601 time"),
        ({"executed_at": "2026-01-01"}, "executed_at: 2026-01-01 has no time zone"),
    ],
)
def test_what_can_not_be_a_result_is_refused_by_its_argument(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        build(**changed)
