"""What is exported as JSON lines or CSV comes back through the importer as it was."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holobench_mcp import Snapshot
from holobench_mcp.exporters.formats import write
from holobench_mcp.importers.assembling import Attribution
from holobench_mcp.importers.file_results import read_results
from holobench_mcp.model import InvalidArgument, Measurement
from imported_files import FIXTURES

FORMATS = ("jsonl", "csv")
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SAMPLE = st.one_of(FINITE, st.just(math.nan))
#: Names as the importer leaves them: without spaces at their ends or two in a row.
NAME = (
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
    .filter(str.isprintable)
    .map(lambda t: " ".join(t.split()))
    .filter(lambda t: t and t not in ("repeat", "over_time"))
)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
VALUES = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=3, unique=True),
    st.lists(FINITE, min_size=1, max_size=3, unique=True),
    st.lists(st.booleans(), min_size=1, max_size=2, unique=True),
    st.lists(TEXT, min_size=1, max_size=3, unique=True),
    st.lists(
        st.sampled_from(["1", "true", " 1", "", "01", "nan", "a,b", 'a"b', "1e3", "x\r\ny", "-", "False", "null"]),
        min_size=1,
        max_size=3,
        unique=True,
    ),
)
METRIC = st.fixed_dictionaries(
    {
        "units": st.sampled_from([None, "s", "ms", "B/op", "µs", "1/s", "a,b", "°C"]),
        "direction": st.sampled_from(["minimize", "maximize", "none"]),
        "form": st.sampled_from(["even", "ragged", "mean", "bool"]),
    }
)


@st.composite
def benches(draw: st.DrawFn) -> list[Snapshot]:
    """Runs of one to two benches, as a store has them."""
    dirty, revision = draw(st.sampled_from([None, True, False])), draw(st.sampled_from([None, "abc1234"]))
    found: list[Snapshot] = []
    for bench in draw(st.lists(NAME, min_size=1, max_size=2, unique=True)):
        names = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
        n_inputs = draw(st.integers(0, min(2, len(names) - 1)))
        inputs = {name: draw(VALUES) for name in names[:n_inputs]}
        metrics = {name: draw(METRIC) for name in names[n_inputs:]}
        shape, runs = tuple(len(v) for v in inputs.values()), draw(st.integers(1, 3))
        for run in range(runs):
            found.append(draw(_run(bench, inputs, metrics, shape, run, runs, dirty, revision)))
    return found


@st.composite
def _run(
    draw: st.DrawFn, bench: str, inputs: Any, metrics: Any, shape: Any, run: int, runs: int, dirty: Any, revision: Any
) -> Snapshot:
    repeats, points = draw(st.integers(1, 3)), math.prod(shape)
    samples, counts, sds = {}, {}, {}
    for name, metric in metrics.items():
        one = st.sampled_from([0.0, 1.0, math.nan]) if metric["form"] == "bool" else SAMPLE
        array = np.array(draw(st.lists(one, min_size=points * repeats, max_size=points * repeats)))
        array = array.reshape(*shape, repeats)
        if run == 0 or metric["form"] != "mean":
            array.flat[0] = 1.0  # a metric that no run has a sample of is of no run
        if metric["form"] == "ragged":
            count = np.array(draw(st.lists(st.integers(0, repeats), min_size=points, max_size=points)), dtype=int)
            count.flat[0] = max(1, count.flat[0])
            counts[name] = count.reshape(shape)
            array[np.arange(repeats) >= counts[name][..., None]] = np.nan
        if metric["form"] == "mean":
            n = 0 if run else draw(st.integers(1, 10**9))
            counts[name], sds[name] = np.full(shape, n), np.full(shape, draw(st.sampled_from([0.0, 0.25, math.nan])))
            array = np.where(np.arange(repeats) < min(n, 1), np.nan_to_num(array), np.nan)
        samples[name] = array
    return Snapshot.build(
        bench_name=bench,
        inputs=inputs,
        metrics={
            name: {"units": m["units"], "direction": m["direction"], "kind": "bool" if m["form"] == "bool" else "float"}
            for name, m in metrics.items()
        },
        samples=samples,
        counts=counts,
        sds=sds,
        environment={"git_dirty": dirty},
        source_revision=revision,
        executed_at="2026-03-01T12:00:00.123456+00:00",
        measurement=Measurement(id="m", run=run, runs=runs),
    )


def content(snapshots: list[Snapshot]) -> dict[Any, Any]:
    """All that a table of numbers says of results, whatever their arrays' order and padding."""
    found: dict[Any, Any] = {}
    for s in snapshots:
        run = s.measurement.run if s.measurement else 0
        found[s.bench_name, "measured"] = s.executed_at, s.source_revision, s.environment.git_dirty
        found[s.bench_name, "inputs"] = [(i.name, i.kind) for i in s.inputs]
        for metric in s.metrics:
            found[s.bench_name, metric.variable] = metric.units, metric.direction, metric.kind
            held = s.replication.get(metric.variable)
            for place in np.ndindex(s.samples[metric.variable].shape[:-1]):
                point = tuple(
                    (type(v).__name__, v)
                    for v in (values[i].item() for i, values in zip(place, s.coordinates.values(), strict=True))
                )
                values = s.samples[metric.variable][place]
                n = values.size if held is None else int(held.count[place])
                if held is not None and held.sd is not None:
                    at = (n, repr(float(values[0])), repr(float(held.sd[place]))) if n else None
                else:
                    at = tuple(map(repr, values[:n].tolist())) or None
                if at is not None:
                    found[s.bench_name, metric.variable, run, point] = at
    return found


