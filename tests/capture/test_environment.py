"""The environment says what a comparison needs to know, and never stands in a benchmark's way."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import PYTHON, git
from holobench_mcp.capture.environment import (
    capture_environment,
    command_file_of,
    environment_of_result,
    source_sha256,
    versions_of,
)
from holobench_mcp.model import Environment

Commit = Callable[..., str]

CLASSES = """\
class Base:
    rounds = 3


class Sweep(Base):
    def benchmark(self):
        return self.rounds
"""


def load(path: Path, text: str = CLASSES, name: str = "Sweep") -> type:
    """The class of a benchmark file that is written and imported here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    module_name = "bench_" + "_".join(path.parts[1:]).replace(".", "_").replace("-", "_")
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    found: type = getattr(module, name)
    return found


# ---------------------------------------------------------------------- the machine


def test_the_machine_is_known_and_its_name_is_not_told() -> None:
    environment = capture_environment()
    assert environment.python == ".".join(map(str, sys.version_info[:3]))
    assert environment.numpy == np.__version__
    assert environment.holobench
    assert environment.os
    assert environment.cpu_count is not None and environment.cpu_count >= 1
    assert environment.hostname_hash is not None and len(environment.hostname_hash) == 16
    assert socket.gethostname() not in environment.model_dump_json()


def test_capturing_imports_neither_numpy_nor_bencher() -> None:
    code = (
        "import sys; from holobench_mcp.capture import environment; environment.capture_environment(); "
        "print([m for m in ('numpy', 'bencher', 'xarray') if m in sys.modules])"
    )
    finished = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"


# ---------------------------------------------------------------------- git


def test_a_clean_tree_is_clean_and_names_its_commit(tmp_path: Path, repository: Commit) -> None:
    (tmp_path / "code.py").write_text("x = 1\n")
    commit = repository()
    environment = capture_environment(cwd=tmp_path)
    assert environment.git_commit == commit
    assert environment.git_dirty is False


@pytest.mark.parametrize("how", ["edit", "stage", "delete", "add a file"])
def test_whatever_is_not_committed_makes_a_tree_dirty(tmp_path: Path, repository: Commit, how: str) -> None:
    code = tmp_path / "code.py"
    code.write_text("x = 1\n")
    repository()
    if how == "delete":
        code.unlink()
    else:
        (tmp_path / ("new.py" if how == "add a file" else "code.py")).write_text("x = 2\n")
    if how == "stage":
        git(tmp_path, "add", "code.py")
    assert capture_environment(cwd=tmp_path).git_dirty is True


@pytest.mark.parametrize("where", [".", "packages/sorter"])
def test_results_written_into_the_tree_do_not_make_it_dirty(tmp_path: Path, repository: Commit, where: str) -> None:
    project = tmp_path / where
    project.mkdir(parents=True, exist_ok=True)
    (project / "bench.py").write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("cache/\n")  # a user's tree that ignores none of what is written
    repository()
    for written in (".holobench/results/a.json", "cachedir/cache.db", "reports/index.html"):
        (project / written).parent.mkdir(parents=True, exist_ok=True)
        (project / written).write_text("{}")
    assert capture_environment(cwd=project).git_dirty is False


def test_code_that_is_tracked_counts_wherever_it_stands(tmp_path: Path, repository: Commit) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "totals.py").write_text("x = 1\n")
    repository()
    (tmp_path / "reports" / "totals.py").write_text("x = 2\n")
    assert capture_environment(cwd=tmp_path).git_dirty is True


@pytest.mark.parametrize("name", ["code.py", "new.py", "ä ö.py"])
def test_one_uncommitted_change_is_told_from_another(tmp_path: Path, repository: Commit, name: str) -> None:
    """Two results of the same uncommitted change are replicates; of two changes they are not."""
    (tmp_path / "code.py").write_text("x = 1\n")
    repository()
    digests = []
    for text in ("x = 2\n", "x = 3\n", "x = 2\n"):
        (tmp_path / name).write_text(text)
        digests.append((capture_environment(cwd=tmp_path).model_extra or {})["git_diff_sha256"])
    assert digests[0] == digests[2] != digests[1]


def test_asking_git_leaves_the_repository_as_it_was(tmp_path: Path, repository: Commit) -> None:
    code = tmp_path / "code.py"
    code.write_text("x = 1\n")
    repository()
    os.utime(code, (1, 1))  # a stale index, which `git status` would otherwise refresh
    before = (tmp_path / ".git" / "index").read_bytes()
    assert capture_environment(cwd=tmp_path).git_dirty is False
    assert (tmp_path / ".git" / "index").read_bytes() == before


def test_without_a_repository_git_says_nothing(tmp_path: Path) -> None:
    environment = capture_environment(cwd=tmp_path)
    assert (environment.git_commit, environment.git_dirty) == (None, None)


