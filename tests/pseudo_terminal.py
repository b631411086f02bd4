"""A command on a terminal of a given size, as a person has one."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

_OURS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "CI")


def on_a_terminal(
    command: Sequence[str],
    folder: Path,
    *,
    columns: int = 80,
    env: dict[str, str] | None = None,
    stdout: int | None = None,
    interrupt_when: Callable[[bytes], bool] | None = None,
    timeout: float = 120,
) -> tuple[int, str]:
    """The exit status of a command, and what it wrote to its terminal.

    stdout: where its results go, if elsewhere. interrupt_when: Ctrl-C is pressed once what was written so far is so.
    """
    if sys.platform == "win32":
        pytest.skip("a pseudo-terminal is POSIX's")
    import fcntl
    import pty
    import select
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in _OURS} | {"TERM": "xterm-256color"} | (env or {})
    child = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stderr=theirs, start_new_session=True,
        stdout=theirs if stdout is None else stdout,
    )  # fmt: skip
    os.close(theirs)
    written, ends, pressed = b"", time.monotonic() + timeout, False
    try:
        while time.monotonic() < ends:
            if select.select([ours], [], [], 0.05)[0]:
                try:
                    chunk = os.read(ours, 65_536)
                except OSError:  # the other end is closed
                    chunk = b""
                if not chunk:
                    break
                written += chunk
            if interrupt_when is not None and not pressed and interrupt_when(written):
                os.killpg(child.pid, signal.SIGINT)
                pressed = True
        return child.wait(max(1, ends - time.monotonic())), written.decode("utf-8", "replace")
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        os.close(ours)
