"""JSON lines and CSV: any numbers, with everything said of them and nothing guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from holobench_mcp.importers.file_results import FileResults, read_results
from holobench_mcp.model import CaptureError
from imported_files import benches, inputs, metrics, runs, samples


def lines(folder: Path, *objects: object) -> FileResults:
    path = folder / "file"
    path.write_text("".join((o if isinstance(o, str) else json.dumps(o)) + "\n" for o in objects))
    return read_results(path)


def table(folder: Path, text: str) -> FileResults:
    path = folder / "file"
    path.write_text(text)
    return read_results(path)


def line(value: Any = 1.0, bench: str = "parse", **more: Any) -> dict[str, Any]:
    metric = value if isinstance(value, dict) else {"value": value, "units": "ms"}
    return {"bench": bench, "metrics": {"time": metric}, **more}


def test_lines_are_points_runs_and_repeats(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        line({"values": [1.0, 1.1], "units": "ms"}, inputs={"size": 10, "kind": "a"}, run=0),
        line(1.2, inputs={"size": 10, "kind": "a"}, run=0),
        line({"values": [2.0, 2.1, 2.2], "units": "ms"}, inputs={"size": 10, "kind": "a"}, run=1),
        line(
            {"value": 7, "units": "req/s"}, bench="serve", executed_at="2026-01-02T03:04:05+01:00", revision="abc1234"
        ),
        "",
    )
    assert (found.format, runs(found)) == ("jsonl", {"parse": 2, "serve": 1})
    by_name = benches(found)
    assert inputs(by_name["parse"]) == {"size": [10], "kind": ["a"]}
    assert samples(found, "parse", "time", size=10, kind="a") == [[1.0, 1.1, 1.2], [2.0, 2.1, 2.2]]
    assert metrics(by_name["parse"]) == {"time": ("ms", "minimize")}
    assert metrics(by_name["serve"]) == {"time": ("req/s", "maximize")}
    assert {s.executed_at.isoformat() for s in found.snapshots} == {"2026-01-02T02:04:05+00:00"}
    assert {s.source_revision for s in found.snapshots} == {"abc1234"}


def test_truths_aggregates_and_missing_samples(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        {"bench": "b", "metrics": {
            "right": {"values": [True, False, None]},
            "size": {"n": 10, "mean": 5.0, "sd": 0.5, "units": "B"},
            "score": {"value": None, "direction": "maximize"},
        }},
    )  # fmt: skip
    [bench] = found.snapshots
    assert bench.metric("right").kind.value == "bool" and bench.samples["right"][:2].tolist() == [1.0, 0.0]
    held = bench.replication["size"]
    assert (int(held.count), None if held.sd is None else float(held.sd)) == (10, 0.5)
    assert bench.missing("score").sum() == 1 and bench.missing("right").sum() == 1


@pytest.mark.parametrize(
    ("objects", "says"),
    [
        ([line(), line("x")], "line 2.metrics.time.value: a finite number is needed, not 'x'"),
        ([line(), line(colour="red")], "line 2: 'colour' is none of the keys"),
        ([line({"value": 1, "unit": "s"})], "line 1.metrics.time: 'unit' is none of the keys"),
        ([line({"units": "s"})], "line 1.metrics.time: it needs one of 'value', 'values'"),
        ([line({"value": 1, "values": [1]})], "it needs one of"),
        ([line(), line({"value": 1, "units": "s"})], "line 2.metrics.time: time has another unit"),
        ([line({"value": 1, "direction": "up"})], "'up' is no direction"),
        ([line({"mean": 1, "n": 0})], "line 1.metrics.time.n: a whole number of at least 1"),
        ([line({"mean": 1, "n": 3, "sd": -1})], "not below 0"),
        ([line(), line({"mean": 1, "n": 3, "units": "ms"})], "samples or a mean at this point already"),
        ([line(revision="a"), line(revision="b")], "revision: its lines disagree"),
        ([line(executed_at="today")], "executed_at: 'today' is no ISO 8601 time"),
        ([line(), '{"bench": "x"'], "line 2: it is not JSON"),
        (
            [line(), '{"bench": "x", "bench": "y", "metrics": {}}'],
            "line 2: it is not JSON (an object has the key 'bench' twice",
        ),
        ([line(), '{"bench": "\\ud800", "metrics": {}}'], "line 2: it is not JSON"),
        ([line(bench=" \u200b ")], "is no name"),
        ([line(inputs={"a": [1]})], "line 1.inputs.a: a text, a number"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, objects: list[Any], says: str) -> None:
    with pytest.raises(CaptureError) as error:
        lines(tmp_path, *objects)
    assert says in str(error.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_a_header_is_the_same(tmp_path: Path, delimiter: str) -> None:
    text = """\ufeffbench,inputs.size,inputs.kind,metric,value,units,direction,run
