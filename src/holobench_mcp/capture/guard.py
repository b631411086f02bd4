"""Stands between this program and a benchmark, and ends the benchmark's process group when this program is gone.

Run as a script with `python -I guard.py FD PROGRAM ARG…`: FD is the read end of a pipe whose other end only the parent
holds, so that it closes however the parent ends, by SIGKILL too. Imports nothing of the project, so that it costs
milliseconds.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Run the command; exit as it exits."""
    lifeline = int(sys.argv[1])
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        # They are meant for the benchmark, which is in our group and gets them too.
        signal.signal(getattr(signal, name), lambda *_: None)
    try:
        child = subprocess.Popen(sys.argv[2:], close_fds=True)
    except OSError as problem:
        sys.stderr.write(f"{sys.argv[2]}: {problem.strerror}\n")
        os._exit(127)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()
    status = child.wait()
    os._exit(status if status >= 0 else 128 - status)


def _watch(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
