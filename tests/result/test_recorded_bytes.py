"""What is recorded is to the last byte what the long way gives: by json, numpy and xarray, which ids are made of."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from enum import Enum, IntEnum, StrEnum

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from conftest import snapshot
from holobench_mcp import Snapshot
from holobench_mcp.result.coordinates import as_index
from holobench_mcp.result.strict_json import indented_json, strict
from holobench_mcp.store import open_store
from holobench_mcp.store.contents import contents_of, manifest_of


class Colour(Enum):
    red = "rouge"
    blue = 2


class Size(IntEnum):
    small = 1


class Word(StrEnum):
    one = "é"


class Text(str):
    """As YAML readers give it."""


ODD = [
    Colour.red, Colour.blue, Size.small, Word.one, Text("x\u2028\ud800"), date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC),
    np.float64(1e-7), np.float32(0.1), np.int8(-3), np.bool_(True), np.str_("ü"), np.datetime64("2026-01-01"), 2**70, -0.0,
    float("nan"), float("-inf"), 1e16, True, None, "", {}, [], (), {1: {2.5: None, "1": ()}}, {Colour.red: [()]}, {Text("a"): 1},
    range(3), object,
]  # fmt: skip
LEAVES = st.one_of(st.sampled_from(ODD), st.floats(), st.text(), st.integers(), st.booleans(), st.none())
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


@given(DOCUMENTS)
def test_indented_json_is_what_json_writes(document: object) -> None:
    assert indented_json(document) == json.dumps(strict(document), indent=2, allow_nan=False).encode()


@pytest.mark.parametrize("document", ODD, ids=repr)
def test_an_odd_value_is_written_as_json_writes_it(document: object) -> None:
    for whole in (document, [document], {"a": document, "b": [document, 1]}):
        assert indented_json(whole) == json.dumps(strict(whole), indent=2, allow_nan=False).encode()


def _orders(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    normal = rng.normal(10, 1, n)
    some = normal.copy()
    some[:: max(1, n // 500)] = 0.0  # just those that are looked at first
    return {
        "normal": normal,
        "sorted": np.sort(normal),
        "falling": np.sort(normal)[::-1],
        "misleading": some,
        "few values": rng.integers(0, 3, n).astype(np.float64),
        "all the same": np.full(n, 1.1),
        "two halves": np.where(np.arange(n) % 2, 1.0, 1e6) + normal,
        "huge": np.where(normal > 10, 1.7e308, -1.7e308),
        "tiny": normal * 5e-324,
        "with gaps": np.where(rng.random(n) < 0.3, np.nan, normal),
        "with infinities": np.where(rng.random(n) < 0.1, np.inf, normal),
    }


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 100, 2000, 2001, 2002, 30_001, 30_002])
def test_figures_of_samples_are_numpys(n: int) -> None:
    for name, array in _orders(n, seed=n).items():
        found = Snapshot.build(bench_name="b", metrics={"t": {}}, samples={"t": array}).stats()["t"]
        finite = array[np.isfinite(array)]
        if not finite.size:
            assert (found.n, found.mean, found.median) == (0, None, None)
            continue
        with np.errstate(all="ignore"):
            expected = {"mean": finite.mean(), "min": finite.min(), "median": np.median(finite), "max": finite.max()}
            expected["sd"] = finite.std(ddof=1) if finite.size > 1 else math.nan
        for figure, value in expected.items():
            assert getattr(found, figure) == (float(value) if np.isfinite(value) else None), (name, figure)
        assert found.n == finite.size


@pytest.mark.parametrize(
    "dtype",
    [
        "f4",
        "f8",
        "i1",
        "i8",
        "u1",
        "u8",
        "?",
        "U3",
        "M8[D]",
        "M8[h]",
        "M8[s]",
        "M8[ms]",
        "M8[us]",
        "M8[ns]",
        ">f8",
        ">i4",
        ">U2",
        "g",
    ],
)
def test_coordinates_are_as_a_dataset_has_them(dtype: str) -> None:
    values = np.array([0, 1, 2]).astype(dtype) if dtype != "?" else np.array([False, True])
    expected = xr.Dataset(coords={"x": values}).variables["x"].values
    found = as_index(values)
    assert found.dtype == expected.dtype and found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("metrics", [1, 12])
@pytest.mark.parametrize("points", [2, 8000])  # one that is digested by another thread, and one that is not
def test_a_result_of_arrays_and_one_of_their_dataset_are_the_same(points: int, metrics: int) -> None:
    rng = np.random.default_rng(points)
    samples = {
        f"m{i}": np.where(rng.random((points, 3)) < 0.1, np.nan, rng.normal(size=(points, 3))) for i in range(metrics)
    }
    built = Snapshot.build(
        bench_name="b",
        inputs={"n": range(points)},
        metrics={name: {"claim": "< 0.5", "direction": "maximize"} for name in samples},
        samples=samples,
        executed_at="2026-01-01T00:00:00+00:00",
    )
    other = built.with_(dataset=xr.Dataset(
        {name: (("n", "repeat"), np.asfortranarray(array)) for name, array in samples.items()},
        coords={"n": np.arange(points), "repeat": [1, 2, 3]},
    ))  # fmt: skip
    one, another = contents_of(built), contents_of(other)
    assert {k: b"".join(v.parts) for k, v in one.items()} == {k: b"".join(v.parts) for k, v in another.items()}
    assert manifest_of(built, one) == manifest_of(other, another)


def test_a_result_with_another_label_has_the_samples_of_the_first(tmp_path) -> None:
    built = snapshot()
    labelled = built.with_(provenance={**built.provenance, "display_label": "after"})
    assert "dataset" not in labelled.__dict__, "it was made, which takes longer than recording"
    store = open_store(tmp_path)
    back = store.snapshot(store.manifest(store.record(labelled)))
    assert back.known_dataset.equals(built.known_dataset) and not list(store.verify())