def test_without_git_nothing_breaks(tmp_path: Path, repository: Commit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    environment = capture_environment(cwd=tmp_path)
    assert (environment.git_commit, environment.git_dirty) == (None, None)
    assert environment.python


# ---------------------------------------------------------------------- the benchmark's source


def test_a_move_to_another_folder_is_no_edit(tmp_path: Path) -> None:
    here = load(tmp_path / "a" / "bench.py")
    there = load(tmp_path / "b" / "deep" / "bench.py", CLASSES.replace("\n", " \r\n"))
    one, other = (
        capture_environment(sweep_class=cls, benchmark_file=path, cwd=tmp_path)
        for cls, path in ((here, tmp_path / "a" / "bench.py"), (there, tmp_path / "b" / "deep" / "bench.py"))
    )
    assert one.sweep_sha256 == other.sweep_sha256 is not None
    assert one.benchmark_sha256 == other.benchmark_sha256 is not None


def test_an_edited_benchmark_shows_in_its_class(tmp_path: Path) -> None:
    edited = CLASSES.replace("return self.rounds", "return 0")
    digests = {
        capture_environment(sweep_class=load(tmp_path / name / "bench.py", text), cwd=tmp_path).sweep_sha256
        for name, text in (("a", CLASSES), ("b", edited))
    }
    assert len(digests) == 2


def test_a_class_is_parsed_once_and_again_when_its_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cls, parsed, getsource = load(tmp_path / "bench.py"), list[type](), inspect.getsource
    monkeypatch.setattr(inspect, "getsource", lambda c: parsed.append(c) or getsource(c))
    before = [capture_environment(sweep_class=cls, cwd=tmp_path).sweep_sha256 for _ in range(3)]
    assert len(parsed) == 2 and len({*before}) == 1 and before[0]  # the class and its base
    (tmp_path / "bench.py").write_text(CLASSES.replace("return self.rounds", "return 0"))
    assert capture_environment(sweep_class=cls, cwd=tmp_path).sweep_sha256 not in (*before, None)


def test_an_edit_of_a_base_class_shows_too(tmp_path: Path) -> None:
    edited = CLASSES.replace("rounds = 3", "rounds = 1")
    digests = {
        capture_environment(sweep_class=load(tmp_path / name / "bench.py", text), cwd=tmp_path).sweep_sha256
        for name, text in (("a", CLASSES), ("b", edited))
    }
    assert len(digests) == 2


def test_an_edit_outside_the_class_shows_in_the_file(tmp_path: Path) -> None:
    digests = set()
    for name, text in (("a", CLASSES), ("b", CLASSES + "\nSIZES = [1]\n")):
        cls = load(tmp_path / name / "bench.py", text)
        environment = capture_environment(sweep_class=cls, benchmark_file=tmp_path / name / "bench.py", cwd=tmp_path)
        digests.add((environment.sweep_sha256, environment.benchmark_sha256))
    assert len({sweep for sweep, _ in digests}) == 1
    assert len({file for _, file in digests}) == 2


def test_source_that_is_not_utf8_still_has_a_digest(tmp_path: Path) -> None:
    digests = set()
    for name, text in (("a.py", "# coding: latin-1\nname = 'é'\n"), ("b.py", "# coding: latin-1\nname = 'è'\n")):
        (tmp_path / name).write_bytes(text.encode("latin-1"))
        digests.add(capture_environment(benchmark_file=tmp_path / name, cwd=tmp_path).benchmark_sha256)
    assert len(digests) == 2 and None not in digests


def test_indentation_as_a_whole_is_no_edit_and_within_is() -> None:
    assert source_sha256("    def f():\n        return 1  \n") == source_sha256("def f():\r\n    return 1")
    assert source_sha256("if a:\n    b()\n    c()\n") != source_sha256("if a:\n    b()\nc()\n")


# ---------------------------------------------------------------------- nothing raises


def test_facts_that_cannot_be_learnt_are_none(tmp_path: Path) -> None:
    assert capture_environment(benchmark_file=tmp_path / "gone.py", cwd=tmp_path).benchmark_sha256 is None
    assert capture_environment(benchmark_file=Path("a\0b"), cwd=tmp_path).benchmark_sha256 is None
    assert capture_environment(sweep_class=type("Made", (), {}), cwd=tmp_path).sweep_sha256 is None
    assert capture_environment(cwd=tmp_path / "gone").git_commit is None


def test_a_file_that_was_broken_since_it_was_imported_does_not_raise(tmp_path: Path) -> None:
    path = tmp_path / "bench.py"
    cls = load(path)
    path.write_text("class Sweep(\n    x = (1\n")
    assert capture_environment(sweep_class=cls, cwd=tmp_path).sweep_sha256 is None


def test_a_folder_that_was_removed_under_the_process_does_not_raise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert capture_environment().git_commit is None
    os.chdir(tmp_path)


def test_a_command_of_any_bytes_can_be_stored(tmp_path: Path) -> None:
    environment = capture_environment(command=["bench", os.fsdecode(b"\xff")], cwd=tmp_path)
    assert Environment.model_validate_json(environment.model_dump_json()) == environment


@pytest.mark.parametrize("result", [None, object(), type("Result", (), {"bench_cfg": None})()])
def test_what_is_no_result_still_has_a_machine(result: object) -> None:
    environment = environment_of_result(result)
    assert environment.python
    assert (environment.sweep_sha256, environment.caches_on) == (None, None)


# ---------------------------------------------------------------------- a live result

BENCH = """\
import json
import sys

import bencher as bn

from holobench_mcp.capture.environment import environment_of_result


class Sorting(bn.ParametrizedSweep):
    size = bn.IntSweep(default=1, sample_values=[1, 2])
    time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize)

    def benchmark(self):
        self.time_ms = float(self.size)


found = []
for cached in (True, False):
    run_cfg = bn.BenchRunCfg(repeats=1, cache_results=False, cache_samples=cached, auto_plot=False)
    result = bn.Bench("sorting", Sorting(), run_cfg=run_cfg).plot_sweep("s", input_vars=["size"], plot_callbacks=False)
    found.append(environment_of_result(result).model_dump())
print(json.dumps(found))
"""


def live(folder: Path, text: str = BENCH, **env: str) -> list[Environment]:
    folder.mkdir(exist_ok=True)
    (folder / "bench.py").write_text(text)
    finished = subprocess.run(
        [PYTHON, "bench.py", "--fast"],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return [Environment.model_validate(e) for e in json.loads(finished.stdout.splitlines()[-1])]


def test_a_live_result_tells_its_class_its_file_its_command_and_its_caches(tmp_path: Path, repository: Commit) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "bench.py").write_text(BENCH)
    commit = repository()
    cached, fresh = live(tmp_path / "bench")
    assert (cached.caches_on, fresh.caches_on) == (True, False)
    assert fresh.git_commit == commit
    assert fresh.git_dirty is False
    assert fresh.benchmark_sha256 == source_sha256(BENCH)
    assert fresh.command is not None and fresh.command[-2:] == ("bench.py", "--fast")

    moved = live(tmp_path / "moved", BENCH.replace("found = []", "found = list()"), BENCHER_NO_CACHE="1")
    assert moved[0].caches_on is False
    assert moved[0].sweep_sha256 == fresh.sweep_sha256 is not None
    assert moved[0].benchmark_sha256 != fresh.benchmark_sha256


# ---------------------------------------------------------------------- a command's file


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (["python", "bench.py", "--n", "3"], "bench.py"),
        (["python", "-m", "pkg.bench"], "pkg/bench.py"),
        (["python", "-m", "pkg"], "pkg/__main__.py"),
        (["python", "-m", "json.tool"], None),
        (["./bench"], None),
        (["python", "missing.py"], None),
    ],
)
def test_the_file_behind_a_command_is_found(tmp_path: Path, command: list[str], found: str | None) -> None:
    (tmp_path / "pkg").mkdir()
    for name in ("bench.py", "pkg/bench.py", "pkg/__main__.py"):
        (tmp_path / name).write_text("")
    assert command_file_of(command, tmp_path) == (None if found is None else tmp_path / found)


