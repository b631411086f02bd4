"""A measurement of two revisions says first when the change was not in what it measured, and what to set."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import PYTHON, git
from holobench_mcp.answers import RevisionReport
from holobench_mcp.config import BenchmarkConfig, load_config
from holobench_mcp.measure.revisions import RevisionMeasurement, RevisionPlan
from holobench_mcp.model import Difference, MeasurementDocument
from holobench_mcp.workspace import Workspace

BENCHES = Path(__file__).parents[1] / "benches"
#: Collects a result that was made before, so that a run takes no second.
COLLECT = "import os, pathlib\npathlib.Path(os.environ['BENCHER_RESULT_PATH']).write_bytes(pathlib.Path({result!r}).read_bytes())\n"
BENCH = "import sys\nfrom pkg.core import work\nwork(3)\n"
CORE = "def work(size):\n    if size > 100:\n        return -1\n    return size\n\n\ndef unused():\n    return 1\n"
SLOW = CORE.replace("    return size\n", "    return sum(1 for _ in range(size))\n")


@pytest.fixture(scope="session")
def collect(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("result")
    (folder / "product.py").write_text("def work(size):\n    return size\n")
    (folder / "tiny.py").write_text((BENCHES / "tiny.py").read_text())
    env = {"BENCHER_RESULT_PATH": str(folder / "result.pkl"), "BENCHER_NO_SHOW": "1", "REPEATS": "2"}
    subprocess.run([PYTHON, "tiny.py"], cwd=folder, env=env, check=True, capture_output=True)
    return COLLECT.format(result=str(folder / "result.pkl"))


class Project:
    """A small project, whose benchmark runs what is installed, or what stands in its tree."""

    def __init__(self, root: Path, commit: Callable[..., str], collect: str) -> None:
        self.root, self._commit, self.collect = root, commit, collect
        self.site = root.parent / f"{root.name}-venv" / "lib" / "python3.11" / "site-packages"

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self) -> str:
        return self._commit("a change")

    def install(self, package: str = "src/pkg") -> str:
        """Copy a package to where Python finds installed ones."""
        for path in (self.root / package).rglob("*.py"):
            copy = self.site / Path(package).name / path.relative_to(self.root / package)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text())
        return str(self.site)

    def measure(
        self, root: Path | None = None, *, by_hand: bool = False, rounds: int = 0, **config: object
    ) -> MeasurementDocument:
        benchmark = BenchmarkConfig.model_validate({"command": [PYTHON, "bench.py"], "timeout_s": 60, **config})
        plan = RevisionPlan("bench", benchmark, root or self.root, rounds=2, by_hand=by_hand)
        with RevisionMeasurement(plan, record=lambda s: f"{s.bench_name}-1-x", save=lambda _: None) as measurement:
            measurement.prepare()
            while rounds and not measurement.is_over:
                measurement.round()
            return measurement.finish(None if rounds else "only the warm-ups were wanted")


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str], collect: str) -> Iterator[Project]:
    project = Project(tmp_path, repository, collect)
    project.write("bench.py", BENCH + collect)
    project.write("src/pkg/__init__.py", "")
    project.write("src/pkg/core.py", CORE)
    project.commit()
    return project


def cautions(document: MeasurementDocument) -> list[Difference]:
    return [c for c in document.cautions if c.what not in ("cached_answers", "measurement_touched")]


def whats(document: MeasurementDocument) -> list[str]:
    return [c.what for c in cautions(document)]


OWN = {"PYTHONPATH": "{tree}/src"}


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_project_that_is_installed_by_copy_is_told_first(project: Project, by_hand: bool) -> None:
    site = project.install()
    project.write("src/pkg/core.py", SLOW)
    (caution,) = cautions(project.measure(env={"PYTHONPATH": site}, by_hand=by_hand))
    assert caution.what == "installed_copy" and "src/pkg/core.py" in caution.detail and site in caution.detail
    way = "--env PYTHONPATH={tree}/src" if by_hand else 'env = { PYTHONPATH = "{tree}/src" }'
    assert way in caution.detail
    assert whats(project.measure(env=OWN)) == []  # what it says to set is what helps


def test_a_project_in_a_subfolder_is_told_what_to_set_from_there(project: Project) -> None:
    for name in ("bench.py", "src/pkg/__init__.py", "src/pkg/core.py"):
        project.write(f"deep/sub/{name}", (project.root / name).read_text())
    site = project.install()
    project.commit()
    project.write("deep/sub/src/pkg/core.py", SLOW)
    sub = project.root / "deep" / "sub"
    (caution,) = cautions(project.measure(sub, env={"PYTHONPATH": site}))
    assert caution.what == "installed_copy" and '"{tree}/src"' in caution.detail
    assert whats(project.measure(sub, env=OWN)) == []


def test_a_linked_worktree_with_the_main_trees_editable_install_is_told(project: Project) -> None:
    linked = project.root.parent / f"{project.root.name}-linked"
    git(project.root, "worktree", "add", "--quiet", "-b", "work", str(linked))
    (linked / "src/pkg/core.py").write_text(SLOW)
    (caution,) = cautions(project.measure(linked, env={"PYTHONPATH": str(project.root / "src")}))
    assert caution.what == "installed_copy" and str(project.root / "src/pkg/core.py") in caution.detail
    assert whats(project.measure(linked, env=OWN)) == []


@pytest.mark.parametrize(
    ("bench", "command"),
    [
        ("import importlib; importlib.import_module('pkg.core').work(3)\n", None),
        ("import multiprocessing as m\nfrom pkg import core\np = m.get_context('fork').Process(target=core.work, args=(3,))\np.start(); p.join()\n", None),
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import pkg.core; pkg.core.work(3)'], check=True)\n", None),
        (BENCH, [PYTHON, "-c", "exec(open('bench.py').read())"]),
        (BENCH, [PYTHON, "-m", "bench"]),
    ],
)  # fmt: skip
def test_however_the_change_is_run_it_is_seen(project: Project, bench: str, command: list[str] | None) -> None:
    project.write("bench.py", bench + project.collect)
    project.commit()
    project.write("src/pkg/core.py", SLOW)
    assert whats(project.measure(env=OWN, **({"command": command} if command else {}))) in ([], ["benchmark_source"])
    assert "installed_copy" in whats(
        project.measure(env={"PYTHONPATH": project.install()}, **({"command": command} if command else {}))
    )


@pytest.mark.skipif(find_spec("pyperf") is None, reason="pyperf is not installed")
@pytest.mark.parametrize(("call", "said"), [("core.work, 3", []), ("core.unused", ["change_not_run"])])
def test_what_only_the_workers_of_a_tool_run_is_seen(project: Project, call: str, said: list[str]) -> None:
    """pyperf's processes get a short list of variables: what is followed is run with the same ones as what is measured."""
    lines = ["import pyperf", "from pkg import core", f"pyperf.Runner().bench_func('work', {call})", ""]
    project.write("bench.py", "\n".join(lines))
    project.commit()
    project.write("src/pkg/core.py", SLOW)
    command = [PYTHON, "bench.py", "-p1", "-n1", "-w0", "-l1"]
    assert whats(project.measure(env=OWN, command=command)) == said


