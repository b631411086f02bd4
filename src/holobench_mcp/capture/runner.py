"""Runs a benchmark command, unedited, and catches every sweep that it collects, and what its process used.

The child stands in a process group of its own, behind a guard that ends it when this process is gone.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from holobench_mcp import gitinfo
from holobench_mcp.capture import guard, leases
from holobench_mcp.capture.benchmark_files import (
    benchmark_file_of,
    benchmark_files,
    project_root,
    sources_sha256,
    sweep_sha256,
)
from holobench_mcp.capture.environment import capture_environment, versions_of
from holobench_mcp.capture.loaded_files import (
    FirstLine,
    HolobenchImport,
    LoadedFiles,
    Mode,
    probe_environment,
    read_loaded_files,
)
from holobench_mcp.capture.output import MOST_BYTES, TAIL_BYTES, Output
from holobench_mcp.capture.sweeps import Sweeps
from holobench_mcp.capture.usage import read_usage
from holobench_mcp.model import CaptureError, Environment, InvalidArgument, ProcessUsage
from holobench_mcp.model.text import plain_lines

if TYPE_CHECKING:
    import psutil

    from holobench_mcp.result.snapshot import Snapshot

#: The names in `bencher.execution.PROVENANCE_ENV` and `bencher.launch_env` that a launcher sets.
RESULT_PATH, NO_CACHE, NO_SHOW = "BENCHER_RESULT_PATH", "BENCHER_NO_CACHE", "BENCHER_NO_SHOW"
LABEL, REVISION = "BENCHER_DISPLAY_LABEL", "BENCHER_SOURCE_REVISION"
#: Marks everything that a run starts, so that what left its process group is found too.
RUN_MARK = "HOLOBENCH_MCP_RUN"
#: Begins the names of temporary folders; the token of their owner's lease follows.
PRIVATE = "holobench-mcp-"

#: What of a command's output is kept: its end, all of it, or all of its standard output.
Keep = Literal["end", "all", "stdout"]
_STDOUT, _STDERR = 1, 2
#: A guard says less than this.
_USAGE_BYTES = 4096
_GRACE_S = 3.0
_DRAIN_S = 2.0
_TICK_S = 0.05


@dataclass
class RunOutcome:
    """What came of one command."""

    returncode: int
    snapshots: list[Snapshot] = field(default_factory=list)
    output_tail: str = ""
    timed_out: bool = False
    cancelled: bool = False
    problems: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  #: problems of this machine, such as a full disk
    loaded: LoadedFiles = field(default_factory=LoadedFiles)
    usage: ProcessUsage | None = None  #: None where its guard was killed before it could say
    output: bytes = b""  #: as much as was to be kept of it
    output_is_cut: bool = False
    environment: Environment = field(default_factory=Environment)  #: that of its sweeps, as of any other result
    notes: list[str] = field(default_factory=list)  #: what is to be said of how its results came in
    of_itself: bool = False  #: whether its results are only of the command itself, as it gave none of its own


def run_command(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    extra_env: Mapping[str, str] | None = None,
    label: str | None = None,
    source_revision: str | None = None,
    timeout_s: float | None = None,
    on_output: Callable[[bytes], None] | None = None,
    on_snapshot: Callable[[Snapshot], None] | None = None,
    cancel: threading.Event | None = None,
    stdout_is_ours: bool = False,
    probe: Mode | Path | None = "modules",
    versions: Mapping[str, str | None] | None = None,
    ends_early: bool = True,
    holobench_import: HolobenchImport | None = None,
    code_is_known: bool = False,
    written_as: Sequence[str] | None = None,
    keep: Keep = "end",
) -> RunOutcome:
    """Run a command to its end and read every sweep that it collected.

    env: the whole environment of the child; this process's, unless given. extra_env: added to it.
    on_output: gets the child's output, stdout and stderr together; None lets both go where this process's go.
    stdout_is_ours: what goes where this process's goes, goes to its stderr alone.
    on_snapshot: called with every sweep when the command is over, so that recording disturbs no measurement.
    cancel: when it is set, the child's whole process group is ended.
    probe: what every Python of the run writes down: its modules, also the files that it opens, or whether it runs one
    of the lines that a file lists; None for nothing. ends_early: whether a run is ended as soon as such a line ran.
    versions: what `versions_of` says of the command's Python, where that was asked already.
    holobench_import: how holobench is imported, where a probe is run; None for as the program does it.
    code_is_known: whether the folder is a checkout of `source_revision`, so that git need not be asked for its state.
    written_as: the command as results have it, where something was added to it. keep: of its output.
    Raises CaptureError when the command can't be started.
    """
    if not command:
        raise InvalidArgument("command: give the program to run and its arguments.")
    folder = cwd or Path.cwd()
    child_env = _child_environment({**(os.environ if env is None else env), **(extra_env or {})}, label)
    if revision := source_revision or child_env.get(REVISION) or gitinfo.git(folder, "rev-parse", "HEAD"):
        child_env[REVISION] = revision
    command_file = benchmark_file_of(command, folder)
    known = capture_environment(
        command=written_as or command,
        caches_on=False,
        cwd=folder,
        benchmark_file=command_file,
        versions=_versions(command[0], folder, child_env) if versions is None else versions,
        code=(source_revision, False, None) if code_is_known else None,
    )
    with private_folder() as private:
        sweeps = Sweeps(Path(private) / "result.pkl", known, on_snapshot)
        child_env[RESULT_PATH] = str(sweeps.path)
        records = Path(private) / "loaded"
        records.mkdir()
        if probe is not None:
            child_env |= probe_environment(child_env, records, probe, holobench_import)
        ends = FirstLine(records, cancel) if isinstance(probe, Path) and ends_early else cancel
        with sweeps:
            outcome = _run(command, folder, child_env, timeout_s, on_output, ends, stdout_is_ours, keep)
            if isinstance(ends, FirstLine) and ends.line_ran():
                outcome.cancelled = cancel is not None and cancel.is_set()
            loaded = outcome.loaded = read_loaded_files(records)
            sources = benchmark_files(command_file, loaded, project_root(folder))
            known = known.model_copy(update={"process": outcome.usage})
            sweeps.environment_of = partial(_with_sources, known, loaded, sources_sha256(sources))
            outcome.environment = sweeps.environment_of(None)
        outcome.snapshots, outcome.problems, outcome.faults = sweeps.snapshots, sweeps.problems, sweeps.faults
    return outcome


def _with_sources(known: Environment, loaded: LoadedFiles, benchmark: str | None, sweep: str | None) -> Environment:
    """The environment of one sweep: with the digests of the benchmark's files and of the sweep's own source."""
    found = {"benchmark_sha256": benchmark, "sweep_sha256": sweep_sha256(loaded, sweep)}
    return known.model_copy(update={**found, "holobench_import": loaded.holobench_import})


def _child_environment(env: Mapping[str, str], label: str | None) -> dict[str, str]:
    mark = f"{leases.own_token()}-{time.monotonic_ns()}"
    return {**env, NO_CACHE: "1", NO_SHOW: "1", RUN_MARK: mark, **({LABEL: label} if label is not None else {})}


def _versions(program: str, folder: Path, env: Mapping[str, str]) -> dict[str, str | None] | None:
    return None if program == sys.executable else versions_of(program, cwd=folder, env=env)


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """A temporary folder that names its owner's lease, so that a killed one's is removed at the next start."""
    try:
        return tempfile.TemporaryDirectory(prefix=f"{PRIVATE}{leases.own_token()}-", ignore_cleanup_errors=True)
    except OSError as problem:
        raise CaptureError(
            f"No temporary folder can be made: {problem.strerror}. TMPDIR names another one."
        ) from problem


# ---------------------------------------------------------------------- the child


def _run(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    timeout_s: float | None,
    on_output: Callable[[bytes], None] | None,
    cancel: threading.Event | None,
    stdout_is_ours: bool,
    keep: Keep,
) -> RunOutcome:
    piped = on_output is not None
    if keep != "end" and on_output is None:
        on_output = partial(_pass_on, _STDERR if stdout_is_ours else _STDOUT)
    stdout = subprocess.PIPE if on_output is not None else _STDERR if stdout_is_ours else None
    stderr = (subprocess.PIPE if keep == "stdout" else subprocess.STDOUT) if piped else None
    with _started(command, folder, env, subprocess.DEVNULL if piped else None, stdout, stderr) as (child, said):
        outcome = RunOutcome(returncode=0)
        most = TAIL_BYTES if keep == "end" else MOST_BYTES
        outputs = [
            Output(stream, on_output, most if stream is child.stdout else TAIL_BYTES)
            for stream in (child.stdout, child.stderr)
            if stream is not None and on_output is not None
        ]
        _wait_for(child, outcome, timeout_s, cancel, env[RUN_MARK])
        outcome.usage = read_usage(os.read(said, _USAGE_BYTES))
    if outcome.returncode < 0:
        outcome.returncode = 128 - outcome.returncode  # as a shell tells of a command that a signal ended
    finished = [output.finish() for output in outputs]
    if outputs:
        tail = b"".join(text[-TAIL_BYTES:] for text in finished)[-TAIL_BYTES:]
        outcome.output_tail = plain_lines(tail.decode("utf-8", "replace"))
    if outputs and keep != "end":
        outcome.output, outcome.output_is_cut = finished[0], outputs[0].is_cut
    return outcome


@contextmanager
def _started(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    stdin: int | None,
    stdout: int | None,
    stderr: int | None,
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A command behind its guard, and where the guard says what it used. On leaving, the guard ends what still runs."""
    if shutil.which(command[0], path=env.get("PATH")) is None and not (folder / command[0]).is_file():
        raise CaptureError(f"{command[0]!r} can't be started: there is no such program.")
    with ExitStack() as stack:
        (lifeline, ours), (said, report) = os.pipe(), os.pipe()
        for handle in (ours, said):
            stack.callback(os.close, handle)
        try:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, str(lifeline), str(report), *command],
                cwd=folder,
                env=dict(env),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=(lifeline, report),
            )
        except (OSError, ValueError) as problem:
            raise CaptureError(f"{command[0]!r} can't be started: {problem}.") from problem
        finally:
            os.close(lifeline)
            os.close(report)
        yield child, said