parse,10,a,time,1.0,ms,,0
parse,10,a,time,1.1,ms,,1
parse,10,b,time,2.0,ms,,0
parse,10,b,time,,ms,,1
other,,,right,true,,maximize,
"""
    found = table(tmp_path, text.replace(",", delimiter))
    assert (found.format, runs(found)) == ("csv", {"parse": 1, "other": 1}) or runs(found)["parse"] == 2
    by_name = benches(found)
    assert inputs(by_name["parse"]) == {"size": [10], "kind": ["a", "b"]}
    assert inputs(by_name["other"]) == {}
    assert metrics(by_name["other"]) == {"right": (None, "maximize")}
    assert [v for run in samples(found, "parse", "time", size=10, kind="a") for v in run] == [1.0, 1.1]
    assert sum(int(s.missing("time").sum()) for s in found.snapshots if s.bench_name == "parse") == 1


def test_types_of_a_column_are_those_of_all_its_cells(tmp_path: Path) -> None:
    text = "bench,inputs.a,inputs.b,inputs.c,inputs.d,metric,value\nx,1,1,true,1,m,1\nx,2,2.5,false,e,m,1\nx,003,1e3,true,1_0,m,1\n"
    found = inputs(benches(table(tmp_path, text))["x"])
    assert found["a"] == [1, 2, 3] and found["b"] == [1.0, 2.5, 1000.0]
    assert found["c"] == [False, True] and found["d"] == ["1", "e", "1_0"]


def test_a_table_may_tell_of_aggregates(tmp_path: Path) -> None:
    text = "bench,metric,n,mean,sd,units\nx,time,100,2.5,0.1,ms\ny,time,100,2.5,,ms\n"
    x, y = benches(table(tmp_path, text)).values()
    assert x.replication["time"].count == 100 and x.samples["time"].tolist() == [2.5]
    assert y.replication["time"].sd is not None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bench,metric,value,colour\nx,m,1,red\n", "line 1: 'colour' is none of the columns bench, "),
        ("bench,metric,value,value\nx,m,1,1\n", "line 1: a column is there twice"),
        ("bench,metric,value\nx,m\n", "line 2: it has 2 columns where the first line has 3"),
        ("bench,metric,value\nx,m,1\nx,m,fast\n", "line 3: value: a finite number is needed, not 'fast'"),
        ("bench,metric,value\nx,m,inf\n", "a finite number is needed"),
        ("bench,metric,value\n,m,1\n", "line 2: an object with the key 'bench'"),
        ('bench,metric,value\n"x,m,1\n', "it is no CSV"),
        ("bench,metric,value\n", "it holds no measured benchmark"),
        ("bench,metric,value,units\nx,m,1,s\nx,m,1,ms\n", "line 3: m has another unit"),
    ],
)
def test_a_row_that_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CaptureError) as error:
        table(tmp_path, text)
    assert says in str(error.value)


def test_inputs_of_a_table_may_be_json_and_stay_what_they_are(tmp_path: Path) -> None:
    text = (
        """bench,json.a,inputs.b,metric,value,dirty
x,"""
        + '"""1"""'
        + """,1,m,1,true
x,"""
        + '""""""'
        + """,1,m,2,true
"""
    )
    [bench] = table(tmp_path, text).snapshots
    assert inputs(bench) == {"a": ["1", ""], "b": [1]} and bench.environment.git_dirty is True


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bench,json.a,metric,value\nx,[1],m,1\n", "line 2: json.a: a text, a number, true, false or null"),
        ("bench,json.a,metric,value\nx,one,m,1\n", "line 2: json.a: it is not JSON"),
        ("bench,json.a,inputs.a,metric,value\nx,1,1,m,1\n", "line 2: the input 'a' is there as inputs and as json"),
        ("bench,metric,value,dirty\nx,m,1,perhaps\n", "dirty: 'perhaps' is neither true nor false"),
    ],
)
def test_json_of_a_table_that_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CaptureError) as error:
        table(tmp_path, text)
    assert says in str(error.value)


def test_a_boolean_may_be_missing_at_one_point(tmp_path: Path) -> None:
    for found in (
        table(tmp_path, "bench,inputs.a,metric,value\nx,1,ok,true\nx,2,ok,\n"),
        lines(
            tmp_path,
            {"bench": "x", "inputs": {"a": 1}, "metrics": {"ok": {"value": True}}},
            {"bench": "x", "inputs": {"a": 2}, "metrics": {"ok": {"value": None}}},
        ),
    ):
        [bench] = found.snapshots
        assert bench.metric("ok").kind.value == "bool" and bench.missing("ok").sum() == 1


def test_a_run_without_samples_at_a_point_is_a_run(tmp_path: Path) -> None:
    text = "bench,inputs.a,metric,value,n,run\nx,1,m,1,,0\nx,1,m,2,,1\nx,2,m,,0,0\nx,2,m,3,,1\n"
    found = table(tmp_path, text)
    assert runs(found) == {"x": 2} and samples(found, "x", "m", a=2) == [[], [3.0]]