# ---------------------------------------------------------------------- the Python that measures


def another_python(folder: Path, versions: dict[str, str | None]) -> Path:
    """A program called python that says it is another one."""
    path = folder / "python"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nif [ \"$1\" = -c ]; then echo '{json.dumps(versions)}'; fi\n")
    path.chmod(0o755)
    return path


def test_a_python_tells_its_own_versions(tmp_path: Path) -> None:
    here = capture_environment()
    finished = versions_of(PYTHON, cwd=tmp_path, env={"PATH": os.environ["PATH"]})
    assert finished == {"python": here.python, "holobench": here.holobench, "numpy": here.numpy}


@pytest.mark.parametrize("program", ["make", "nothing-of-that-name", "python-config", "/"])
def test_nothing_is_known_of_what_is_no_python(program: str, tmp_path: Path) -> None:
    assert set(versions_of(program, cwd=tmp_path, env=dict(os.environ)).values()) == {None}


def test_the_versions_are_of_the_python_that_measured(tmp_path: Path) -> None:
    other = {"python": "3.99.1", "holobench": "9.0", "numpy": None}
    program = another_python(tmp_path / "bin", other)
    environment = capture_environment(versions=versions_of(str(program), cwd=tmp_path, env={}))
    assert (environment.python, environment.holobench, environment.numpy) == ("3.99.1", "9.0", None)
    found = versions_of("python", cwd=tmp_path, env={"PATH": str(program.parent)})
    assert found == other
