"""Stands between this program and a benchmark: says what its process used, and ends it when this program is gone.

Run as a script with `python -I -S guard.py LIFELINE REPORT PROGRAM ARG…`. LIFELINE is the read end of a pipe whose
other end only the parent holds, so that it closes however the parent ends, by SIGKILL too; to REPORT goes what the
process used. Imports nothing of the project, and little else, so that it costs milliseconds.
"""

import os
import select
import signal
import sys
import time

#: Between two looks at the memory of all processes: ever longer, and never more than a fiftieth of our time.
_FIRST_MS, _LONGEST_MS, _SHARE = 2.0, 50.0, 50
_MOST_PROCESSES, _MOST_THREADS = 256, 64


def main() -> None:
    """Run the command; exit as it exits."""
    lifeline, report = int(sys.argv[1]), int(sys.argv[2])
    for descriptor in (lifeline, report):
        os.set_inheritable(descriptor, False)
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        # They are meant for the benchmark, which is in our group and gets them too.
        signal.signal(getattr(signal, name), lambda *_: None)
    child, floor_kb, before_ns, began = _start(sys.argv[3:])
    tree = _Tree(child)
    status, usage, ended = _wait(child, lifeline, tree)
    exact_kb = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    used = {
        "wall_s": (ended - began) / 1e9,
        "cpu_s": max(usage.ru_utime + usage.ru_stime - before_ns / 1e9, 1e-6),
        "largest_kb": exact_kb,  # of the largest process
        "floor_kb": floor_kb,  # that the kernel counts for the largest in any case: what ours had before its exec
        "together_kb": tree.most_kb,  # of all that ran at one time, as far as it was looked
        "seen_kb": tree.largest_kb,  # of the largest, as far as it was looked
        "looks": tree.looks,
    }
    os.write(report, "".join(f"{name} {number}\n" for name, number in used.items()).encode())
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _start(command: list[str]) -> tuple[int, int, int, int]:
    """Start the command. Its pid, the memory and CPU time that the kernel has counted for it, and the time of its exec.

    By a fork: of a process that shares our memory until its exec, the kernel counts all of that as its own.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        for name in ("SIGPIPE", "SIGXFSZ"):  # that Python ignores
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        try:
            floor = _status_kb("self", "VmHWM:")
            os.write(writer, f"{floor} {time.process_time_ns()} {time.monotonic_ns()}".encode())
            os.execvp(command[0], command)  # noqa: S606 - what we are here for
        except OSError as problem:
            os.write(2, f"{command[0]}: {problem.strerror}\n".encode())
        finally:
            os._exit(127)
    os.close(writer)
    said = b""
    while part := os.read(reader, 64):  # ends when the exec has closed the other end
        said += part
    os.close(reader)
    floor_kb, before_ns, began = map(int, said.split()) if said else (0, 0, time.monotonic_ns())
    return child, floor_kb, before_ns, began


def _wait(child: int, lifeline: int, tree: "_Tree") -> "tuple[int, os._ResourceUsage, int]":  # type: ignore[name-defined]
    """The child's status, what it and its children used, and when it ended."""
    try:
        ended = os.pidfd_open(child)
    except (AttributeError, OSError):
        import threading

        threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()
        _, status, usage = os.wait4(child, 0)
        return status, usage, time.monotonic_ns()
    poll = select.poll()
    for descriptor in (ended, lifeline):
        poll.register(descriptor, select.POLLIN)
    pause = _FIRST_MS
    while True:
        ready = [descriptor for descriptor, _ in poll.poll(pause)]
        now = time.monotonic_ns()
        if ended in ready:
            _, status, usage = os.wait4(child, 0)
            return status, usage, now
        if lifeline in ready:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        before = time.thread_time_ns()  # not the time that others took meanwhile
        tree.look()
        took = (time.thread_time_ns() - before) / 1e6
        pause = max(min(2 * pause, _LONGEST_MS), _SHARE * took)


def _watch(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


class _Tree:
    """The memory of a process and all below it, as /proc shows it while they run."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.most_kb = 0
        self.largest_kb = 0
        self.looks = 0

    def look(self) -> None:
        """Take in how much memory is used now."""
        total, count = 0, 0
        pids = [str(self._pid)]
        while pids and count < _MOST_PROCESSES:
            pid = pids.pop()
            resident, peak = _status_kb(pid, "VmRSS:"), _status_kb(pid, "VmHWM:")
            total, count = total + resident, count + (resident > 0)
            self.largest_kb = max(self.largest_kb, peak)
            pids += _children(pid)
        self.most_kb, self.looks = max(self.most_kb, total), self.looks + (count > 0)


def _status_kb(pid: str, field: str) -> int:
    try:
        with open(f"/proc/{pid}/status", "rb") as stream:
            _, found, after = stream.read().partition(field.encode())
    except OSError:
        return 0
    return int(after.split(None, 1)[0]) if found else 0


def _children(pid: str) -> list[str]:
    children: list[str] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task")[:_MOST_THREADS]:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as stream:
                children += stream.read().decode().split()
    except OSError:
        pass
    return children


if __name__ == "__main__":
    main()
