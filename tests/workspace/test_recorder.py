"""Recording inside the benchmark's process: every sweep of a run, and never the benchmark's death."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bencher as bn
import pytest

from holobench_mcp import Recorder, Snapshot, record
from holobench_mcp.model import InvalidArgument
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.store import open_store


class Small(bn.ParametrizedSweep):
    size = bn.IntSweep(default=1, sample_values=[1, 2, 3], units="items")
    cost = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize, claim="< 10")

    def benchmark(self):
        self.cost = float(self.size)


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(recorder: Recorder) -> None:
    bn.run(Small(), repeats=2, show=False, publisher=recorder, publish=True)


def test_a_run_records_itself_in_the_projects_store(apart: Path) -> None:
    recorder = Recorder(label="first")
    run(recorder)
    store = open_store(apart / ".holobench")
    [manifest] = store.manifests().select()
    assert recorder.result_ids == [manifest.result_id]
    assert (manifest.bench_name, manifest.label, manifest.shape) == ("Small", "first", (2, 2))
    assert manifest.environment.sweep_sha256 and manifest.environment.holobench
    assert not list(apart.rglob("*.pkl"))


def test_recording_a_live_result_gives_its_contract_back(apart: Path) -> None:
    result = Small().to_bench(bn.BenchRunCfg(repeats=2)).plot_sweep(input_vars=["size"], auto_plot=False)
    store = open_store(apart / "store")
    result_id = record(result, store)
    assert record(result, store) == result_id
    document = store.document(store.manifest(result_id)).decode()
    import json

    assert json.loads(document) == json.loads(json.dumps(result_to_dict(result)))


def test_a_store_that_can_not_be_written_is_loud_and_the_benchmark_goes_on(
    apart: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (apart / "taken").write_text("a file where the store should be")
    recorder = Recorder(apart / "taken")
    run(recorder)
    assert recorder.result_ids == []
    assert "NOT RECORDED: Small" in capfd.readouterr().err


def test_a_snapshot_from_arrays_is_recorded_alike(apart: Path) -> None:
    built = Snapshot.build(bench_name="b", metrics={"m": {"units": "ms"}}, samples={"m": [1.0, 2.0]})
    assert open_store(apart / ".holobench").manifest(record(built)).stats["m"].mean == 1.5


@pytest.mark.parametrize(
    "held",
    [
        lambda bench, result: result,
        lambda bench, result: bench,
        lambda bench, result: bench.report,
        lambda bench, result: [bench],
        lambda bench, result: (result,),
    ],
)
def test_what_holds_one_result_is_recorded_as_that_result(apart: Path, held: Callable[..., Any]) -> None:
    bench = Small().to_bench(bn.BenchRunCfg(repeats=2))
    result = bench.plot_sweep("s", input_vars=["size"], result_vars=["cost"], auto_plot=False)
    assert record(held(bench, result)) == record(Snapshot.from_result(result))


def test_what_a_run_gives_back_is_recorded(apart: Path) -> None:
    runs = bn.run(Small(), repeats=2, show=False)
    assert record(runs) == record(runs[0])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"cost": 1.0}, "not a dict"),
        (None, "not a NoneType"),
        ([1.0], "not a list"),
        ([], "this list holds no results"),
        (Small().to_bench(), "this Bench holds no results"),
    ],
)
def test_what_holds_no_result_is_refused_with_what_would_be_right(apart: Path, given: object, says: str) -> None:
    with pytest.raises(InvalidArgument, match=says) as error:
        record(given)  # type: ignore[arg-type]
    assert str(error.value).startswith("result: ") and not (apart / ".holobench").exists()


def test_of_several_results_each_is_to_be_recorded(apart: Path) -> None:
    bench = Small().to_bench(bn.BenchRunCfg(repeats=2))
    for title in ("one", "two"):
        bench.plot_sweep(title, input_vars=["size"], result_vars=["cost"], auto_plot=False)
    with pytest.raises(InvalidArgument, match="holds 2 results; record each of them"):
        record(bench)
    assert len({record(result) for result in bench.results}) >= 1
