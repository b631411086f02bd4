"""How far a command is that reads a whole store: a bar on a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from holobench_mcp.cli import output

#: Told how many of how many are done.
OnProgress = Callable[[int, int], None]
_NOTICE_S = 10.0


@contextmanager
def shown(what: str) -> Iterator[OnProgress]:
    """What shows how much is done while it lasts; `what` says of what, such as "verify"."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _notices(what)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _notices(what: str) -> OnProgress:
    last = [time.monotonic()]

    def notice(done: int, total: int) -> None:
        if time.monotonic() - last[0] >= _NOTICE_S:
            last[0] = time.monotonic()
            output.note(f"{what}: {done} of {total}")

    return notice
