"""A command is run as it is, every sweep of it is caught, and nothing that it does makes us wait for ever."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON
from holobench_mcp.capture import runner, sweeps
from holobench_mcp.capture.runner import run_command
from holobench_mcp.model import CaptureError, InvalidArgument
from holobench_mcp.result import upstream
from holobench_mcp.result.snapshot import Snapshot

BENCHES = Path(__file__).parents[1] / "benches"


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result that a real sweep saved, for shell commands that stand in for benchmarks."""
    folder = tmp_path_factory.mktemp("saved")
    subprocess.run(
        [PYTHON, str(BENCHES / "two_sweeps.py")],
        cwd=folder,
        env={**os.environ, "BENCHER_RESULT_PATH": str(folder / "saved.pkl"), "BENCHER_NO_SHOW": "1"},
        capture_output=True,
        check=True,
    )
    return folder / "saved.pkl"


def shell(script: str) -> list[str]:
    return ["bash", "-c", script]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: int, within_s: float = 50.0) -> bool:
    deadline = time.monotonic() + within_s
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def pid_in(path: Path, within_s: float = 100.0) -> int:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if path.exists() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{path} was never written")


# ---------------------------------------------------------------------- a real benchmark


def test_every_sweep_of_a_benchmark_is_caught_with_where_it_came_from(
    tmp_path: Path, repository: Callable[..., str]
) -> None:
    source = (BENCHES / "two_sweeps.py").read_text()
    (tmp_path / "bench.py").write_text(source)
    revision = repository("a benchmark")
    (tmp_path / "bench.py").write_text(source + "# edited\n")
    snapshots: list[Snapshot] = []
    said: list[bytes] = []
    command = [PYTHON, "bench.py", "mine", "3"]
    outcome = run_command(command, cwd=tmp_path, label="after", on_output=said.append, on_snapshot=snapshots.append)

    assert outcome.returncode == 3
    assert [s.bench_name for s in outcome.snapshots] == ["mine-first", "mine-second"]
    assert snapshots == outcome.snapshots
    assert outcome.problems == []
    assert not outcome.timed_out
    assert not outcome.cancelled
    assert outcome.output_tail.endswith("both are done\n")
    assert b"\x1b[31mboth are done" in b"".join(said)
    for snapshot in snapshots:
        assert snapshot.samples["time_ms"].tolist() == [[10.0, 10.0], [20.0, 20.0]]
        assert snapshot.provenance["source_revision"] == revision
        assert snapshot.provenance["display_label"] == "after"
        known = snapshot.environment
        assert (known.git_commit, known.git_dirty, known.caches_on) == (revision, True, False)
        assert known.command == tuple(command)
        assert known.benchmark_sha256 == hashlib.sha256((source + "# edited").strip().encode()).hexdigest()


def test_what_a_launcher_sets_is_what_holobench_reads() -> None:
    upstream.bencher()
    from bencher import launch_env
    from bencher.execution import PROVENANCE_ENV

    assert PROVENANCE_ENV["display_label"] == runner.LABEL
    assert PROVENANCE_ENV["source_revision"] == runner.REVISION
    names = (launch_env.RESULT_PATH_ENV, launch_env.NO_CACHE_ENV, launch_env.NO_SHOW_ENV)
    assert names == (runner.RESULT_PATH, runner.NO_CACHE, runner.NO_SHOW)


def test_the_child_gets_the_launchers_variables_and_keeps_its_callers(
    tmp_path: Path, repository: Callable[..., str]
) -> None:
    said: list[bytes] = []

    def printed(env: dict[str, str], **options: str) -> str:
        said.clear()
        run_command(
            shell('echo "$BENCHER_NO_CACHE $BENCHER_NO_SHOW $BENCHER_SOURCE_REVISION $BENCHER_LANE $MORE"'),
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], **env},
            extra_env={"MORE": "more"},
            on_output=said.append,
            **options,
        )
        return b"".join(said).decode().strip()

    revision = repository()
    assert printed({}) == f"1 1 {revision}  more"
    assert printed({"BENCHER_SOURCE_REVISION": "theirs", "BENCHER_LANE": "ci"}) == "1 1 theirs ci more"
    assert printed({"BENCHER_SOURCE_REVISION": "theirs"}, source_revision="ours") == "1 1 ours  more"


