"""Which files of a project are the benchmark, and which are what it measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from holobench_mcp.capture.benchmark_files import (
    benchmark_files,
    is_apart_from_the_product,
    project_root,
    sources_sha256,
    sweep_sha256,
)
from holobench_mcp.capture.loaded_files import LoadedFiles, SweepSource


def project(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"name = {name!r}\n")
    return folder


def loaded(folder: Path, modules: Sequence[str], sweeps: Sequence[str] = ()) -> LoadedFiles:
    return LoadedFiles(
        modules={name: frozenset({str(folder / name)}) for name in modules},
        sweeps={f"m{i}.Sweep": (SweepSource(str(folder / name), "class Sweep: ..."),) for i, name in enumerate(sweeps)},
    )


@pytest.mark.parametrize(
    ("command", "modules", "sweeps", "found"),
    [
        ("main.py", ["main.py", "sweeps.py", "algo.py"], ["sweeps.py"], {"main.py", "sweeps.py"}),
        ("main.py", ["main.py", "src/p/algo.py", "src/p/speed.py"], ["src/p/speed.py"], {"main.py", "src/p/speed.py"}),
        (
            "benchmarks/run.py",
            ["benchmarks/run.py", "benchmarks/cases/sort.py", "benchmarks/tools.py", "src/p/algo.py", "algo.py"],
            [],
            {"benchmarks/run.py", "benchmarks/cases/sort.py", "benchmarks/tools.py"},
        ),
        ("scripts/speed.py", ["scripts/speed.py", "scripts/workload.py", "algo.py"], [],
         {"scripts/speed.py"}),
        ("run.py", ["run.py", "perf/load.py", "p/timing.py", "p/core.py"], [], {"run.py", "perf/load.py", "p/timing.py"}),
        ("p/bench.py", ["p/__init__.py", "p/bench.py", "p/core.py"], [], {"p/bench.py"}),
        ("src/bench.py", ["src/bench.py", "src/core.py"], ["src/bench.py"], {"src/bench.py"}),
        (None, ["p/core.py"], [], set()),
        ("main.py", ["main.py", ".venv/lib/site-packages/bench/x.py"], [".venv/lib/site-packages/lib/sweep.py"], {"main.py"}),
    ],
)  # fmt: skip
def test_the_benchmark_is_more_than_the_file_of_its_command(
    tmp_path: Path, command: str | None, modules: list[str], sweeps: list[str], found: set[str]
) -> None:
    project(tmp_path, *modules, *sweeps, *([command] if command else []))
    files = benchmark_files(tmp_path / command if command else None, loaded(tmp_path, modules, sweeps), tmp_path)
    assert {file.relative_to(tmp_path).as_posix() for file in files} == found


@pytest.mark.parametrize(
    ("path", "apart"),
    [
        ("bench.py", True),
        ("sweeps.py", True),
        ("benchmarks/cases/sort.py", True),
        ("benchmarks/pkg/__init__.py", False),  # a package among benchmarks may be what they measure
        ("scripts/sweeps.py", True),
        ("pkg/bench.py", False),
        ("pkg/benchmarks/bench.py", False),
        ("src/benchmarks/bench.py", False),
        ("src/bench.py", False),
    ],
)
def test_a_benchmark_in_a_package_has_its_product_beside_it(tmp_path: Path, path: str, apart: bool) -> None:
    project(tmp_path, path, "pkg/__init__.py", "benchmarks/__init__.py", "benchmarks/cases/x.py", "src/p/__init__.py")
    assert is_apart_from_the_product(tmp_path, path) is apart


def test_what_is_outside_the_project_or_gone_is_not_its_benchmark(tmp_path: Path) -> None:
    inside = project(tmp_path / "inside", "bench.py")
    project(tmp_path / "outside", "bench_other.py")
    modules = ["bench.py", "../outside/bench_other.py", "bench_gone.py"]
    assert benchmark_files(inside / "bench.py", loaded(inside, modules), inside) == [inside / "bench.py"]


def test_a_link_to_the_project_is_the_project(tmp_path: Path) -> None:
    real = project(tmp_path / "real", "benchmarks/run.py", "benchmarks/tools.py")
    link = tmp_path / "link"
    link.symlink_to(real)
    files = benchmark_files(
        link / "benchmarks/run.py", loaded(link, ["benchmarks/run.py", "benchmarks/tools.py"]), link
    )
    assert files == [real / "benchmarks/run.py", real / "benchmarks/tools.py"]


def test_a_digest_knows_every_file_and_no_folder(tmp_path: Path) -> None:
    def digest(folder: str, edited: str | None = None) -> str | None:
        project(tmp_path / folder, "a.py", "b.py")
        if edited:
            (tmp_path / folder / edited).write_text("x = 2\n")
        return sources_sha256([tmp_path / folder / "a.py", tmp_path / folder / "b.py"])

    same = digest("one")
    assert same == digest("two") and len({same, digest("one", "a.py"), digest("two", "b.py")}) == 3
    assert sources_sha256([]) is None and sources_sha256([tmp_path / "gone.py"]) is None


def test_the_source_of_a_sweep_is_its_own(tmp_path: Path) -> None:
    files = LoadedFiles(sweeps={name: (SweepSource("f", f"class {name}: ..."),) for name in ("m.A", "m.B")})
    assert sweep_sha256(files, "m.A") != sweep_sha256(files, "m.B")
    assert sweep_sha256(files, "m.C") is None and sweep_sha256(files, None) is None


def test_a_projects_top_is_its_repositorys(tmp_path: Path) -> None:
    project(tmp_path, "a/b/x.py")
    assert project_root(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")  # as in a linked worktree
    assert project_root(tmp_path / "a" / "b") == tmp_path
