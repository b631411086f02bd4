"""asv, Criterion and vitest (real files, as made by the scripts beside them), and JMH in the shape of its version 1.37."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from holobench_mcp.importers.file_results import FileResults, read_results
from holobench_mcp.importers.points import hostname_hash
from holobench_mcp.model import CaptureError
from imported_files import FIXTURES, benches, inputs, metrics, read, runs, samples


def text(folder: Path, document: object) -> FileResults:
    (folder / "out").write_text(json.dumps(document))
    return read_results(folder / "out")


# ---------------------------------------------------------------------- asv


def test_a_results_folder_of_asv() -> None:
    found = read("asv")
    given = json.loads((FIXTURES / "asv" / "builder" / "commit.json").read_text())
    by_name = benches(found)
    assert found.format == "asv" and set(runs(found).values()) == {1}
    grid = {"size": [10, 1000], "kind": ["list", "tuple"]}
    assert {name: (inputs(s), metrics(s)) for name, s in by_name.items()} == {
        "sorting.Sorting.time_sort": (grid, {"time": ("s", "minimize")}),
        "sorting.Sorting.track_length": (grid, {"track": ("items", "none")}),
        "sorting.mem_list": ({}, {"mem": ("B", "minimize")}),
        "sorting.peakmem_list": ({}, {"peakmem": ("B", "minimize")}),
        "sorting.time_fails": ({}, {"time": ("s", "minimize")}),
    }
    sort = by_name["sorting.Sorting.time_sort"]
    values, held = given["results"]["sorting.Sorting.time_sort"][0], sort.replication["time"]
    assert sort.samples["time"][0, 0, 0] == values[0] and held.sd is not None and held.sd[0, 0] > 0
    assert held.count[1, 1] == 0 and math.isnan(values[3])  # skipped: it is no point
    assert by_name["sorting.time_fails"].missing("time").all()
    assert sort.source_revision == given["commit_hash"] and sort.environment.hostname_hash == hostname_hash("builder")
    assert sort.executed_at.timestamp() * 1000 == min(r[3] for r in given["results"].values())


def test_samples_of_asv_are_repeats_and_older_files_are_read(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "asv", tmp_path / "asv")
    path = tmp_path / "asv" / "builder" / "commit.json"
    given = json.loads(path.read_text())
    row = given["results"]["sorting.Sorting.time_sort"]
    row += [None] * (given["result_columns"].index("samples") - len(row)) + [[[1.0, 1.1], [2.0], [3.0], None]]
    path.write_text(json.dumps(given))
    assert samples(read_results(tmp_path / "asv"), "sorting.Sorting.time_sort", "time", size=10, kind="list") == [
        [1.0, 1.1]
    ]
    old = {"commit_hash": "b" * 40, "python": "2.7", "params": {}, "results": {
        "time_one": 1.5, "time_two": None, "time_grid": {"params": [["1", "2"]], "result": [1.0, 2.0]}}}  # fmt: skip
    found = text(tmp_path, old)
    assert inputs(benches(found)["time_grid"]) == {"param1": [1, 2]}
    assert samples(found, "time_one", "time") == [[1.5]] and found.snapshots[0].environment.python == "2.7"


# ---------------------------------------------------------------------- Criterion


def test_a_folder_of_criterion() -> None:
    found = read("criterion")
    assert (found.format, runs(found)) == ("criterion", {"fib 8": 1, "sizes/of it/fib": 1, "sizes/of it/flat": 1})
    assert inputs(benches(found)["sizes/of it/fib"]) == {"parameter": [4, 8]}
    assert all(metrics(s) == {"time": ("ns", "minimize")} for s in found.snapshots)
    given = json.loads((FIXTURES / "criterion" / "fib 8" / "new" / "sample.json").read_text())
    times = [t / n for t, n in zip(given["times"], given["iters"], strict=True)]
    assert samples(found, "fib 8", "time") == [times]
    estimates = json.loads((FIXTURES / "criterion" / "fib 8" / "new" / "estimates.json").read_text())
    assert sum(times) / len(times) == pytest.approx(estimates["mean"]["point_estimate"])


def test_estimates_stand_for_samples_that_are_gone_and_old_shapes_are_read(tmp_path: Path) -> None:
    new = tmp_path / "criterion" / "old" / "new"
    new.mkdir(parents=True)
    point = {"confidence_interval": {}, "point_estimate": 50.0, "standard_error": 1.0}
    (new / "estimates.json").write_text(json.dumps({"Mean": point, "StdDev": {**point, "point_estimate": 10.0}}))
    [found] = read_results(tmp_path / "criterion").snapshots
    held = found.replication["time"]
    assert (int(held.count), None if held.sd is None else float(held.sd)) == (100, 10.0)
    (new / "sample.json").write_text(json.dumps(["Linear", [1.0, 2.0], [10.0, 22.0]]))
    assert samples(read_results(tmp_path / "criterion"), "old", "time") == [[10.0, 11.0]]
    (new / "sample.json").write_text(json.dumps({"iters": [0.0], "times": [1.0]}))
    with pytest.raises(CaptureError, match=r"old/new/sample\.json: 1 numbers of iterations, above 0, for 1 times"):
        read_results(tmp_path / "criterion")


def test_no_file_outside_of_a_folder_is_read(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "criterion", tmp_path / "elsewhere")
    (tmp_path / "criterion").mkdir()
    (tmp_path / "criterion" / "link").symlink_to(tmp_path / "elsewhere" / "fib 8")
    (tmp_path / "criterion" / "real" / "new").mkdir(parents=True)
    (tmp_path / "criterion" / "real" / "new" / "estimates.json").symlink_to(
        tmp_path / "elsewhere" / "fib 8" / "new" / "estimates.json"
    )
    with pytest.raises(CaptureError, match="is of no format that is known"):
        read_results(tmp_path / "criterion")


# ---------------------------------------------------------------------- JMH and vitest


def score(unit: str, *forks: Any, **more: Any) -> dict[str, Any]:
    return {"score": 1.0, "scoreError": "NaN", "scoreUnit": unit, "rawData": list(forks), **more}


def row(benchmark: str, mode: str, primary: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "jmhVersion": "1.37",
        "jdkVersion": "17",
        "benchmark": benchmark,
        "mode": mode,
        "primaryMetric": primary,
        **more,
    }


def test_forks_of_jmh_are_runs_and_the_mode_says_which_way_is_better(tmp_path: Path) -> None:
    secondary = {"·gc.alloc.rate": score("MB/sec", [5.0]), "·gc.alloc.rate.norm": score("B/op", [5.0], [6.0])}
    found = text(
        tmp_path,
        [
            row(
                "a.B.sort",
                "thrpt",
                score("ops/s", [1.0, 2.0], [3.0, "NaN"]),
                params={"n": "10"},
                secondaryMetrics=secondary,
            ),
            row(
                "a.B.sort",
                "thrpt",
                score("ops/s", [4.0, 5.0], [6.0, 7.0]),
                params={"n": "20"},
                secondaryMetrics=secondary,
            ),
            row("a.B.both", "avgt", score("us/op", [1.0])),
            row("a.B.both", "thrpt", score("ops/us", [1.0])),
            row(
                "a.B.sampled",
                "sample",
                {"score": 2.0, "scoreUnit": "ms/op", "rawDataHistogram": [[[[1.0, 2], [3.0, 2]]]]},
            ),
        ],
    )
    by_name = benches(found)
    assert (found.format, found.tool, runs(found)) == (
        "jmh",
        "jmh 1.37",
        {"a.B.sort": 2, "a.B.both": 1, "a.B.sampled": 1},
    )
    assert inputs(by_name["a.B.sort"]) == {"n": [10, 20]}
    assert metrics(by_name["a.B.sort"]) == {"score": ("ops/s", "maximize"), "gc.alloc.rate.norm": ("B/op", "minimize")}
    assert samples(found, "a.B.sort", "score", n=20) == [[4.0, 5.0], [6.0, 7.0]]
    assert [int(s.missing("score").sum()) for s in found.snapshots[:2]] == [0, 1]
    assert metrics(by_name["a.B.both"]) == {"score_avgt": ("us/op", "minimize"), "score_thrpt": ("ops/us", "maximize")}
    held = by_name["a.B.sampled"].replication["score"]
    assert (int(held.count), by_name["a.B.sampled"].samples["score"].tolist()) == (4, [2.0])
    assert found.notes == [
        "gc.alloc.rate is left out: it follows the speed, and is neither better nor worse for itself"
    ]


def test_vitest_gives_aggregates_and_samples_where_it_has_them(tmp_path: Path) -> None:
    found = read("vitest.json")
    given = json.loads((FIXTURES / "vitest.json").read_text())
    first = given["files"][0]["groups"][0]["benchmarks"][0]
    bench = benches(found)["bench/sort.bench.ts > sort > normal"]
    assert metrics(bench) == {"time": ("ms", "minimize"), "median": ("ms", "minimize")}
    assert (bench.samples["time"].tolist(), bench.samples["median"].tolist()) == ([first["mean"]], [first["median"]])
    held = bench.replication["time"]
    assert (int(held.count), None if held.sd is None else float(held.sd)) == (first["sampleCount"], first["sd"])
    first["samples"] = [0.1, 0.2]
    given["files"][0]["groups"][0]["benchmarks"].append({"id": "x", "name": "broken"})
    again = text(tmp_path, given)
    assert samples(again, "bench/sort.bench.ts > sort > normal", "time") == [[0.1, 0.2]]
    assert again.notes == ["benchmarks that gave no time are left out: 1"]


def test_benchmarks_of_vitest_5_are_named_by_their_file_test_and_task() -> None:
    found = read("vitest_report.json")
    given = json.loads((FIXTURES / "vitest_report.json").read_text())
    assert runs(found) == {
        "bench/sort.bench.ts > sort > one > normal": 1,
        "bench/sort.bench.ts > sort > of 10 > reverse": 1,
        "bench/sort.bench.ts > sort > of 10 > sort": 1,
        "bench/sort.bench.ts > sort > of 1000 > reverse": 1,
        "bench/sort.bench.ts > sort > of 1000 > sort": 1,
        "other/sort.bench.ts > alone > it": 1,
    }
    latency = given["testResults"][1]["assertionResults"][0]["benchmarks"][0]["tasks"][0]["latency"]
    bench = benches(found)["other/sort.bench.ts > alone > it"]
    held = bench.replication["time"]
    assert (bench.samples["time"].tolist(), bench.samples["median"].tolist()) == ([latency["mean"]], [latency["p50"]])
    assert (int(held.count), None if held.sd is None else float(held.sd)) == (latency["samplesCount"], latency["sd"])
    assert bench.executed_at.timestamp() * 1000 == pytest.approx(given["startTime"])
    assert found.notes == ["benchmarks that gave no time are left out: 1"]


def test_a_report_of_vitest_in_other_shapes(tmp_path: Path) -> None:
    given = json.loads((FIXTURES / "vitest_report.json").read_text())
    first, second = given["testResults"]
    task = second["assertionResults"][0]["benchmarks"][0]["tasks"][0]
    task["latency"]["samples"] = [0.5, 0.25]
    second["assertionResults"][0]["benchmarks"][0]["tasks"].append({**task, "name": "stored", "fromStore": True})
    alone = text(tmp_path, {**given, "testResults": [second]})
    assert runs(alone) == {"sort.bench.ts > alone > it": 1}
    assert samples(alone, "sort.bench.ts > alone > it", "time") == [[0.5, 0.25]]
    twice = text(tmp_path, {**given, "testResults": [second, second]})
    assert runs(twice) == {"sort.bench.ts > alone > it": 1, "sort.bench.ts > alone > it #2": 1}
    del first["assertionResults"][0]["benchmarks"][0]["tasks"][0]["latency"]["p50"]
    again = text(tmp_path, {**given, "testResults": [{**first, "name": "C:\\work\\a.bench.ts"}]})
    assert set(metrics(benches(again)["a.bench.ts > sort > one > normal"])) == {"time"}
    with pytest.raises(CaptureError, match="no measured benchmark"):
        text(tmp_path, {**given, "testResults": [{**first, "assertionResults": first["assertionResults"][3:]}]})


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([row("a", "thrpt", score("ops/s", [1.0, "x"]))], "[0].primaryMetric.rawData[0][1]: a finite number is needed"),
        ([row("a", "thrpt", score("ops/s")), {"benchmark": "b"}], "[1]: an object with the key 'mode'"),
        ({"files": [{"groups": [{"fullName": "f", "benchmarks": [{"name": "n", "mean": "1", "sampleCount": 2}]}]}]}, "benchmarks[0].mean"),
        ({"testResults": [{"name": 1, "assertionResults": [{"benchmarks": [{"name": "b", "tasks": [{"name": "t"}]}]}]}]}, "latency"),
        ({"testResults": [{"assertionResults": [{"benchmarks": [1]}]}]}, "testResults[0].assertionResults[0].benchmarks[0]"),
        ({"testResults": [{"assertionResults": [{"benchmarks": [{"name": "b", "tasks": []}]}]}], "startTime": 1e300}, "startTime"),
        ({"commit_hash": "a", "result_columns": ["result", "params"], "results": {"time_x": [[1.0], [["1", "2"]]]}},
         "results.time_x: it has 1 results at 2 points"),
        ({"commit_hash": "a", "result_columns": ["result", "params"], "results": {"time_x": [[1.0], [["1"] * 1000] * 3]}},
         "its parameters make more than 200,000 points"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, document: object, says: str) -> None:
    with pytest.raises(CaptureError, match="can't be read as") as error:
        text(tmp_path, document)
    assert says in str(error.value)
