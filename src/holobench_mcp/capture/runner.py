"""Runs a benchmark command, unedited, and catches every sweep that it collects.

holobench writes each collected sweep to the path in `BENCHER_RESULT_PATH`, where the next one overwrites it. A FIFO in
that place receives them all: each arrives as one whole pickle, and goes to the quarantine.
"""

from __future__ import annotations

import os
import pickletools
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp import gitinfo
from holobench_mcp.capture.environment import benchmark_file_of, capture_environment
from holobench_mcp.capture.pickles import MAX_PICKLE_BYTES, read_pickle
from holobench_mcp.model import CaptureError, Environment

if TYPE_CHECKING:
    from holobench_mcp.snapshot import Snapshot

#: The names in `bencher.execution.PROVENANCE_ENV` and `bencher.launch_env` that a launcher sets.
RESULT_PATH, NO_CACHE, NO_SHOW = "BENCHER_RESULT_PATH", "BENCHER_NO_CACHE", "BENCHER_NO_SHOW"
LABEL, REVISION = "BENCHER_DISPLAY_LABEL", "BENCHER_SOURCE_REVISION"
#: Marks everything that a run starts, so that what left its process group is found too.
RUN_MARK = "HOLOBENCH_MCP_RUN"

TAIL_BYTES = 64 << 10
#: The opcode that every pickle ends with.
_STOP = b"."
_GRACE_S = 3.0
_TICK_S = 0.05
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass
class RunOutcome:
    """What came of one command."""

    returncode: int
    snapshots: list[Snapshot] = field(default_factory=list)
    output_tail: str = ""
    timed_out: bool = False
    cancelled: bool = False
    problems: list[str] = field(default_factory=list)


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
) -> RunOutcome:
    """Run a command to its end and read every sweep that it collected.

    env: the whole environment of the child; this process's, unless given. extra_env: added to it.
    on_output: gets the child's output, stdout and stderr together; None lets both go where this process's go.
    on_snapshot: called as soon as a sweep has arrived, from another thread.
    cancel: when it is set, the child's whole process group is ended.

    Raises CaptureError when the command can't be started.
    """
    folder = cwd or Path.cwd()
    known = capture_environment(
        command=command, caches_on=False, cwd=folder, benchmark_file=benchmark_file_of(command, folder)
    )
    child_env = {**(os.environ if env is None else env), **(extra_env or {}), NO_CACHE: "1", NO_SHOW: "1"}
    if label is not None:
        child_env[LABEL] = label
    if revision := source_revision or child_env.get(REVISION) or gitinfo.git(folder, "rev-parse", "HEAD"):
        child_env[REVISION] = revision
    mark = child_env[RUN_MARK] = f"{os.getpid()}-{time.monotonic_ns()}"
    with tempfile.TemporaryDirectory(prefix="holobench-mcp-") as private:
        sweeps = _Sweeps(Path(private) / "result.pkl", known, on_snapshot)
        child_env[RESULT_PATH] = str(sweeps.path)
        with sweeps:
            outcome = _run(command, folder, child_env, mark, timeout_s, on_output, cancel)
        outcome.snapshots, outcome.problems = sweeps.snapshots, sweeps.problems
    return outcome


def clean_text(data: bytes) -> str:
    """A program's output as plain text: no escape sequences, no control characters but line ends and tabs."""
    text = _ESCAPES.sub("", data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROLS.sub("", text)


# ---------------------------------------------------------------------- the child


def _run(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    mark: str,
    timeout_s: float | None,
    on_output: Callable[[bytes], None] | None,
    cancel: threading.Event | None,
) -> RunOutcome:
    piped = on_output is not None
    try:
        child = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL if piped else None,
            stdout=subprocess.PIPE if piped else None,
            stderr=subprocess.STDOUT if piped else None,
            start_new_session=True,
        )
    except (OSError, ValueError) as problem:
        raise CaptureError(f"{command[0]!r} can't be started: {problem}.") from problem
    outcome = RunOutcome(returncode=0)
    tail = _Tail(child, on_output) if on_output is not None else None
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    try:
        while True:
            try:
                outcome.returncode = child.wait(_TICK_S)
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
        _end_stragglers(child.pid, mark)
    if tail is not None:
        outcome.output_tail = tail.finish()
    return outcome


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
    for pid in marked_processes(mark):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def marked_processes(mark: str) -> list[int]:
    """Processes that carry a run's mark in their environment, where /proc tells: daemons that left the group."""
    wanted = f"{RUN_MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ") if sys.platform == "linux" else ():
        with suppress(OSError):
            if wanted in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return [pid for pid in found if pid != os.getpid()]