def test_without_git_there_is_no_revision(tmp_path: Path, saved: Path) -> None:
    outcome = run_command(shell(f"cat {saved} > $BENCHER_RESULT_PATH"), cwd=tmp_path, env={"PATH": os.environ["PATH"]})
    assert outcome.snapshots[0].environment.git_commit is None


# ---------------------------------------------------------------------- sweeps, one after another


@pytest.mark.parametrize(
    "script",
    [
        "for i in 1 2 3 4 5 6 7 8; do cat {saved} > $BENCHER_RESULT_PATH; done",
        "for i in 1 2 3 4 5 6 7 8; do cat {saved}; done > $BENCHER_RESULT_PATH",
        "sleep 30 > $BENCHER_RESULT_PATH & for i in 1 2 3 4 5 6 7 8; do cat {saved} > $BENCHER_RESULT_PATH; done",
    ],
    ids=["one by one", "in one stream", "while something holds the pipe open"],
)
def test_no_sweep_is_lost_however_quickly_they_follow(script: str, saved: Path, tmp_path: Path) -> None:
    outcome = run_command(shell(script.format(saved=saved)), cwd=tmp_path)
    assert len(outcome.snapshots) == 8
    assert outcome.problems == []


def test_a_result_larger_than_the_pipe_arrives_whole(saved: Path, tmp_path: Path) -> None:
    padding = b"\x8e" + (40 << 20).to_bytes(8, "little") + b"x" * (40 << 20) + b"0"
    data = saved.read_bytes()
    (tmp_path / "large.pkl").write_bytes(data[:2] + padding + data[2:])
    outcome = run_command(shell("cat large.pkl > $BENCHER_RESULT_PATH"), cwd=tmp_path)
    assert (len(outcome.snapshots), outcome.problems) == (1, [])


def test_a_result_that_is_too_large_is_dropped_and_the_next_is_kept(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "MAX_PICKLE_BYTES", 1 << 20)
    script = f"head -c 3000000 /dev/zero > $BENCHER_RESULT_PATH; sleep 0.3; cat {saved} > $BENCHER_RESULT_PATH"
    outcome = run_command(shell(script), cwd=tmp_path)
    assert len(outcome.snapshots) == 1
    assert [p for p in outcome.problems if "it was dropped" in p] == outcome.problems != []


def test_a_sweep_cut_short_is_a_problem_and_the_others_are_kept(saved: Path, tmp_path: Path) -> None:
    script = (
        f"cat {saved} > $BENCHER_RESULT_PATH; sleep 0.2; head -c 1000 {saved} > $BENCHER_RESULT_PATH; sleep 0.3; "
        f"cat {saved} > $BENCHER_RESULT_PATH"
    )
    outcome = run_command(shell(script), cwd=tmp_path)
    assert len(outcome.snapshots) == 2
    assert ["cut short" in p for p in outcome.problems] == [True]


@pytest.mark.parametrize("before", ["", "cat {saved} > $BENCHER_RESULT_PATH; sleep 0.3; "], ids=["at once", "later"])
def test_a_file_that_is_moved_into_the_fifos_place_is_read(before: str, saved: Path, tmp_path: Path) -> None:
    script = (
        f"{before}cp {{saved}} $BENCHER_RESULT_PATH.new; mv $BENCHER_RESULT_PATH.new $BENCHER_RESULT_PATH; sleep 0.3"
    )
    outcome = run_command(shell(script.format(saved=saved)), cwd=tmp_path)
    assert (len(outcome.snapshots), outcome.problems) == (2 if before else 1, [])


