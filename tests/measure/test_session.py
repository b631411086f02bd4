"""Measuring configured benchmarks: only those, in a clean environment, one at a time, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, alive, git, until
from holobench_mcp.capture.runner import RUN_MARK
from holobench_mcp.config import BenchmarkConfig, cache_folder, load_config
from holobench_mcp.measure.machine_lock import machine_lock
from holobench_mcp.measure.session import Cancelled, chosen_parameters, clean_environment, filled
from holobench_mcp.measure.worktrees import choose_revisions, clean_up_after_crash, protect, worktrees
from holobench_mcp.model import Busy, CaptureError, InvalidArgument
from holobench_mcp.workspace import Workspace

BENCH = Path(__file__).parents[1] / "benches" / "tiny.py"
FAST = "import time\ndef work(size):\n    time.sleep(0.004)\n    return size\n"
SLOW = "import time\ndef work(size):\n    time.sleep(0.1)\n    return size\n"
WRONG = "def work(size):\n    return 0\n"


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text(FAST)
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.holobench-mcp.benchmarks.tiny]\ncommand = ["{PYTHON}", "tiny.py"]\nruns = 2\ntimeout_s = 60\n'
        'env = { REPEATS = "{repeats}" }\n'
        "[tool.holobench-mcp.benchmarks.tiny.parameters]\nrepeats = { min = 1, max = 9, default = 3 }\n"
    )
    repository("the benchmark")
    return tmp_path


def workspace(project: Path, **benchmarks: dict) -> Workspace:
    config = load_config(project=project, environ={})
    more = {name: BenchmarkConfig.model_validate(b) for name, b in benchmarks.items()}
    return Workspace(config.model_copy(update={"benchmarks": {**config.benchmarks, **more}}))


def program(text: str) -> dict:
    return {"command": [PYTHON, "-c", text], "timeout_s": 30, "runs": 1}


def test_runs_are_one_measurement_with_progress(project: Path) -> None:
    told: list[tuple[str, int, int]] = []
    space = workspace(project)
    report = space.measuring.run_benchmark("tiny", parameters={"repeats": 4}, progress=lambda *step: told.append(step))
    manifests = [space.store.manifest(i) for i in report.result_ids]
    assert [m.measurement.run for m in manifests if m.measurement] == [0, 1]
    assert {m.measurement.id for m in manifests if m.measurement} == {report.measurement}
    assert all(m.measurement and m.measurement.measured_by == "server" for m in manifests)
    assert manifests[0].shape == (2, 4)
    assert told[-1][1:] == (2, 2) and "measured tiny" in told[-1][0]
    assert any("left" in message for message, _, _ in told)


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
        chosen_parameters("tiny", config, given)


def test_the_environment_is_clean(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    config = BenchmarkConfig(command=("x",), env={"PYTHONPATH": "{tree}/src", "N": "{n}"})
    env = clean_environment(config, {"n": "3"}, project)
    assert "SECRET_TOKEN" not in env
    assert (env["PYTHONPATH"], env["N"], env["PYTHONHASHSEED"]) == (f"{project}/src", "3", "0")


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
            "a part of its sweeps can be read",
        ),
    ],
)
def test_the_worst_benchmarks_end_in_a_clear_error(project: Path, text: str, says: str) -> None:
    config = program(text)
    if "SIG_IGN" in text:
        config["timeout_s"] = 2
    with pytest.raises(CaptureError) as told:
        workspace(project, bad=config).measuring.run_benchmark("bad")
    assert says in str(told.value)
    assert "\x1b" not in str(told.value) and "\x07" not in str(told.value)
    assert len(str(told.value)) < 5_000


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
        workspace(project, bad=program(daemon)).measuring.run_benchmark("bad")
    until(lambda: not alive(int((project / "daemon.pid").read_text() or 0)))


def test_cancelling_ends_the_group_and_keeps_what_was_finished(project: Path) -> None:
    cancel = threading.Event()
    space = workspace(project)

    def stop_after_one(_message: str, done: int, _total: int) -> None:
        if done == 1:
            cancel.set()

    with pytest.raises(Cancelled, match="1 results of earlier runs are recorded"):
        space.measuring.run_benchmark("tiny", runs=3, progress=stop_after_one, cancel=cancel)
    [kept] = space.store.manifests().select()
    assert kept.measurement is not None and kept.measurement.runs == 3


def test_one_measurement_at_a_time(project: Path) -> None:
    with machine_lock("a first one"):
        with pytest.raises(Busy, match="a first one, since"):
            workspace(project).measuring.run_benchmark("tiny", wait=False)
        told: list[str] = []
        cancel = threading.Event()

        def cancelled(holder: str, _done: int, _total: int) -> None:
            told.append(holder)
            cancel.set()

        with pytest.raises(Busy, match="Cancelled"):
            workspace(project).measuring.run_benchmark("tiny", progress=cancelled, cancel=cancel)
    assert "waiting for another measurement: a first one" in told[0]


def test_the_lock_is_the_machines_and_not_a_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.delenv("HOLOBENCH_MCP_CACHE")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "one"))
    with machine_lock("of one user"):
        path = tmp_path / "holobench-mcp-measuring.lock"
        assert path.exists()
        monkeypatch.setenv("HOME", str(tmp_path / "another"))
        with pytest.raises(Busy, match="of one user"), machine_lock("of another", wait=False):
            pass
        handle = os.open(path, os.O_RDONLY)  # all that another user may do with the file
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)


def test_a_link_in_the_locks_place_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLOBENCH_MCP_CACHE")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "holobench-mcp-measuring.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(CaptureError, match="can't be opened"), machine_lock("x"):
        pass
    assert (tmp_path / "precious").read_text() == "kept"


def test_a_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    script = (
        "import os\nfrom holobench_mcp.measure.machine_lock import machine_lock\nwith machine_lock('dead'): os._exit(1)"
    )
    subprocess.run([PYTHON, "-c", script], check=False)
    with machine_lock("next", wait=False):
        pass


# ---------------------------------------------------------------------- revisions


def test_a_slower_working_tree_is_found_against_its_merge_base(project: Path) -> None:
    (project / "product.py").write_text(SLOW)
    space = workspace(project)
    before = (git(project, "status", "--porcelain"), git(project, "stash", "list"), git(project, "branch", "--all"))
    report = space.measuring.compare_revisions("tiny", rounds=3)
    document = report.comparisons[0]
    assert document.decision == "regressed", document.reason
    assert document.evidence is not None and document.evidence.replicates == "rounds"
    assert document.evidence.measured_by == "server"
    assert (
        git(project, "status", "--porcelain"),
        git(project, "stash", "list"),
        git(project, "branch", "--all"),
    ) == before
    assert git(project, "worktree", "list").count("\n") == 0
    assert not list((cache_folder() / "worktrees").glob("*"))
    manifests = sorted(space.store.manifests().select(), key=lambda m: m.executed_at)
    # Whether the early look, after two of the three rounds, settles it depends on how busy the machine is.
    assert [m.measurement.side for m in manifests if m.measurement][:4] == ["base", "head", "head", "base"]


def test_faster_but_wrong_is_regressed(project: Path) -> None:
    (project / "product.py").write_text(WRONG)
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    assert report.comparisons[0].decision == "regressed"
    assert "no longer holds its claim" in (report.comparisons[0].reason or "")


def test_an_edited_harness_is_measured_as_the_base_has_it(project: Path) -> None:
    bench = (project / "tiny.py").read_text()
    (project / "tiny.py").write_text(bench.replace("(time.perf_counter() - start) * 1e3", "0.001"))
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    assert report.protected_changed == ("tiny.py",)
    assert report.comparisons[0].decision != "improved"
    assert report.comparisons[0].comparability[0].what == "benchmark_source"


def test_untracked_and_deleted_files_of_the_working_tree_count(project: Path) -> None:
    (project / "helper.py").write_text("x = 1\n")
    (project / "product.py").write_text("import helper\n" + FAST)
    chosen = choose_revisions(project, "merge-base", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (base, head):
        assert not (base / "helper.py").exists()
        assert (head / "helper.py").exists()
    assert git(project, "status", "--porcelain").splitlines() == ["M product.py", "?? helper.py"]


def test_a_protected_folder_is_the_bases_whole(project: Path, repository: Callable[..., str]) -> None:
    (project / "data").mkdir()
    (project / "data" / "a.txt").write_text("base")
    base = repository("data")
    (project / "data" / "a.txt").write_text("head")
    (project / "data" / "new.txt").write_text("head")
    chosen = choose_revisions(project, base, "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        assert protect(chosen, head, ["data", "missing"]) == ["data/a.txt", "data/new.txt"]
        assert [p.name for p in (head / "data").iterdir()] == ["a.txt"]
        assert (head / "data" / "a.txt").read_text() == "base"


@pytest.mark.parametrize("revision", ["--output=/tmp/x", "-h", "nothing", "a b", "HEAD; rm -rf /", "$(id)", "x" * 500])
def test_a_revision_is_never_an_option_or_a_command(project: Path, revision: str) -> None:
    for base, head in ((revision, "worktree"), ("merge-base", revision)):
        with pytest.raises(CaptureError, match="is no revision"):
            choose_revisions(project, base, head)


def test_no_repository_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="not in a git repository"):
        choose_revisions(tmp_path, "merge-base", "worktree")


def test_no_merge_base_is_a_clear_error(project: Path) -> None:
    git(project, "checkout", "--quiet", "--orphan", "lone")
    git(project, "commit", "--quiet", "--message", "lone")
    with pytest.raises(CaptureError, match="no commit in common"):
        choose_revisions(project, "merge-base", "HEAD")


def test_a_shallow_clone_and_a_dirty_submodule_are_told(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project}", str(clone))
    git(clone, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", f"file://{project}", "sub")
    git(clone, "commit", "--quiet", "--message", "submodule")
    (clone / "sub" / "product.py").write_text("changed")
    notes = " ".join(choose_revisions(clone, "HEAD", "worktree").notes)
    assert "shallow clone" in notes and "submodule has uncommitted changes" in notes


def test_code_of_the_working_tree_is_refused_on_the_base_side(project: Path) -> None:
    bench = (project / "tiny.py").read_text()
    (project / "tiny.py").write_text(bench.replace("sys.path.insert(0, ", f"sys.path.insert(0, {str(project)!r}) or ("))
    git(project, "commit", "--quiet", "--all", "--message", "loads from an absolute path")
    (project / "product.py").write_text(SLOW)
    with pytest.raises(CaptureError, match="editable mode"):
        workspace(project).measuring.compare_revisions("tiny", rounds=2)


def test_an_answer_kept_in_a_file_does_not_serve_the_next_run(project: Path) -> None:
    kept = (
        "import os, tempfile, time\nfrom pathlib import Path\n"
        "places = [Path('kept.txt'), Path(tempfile.gettempdir()) / 'kept.txt', Path(os.environ['XDG_CACHE_HOME']) / 'kept.txt']\n"
        "def work(size):\n"
        "    if not any(p.exists() for p in places):\n"
        "        time.sleep(0.004)\n"
        "    return size\n"
        "import atexit\n"
        "atexit.register(lambda: [p.write_text('answer') for p in places])\n"
    )
    (project / "product.py").write_text(kept)
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    assert report.comparisons[0].decision != "improved", report.comparisons[0].reason


def test_a_killed_server_leaves_no_child_no_worktree_and_no_half_result(project: Path) -> None:
    (project / "product.py").write_text("import time\ndef work(size):\n    time.sleep(60)\n    return size\n")
    script = (
        "from holobench_mcp.config import load_config\nfrom holobench_mcp.workspace import Workspace\n"
        f"Workspace(load_config(project={str(project)!r})).measuring.compare_revisions('tiny', base='HEAD', rounds=2)\n"
    )
    server = subprocess.Popen([PYTHON, "-c", script], env={**os.environ})
    until(lambda: any(benchmarks_of(server.pid)))
    until(lambda: len(list((cache_folder() / "worktrees").glob("*/head"))) == 1)
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    until(lambda: not benchmarks_of(server.pid))
    assert clean_up_after_crash()
    assert git(project, "worktree", "list").count("\n") == 0
    assert not list((cache_folder() / "worktrees").glob("*"))
    assert list(Workspace(load_config(project=project)).verify()) == []


def test_twenty_no_op_variants_yield_no_uncautioned_improvement(tmp_path: Path) -> None:
    import numpy as np

    from conftest import snapshot

    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
    rng = np.random.default_rng(3)

    def run(at: int, revision: str) -> str:
        shift = 0.03 * rng.standard_normal()
        values = 100 * np.exp(shift + 0.02 * rng.standard_normal((6, 5)))
        return space.record(snapshot(values, at=at, revision=revision, environment={"git_dirty": False}))

    base = [run(i, "base") for i in range(3)]
    space.set_baseline(base[0])
    told = []
    for variant in range(20):
        named = [run(10 + i, f"{variant:02d}abcdef") for i in range(3)]
        told.append(space.compare("baseline", named[0]))
    assert [d.selection.comparisons for d in told if d.selection] == [
        i + 1 for i, d in enumerate(told) if d.decision == "improved" and i
    ]
    for document in told[1:]:
        if document.decision == "improved":
            assert document.selection is not None and document.selection.adjusted_p is not None
            assert document.selection.adjusted_p <= 0.05 or "fresh runs" in (document.next_step or "")


def test_a_partial_measurement_says_so_when_it_is_compared(project: Path) -> None:
    cancel = threading.Event()
    space = workspace(project)
    space.measuring.run_benchmark("tiny", runs=1)

    def stop_after_one(_message: str, done: int, _total: int) -> None:
        if done == 1:
            cancel.set()

    with pytest.raises(Cancelled):
        space.measuring.run_benchmark("tiny", runs=3, progress=stop_after_one, cancel=cancel)
    assert "is partial: 1 of 3 runs" in " ".join(space.compare().notes)


# ---------------------------------------------------------------------- parts


def benchmarks_of(pid: int) -> list[int]:
    """Living processes that a server's runs have started."""
    prefix = f"{RUN_MARK}={pid}-".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if any(part.startswith(prefix) for part in entry.read_bytes().split(b"\0")) and alive(
                int(entry.parent.name)
            ):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finding stray processes needs /proc")
