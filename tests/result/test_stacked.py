"""Two results as holobench's detector reads them: it says the same of them as of the dataset, to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import xarray as xr

from conftest import snapshot
from holobench_mcp.evidence import contract_comparison
from holobench_mcp.model import Metric
from holobench_mcp.result import upstream
from holobench_mcp.result.snapshot import Snapshot

#: What a detector says for plots alone: the labels of times, and samples where it was given their means.
LABELS = {"current_x", "historical_x", "historical_all_x"}
PLOTTED = LABELS | {"current_samples", "historical_all"}
METHODS = [("percentage", None), ("percentage", 0.5), ("adaptive", None), ("delta", 0.1), ("absolute", 1.0)]


def result(seed: int, shape: tuple[int, ...], kind: str = "noise") -> Snapshot:
    """A result of two metrics over as many inputs as a shape has dimensions before its repeats."""
    rng = np.random.default_rng(seed)
    values = 100 * np.exp(0.2 * rng.standard_normal(shape))
    match kind:
        case "gaps":
            values[rng.random(shape) < 0.3] = np.nan
        case "nothing":
            values[...] = np.nan
        case "infinite":
            values.flat[0] = np.inf
        case "whole":
            values = values.round()
        case "tiny":
            values *= 1e-300
    return Snapshot.build(
        bench_name="b",
        inputs={f"input {i}": list(range(n)) for i, n in enumerate(shape[:-1])},
        metrics={"cost": {"direction": "minimize"}, "gain": {"direction": "maximize"}, "ok": {"kind": "bool"}},
        samples={"cost": values, "gain": 1 / (1 + np.abs(values)), "ok": rng.random(shape) < 0.8},
    )


def found(detected: Any, but_not: set[str]) -> list[dict[str, Any]]:
    """All that a detector said, NaN as a word, so that it can be compared."""
    rows = [{**vars(r), "document": r.to_dict()} for r in detected]
    return [{k: plain(v) for k, v in row.items() if k not in but_not} for row in rows]


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


@pytest.mark.parametrize("shape", [(5,), (4, 1), (10, 5), (3, 2, 4), (2, 3, 2, 3)])
@pytest.mark.parametrize("kind", ["noise", "gaps", "nothing", "infinite", "whole", "tiny"])
def test_the_detector_says_the_same_of_it_as_of_the_dataset(shape: tuple[int, ...], kind: str) -> None:
    base, cand = result(1, shape), result(2, shape, kind)
    for sides in ((base, cand), (cand, base)):
        ours, theirs = (side.known_dataset for side in sides)
        dataset = upstream.over_time_dataset([ours, theirs], ["baseline", "candidate"])
        for method in METHODS:
            run_cfg = upstream.run_config(*method)
            brief = upstream.judges_by_means(run_cfg)
            assert brief == (method[0] != "adaptive")
            alike = contract_comparison._stack_equal(ours, theirs, brief=brief)
            assert alike is not None
            said, expected = (
                found(upstream.detect(data, base.metrics, run_cfg).results, PLOTTED if brief else LABELS)
                for data in (alike, dataset)
            )
            assert said == expected, (method, kind)
            assert said or kind == "nothing"


@pytest.mark.parametrize("layout", ["F", "strided", "transposed"])
def test_whatever_the_layout_of_samples_their_means_are_the_datasets_to_the_last_bit(layout: str) -> None:
    rng = np.random.default_rng(5)
    values = rng.lognormal(0, 1, (2, 37, 23))
    a, b = {
        "F": [np.asfortranarray(v) for v in values],
        "strided": [np.repeat(v, 2, axis=0)[::2] for v in values],
        "transposed": [v.T.copy().T for v in values],
    }[layout]
    coords = {"size": np.arange(37), "repeat": np.arange(1, 24)}
    one, other = (xr.Dataset({"cost": (("size", "repeat"), v)}, coords=coords) for v in (a, b))
    alike = contract_comparison._stack_equal(one, other, brief=True)
    assert alike is not None
    dataset = upstream.over_time_dataset([one, other], ["baseline", "candidate"])
    metrics = [Metric(variable="cost")]
    ours, theirs = (upstream.detect(data, metrics, upstream.run_config()).results for data in (alike, dataset))
    assert found(ours, PLOTTED) == found(theirs, PLOTTED)


def test_what_is_not_alike_is_joined_as_a_dataset() -> None:
    one = snapshot(((1.0, 2.0), (3.0, 4.0)))
    for other in (
        snapshot(((1.0, 2.0), (3.0, 4.0)), inputs={"size": [10, 30]}),
        snapshot(((1.0, 2.0),)),
        snapshot(((1.0, 2.0), (3.0, 4.0)), inputs={"n": [10, 20]}),
        snapshot(((1.0, 2.0), (3.0, 4.0)), metric="rate"),
    ):
        assert contract_comparison._stack_equal(one.known_dataset, other.known_dataset, brief=True) is None


@pytest.mark.parametrize("reads", ["quantile", "attrs_of_all", "indexes"])
def test_a_detector_that_reads_more_gets_the_dataset(monkeypatch: pytest.MonkeyPatch, reads: str) -> None:
    regression = upstream.regression()
    base, cand = result(1, (4, 5)), result(2, (4, 5))
    expected = contract_comparison.compare_results(base, cand)
    original, given = regression.detect_regressions, []

    def of_tomorrow(dataset: Any, *args: Any) -> Any:
        given.append(type(dataset).__name__)
        match reads:
            case "quantile":
                dataset["cost"].quantile(0.5)
            case "attrs_of_all":
                dataset.attrs.get("x")
            case "indexes":
                dataset["cost"]["input 0"].values  # noqa: B018 - to read it
        return original(dataset, *args)

    monkeypatch.setattr(regression, "detect_regressions", of_tomorrow)
    assert contract_comparison.compare_results(base, cand) == expected
    assert given == ["Stacked", "Dataset"]