def test_a_change_of_text_alone_is_the_same_code(project: Project) -> None:
    project.write("README.md", "It is slow.\n")
    project.commit()
    project.write("README.md", "It is fast.\n")
    (caution,) = cautions(project.measure(env=OWN))
    assert caution.what == "same_artefact" and "only text (README.md)" in caution.detail


def test_a_change_that_the_benchmark_never_loads_is_told(project: Project) -> None:
    project.write("src/pkg/other.py", "x = 1\n")
    project.write("tests/test_core.py", "x = 1\n")
    project.commit()
    project.write("src/pkg/other.py", "x = 2\n")
    project.write("tests/test_core.py", "x = 2\n")
    (caution,) = cautions(project.measure(env=OWN))
    assert caution.what == "change_not_loaded" and "src/pkg/other.py, tests/test_core.py" in caution.detail


def test_a_data_file_that_is_read_is_of_the_change(project: Project) -> None:
    project.write("bench.py", BENCH + "open('words.csv').read()\n" + project.collect)
    project.write("words.csv", "a\n")
    project.write("unread.csv", "a\n")
    project.commit()
    project.write("words.csv", "a,b\n")
    assert whats(project.measure(env=OWN)) == []
    git(project.root, "checkout", "--quiet", "words.csv")
    project.write("unread.csv", "a,b\n")
    assert whats(project.measure(env=OWN)) == ["change_not_loaded"]


