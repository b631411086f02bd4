"""Measuring configured benchmarks: only those, in a clean environment, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import PYTHON, alive, git, until
from holobench_mcp.capture.runner import RUN_MARK
from holobench_mcp.config import BenchmarkConfig, cache_folder, load_config
from holobench_mcp.measure.leftovers import clean_up_after_crash
from holobench_mcp.measure.progress import Cancelled, Progress
from holobench_mcp.measure.session import Session, clean_environment, filled, parameter_values
from holobench_mcp.model import CaptureError, InvalidArgument
from holobench_mcp.workspace import Workspace
from revisions import program, workspace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finding stray processes needs /proc")


@pytest.fixture
def project(configured: Path) -> Path:
    return configured


def test_runs_are_one_measurement_with_progress(project: Path) -> None:
    steps: list[Progress] = []
    space = workspace(project)
    report = space.measuring.run_benchmark("tiny", parameters={"repeats": 4}, progress=steps.append)
    manifests = [space.store.manifest(i) for i in report.result_ids]
    assert [m.measurement.run for m in manifests if m.measurement] == [0, 1]
    assert {m.measurement.id for m in manifests if m.measurement} == {report.measurement}
    assert all(m.measurement and m.measurement.measured_by == "server" for m in manifests)
    assert manifests[0].shape == (2, 4)
    assert (steps[-1].done, steps[-1].total) == (2, 2) and "measured tiny" in steps[-1].message
    assert any("s left" in step.sentence() for step in steps) and steps[-1].seconds_left == 0


def test_only_what_is_configured_can_be_run(project: Path) -> None:
    with pytest.raises(InvalidArgument, match="it has tiny"):
        workspace(project).measuring.run_benchmark("rm -rf /")


@pytest.mark.parametrize(
    "given",
    [{"nope": 1}, {"repeats": 10}, {"repeats": 0}, {"repeats": "3; rm -rf /"}, {"repeats": True}, {"repeats": 2.5}],
)
def test_a_parameter_is_what_the_configuration_allows(project: Path, given: dict) -> None:
    config = workspace(project).config.benchmarks["tiny"]
    with pytest.raises(InvalidArgument, match="parameters:"):
        parameter_values("tiny", config, given)


def test_the_environment_is_clean(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    config = BenchmarkConfig(command=("x",), env={"PYTHONPATH": "{tree}/src", "N": "{n}"})
    env = clean_environment(config, {"n": "3"}, project)
    assert "SECRET_TOKEN" not in env
    assert (env["PYTHONPATH"], env["N"], env["PYTHONHASHSEED"]) == (f"{project}/src", "3", "0")


def test_what_a_measured_benchmark_records_of_itself_goes_into_no_store_of_the_project(project: Path) -> None:
    """It is the run's result once more, without its side: the next comparison would take it for a run."""
    code = "import os; from holobench_mcp import Snapshot, record; from holobench_mcp.config import load_config"
    code += "; record(Snapshot.build(bench_name='b', inputs={}, metrics={'t': {}}, samples={'t': [1.0]}))"
    code += "; print(load_config().store, os.environ['TMPDIR'])"
    config = BenchmarkConfig(command=(PYTHON, "-c", code))
    run = Session(name="x", config=config, root=project, runs=1).run(project)
    assert run.outcome is not None and run.outcome.returncode == 0
    store, private = run.outcome.output_tail.split()
    assert store == f"{private}/store" and not Path(store).exists()
    assert not (project / ".holobench").exists()
    own = BenchmarkConfig(command=(PYTHON, "-c", code), env={"HOLOBENCH_MCP_STORE": str(project / "asked")})
    Session(name="x", config=own, root=project, runs=1).run(project)
    assert (project / "asked" / "results").exists()


def test_a_bare_python_is_one_that_has_holobench(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client starts the server by its path: PATH may lead to the system's Python, in which nothing could run."""
    bare = project / "cache" / "bin" / "python"
    bare.parent.mkdir(parents=True)
    bare.write_text("#!/bin/sh\necho '{}'\n")
    bare.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bare.parent}{os.pathsep}{os.environ['PATH']}")
    space = workspace(project, bare={"command": ["python", "tiny.py"], "runs": 1})
    report = space.measuring.run_benchmark("bare")
    measured = space.store.manifest(report.result_ids[0]).environment
    assert measured.command == (PYTHON, "tiny.py") and measured.holobench