@pytest.mark.parametrize("instead", ["true", "mkdir $BENCHER_RESULT_PATH"], ids=["nothing", "a folder"])
def test_a_fifo_that_is_removed_keeps_what_came_through_it(instead: str, saved: Path, tmp_path: Path) -> None:
    script = f"cat {saved} > $BENCHER_RESULT_PATH; rm $BENCHER_RESULT_PATH; {instead}; sleep 0.3"
    outcome = run_command(shell(script), cwd=tmp_path)
    assert (len(outcome.snapshots), outcome.problems) == (1, [])


def test_garbage_without_end_costs_a_moment(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"N." * 100_000)
    script = f"cat {saved} garbage > $BENCHER_RESULT_PATH"
    began = time.monotonic()
    outcome = run_command(shell(script), cwd=tmp_path)
    assert len(outcome.snapshots) == 1
    assert len(outcome.problems) == 21 and "left out" in outcome.problems[-1]
    assert time.monotonic() - began < 200


def test_a_pickle_that_would_run_code_is_a_problem_and_runs_nothing(saved: Path, tmp_path: Path) -> None:
    marker = tmp_path / "created"
    (tmp_path / "evil.pkl").write_bytes(b"cos\nsystem\n(S'touch " + str(marker).encode() + b"'\ntR.")
    script = f"cat evil.pkl > $BENCHER_RESULT_PATH; sleep 0.2; cat {saved} > $BENCHER_RESULT_PATH"
    outcome = run_command(shell(script), cwd=tmp_path)
    assert len(outcome.snapshots) == 1
    assert ["os.system" in p for p in outcome.problems] == [True]
    assert not marker.exists()


def test_a_result_that_is_not_recorded_is_a_problem_and_the_next_is(saved: Path, tmp_path: Path) -> None:
    recorded: list[Snapshot] = []

    def keep(snapshot: Snapshot) -> None:
        if not recorded:
            recorded.append(snapshot)
            raise OSError("no space left on device")
        recorded.append(snapshot)

    outcome = run_command(shell(f"cat {saved} {saved} > $BENCHER_RESULT_PATH"), cwd=tmp_path, on_snapshot=keep)
    assert len(recorded) == 2
    assert ["NOT RECORDED" in p and "no space left" in p for p in outcome.problems] == [True]


def test_sweeps_are_read_when_the_command_is_over_so_that_reading_disturbs_no_measurement(
    saved: Path, tmp_path: Path
) -> None:
    read: list[bool] = []
    script = f"cat {saved} > $BENCHER_RESULT_PATH; sleep 0.8; touch over"
    run_command(shell(script), cwd=tmp_path, on_snapshot=lambda _: read.append((tmp_path / "over").exists()))
    assert read == [True]