class _Tail:
    """Passes a child's output on, and keeps the end of it."""

    def __init__(self, child: subprocess.Popen[bytes], on_output: Callable[[bytes], None]) -> None:
        self._kept = b""
        self._on_output = on_output
        self._stream = child.stdout
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._stream is None:
            return
        with suppress(OSError, ValueError):
            while chunk := os.read(self._stream.fileno(), 1 << 16):
                self._kept = (self._kept + chunk)[-TAIL_BYTES:]
                self._on_output(chunk)

    def finish(self) -> str:
        # A daemon that we could not kill may hold the pipe open: its output is not worth waiting for.
        self._thread.join(timeout=2.0)
        if self._stream is not None and not self._thread.is_alive():
            self._stream.close()
        return clean_text(self._kept)


# ---------------------------------------------------------------------- its sweeps


class _Sweeps:
    """Receives pickles through a FIFO, and hands each to the quarantine as soon as it is whole."""

    def __init__(self, path: Path, environment: Environment, on_snapshot: Callable[[Snapshot], None] | None) -> None:
        self.path = path
        self.snapshots: list[Snapshot] = []
        self.problems: list[str] = []
        self._environment = environment
        self._on_snapshot = on_snapshot
        self._pending = b""
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    def __enter__(self) -> None:
        try:
            os.mkfifo(self.path, 0o600)
        except (AttributeError, OSError):
            self.problems.append("this system has no FIFOs: only the last sweep of the command was recorded.")
            return
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        # Held open by us too, so that the pipe never reports its end between two sweeps.
        self._keeper = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is None:
            if self.path.exists():
                self._read(self.path.read_bytes())
            return
        self._thread.join()
        os.close(self._keeper)
        os.close(self._reader)
        if self._pending:
            self.problems.append("a sweep's result was cut short and could not be recorded: its process was ended.")

    def _receive(self) -> None:
        while True:
            over = self._over.is_set()
            ready, _, _ = select.select([self._reader], [], [], 0 if over else _TICK_S)
            if ready:
                with suppress(BlockingIOError):
                    self._pending += os.read(self._reader, 1 << 20)
                if len(self._pending) > MAX_PICKLE_BYTES:
                    self.problems.append(f"a sweep's result has more than {MAX_PICKLE_BYTES:,} bytes; it was dropped.")
                    self._pending = b""
            elif self._pending.endswith(_STOP):
                self._take_whole()
            if over and not ready:
                return

    def _take_whole(self) -> None:
        """Read every whole pickle at the front of what has arrived."""
        while size := _first_pickle(self._pending):
            whole, self._pending = self._pending[:size], self._pending[size:]
            self._read(whole)

    def _read(self, pickled: bytes) -> None:
        try:
            found = read_pickle(pickled, name="a sweep's result", environment=self._environment)
        except CaptureError as problem:
            self.problems.append(str(problem))
            return
        for snapshot in found:
            self.snapshots.append(snapshot)
            if self._on_snapshot is not None:
                try:
                    self._on_snapshot(snapshot)
                except Exception as problem:
                    self.problems.append(f"NOT RECORDED: {snapshot.bench_name}: {problem}")


def _first_pickle(data: bytes) -> int | None:
    """The size of the pickle that data begins with; None when it is not whole. Reads opcodes, runs none."""
    if not data:
        return None
    try:
        for opcode, _, position in pickletools.genops(data):
            if opcode.name == "STOP" and position is not None:
                return position + 1
    except (ValueError, IndexError, EOFError):
        return None
    return None