def test_a_bare_python_is_the_one_on_the_path_where_nothing_needs_another(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this server is installed by itself, its own Python has nothing of the project's."""
    own = project / "cache" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')  # which finds nothing but the standard library
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{own.parent}{os.pathsep}{os.environ['PATH']}")
    config = BenchmarkConfig(command=("python", "x"))
    for folder, text, expected in (
        ("plain", "print(1)", "python"),
        ("perf", "import pyperf\npyperf.Runner()", sys.executable if find_spec("pyperf") else "python"),
        ("swept", "import bencher", sys.executable),
        ("beside", "import swept_module", sys.executable),
    ):
        where = project / folder
        where.mkdir()
        (where / "bench.py").write_text(text)
        if folder == "beside":
            (where / "swept_module.py").write_text("from bencher import Bench")
        session = Session("x", config, where, 1)
        env = session.environment_in(where)
        assert session.words_of(("python", "bench.py"), where, where, env) == [expected, "bench.py"]
        assert session.words_of(("nice", "python", "x"), where, where, env)[0] == "nice"
    session = Session("x", config, project, 1)
    words = session.words_of(("python", "-m", "pytest"), project, project, session.environment_in(project))
    assert words[0] == sys.executable


def test_a_python_is_asked_for_its_versions_once_a_measurement(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = project / "cache" / "python"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(PYTHON)
    asked: list[str] = []

    def versions(program: str, **_: object) -> dict[str, str | None]:
        asked.append(program)
        return {"python": "3.12", "holobench": "1.0", "numpy": None}

    monkeypatch.setattr("holobench_mcp.measure.session.versions_of", versions)
    monkeypatch.setattr("holobench_mcp.capture.runner.versions_of", versions)
    text = "import sys; sys.exit(3)"
    space = workspace(project, other={"command": [str(link), "-c", text], "runs": 3, "warmup_runs": 2})
    with pytest.raises(CaptureError):
        space.measuring.run_benchmark("other")
    session = Session("other", space.config.benchmarks["other"], project, 3)
    for _ in range(3):
        session.run(project)
    assert asked == [str(link)] * 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("print('done')", "recorded nothing"),
        ("import sys; print('\\x1b[31mno\\x1b[0m'); sys.exit(3)", "exit status 3"),
        ("raise SystemExit('\\x07\\x1b]0;title\\x07bad')", "bad"),
        ("import os\nfor _ in range(3000): os.write(1, b'x' * 65536)\nos._exit(5)", "exit status 5"),
        ("import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "took more than"),
        (
            "import runpy, os\nrunpy.run_path('tiny.py', run_name='__main__')\n"
            "open(os.environ['BENCHER_RESULT_PATH'], 'wb').write(b'garbage.')",
            "a part of its results can be read",
        ),
    ],
)
def test_the_worst_benchmarks_end_in_a_clear_error(project: Path, text: str, says: str) -> None:
    config = program(text) | {"tool": "holobench"}
    if "SIG_IGN" in text:
        config["timeout_s"] = 2
    with pytest.raises(CaptureError) as error:
        workspace(project, bad=config).measuring.run_benchmark("bad")
    assert says in str(error.value)
    assert "\x1b" not in str(error.value) and "\x07" not in str(error.value)
    assert len(str(error.value)) < 5_000


def test_a_parameters_value_is_not_looked_into(project: Path) -> None:
    parameters = {"a": "{b}", "b": "{tree}", "c": "$(id); {a}"}
    assert [filled(text, parameters) for text in ("{a}", "{b}{b}", "{c}", "{d} {}")] == [
        "{b}", "{tree}{tree}", "$(id); {a}", "{d} {}",
    ]  # fmt: skip


def test_a_benchmarks_folder_can_not_lead_out_of_the_project(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (project / "out").symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(CaptureError, match="'out' leads out of the project"):
        workspace(project, bad=program("print(1)") | {"cwd": "out"}).measuring.run_benchmark("bad")


def test_a_daemon_does_not_outlive_its_benchmark(project: Path) -> None:
    daemon = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    open({str(project / 'daemon.pid')!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(300)\n"
        f"while not os.path.exists({str(project / 'daemon.pid')!r}): time.sleep(0.01)\n"
    )
    with pytest.raises(CaptureError, match="recorded nothing"):
        workspace(project, bad=program(daemon) | {"tool": "holobench"}).measuring.run_benchmark("bad")
    until(lambda: not alive(int((project / "daemon.pid").read_text() or 0)))


def test_cancelling_ends_the_group_and_keeps_what_was_finished(project: Path) -> None:
    cancel = threading.Event()
    space = workspace(project)

    def stop_after_one(step: Progress) -> None:
        if step.done == 1:
            cancel.set()

    with pytest.raises(Cancelled, match="1 results of earlier runs are recorded"):
        space.measuring.run_benchmark("tiny", runs=3, progress=stop_after_one, cancel=cancel)
    [finished] = space.store.manifests().select()
    assert finished.measurement is not None and finished.measurement.runs == 3


def test_a_killed_server_leaves_no_child_no_worktree_and_no_half_result(project: Path) -> None:
    (project / "product.py").write_text("import time\ndef work(size):\n    time.sleep(60)\n    return size\n")
    script = (
        "from holobench_mcp.config import load_config\nfrom holobench_mcp.workspace import Workspace\n"
        f"Workspace(load_config(project={str(project)!r})).measuring.compare_revisions('tiny', base='HEAD', rounds=2)\n"
    )
    server = subprocess.Popen([PYTHON, "-c", script], env={**os.environ})
    until(lambda: benchmarks())
    until(lambda: len(list((cache_folder() / "worktrees").glob("*/head"))) == 1)
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    until(lambda: not benchmarks())
    assert clean_up_after_crash()
    assert git(project, "worktree", "list").count("\n") == 0
    assert not list((cache_folder() / "worktrees").glob("*"))
    assert Workspace(load_config(project=project)).verify().problems == ()


def test_a_partial_measurement_says_so_when_it_is_compared(project: Path) -> None:
    cancel = threading.Event()
    space = workspace(project)
    space.measuring.run_benchmark("tiny", runs=1)

    def stop_after_one(step: Progress) -> None:
        if step.done == 1:
            cancel.set()

    with pytest.raises(Cancelled):
        space.measuring.run_benchmark("tiny", label="again", runs=3, progress=stop_after_one, cancel=cancel)
    assert "is partial: 1 of 3 runs" in " ".join(space.compare().notes)


def benchmarks() -> list[int]:
    """Living processes that runs have started whose servers hold, or held, a lease in this test's cache."""
    leases = [lease.stem for lease in (cache_folder() / "leases").glob("*.lease")]
    prefixes = tuple(f"{RUN_MARK}={token}-".encode() for token in leases)
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if any(part.startswith(prefixes) for part in entry.read_bytes().split(b"\0")) and alive(
                int(entry.parent.name)
            ):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found
