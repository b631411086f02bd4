"""A live result of any shape becomes a Snapshot that can be stored, or a sentence that says why not."""

from __future__ import annotations

from pathlib import Path

import bencher as bn
import numpy as np
import pytest
import xarray as xr
from bencher import report_export as upstream_export
from bencher.bench_cfg import BenchCfg
from bencher.results.bench_result import BenchResult

from bench_results import sweep
from holobench_mcp.model import CaptureError
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import open_store

X = {"x": [1, 2]}
SAMPLES = [[1.0, 2.0], [3.0, 4.0]]


def live(
    dims: tuple[str, ...], samples: object, coords: dict[str, object] | None = None, name: str = "t"
) -> BenchResult:
    variable = bn.ResultFloat(units="ms", claim="< 5")
    variable.name = "t"
    inputs = [sweep("x", "n")] if "x" in dims else []
    result = BenchResult(BenchCfg(bench_name="b", input_vars=inputs, result_vars=[variable]))
    result.ds = xr.Dataset({name: (dims, np.asarray(samples))}, coords=coords or {})
    return result


STORABLE = {
    "no repeats": live(("x",), [1.0, 2.0], X),
    "repeats without a coordinate": live(("x", "repeat"), SAMPLES, X),
    "an input without a coordinate": live(("x", "repeat"), SAMPLES),
    "dimensions in another order": live(("repeat", "x"), SAMPLES, X),
    "nothing but NaN": live(("x", "repeat"), np.full((2, 2), np.nan), X),
    "no dimension": live((), 1.5),
    "whole numbers": live(("x", "repeat"), [[1, 2], [1, 4]], X),
    "float32": live(("x", "repeat"), np.array(SAMPLES, dtype=np.float32), X),
    "objects": live(("x", "repeat"), np.array([[1.0, None], [3, 4]], dtype=object), X),
    "an input of NaN": live(("x", "repeat"), SAMPLES, {"x": [1, np.nan]}),
    "an input of infinity": live(("x", "repeat"), SAMPLES, {"x": [1, np.inf]}),
}


@pytest.mark.parametrize("shape", STORABLE)
def test_a_result_has_upstreams_contract_and_comes_back_the_same(shape: str, tmp_path: Path) -> None:
    result = STORABLE[shape]
    assert repr(result_to_dict(result)) == repr(upstream_export.result_to_dict(result))
    store, snapshot = open_store(tmp_path / "store"), Snapshot.from_result(result)
    back = store.snapshot(store.manifest(store.record(snapshot)))
    assert repr(result_to_dict(back)) == repr(result_to_dict(snapshot))
    assert not list(store.verify())


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (live(("x", "repeat"), SAMPLES, X, name="u"), "b declares t, which its samples do not have"),
        (live(("x", "repeat"), np.empty((0, 2)), {"x": []}), "b has no samples"),
        (live(("x", "z", "repeat"), np.ones((2, 2, 2)), X), "t was not measured at every input: z is not its own"),
        (live(("x", "repeat"), np.array([["a", "b"], ["c", "d"]], dtype=object), X), "the samples of t are no numbers"),
    ],
)
def test_a_result_that_can_not_be_stored_says_why(result: BenchResult, says: str) -> None:
    with pytest.raises(CaptureError, match=says):
        Snapshot.from_result(result)
