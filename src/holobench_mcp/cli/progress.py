"""How far a command is: a bar on a terminal, elsewhere a line every ten seconds; and what Ctrl-C leaves.

A bar stands on stderr, where that is a terminal, and goes when the work is over. It comes only after a moment: most
work is done before anybody could read it. With --json and --quiet there is none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from holobench_mcp.cli import output, terminal
from holobench_mcp.model import progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

#: What a shell tells of a command that Ctrl-C ended.
INTERRUPTED = 130
_NOTICE_S = 10.0
#: Work that is over earlier shows no bar.
_MOMENT_S = 0.4


@dataclass
class _Wishes:
    """What the options of a call say of progress."""

    quiet: bool = False
    json: bool = False


_wishes = _Wishes()


def begin(*, quiet: bool) -> None:
    """Begin a call of the command line. quiet: progress is not wanted at all."""
    _wishes.quiet, _wishes.json = quiet, False


def no_bar(asked: bool) -> bool:
    """Draw no bar where a program reads what is written: what --json says, as it is."""
    _wishes.json = _wishes.json or asked
    return asked


def is_wanted() -> bool:
    """Whether anything is to be said of progress."""
    return not _wishes.quiet


def is_drawn() -> bool:
    """Whether progress is drawn as a bar."""
    return is_wanted() and not _wishes.json and terminal.draws_over_itself()


class Bar:
    """How much is done: called with how many of how many."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.done, self.total = 0, 0
        self._began = self._noticed = time.monotonic()
        self._lock = threading.RLock()
        self._drawn: tuple[Progress, TaskID] | None = None
        self._timer: threading.Timer | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done."""
        self.say(self.what, done, total)

    def say(self, what: str, done: int, total: int) -> None:
        """Show how much of what is done."""
        with self._lock:
            self.what, self.done, self.total = what, done, total
            if not is_drawn():
                self._notice()
            elif self._drawn is not None:
                bar, task = self._drawn
                bar.update(task, description=what, completed=done, total=total or None)
            elif time.monotonic() - self._began >= _MOMENT_S:
                self.draw()

    def draw_soon(self) -> None:
        """Draw the bar in a moment, though nothing is done by then."""
        if is_drawn():
            self._timer = threading.Timer(_MOMENT_S, self.draw)
            self._timer.daemon = True
            self._timer.start()

    def draw(self) -> None:
        """Draw the bar as far as it is."""
        from rich.console import Console

        with self._lock:
            if self._drawn is None:
                bar = drawn(Console(stderr=True))
                self._drawn = bar, bar.add_task(self.what, completed=self.done, total=self.total or None)
                bar.start()

    def end(self) -> None:
        """Take the bar off the screen."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._drawn is not None:
                self._drawn[0].stop()
                self._drawn = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let lines be written where the bar stands."""
        with self._lock:
            self.end()
            yield

    def _notice(self) -> None:
        if is_wanted() and time.monotonic() - self._noticed >= _NOTICE_S:
            self._noticed = time.monotonic()
            output.note(f"{self.what}: {self.done} of {self.total}")


@contextmanager
def shown(what: str, interrupted: str) -> Iterator[Bar]:
    """What shows how much is done while it lasts; `what` says of what, such as "verify".

    interrupted: what Ctrl-C leaves and what the next call does, in a sentence. Raises typer.Exit after it was said.
    """
    bar = Bar(what)
    bar.draw_soon()
    try:
        with progress.listening(bar.say):
            yield bar
    except KeyboardInterrupt:
        bar.end()
        far = f" at {bar.done} of {bar.total}" if bar.total else ""
        output.note(f"{what} was interrupted{far}: {interrupted}")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        bar.end()


@contextmanager
def of_whatever_takes_long() -> Iterator[None]:
    """Show what is said of long work below a command, such as the first index of a large store."""
    bar = Bar("")
    try:
        with progress.listening(bar.say):
            yield
    finally:
        bar.end()


def drawn(console: Console, seconds_left: Callable[[], float | None] | None = None) -> Progress:
    """A bar, not yet on the screen. seconds_left: what is known of the time left, where the bar can't tell."""
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Left(ProgressColumn):
        """The time left, which runs on between two steps."""

        def render(self, task: Task) -> Text:
            left = task.time_remaining if seconds_left is None else seconds_left()
            return Text("" if not left or task.finished else f"{left:.0f} s left")

    class Count(ProgressColumn):
        """How many of how many; nothing as long as nobody knows."""

        def render(self, task: Task) -> Text:
            return Text("" if task.total is None else f"{task.completed:.0f}/{task.total:.0f}")

    fixed = Column(no_wrap=True)
    return Progress(
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=3)),
        BarColumn(bar_width=None, table_column=Column(ratio=2)),
        Count(table_column=fixed),
        Left(table_column=fixed),
        console=console,
        transient=True,
        expand=True,
        redirect_stdout=False,  # what is written there is for whoever reads it, and stderr's is not his
    )
