"""Google Benchmark and Go: real files, as made by fixtures/make_google_benchmark.sh and make_go.sh, and older shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holobench_mcp.evidence.question import depends_on_machine
from holobench_mcp.importers.file_results import FileResults, read_results
from holobench_mcp.model import CaptureError
from imported_files import FIXTURES, benches, inputs, metrics, read, runs, samples


def text(folder: Path, content: str) -> FileResults:
    (folder / "out").write_text(content)
    return read_results(folder / "out")


# ---------------------------------------------------------------------- Google Benchmark


def test_a_family_is_a_bench_and_its_arguments_are_inputs() -> None:
    found = read("google_benchmark.json")
    assert found.format == "google-benchmark"
    assert {name: inputs(s) for name, s in benches(found).items()} == {
        "BM_Sort": {"arg0": [8, 512]},
        "BM_Pair": {"rows": [1, 3], "cols": [2, 4]},
        "BM_Threads": {"threads": [1, 2]},
        "BM_Complex": {"arg0": [4, 16, 64]},
        "BM_Fails": {},
    }
    times = {"real_time": ("ns", "minimize"), "cpu_time": ("ns", "minimize")}
    rest = {"bytes_per_second": ("B/s", "maximize"), "items": (None, "none")}
    assert metrics(benches(found)["BM_Sort"]) == {**times, **rest}
    assert metrics(benches(found)["BM_Pair"]) == dict.fromkeys(times, ("us", "minimize"))


def test_repetitions_are_repeats_of_one_run_without_the_aggregates() -> None:
    found = read("google_benchmark.json")
    assert set(runs(found).values()) == {1}
    rows = json.loads((FIXTURES / "google_benchmark.json").read_text())["benchmarks"]
    for size in (8, 512):
        times = [r["real_time"] for r in rows if r["name"] == f"BM_Sort/{size}/min_time:0.001"]
        assert samples(found, "BM_Sort", "real_time", arg0=size) == [times] and len(times) == 3


def test_a_benchmark_that_failed_gave_no_time_and_is_told_of() -> None:
    found = read("google_benchmark.json")
    failed = benches(found)["BM_Fails"]
    assert failed.missing("real_time").sum() == 3
    assert found.notes == [
        "BM_Fails failed: no device",
        "fits of complexity (BigO, RMS) are left out",
        "the benchmark library was built for debugging",
    ]


def test_a_report_of_aggregates_alone_gives_aggregates() -> None:
    found = read("google_benchmark_means.json")
    sort = benches(found)["BM_Sort"]
    rows = {r["name"]: r for r in json.loads((FIXTURES / "google_benchmark_means.json").read_text())["benchmarks"]}
    held = sort.replication["real_time"]
    assert held.count.tolist() == [3, 3] and held.sd is not None
    assert held.sd[0] == rows["BM_Sort/8/min_time:0.001_stddev"]["real_time"]
    assert sort.samples["real_time"][0].tolist() == [rows["BM_Sort/8/min_time:0.001_mean"]["real_time"]]


def test_a_file_of_version_1_4_is_read(tmp_path: Path) -> None:
    """No run_type: aggregates are known by their names, and a name of its own may have slashes."""
    row = {"iterations": 10, "cpu_time": 1.0, "time_unit": "ms"}
    given = {
        "context": {"date": "2017/03/01-10:00:00", "num_cpus": 4, "library_build_type": "release"},
        "benchmarks": [
            {"name": "Fixture/Insert/8/real_time", "real_time": 2.0, **row},
            {"name": "Fixture/Insert/8/real_time", "real_time": 3.0, **row},
            {"name": "Fixture/Insert/8/real_time_mean", "real_time": 2.5, **row},
            {"name": "Fixture/Insert/8/real_time_stddev", "real_time": 0.7, **row},
            {"name": "BM_copy<int>/4/threads:2", "real_time": 3.0, "label": "x", **row},
        ],
    }
    found = text(tmp_path, json.dumps(given))
    assert samples(found, "Fixture/Insert", "real_time", arg0=8) == [[2.0, 3.0]]
    assert inputs(benches(found)["BM_copy<int>"]) == {"arg0": [4], "threads": [2]}
    assert found.notes == ["labels of 1 rows are left out"]


# ---------------------------------------------------------------------- Go


@pytest.mark.parametrize(("name", "repeats"), [("go.txt", 3), ("go_events.txt", 2)])
def test_lines_of_go_are_points_with_their_pairs_of_values_and_units(name: str, repeats: int) -> None:
    found = read(name)
    assert (found.format, set(runs(found).values())) == ("go", {1})
    by_name = benches(found)
    assert {bench: inputs(s) for bench, s in by_name.items()} == {
        "example.com/bench.BenchmarkSort": {"size": [8, 64], "kind": ["rand", "rev-8"]},
        "example.com/bench.BenchmarkCustom": {},
        "example.com/bench.BenchmarkSub": {"case": ["plain", "a/b"]},
        "example.com/bench/inner.BenchmarkCustom": {},
    }
    sort = by_name["example.com/bench.BenchmarkSort"]
    assert metrics(sort) == {
        "time": ("ns/op", "minimize"),
        "MB/s": ("MB/s", "maximize"),
        "B/op": ("B/op", "minimize"),
        "allocs/op": ("allocs/op", "minimize"),
    }
    assert metrics(by_name["example.com/bench.BenchmarkCustom"])["rows/op"] == ("rows/op", "none")
    assert samples(found, sort.bench_name, "allocs/op", size=8, kind="rev-8") == [[2.0] * repeats]
    assert sort.environment.os == "linux amd64" and sort.environment.cpu_model


def test_several_numbers_of_processors_are_an_input() -> None:
    [bench] = benches(read("go_cpu.txt")).values()
    assert inputs(bench) == {"case": ["plain", "a/b"], "procs": [1, 2]}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["BenchmarkA-8", "BenchmarkB/x-8"], {"BenchmarkA": {}, "BenchmarkB": {"case": ["x"]}}),
        (["BenchmarkA", "BenchmarkB/rev-8"], {"BenchmarkA": {}, "BenchmarkB": {"case": ["rev-8"]}}),
        (["BenchmarkA/n=1-4", "BenchmarkA/n=2-4"], {"BenchmarkA": {"n": [1, 2]}}),
        (["BenchmarkA/n=1/x", "BenchmarkA/n=a/x"], {"BenchmarkA": {"n": ["1", "a"], "case": ["x"]}}),
    ],
)
def test_what_a_name_says(tmp_path: Path, names: list[str], found: dict[str, Any]) -> None:
    results = text(tmp_path, "".join(f"{name}\t 100\t 5.0 ns/op\n" for name in names))
    assert {name: inputs(s) for name, s in benches(results).items()} == found


def test_settings_units_and_failures(tmp_path: Path) -> None:
    found = text(
        tmp_path,
        "commit: abcdef0123456789\r\nUnit score better=higher\r\nUnit ns/op assume=exact\r\npkg: p\r\nBenchmarkX-2\r\n"
        "BenchmarkX-2 \t 7 \t 1.5e3 ns/op \t 3 score\r\n--- FAIL: BenchmarkY\r\n    y_test.go:3: no\r\nFAIL\r\n",
    )
    assert metrics(found.snapshots[0]) == {"time": ("ns/op", "minimize"), "score": ("score", "maximize")}
    assert found.snapshots[0].source_revision == "abcdef0123456789"
    assert found.notes[0] == "the tests failed: --- FAIL: BenchmarkY"


def test_a_time_an_operation_is_a_time_and_a_count_is_none() -> None:
    assert all(map(depends_on_machine, ("ns/op", "us/op", "MB/s", "ops/ms", "ops/us", "ns")))
    assert not any(map(depends_on_machine, ("B/op", "allocs/op", "rows/op")))


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda: "BenchmarkX 1 2 ns/op\nBenchmarkY 1 2 ns/op 3\n", "line 2: values and units come in pairs"),
        (lambda: "BenchmarkX 1 2 ns/op\nBenchmarkY 1 x ns/op\n", "line 2: ns/op: a finite number is needed, not 'x'"),
        (
            lambda: json.dumps({"context": {}, "benchmarks": [{"real_time": 1}]}),
            "benchmarks[0]: an object with the key 'name'",
        ),
        (
            lambda: json.dumps({"context": {}, "benchmarks": [{"name": "a", "real_time": "1"}]}),
            "benchmarks[0].real_time",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, write: Callable[[], str], says: str) -> None:
    with pytest.raises(CaptureError, match="can't be read as") as error:
        text(tmp_path, write())
    assert says in str(error.value)