def _wait_for(
    child: subprocess.Popen[bytes],
    outcome: RunOutcome,
    timeout_s: float | None,
    cancel: threading.Event | None,
    mark: str,
) -> None:
    """Wait until a command has ended, or end it; then whatever it has left behind."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    handlers = _end_with_us()
    ended = _end_of(child.pid)
    try:
        while True:
            try:
                outcome.returncode = _wait(child, ended)
                break
            except subprocess.TimeoutExpired:
                outcome.cancelled = cancel is not None and cancel.is_set()
                outcome.timed_out = deadline is not None and time.monotonic() > deadline
                if outcome.cancelled or outcome.timed_out:
                    outcome.returncode = _end(child)
                    break
            except KeyboardInterrupt:
                outcome.returncode = _end(child, signal.SIGINT)
                outcome.cancelled = True
                break
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if ended is not None:
            os.close(ended)
        _end_stragglers(child.pid, mark)


def _pass_on(descriptor: int, chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(descriptor, chunk) :]


def _end_of(pid: int) -> int | None:
    """A handle that can be read when a process has ended; None where the kernel has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _wait(child: subprocess.Popen[bytes], ended: int | None) -> int:
    """The child's status, at once when it ends. Raises TimeoutExpired after a moment in which it does not.

    Python's own wait asks ever more seldom: it notices 25 ms too late on the average, and once a run.
    """
    if ended is None:
        return child.wait(_TICK_S)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    if not poll.poll(_TICK_S * 1000):
        raise subprocess.TimeoutExpired(child.args, _TICK_S)
    return child.wait()


