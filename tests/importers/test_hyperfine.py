"""hyperfine 1 (real files, as made by fixtures/make_hyperfine.sh) and 2 (in the shape of its own tests)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from holobench_mcp.importers.file_results import read_results
from holobench_mcp.model import CaptureError
from imported_files import FIXTURES, benches, inputs, metrics, read, runs, samples


def written(folder: Path, content: object) -> Path:
    path = folder / "file.json"
    path.write_text(json.dumps(content))
    return path


def result(command: str, times: list[float], **more: Any) -> dict[str, Any]:
    return {"command": command, "mean": 1.0, "stddev": None, "times": times, **more}


def process(wall: float, *, unit: str = "second", code: int | None = 0) -> dict[str, Any]:
    return {
        "time_wall_clock": {"value": wall, "unit": unit},
        "time_user": {"value": wall / 2, "unit": "second"},
        "memory_peak_resident": {"value": 4096.0, "unit": "byte"},
        "exit_code": code,
    }


def version_2(*results: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": 2,
        "metadata": {
            "hyperfine_version": "2.0.0",
            "start_time": "2026-11-01T12:00:00Z",
            "platform": {"os": "linux", "architecture": "x86_64"},
        },
        "primary_metric": "time_wall_clock",
        "results": list(results),
    }


def test_a_command_with_parameters_is_one_bench_and_each_timing_a_run() -> None:
    found = read("hyperfine.json")
    assert (found.format, found.tool) == ("hyperfine", "hyperfine 1")
    assert runs(found) == {"head -c {bytes} {file}": 4}
    [bench] = benches(found).values()
    assert inputs(bench) == {"bytes": [1000, 20000], "file": ["/dev/zero", "/dev/urandom"]}
    assert metrics(bench) == dict.fromkeys(("time", "user", "system"), ("s", "minimize"))
    for given in json.loads((FIXTURES / "hyperfine.json").read_text())["results"]:
        point = {"bytes": int(given["parameters"]["bytes"]), "file": given["parameters"]["file"]}
        assert samples(found, bench.bench_name, "time", **point) == [[t] for t in given["times"]]
        assert samples(found, bench.bench_name, "user", **point)[0] == [given["user"]]


def test_user_time_is_a_mean_without_a_spread() -> None:
    held = benches(read("hyperfine.json"))["head -c {bytes} {file}"].replication["user"]
    assert held.count.tolist() == [[4, 4], [4, 4]]
    assert held.sd is not None and math.isnan(held.sd[0, 0])


def test_failed_commands_are_told_of() -> None:
    found = read("hyperfine_failing.json")
    assert runs(found) == {"works": 3, "fails": 3, "true": 3, "false": 3}
    assert found.notes[0] == "3 of 3 timings of fails ended with the exit status 1"


def test_points_with_more_timings_share_them_out_over_the_runs(tmp_path: Path) -> None:
    few, many = [1.0, 1.1, 1.2], [float(i) for i in range(1, 9)]
    given = {
        "results": [
            result("run 5", few, parameters={"n": "5"}),
            result("run 6", many, parameters={"n": "6"}),
        ]
    }
    found = read_results(written(tmp_path, given))
    assert runs(found) == {"run {n}": 3}
    assert samples(found, "run {n}", "time", n=5) == [[1.0], [1.1], [1.2]]
    assert samples(found, "run {n}", "time", n=6) == [[1, 2, 3], [4, 5, 6], [7, 8]]


@pytest.mark.parametrize(
    ("commands", "parameters", "bench"),
    [
        (["p1 1", "p1 2"], [{"n": "1"}, {"n": "2"}], "p1 {n}"),
        (["sleep 1 && p 1", "sleep 1 && p 2"], [{"n": "1"}, {"n": "2"}], "sleep 1 && p {n}"),
        (["f 1 1", "f 2 2"], [{"n": "1"}, {"n": "2"}], "f {n} {n}"),
        (["x0.5s", "x0.25s"], [{"t": "0.5"}, {"t": "0.25"}], "x{t}s"),
        (["a --n=8 --m=8", "a --n=8 --m=9"], [{"n": "8", "m": "8"}, {"n": "8", "m": "9"}], "a --n={n} --m={m}"),
        (["sort a", "sort b"], [{"file": "a"}, {"file": "b"}], "sort {file}"),
        (["sort for a", "sort for a"], [{"n": "a", "m": ""}, {"n": "a", "m": "x"}], "sort for {n}"),
    ],
)
def test_where_a_parameter_stood_is_what_all_results_agree_on(
    tmp_path: Path, commands: list[str], parameters: list[dict[str, str]], bench: str
) -> None:
    given = [result(c, [1.0, 1.1], parameters=p) for c, p in zip(commands, parameters, strict=True)]
    assert set(runs(read_results(written(tmp_path, {"results": given})))) == {bench}


def test_a_single_run_and_its_memory(tmp_path: Path) -> None:
    given = {"results": [result("x", [1.5], memory_usage_byte=[4096], exit_codes=[None])]}
    found = read_results(written(tmp_path, given))
    assert metrics(found.snapshots[0]) == {"time": ("s", "minimize"), "memory": ("B", "minimize")}
    assert found.notes == ["1 of 1 timings of x ended with the exit status None"]


def test_version_2_has_every_metric_of_every_process(tmp_path: Path) -> None:
    given = version_2(
        {"command": "sleep 1", "name": "nap of 1", "measurements": [process(1.0), process(1.1)],
         "parameters": {"s": {"value": "1"}}},
        {"command": "sleep 2", "name": "nap of 2", "measurements": [process(2.0), process(2.1, code=3)],
         "parameters": {"s": {"value": "2"}}},
    )  # fmt: skip
    found = read_results(written(tmp_path, given))
    assert found.tool == "hyperfine 2.0.0"
    assert runs(found) == {"nap of {s}": 2}
    [bench] = benches(found).values()
    assert metrics(bench) == {
        "time_wall_clock": ("s", "minimize"),
        "time_user": ("s", "minimize"),
        "memory_peak_resident": ("B", "minimize"),
    }
    assert samples(found, "nap of {s}", "time_wall_clock", s=2) == [[2.0], [2.1]]
    assert bench.executed_at.isoformat() == "2026-11-01T12:00:00+00:00"
    assert bench.environment.os == "linux x86_64"
    assert found.notes == ["1 of 2 timings of nap of {s} ended with the exit status 3"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"results": [result("x", [])]}, "results[0].times: it has no timings"),
        ({"results": [{"command": "x", "mean": 1.0}]}, "results[0].times: it has no timings"),
        ({"results": [result("x", [1.0, "2"])]}, "results[0].times[1]: a finite number is needed, not '2'"),
        ({"results": [{"command": 7, "times": [1.0]}]}, "results[0].command: a command is needed, not 7"),
        ({"schema_version": 3, "results": [{"command": "x"}]}, "it is of schema_version 3"),
        (version_2({"command": "x", "measurements": []}), "results[0].measurements: it has no timings"),
        (version_2({"command": "x", "measurements": [process(1.0), process(1.0, unit="byte")]}),
         "measurements[1].time_wall_clock: the unit 'second'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, given: object, says: str) -> None:
    with pytest.raises(CaptureError, match="can't be read as hyperfine") as error:
        read_results(written(tmp_path, given))
    assert says in str(error.value)
