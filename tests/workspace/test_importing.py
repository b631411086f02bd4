"""Other tools' files in the store: the same ids each time, of the code that they are said to be of, and judged rightly."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from holobench_mcp.model import CaptureError, InvalidArgument
from holobench_mcp.workspace import Workspace
from holobench_mcp.workspace.importing import import_for_agent
from imported_files import FIXTURES
from stored_runs import workspace_in

FILES = sorted(p.name for p in FIXTURES.iterdir() if p.suffix in (".json", ".txt", ".csv", ".jsonl"))


def brought(space: Workspace, name: str, folder: Path, *, age: int = 0) -> Path:
    path = folder / name
    shutil.copy(FIXTURES / name, path)
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    return path


@pytest.mark.parametrize("name", FILES)
def test_the_same_file_gives_the_same_ids_whenever_and_wherever_it_is_imported(name: str, tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    [first] = space.import_paths([brought(space, name, tmp_path)])
    (tmp_path / "copy").mkdir()
    [again] = space.import_paths([brought(space, name, tmp_path / "copy", age=1000)])
    assert again.result_ids == first.result_ids and first.n_results == len(first.result_ids)
    manifests = [space.store.manifest(i) for i in first.result_ids]
    assert len({m.measurement.id for m in manifests if m.measurement}) == 1
    assert sorted(
        space.list_results(limit=100).results and [r.result_id for r in space.list_results(limit=100).results]
    ) == sorted(first.result_ids)
    assert not list(space.store.verify())


def test_a_label_or_a_revision_is_another_measurement(tmp_path: Path, repository: Callable[..., str]) -> None:
    space = workspace_in(tmp_path)
    path = brought(space, "pyperf.json", tmp_path)
    [plain], [before], [at] = (
        list(space.import_paths([path], **given)) for given in ({}, {"label": "before"}, {"revision": "ABCDEF1234"})
    )
    assert len({plain.result_ids, before.result_ids, at.result_ids}) == 3
    assert space.store.manifest(before.result_ids[0]).label == "before"
    assert space.store.manifest(at.result_ids[0]).source_revision == "abcdef1234"


def test_a_branch_is_the_commit_that_it_means(repository: Callable[..., str], tmp_path: Path) -> None:
    commit = repository("one")
    space = workspace_in(tmp_path)
    [report] = space.import_paths([brought(space, "pyperf.json", tmp_path)], revision="HEAD")
    assert space.store.manifest(report.result_ids[0]).source_revision == commit
    with pytest.raises(InvalidArgument, match="revision: git knows no 'nowhere'"):
        list(space.import_paths([tmp_path / "pyperf.json"], revision="nowhere"))


@pytest.mark.parametrize(
    "given", [{"label": ""}, {"label": "a\nb"}, {"label": "x" * 300}, {"revision": " "}, {"revision": "--help"}]
)
def test_a_label_or_revision_that_is_none_is_refused(given: dict[str, str], tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    with pytest.raises(InvalidArgument, match=next(iter(given))):
        list(space.import_paths([brought(space, "pyperf.json", tmp_path)], **given))
    assert not space.store.exists()


def test_an_agent_gets_what_was_recorded_and_the_next_step(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    brought(space, "pyperf.json", tmp_path)
    report = import_for_agent(space.library, "pyperf.json", label="before")
    assert report.status == "ok" and report.reason.startswith("12 results of 2 benchmarks from pyperf 2.11.0")
    assert [(b.bench_name, b.metrics, b.points, b.runs) for b in report.benches] == [
        ("sort", ("time",), 1, 6),
        ("sum", ("time",), 1, 6),
    ]
    assert report.next_step is None
    assert import_for_agent(space.library, "pyperf.json", label="after").next_step == "compare_results()"
    with pytest.raises(CaptureError, match="is the whole project"):
        import_for_agent(space.library, ".")


# ---------------------------------------------------------------------- judged


def pytest_file(level: float, rng: np.random.Generator) -> tuple[str, Any]:
    document = json.loads((FIXTURES / "pytest_benchmark.json").read_text())
    for i, benchmark in enumerate(document["benchmarks"]):
        n = int(rng.integers(10, 60))
        benchmark["stats"]["data"] = (level * (i + 1) * 1e-5 * np.exp(0.02 * rng.standard_normal(n))).tolist()
    return "pytest.json", document


def autosaved_file(level: float, rng: np.random.Generator) -> tuple[str, Any]:
    name, document = pytest_file(level, rng)
    for benchmark in document["benchmarks"]:
        data = np.array(benchmark["stats"].pop("data"))
        benchmark["stats"] |= {"mean": data.mean(), "stddev": data.std(ddof=1), "rounds": data.size}
    return name, document


def pyperf_file(level: float, rng: np.random.Generator) -> tuple[str, Any]:
    document = json.loads((FIXTURES / "pyperf.json").read_text())
    for benchmark in document["benchmarks"]:
        for run in benchmark["runs"]:
            run["values"] = (level * 1e-5 * np.exp(0.01 * rng.standard_normal(3))).tolist()
    return "pyperf.json", document


def hyperfine_file(level: float, rng: np.random.Generator) -> tuple[str, Any]:
    document = json.loads((FIXTURES / "hyperfine.json").read_text())
    for result in document["results"]:
        result["times"] = (level * 0.5 * np.exp(0.02 * rng.standard_normal(int(rng.integers(8, 30))))).tolist()
    return "hyperfine.json", document


def json_lines(level: float, rng: np.random.Generator) -> tuple[str, Any]:
    return "lines", [
        {"bench": "parse", "inputs": {"size": size}, "run": run, "metrics": {
            "time": {"values": (level * size * np.exp(0.02 * rng.standard_normal(5))).tolist(), "units": "ms"}}}
        for size in (1, 10) for run in range(5)
    ]  # fmt: skip


def go_file(level: float, rng: np.random.Generator) -> tuple[str, Any]:
    def line(size: int) -> str:
        time = level * size * np.exp(0.02 * rng.standard_normal())
        return (
            f"BenchmarkSort/size={size}-2\t100\t{time:.3f} ns/op\t{800 / time:.3f} MB/s\t{size * 8} B/op\t2 allocs/op"
        )

    return "go.txt", "\n".join(["pkg: example.com/b", *(line(size) for _ in range(8) for size in (8, 64))])


def google_benchmark_file(level: float, rng: np.random.Generator) -> tuple[str, Any]:
    document = json.loads((FIXTURES / "google_benchmark.json").read_text())
    row = document["benchmarks"][0]
    document["benchmarks"] = [
        row | {"name": f"BM_Sort/{n}", "run_name": f"BM_Sort/{n}", "repetition_index": i, "bytes_per_second": 1e9 / time,
               "real_time": time, "cpu_time": time * 0.9}
        for n in (8, 512) for i in range(8)
        for time in [level * n * np.exp(0.02 * rng.standard_normal())]
    ]  # fmt: skip
    return "google.json", document


def imported(space: Workspace, folder: Path, given: tuple[str, Any], label: str, at: int) -> None:
    name, document = given
    if name == "pytest.json":
        document["datetime"] = f"2026-01-{at // 60 + 1:02d}T00:00:00+00:00"
    for run in (r for b in document["benchmarks"] for r in b["runs"]) if name == "pyperf.json" else ():
        run["metadata"]["date"] = f"2026-01-{at // 60 + 1:02d} 00:00:00.5"
    path = folder / f"{label}-{name}"
    if name == "google.json":
        document["context"]["date"] = f"2026-01-{at // 60 + 1:02d}T00:00:00+00:00"
    lines = map(json.dumps, document) if isinstance(document, list) else ()
    path.write_text(document if isinstance(document, str) else "\n".join(lines) or json.dumps(document))
    os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))
    list(space.import_paths([path], label=label))


MAKERS = [pytest_file, autosaved_file, pyperf_file, hyperfine_file, json_lines, go_file, google_benchmark_file]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(
    ("factor", "decisions"), [(1.0, {"unchanged", "inconclusive"}), (1.37, {"regressed"}), (1 / 1.4, {"improved"})]
)
def test_a_slowdown_of_a_third_is_found_and_the_same_code_is_not_called_changed(
    maker: Callable[..., Any], factor: float, decisions: set[str], tmp_path: Path
) -> None:
    space = workspace_in(tmp_path)
    rng = np.random.default_rng(11)
    imported(space, tmp_path, maker(1.0, rng), "before", 0)
    imported(space, tmp_path, maker(factor, rng), "after", 60)
    document = space.compare()
    assert document.decision in decisions, document.reason
    assert document.baseline.provenance["display_label"] == "before"
    assert all(o.decision in decisions for o in document.also)
    assert not any(
        limit.what == "missing_samples" for m in document.metrics if m.evidence for limit in m.evidence.limits
    )


@pytest.mark.parametrize("maker", MAKERS)
def test_the_same_file_under_two_labels_is_not_called_changed(maker: Callable[..., Any], tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    for at, label in enumerate(("before", "after")):
        imported(space, tmp_path, maker(1.0, np.random.default_rng(4)), label, at)
    document = space.compare()
    assert document.decision in ("unchanged", "inconclusive"), document.reason