def _end_with_us() -> dict[signal.Signals, Any]:
    """Make what would end this process an interrupt, so that the child does not outlive it. The handlers that were."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    wanted = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP"))
    return {
        number: signal.signal(number, signal.default_int_handler)
        for number in wanted
        if number is not None and signal.getsignal(number) is signal.SIG_DFL
    }


def _end(child: subprocess.Popen[bytes], first: signal.Signals = signal.SIGTERM) -> int:
    """End a process group: asked first, then killed. Returns the child's status."""
    for how in (first, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, how)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(_GRACE_S)
    return child.wait()


def _end_stragglers(group: int, mark: str) -> None:
    """Kill what a command left behind: it would disturb the next measurement, and may hold our FIFO open."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    end_processes(lambda theirs: theirs == mark)


def end_processes(is_theirs: Callable[[str], bool], wait_s: float = 0.0) -> list[int]:
    """Kill the processes whose run's mark is one of somebody's: daemons that left their group. Returns their numbers.

    The environment of other users' processes, which holds the mark, is not ours to read: they are left alone.
    """
    import psutil

    ended = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and is_theirs(process.environ().get(RUN_MARK, "")):
                process.kill()  # psutil makes sure that it is still the same process
                ended.append(process)
    deadline = time.monotonic() + wait_s
    while any(map(_still_runs, ended)) and time.monotonic() < deadline:
        time.sleep(_TICK_S / 5)
    return [process.pid for process in ended]


def _still_runs(process: psutil.Process) -> bool:
    """Whether a process that was killed may still write. One that nobody has waited for does not."""
    import psutil

    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
