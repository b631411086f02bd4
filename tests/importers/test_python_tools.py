"""pytest-benchmark and pyperf: real files, as made by fixtures/make_python_tools.sh, and the shapes of older versions."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest

from holobench_mcp.importers.assembling import Attribution
from holobench_mcp.importers.file_results import read_results
from holobench_mcp.importers.points import hostname_hash
from holobench_mcp.model import CaptureError
from imported_files import FIXTURES, benches, inputs, metrics, read, runs, samples


def document(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / name).read_text())


def written(folder: Path, content: object) -> Path:
    path = folder / "file.json"
    path.write_text(json.dumps(content))
    return path


# ---------------------------------------------------------------------- as part of a measurement


@pytest.mark.parametrize("name", ["pyperf.json", "hyperfine.json"])
def test_processes_of_a_tool_are_repeats_of_one_run_where_runs_are_made_around_it(name: str) -> None:
    apart, together = read(name), read(name, said=Attribution(one_run=True))
    assert max(runs(apart).values()) > 1
    assert set(runs(together).values()) == {1}
    for bench in runs(apart):
        if not benches(apart)[bench].inputs:
            processes = samples(apart, bench, "time")
            assert samples(together, bench, "time") == [[value for process in processes for value in process]]
    assert not [note for note in together.notes if "processes" in note]


@pytest.mark.parametrize(
    ("name", "sampled"),
    [("hyperfine.json", {"time"}), ("vitest_report.json", {"median"}), ("google_benchmark_means.json", None)],
)
def test_means_of_a_run_are_left_out_where_something_else_of_it_has_samples(
    name: str, sampled: set[str] | None
) -> None:
    found, whole = read(name, said=Attribution(one_run=True)), read(name)
    for bench, snapshot in benches(found).items():
        assert set(metrics(snapshot)) == (sampled or set(metrics(benches(whole)[bench])))
    assert any("means without samples are left out" in note for note in found.notes) == (sampled is not None)


def test_of_very_many_repeats_means_of_consecutive_ones_are_taken(tmp_path: Path) -> None:
    given = document("pytest_benchmark.json")
    benchmark = next(b for b in given["benchmarks"] if b["fullname"].endswith("test_all"))
    benchmark["stats"]["data"] = [float(i) for i in range(1, 4001)]
    found = read_results(written(tmp_path, given), said=Attribution(most_repeats=1000))
    bench = "test_sorting.py::TestSum::test_all"
    assert samples(found, bench, "time") == [[4 * i + 2.5 for i in range(1000)]]
    assert found.notes[0] == "of more than 1,000 repeats of a run, so many means of consecutive ones are taken"
    other = "test_sorting.py::test_sort"
    whole = read_results(written(tmp_path, given))
    assert benches(found)[other].samples["time"].shape == benches(whole)[other].samples["time"].shape


# ---------------------------------------------------------------------- pytest-benchmark


def test_a_test_is_a_bench_and_its_parameters_are_inputs() -> None:
    found = read("pytest_benchmark.json")
    assert (found.format, found.tool) == ("pytest-benchmark", "pytest-benchmark 5.3.1")
    assert runs(found) == {
        "test_sorting.py::test_sort": 1,
        "test_sorting.py::TestSum::test_all": 1,
        "test_sorting.py::test_pairs": 1,
    }
    by_name = benches(found)
    assert inputs(by_name["test_sorting.py::test_sort"]) == {"kind": ["list", "tuple"], "size": [10, 1000]}
    assert inputs(by_name["test_sorting.py::TestSum::test_all"]) == {}
    assert inputs(by_name["test_sorting.py::test_pairs"]) == {"a": [1.0, 2.5], "b": ["true", "null"]}
    assert all(metrics(s) == {"time": ("s", "minimize")} for s in found.snapshots)
    assert found.notes == ["extra_info of 1 benchmark is left out"]


def test_rounds_are_repeats_as_they_were_timed_and_points_may_have_more_of_them() -> None:
    found = read("pytest_benchmark.json")
    for benchmark in document("pytest_benchmark.json")["benchmarks"]:
        bench = benchmark["fullname"].partition("[")[0]
        if bench.endswith("test_pairs"):
            continue
        assert samples(found, bench, "time", **(benchmark["params"] or {})) == [benchmark["stats"]["data"]]
    sort = benches(found)["test_sorting.py::test_sort"]
    assert sort.replication["time"].count.tolist() == [[5, 15], [5, 15]]
    assert not sort.missing("time").any()


def test_pairs_that_make_no_grid_leave_points_that_are_none() -> None:
    pairs = benches(read("pytest_benchmark.json"))["test_sorting.py::test_pairs"]
    assert pairs.replication["time"].count.tolist() == [[5, 0], [0, 5]]


def test_the_machine_the_time_and_the_commit_come_over(tmp_path: Path) -> None:
    given = document("pytest_benchmark.json")
    given["commit_info"] |= {"id": "a" * 40, "dirty": True}
    snapshot = read_results(written(tmp_path, given)).snapshots[0]
    machine = given["machine_info"]
    assert snapshot.executed_at.isoformat() == given["datetime"]
    assert (snapshot.source_revision, snapshot.environment.git_dirty) == ("a" * 40, True)
    assert snapshot.environment.python == machine["python_version"]
    assert snapshot.environment.cpu_model == machine["cpu"]["brand_raw"]
    assert snapshot.environment.cpu_count == machine["cpu"]["count"]
    assert snapshot.environment.hostname_hash == hostname_hash("builder")
    given["commit_info"]["id"] = "unversioned"
    assert read_results(written(tmp_path, given)).snapshots[0].source_revision is None


def test_a_file_that_was_saved_without_data_gives_aggregates(tmp_path: Path) -> None:
    given = document("pytest_benchmark.json")
    for benchmark in given["benchmarks"]:
        del benchmark["stats"]["data"]
    given["datetime"] = "2024-03-01T10:20:30.123456"  # as older versions wrote it: UTC, without saying so
    found = read_results(written(tmp_path, given))
    sort = benches(found)["test_sorting.py::test_sort"]
    stats = given["benchmarks"][0]["stats"]
    assert sort.samples["time"][0, 0].tolist() == [stats["mean"]]
    assert sort.replication["time"].count[0, 0] == stats["rounds"]
    held = sort.replication["time"].sd
    assert held is not None and held[0, 0] == stats["stddev"]
    assert sort.executed_at.isoformat() == "2024-03-01T10:20:30.123456+00:00"


def test_a_file_of_pytest_benchmark_3_is_read(tmp_path: Path) -> None:
    """Neither params nor a version, and another key for the processor."""
    given = {
        "machine_info": {"node": "n", "cpu": {"brand": "Intel", "count": 8}, "python_version": "3.5.2"},
        "commit_info": {"dirty": False, "id": "5b78858eb718649a31fb93d8dc96ca2cee41a4cd", "project": "x"},
        "benchmarks": [
            {"group": None, "name": "test_foo[abc]", "fullname": "t.py::test_foo[abc]", "params": None, "param": "abc",
             "stats": {"min": 1e-6, "max": 2e-6, "mean": 1.5e-6, "stddev": 1e-7, "rounds": 20, "iterations": 1}},
            {"group": None, "name": "test_bar", "fullname": "t.py::test_bar", "params": None,
             "stats": {"min": 1e-6, "max": 2e-6, "mean": 1.5e-6, "stddev": 0, "rounds": 1, "iterations": 1}},
        ],
        "datetime": "2016-09-01T10:00:00",
    }  # fmt: skip
    found = read_results(written(tmp_path, given))
    by_name = benches(found)
    assert inputs(by_name["t.py::test_foo"]) == {"param": ["abc"]}
    held = by_name["t.py::test_bar"].replication["time"]
    assert held.count == 1 and held.sd is not None and math.isnan(held.sd)
    assert by_name["t.py::test_bar"].environment.cpu_model == "Intel"


# ---------------------------------------------------------------------- pyperf


def test_processes_are_runs_and_values_are_repeats() -> None:
    found = read("pyperf.json")
    assert (found.format, found.tool) == ("pyperf", "pyperf 2.11.0")
    assert runs(found) == {"sort": 6, "sum": 6}
    for benchmark in document("pyperf.json")["benchmarks"]:
        values = [run["values"] for run in benchmark["runs"] if "values" in run]
        assert samples(found, benchmark["metadata"]["name"], "time") == values
    assert all(metrics(s) == {"time": ("s", "minimize")} for s in found.snapshots)
    assert found.snapshots[0].environment.hostname_hash == hostname_hash("builder")


def test_memory_is_named_by_its_unit() -> None:
    found = read("pyperf_memory.json")
    assert metrics(found.snapshots[0]) == {"byte": ("B", "minimize")}
    assert runs(found) == {"timeit": 3}


def test_runs_that_only_calibrate_are_none_and_a_packed_file_is_read(tmp_path: Path) -> None:
    given = document("pyperf.json")
    given["benchmarks"][0]["runs"].insert(0, {"metadata": {"calibrate_loops": 8}, "warmups": [[8, 1e-5]]})
    path = tmp_path / "packed.anything"
    path.write_bytes(gzip.compress(json.dumps(given).encode()))
    found = read_results(path)
    assert runs(found) == {"sort": 6, "sum": 6}
    assert found.notes == ["runs that only calibrate are left out: 1"]


def test_more_processes_than_runs_lose_no_value(tmp_path: Path) -> None:
    given = document("pyperf.json")
    runs_given = [{"values": [float(i), i + 0.5]} for i in range(1, 101)]
    given["benchmarks"] = [{"metadata": {"name": "many"}, "runs": runs_given}]
    found = read_results(written(tmp_path, given))
    assert runs(found) == {"many": 40}
    assert [v for run in samples(found, "many", "time") for v in run] == [
        v for run in runs_given for v in run["values"]
    ]
    assert "up to 100 processes a point are recorded as 40 runs" in found.notes[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(version="0.8.3"), "convert it with pyperf 1 or newer"),
        (lambda d: d["benchmarks"][0].update(runs=[{"warmups": [[1, 2.0]]}]), "benchmarks[0].runs: not one of them"),
        (
            lambda d: d["benchmarks"][1]["runs"][2].update(values=[1.0, "x"]),
            "benchmarks[1].runs[2].values[1]: a finite",
        ),
        (lambda d: d["benchmarks"][0]["metadata"].pop("name"), "benchmarks[0]: it has no name in its metadata"),
        (lambda d: d["metadata"].update(unit="parsec"), "its unit is 'parsec'"),
        (lambda d: d["benchmarks"][0]["runs"][1].update(values=[1.0, 10**400]), "values[1]: a finite number"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, change: Any, says: str) -> None:
    given = document("pyperf.json")
    given["benchmarks"][0]["metadata"].pop("unit", None)
    change(given)
    with pytest.raises(CaptureError, match="can't be read as pyperf") as error:
        read_results(written(tmp_path, given))
    assert says in str(error.value)
