"""A result from plain arrays: what it keeps, and what it refuses in a sentence that names the argument."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holobench_mcp.model import InvalidArgument
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import open_store


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
        ({"bench_name": 5}, "bench_name: a name is"),
        ({"bench_name": "a\x1b[2J"}, "bench_name: a name is"),
        ({"bench_name": "\ud800"}, "bench_name: a name is"),
        ({"inputs": ["size"]}, "inputs: a mapping of names is needed"),
        ({"inputs": {"size": 5}}, "inputs: 'size' must be a list"),
        ({"inputs": {"size": "ab"}}, "inputs: 'size' must be a list"),
        ({"inputs": {"size": np.array(5)}}, "inputs: 'size' must be a list"),
        ({"inputs": {"size": {1, 2}}}, "inputs: 'size' must be a list"),
        ({"inputs": {"size": [[1, 2], [3, 4]]}}, r"inputs: 'size' has the value \[1, 2\]"),
        ({"inputs": {"size": np.array([[1, 2], [3, 4]])}}, "inputs: 'size' has the value"),
        ({"inputs": {"size": [1, None]}}, "inputs: 'size' has the value None"),
        ({"inputs": {"size": [1, {}]}}, "inputs: 'size' has the value {}"),
        ({"inputs": {"size": [b"a", b"b"]}}, "inputs: 'size' has the value b'a'"),
        ({"inputs": {"size": [1j, 2j]}}, "inputs: 'size' has the value 1j"),
        ({"inputs": {"size": np.array([1, object()], dtype=object)}}, "inputs: 'size' has the value <object"),
        ({"inputs": {"size": ["a", "a\0"]}}, "inputs: 'size': 'a.x00' has a NUL"),
        ({"inputs": {"size": ["a", "\ud800"]}}, "half of a surrogate pair"),
        ({"inputs": {"size": [1, 1.0]}}, "inputs: 'size' has the same value twice"),
        ({"inputs": {"size": [np.datetime64("NaT"), np.datetime64("2026")]}}, "inputs: 'size' has a time that is none"),
        ({"inputs": {"size": {"values": [1, 2], "units": "\ud800"}}}, "inputs: 'size': it can't be written as JSON"),
        ({"metrics": "t"}, "metrics: a mapping of names is needed"),
        ({"metrics": {"t": "ms"}}, "metrics: 't': a mapping of names is needed, not 'ms'"),
        ({"metrics": {"t": {"variable": "u"}}}, "metrics: 't': variable is its name, not 'u'"),
        ({"metrics": {5: {}}, "samples": {5: [1.0]}}, "metrics: a name is"),
        ({"metrics": {"repeat": {}}, "samples": {"repeat": [1.0]}}, "metrics: 'repeat' is the name of a dimension"),
        ({"metrics": {"t": {"direction": "down"}}}, "metrics: 't': direction: .* 'minimize', 'maximize' or 'none'"),
        ({"metrics": {"t": {"claim": 5}}}, "metrics: 't': claim: "),
        ({"samples": [1.0]}, "samples: a mapping of names is needed"),
        ({"samples": {"t": [["1.5"], ["2"]]}}, "samples: 't' is not an array of numbers"),
        ({"samples": {"t": [[1.0], [2.0, 3.0]]}}, "samples: 't' is not an array of numbers"),
        ({"samples": {"t": np.array([[1j], [2]])}}, "samples: 't' is not an array of numbers"),
        ({"samples": {"t": np.array([["2026"], ["2027"]], dtype="datetime64[s]")}}, "samples: 't' is not an array"),
        ({"samples": {"t": 5.0}}, "samples: 't' has the shape"),
        ({"samples": {"t": [[], []]}}, "samples: 't' has the shape"),
        ({"metrics": {"t": {"kind": "bool"}}, "samples": {"t": [[1.0], [np.inf]]}}, "samples: 't' is declared bool"),
        ({"constants": [1]}, "constants: a mapping of names is needed"),
        ({"constants": {"n": [1]}}, "constants: 'n' is .*; a constant is a text"),
        ({"constants": {"n": np.nan}}, "constants: 'n' is nan"),
        ({"source_revision": 5}, "source_revision: a text is needed"),
        ({"label": "\ud800"}, "label: .* half of a surrogate pair"),
        ({"environment": "here"}, "environment: it should be a valid dictionary"),
        ({"environment": {"own": object()}}, "environment: it can't be written as JSON"),
        ({"measurement": {"run": 1}}, "measurement: id: a value is needed"),
        ({"executed_at": 5}, "executed_at: a datetime or its ISO 8601 text is needed, not 5"),
        ({"executed_at": datetime(2026, 1, 1)}, "executed_at: .* has no time zone"),
        ({"executed_at": "1969-12-31T23:59:59+00:00"}, "executed_at: .* is not from 1970"),
        ({"executed_at": "1970-01-01T00:00:00+14:00"}, "executed_at: .* is not from 1970"),
        ({"executed_at": "yesterday"}, "executed_at: 'yesterday' is not an ISO 8601 time"),
        ({"executed_at": "2026-01-01"}, "executed_at: 2026-01-01 has no time zone"),
    ],
)
def test_what_can_not_be_a_result_is_refused_by_its_argument(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        build(**changed)


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ([True, 1, 2], ["True", "1", "2"]),
        ([0.5, 2**53 + 1], ["0.5", str(2**53 + 1)]),
        ([1, 2.5], [1.0, 2.5]),
        (range(2), [0, 1]),
        ((np.int64(1), np.float32(0.5)), [1.0, 0.5]),
        (np.array([0.1, 0.2], dtype=np.float32), np.array([0.1, 0.2], dtype=np.float32).tolist()),
        ([Path("a"), Path("b/c")], ["a", "b/c"]),
        ([date(2026, 1, 1), date(2026, 1, 2)], ["2026-01-01", "2026-01-02"]),
        ([np.datetime64("2026-01-01"), np.datetime64("2026-01-02")], [date(2026, 1, 1), date(2026, 1, 2)]),
    ],
)
def test_values_of_an_input_stay_what_they_are(values: Any, stored: list[Any]) -> None:
    size = len(values)
    built = build(inputs={"x": values}, samples={"t": np.ones((size, 1))})
    if isinstance(stored[0], date):
        assert built.coordinates["x"].astype("datetime64[D]").tolist() == stored
    else:
        assert built.coordinates["x"].tolist() == stored


def test_missing_samples_are_null_nan_or_masked() -> None:
    masked = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 1], [0, 0]])
    for samples in ([[1.0, None], [3.0, 4.0]], [[1.0, np.nan], [3.0, 4.0]], masked):
        assert repr(build(samples={"t": samples}).samples["t"].tolist()) == "[[1.0, nan], [3.0, 4.0]]"


#: Whatever a caller may hand over in place of what is asked for.
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3) | st.just(1j)
    | st.datetimes() | st.dates() | st.just(object()) | st.just(np.datetime64("NaT")) | st.just(np.ones((2, 3))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3) | st.tuples(inner),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(
            ["bench_name", "inputs", "metrics", "samples", "constants", "source_revision", "label", "environment",
             "executed_at", "measurement"]
        ),
        JUNK | st.fixed_dictionaries({"size": JUNK}) | st.fixed_dictionaries({"t": JUNK}),
        min_size=1, max_size=2,
    )
)  # fmt: skip
def test_anything_is_a_result_that_can_be_stored_or_an_error_that_names_an_argument(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    try:
        built = build(**changed)
    except InvalidArgument as problem:
        assert str(problem).partition(":")[0] in {*changed, "samples", "metrics", "inputs"}
        assert len(str(problem)) < 500
        return
    store = open_store(tmp_path / "store")
    read = store.snapshot(store.manifest(store.record(built)))
    assert repr(result_to_dict(read)) == repr(result_to_dict(built))
    assert not list(store.verify())