def test_without_fifos_the_last_sweep_is_caught_and_it_is_said(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(os, "mkfifo", refuse)
    script = f"cat {saved} > $BENCHER_RESULT_PATH; cat {saved} > $BENCHER_RESULT_PATH"
    outcome = run_command(shell(script), cwd=tmp_path)
    assert len(outcome.snapshots) == 1
    assert ["only the last sweep" in p for p in outcome.problems] == [True]


def test_a_command_that_collects_nothing_gives_nothing(tmp_path: Path) -> None:
    outcome = run_command(shell("exit 7"), cwd=tmp_path)
    assert (outcome.returncode, outcome.snapshots, outcome.problems) == (7, [], [])


def test_an_idle_benchmark_is_left_the_processor(tmp_path: Path) -> None:
    before = time.process_time()
    run_command(["sleep", "1"], cwd=tmp_path)
    assert time.process_time() - before < 0.3


# ---------------------------------------------------------------------- ends


@pytest.mark.parametrize("command", [["no-such-program"], ["/"], ["echo", "a\0b"]])
def test_what_can_not_be_started_is_told_in_a_sentence(command: list[str], tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="can't be started"):
        run_command(command, cwd=tmp_path)


def test_no_command_is_told_in_a_sentence() -> None:
    with pytest.raises(InvalidArgument, match="command"):
        run_command([])


def test_a_timeout_ends_the_whole_group_and_keeps_what_was_collected(saved: Path, tmp_path: Path) -> None:
    script = f"cat {saved} > $BENCHER_RESULT_PATH; sleep 300 & echo $! > pid; wait"
    start = time.monotonic()
    outcome = run_command(shell(script), cwd=tmp_path, timeout_s=3)
    assert time.monotonic() - start < 200
    assert outcome.timed_out
    assert outcome.returncode == 128 + signal.SIGTERM
    assert len(outcome.snapshots) == 1
    assert ends(pid_in(tmp_path / "pid"))


def test_a_child_ended_while_it_writes_leaves_a_problem(saved: Path, tmp_path: Path) -> None:
    outcome = run_command(shell(f"(head -c 1000 {saved}; sleep 60) > $BENCHER_RESULT_PATH"), cwd=tmp_path, timeout_s=2)
    assert outcome.timed_out
    assert ["cut short" in p for p in outcome.problems] == [True]


def test_a_child_that_ignores_being_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_GRACE_S", 0.5)
    outcome = run_command(shell("trap '' TERM INT; while true; do sleep 0.1; done"), cwd=tmp_path, timeout_s=2)
    assert outcome.timed_out
    assert outcome.returncode == 128 + signal.SIGKILL


def test_cancelling_ends_the_whole_group(tmp_path: Path) -> None:
    cancel = threading.Event()
    threading.Thread(target=lambda: (pid_in(tmp_path / "pid"), cancel.set())).start()
    outcome = run_command(shell("sleep 60 & echo $! > pid; wait"), cwd=tmp_path, cancel=cancel)
    assert outcome.cancelled
    assert not outcome.timed_out
    assert ends(pid_in(tmp_path / "pid"))


@pytest.mark.parametrize("start", ["", "setsid "], ids=["in its group", "in a session of its own"])
def test_a_daemon_that_keeps_every_pipe_open_does_not_hold_us(start: str, saved: Path, tmp_path: Path) -> None:
    script = f"{start}sleep 300 3> $BENCHER_RESULT_PATH & cat {saved} > $BENCHER_RESULT_PATH; echo done"
    began = time.monotonic()
    outcome = run_command(shell(script), cwd=tmp_path, on_output=lambda _: None)
    assert time.monotonic() - began < 200
    assert outcome.returncode == 0
    assert outcome.output_tail == "done\n"
    assert len(outcome.snapshots) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_ends_us_ends_the_child(number: signal.Signals, tmp_path: Path) -> None:
    script = """
        from holobench_mcp.capture.runner import run_command
        outcome = run_command(["bash", "-c", "echo $$ > pid; exec sleep 60"])
        print(outcome.cancelled)
    """
    ours = subprocess.Popen(
        [PYTHON, "-c", textwrap.dedent(script)], cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True
    )
    child = pid_in(tmp_path / "pid")
    ours.send_signal(number)
    said, _ = ours.communicate(timeout=50)
    assert said == b"True\n"
    assert ends(child)


# ---------------------------------------------------------------------- output


def test_gigabytes_of_output_fill_no_memory(tmp_path: Path) -> None:
    size = 0

    def count(chunk: bytes) -> None:
        nonlocal size
        size += len(chunk)

    outcome = run_command(shell("head -c 300000000 /dev/zero | tr '\\0' x; echo end"), cwd=tmp_path, on_output=count)
    assert size == 300_000_004
    assert len(outcome.output_tail) <= runner.TAIL_BYTES
    assert outcome.output_tail.endswith("xend\n")


def test_a_listener_that_fails_does_not_stop_the_child(tmp_path: Path) -> None:
    def fail(_: bytes) -> None:
        raise RuntimeError("the client is gone")

    outcome = run_command(shell("head -c 1000000 /dev/zero; echo end"), cwd=tmp_path, on_output=fail, timeout_s=20)
    assert outcome.returncode == 0
    assert outcome.output_tail.endswith("end\n")


def test_output_goes_where_ours_goes_unless_it_is_asked_for(tmp_path: Path) -> None:
    script = (
        "from holobench_mcp.capture.runner import run_command; run_command(['bash', '-c', 'echo out; echo err >&2'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "out\n"
    assert "err\n" in done.stderr
