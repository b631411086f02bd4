"""Waiting for a measurement at a terminal: a bar with the time left on stderr, and what Ctrl-C leaves."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from holobench_mcp.cli import output

if TYPE_CHECKING:
    from holobench_mcp.measure.jobs import Job
    from holobench_mcp.measure.progress import OnProgress, Progress
    from holobench_mcp.workspace.work import Answer

#: What a shell tells of a command that Ctrl-C ended.
_INTERRUPTED = 130


def wait_with_progress(job: Job[Answer]) -> Answer:
    """The answer of a job. Whoever interrupts it is told what is recorded, and exits."""
    from holobench_mcp.workspace import underway

    try:
        with _signals_interrupt(), _shown(job) as progress:
            return underway.wait(job, progress)
    except KeyboardInterrupt:
        document = job.document
        unit = "rounds" if document.kind == "revisions" else "runs"
        left = f"{document.rounds} {unit} are recorded; the same command goes on from them."
        output.note(f"interrupted. {left}" if document.rounds else "interrupted before the first round was done.")
        raise typer.Exit(_INTERRUPTED) from None


@contextmanager
def _shown(job: Job[Answer]) -> Iterator[OnProgress]:
    """What shows progress: a bar on a terminal, a line a step elsewhere."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda step: output.note(step.sentence())
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Left(ProgressColumn):
        """The time left, which runs on between two steps."""

        def render(self, task: Task) -> Text:
            left = job.seconds_left
            return Text("" if not left or task.finished else f"{left:.0f} s left")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Left(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("about to begin", total=None)

        def show(step: Progress) -> None:
            bar.update(task, description=step.message, completed=step.done, total=step.total or None)

        yield show


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """What would end this process is an interrupt, so that the measurement's document says how it ended."""
    handlers = {}
    for name in ("SIGTERM", "SIGHUP"):
        with suppress(AttributeError, ValueError, OSError):
            number = getattr(signal, name)
            handlers[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