@pytest.mark.parametrize("format_name", FORMATS)
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(snapshots=benches())
def test_what_was_exported_comes_back_as_it_was(format_name: str, tmp_path: Path, snapshots: list[Snapshot]) -> None:
    path = tmp_path / "file"
    path.write_bytes(write(format_name, snapshots).data)
    back = read_results(path, apart=False)
    assert back.format == format_name and back.notes == []
    assert content(back.snapshots) == content(snapshots)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize(
    "fixture",
    [
        "asv", "criterion", "go.txt", "google_benchmark.json", "google_benchmark_means.json", "hyperfine.json",
        "hyperfine_failing.json", "pyperf.json", "pyperf_memory.json", "pytest_benchmark.json", "vitest.json",
    ],
)  # fmt: skip
def test_what_a_tool_measured_comes_back_as_it_was(format_name: str, fixture: str, tmp_path: Path) -> None:
    at = Attribution(fallback=datetime(2026, 3, 1, tzinfo=UTC))
    snapshots = read_results(FIXTURES / fixture, said=at).snapshots
    path = tmp_path / "file"
    path.write_bytes(write(format_name, snapshots).data)
    assert content(read_results(path).snapshots) == content(snapshots)


def test_a_file_of_a_table_is_of_one_code_and_infinite_samples_are_said() -> None:
    def result(revision: str | None, value: float = 1.0, label: str | None = None) -> Snapshot:
        return Snapshot.build(
            bench_name="b",
            metrics={"m": {}},
            samples={"m": [value, 2.0]},
            source_revision=revision,
            label=label,
            constants={"c": 1},
        )

    with pytest.raises(InvalidArgument, match="is of one code, and these are of aaaaaaa, bbbbbbb"):
        write("csv", [result("aaaaaaa"), result("bbbbbbb")])
    with pytest.raises(InvalidArgument, match=r"of an unknown revision \(before\), an unknown revision \(after\)"):
        write("jsonl", [result(None, label="before"), result(None, label="after")])
    assert write("jsonl", [result("aaaaaaa", label="before"), result("aaaaaaa", label="after")])
    exported = write("jsonl", [result("aaaaaaa", math.inf)])
    assert '"values": [null, 2.0]' in exported.data.decode()
    assert exported.notes == ("infinite samples of m are written as missing", "constants are not in it")