@pytest.mark.parametrize(
    ("edit", "cautioned"),
    [
        (("    return 1\n", "    return 2\n"), ["change_not_run"]),
        (("        return -1\n", "        return -2\n"), ["change_not_run"]),
        (("    return size\n", "    return 1 * size\n"), []),
        (("def work(size):\n", 'def work(size):\n    """Work."""\n'), []),
        (("def work(size):\n", "LIMIT = 3\n\n\ndef work(size):\n"), []),
    ],
)
def test_a_change_that_is_loaded_and_never_run_is_told(
    project: Project, edit: tuple[str, str], cautioned: list
) -> None:
    project.write("src/pkg/core.py", CORE.replace(*edit))
    assert whats(project.measure(env=OWN)) == cautioned


def test_following_lines_is_bounded_and_ends_in_not_known(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holobench_mcp.measure.warm_up_check._LINES_S", 0.5)
    project.write(
        "bench.py",
        BENCH + "import time\nif sys.gettrace() or hasattr(sys, 'monitoring'): time.sleep(60)\n" + project.collect,
    )
    project.commit()
    project.write("src/pkg/core.py", CORE.replace("return 1\n", "return 2\n"))
    document = project.measure(env=OWN, timeout_s=5)
    assert whats(document) == [] and document.head_failure is None


@pytest.mark.parametrize("option", ["-I", "-S"])
def test_of_a_python_that_tells_nothing_that_is_noted(project: Project, option: str) -> None:
    project.write("bench.py", "import sys; sys.path.insert(0, 'src')\n" + BENCH + project.collect)
    project.commit()
    project.write("src/pkg/core.py", SLOW)
    document = project.measure(command=[PYTHON, option, "bench.py"])
    assert whats(document) == [] and any("taken on trust" in note for note in document.notes)


# ---------------------------------------------------------------------- the benchmark is more than one file


def test_a_benchmark_in_another_file_is_the_bases_on_both_sides(project: Project) -> None:
    project.write("bench.py", "import benchmarks.load\n" + project.collect)
    project.write("benchmarks/load.py", "SIZE = 100\nfrom pkg.core import work\nwork(SIZE)\n")
    project.commit()
    project.write("benchmarks/load.py", "SIZE = 50\nfrom pkg.core import work\nwork(SIZE)\n")
    project.write("src/pkg/core.py", SLOW)
    document = project.measure(env=OWN)
    assert document.protected_changed == ("benchmarks/load.py",)
    (caution,) = cautions(document)
    assert caution.what == "benchmark_source" and "the base's version was measured on both sides" in caution.detail


@pytest.mark.parametrize(
    "how", [{"protected": ["bench.py"]}, {"setup": [PYTHON, "-c", "pass"]}], ids=["named by a person", "set up"]
)
def test_where_it_can_not_be_the_bases_the_edit_is_told(project: Project, how: dict) -> None:
    project.write("bench.py", "import benchmarks.load\n" + project.collect)
    project.write("benchmarks/load.py", "from pkg.core import work\nwork(100)\n")
    project.commit()
    project.write("benchmarks/load.py", "from pkg.core import work\nwork(50)\n")
    document = project.measure(env=OWN, **how)
    (caution,) = cautions(document)
    assert document.protected_changed == () and caution.what == "benchmark_source"
    assert "not protected: benchmarks/load.py. Each side was measured with its own" in caution.detail


def test_a_sweep_in_another_file_is_the_benchmark(tmp_path: Path, repository: Callable[..., str], collect: str) -> None:
    project = Project(tmp_path, repository, collect)
    project.write(
        "sweeps.py",
        (BENCHES / "tiny.py").read_text().replace("product.work(self.size)", "product.work(2 * self.size) / 2"),
    )
    project.write("product.py", "def work(size):\n    return size\n")
    project.write(
        "bench.py",
        "import runpy\nfrom sweeps import Tiny\nimport bencher as bn\nTiny().to_bench(bn.BenchRunCfg(repeats=2)).plot_sweep('tiny', input_vars=['size'], result_vars=['time_ms'], auto_plot=False)\n",
    )
    project.commit()
    project.write("sweeps.py", (BENCHES / "tiny.py").read_text())
    document = project.measure()
    assert document.protected_changed == ("sweeps.py",)
    assert whats(document) == ["benchmark_source"]


# ---------------------------------------------------------------------- what a setup builds

BUILD = "import pathlib; pathlib.Path('fast.bin').write_text(pathlib.Path('fast.c').read_text().partition('/*')[0])"
READS = "open('fast.bin').read()\n"


def test_what_a_setup_builds_the_same_is_not_measured(project: Project) -> None:
    project.write("bench.py", READS + project.collect)
    project.write("fast.c", "int x;/* old */")
    project.commit()
    project.write("fast.c", "int x;/* new */")
    document = project.measure(setup=[PYTHON, "-c", BUILD], rounds=2)
    (caution,) = cautions(document)
    assert caution.what == "same_artefact" and "the same byte for byte" in caution.detail
    assert document.rounds == 0
    project.write("fast.c", "int y;/* new */")
    document = project.measure(setup=[PYTHON, "-c", BUILD], rounds=2)
    assert whats(document) == [] and document.rounds == 2


def test_a_setup_that_installs_into_the_tree_has_the_change_measured(project: Project) -> None:
    install = "import shutil; shutil.copytree('src/pkg', 'venv/pkg', dirs_exist_ok=True)"
    how = {"setup": [PYTHON, "-c", install], "env": {"PYTHONPATH": "{tree}/venv"}}
    project.write("src/pkg/core.py", SLOW)
    assert whats(project.measure(**how)) == []
    project.write("src/pkg/core.py", CORE)
    project.write("tests/test_core.py", "x = 2\n")
    assert whats(project.measure(**how)) == ["change_not_loaded"]


# ---------------------------------------------------------------------- the answer


def answered(project: Project, **config: object) -> RevisionReport:
    given = BenchmarkConfig.model_validate({"command": [PYTHON, "bench.py"], "timeout_s": 60, **config})
    space = Workspace(load_config(project=project.root, environ={}))
    return space.measuring.compare_revisions("command", rounds=2, config=given)


def test_an_answer_begins_with_what_was_not_measured_and_what_to_set(project: Project) -> None:
    site = project.install()
    project.write("src/pkg/core.py", SLOW)
    report = answered(project, env={"PYTHONPATH": site})
    assert (report.decision, report.cause) == ("inconclusive", "different")
    assert report.reason.startswith("The change was not measured: Both sides loaded src/pkg/core.py from ")
    assert "--env PYTHONPATH={tree}/src" in report.reason
    assert "rounds" not in (report.next_step or "") and "PYTHONPATH" in (report.next_step or "")


def test_an_answer_of_the_same_artefact_is_unchanged_and_took_no_round(project: Project) -> None:
    project.write("bench.py", READS + project.collect)
    project.write("fast.c", "int x;/* old */")
    project.commit()
    project.write("fast.c", "int x;/* new */")
    report = answered(project, setup=[PYTHON, "-c", BUILD])
    assert (report.decision, report.rounds, report.comparisons) == ("unchanged", 0, ())
    assert report.reason.startswith("What was built from both sides is the same byte for byte")
    assert report.next_step is None
