"""Waiting for a measurement at a terminal: a bar with the time left on stderr, and what Ctrl-C leaves."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from holobench_mcp.cli import output, progress

if TYPE_CHECKING:
    from holobench_mcp.measure.jobs import Job
    from holobench_mcp.measure.progress import OnProgress, Progress
    from holobench_mcp.workspace.work import Answer


def wait_with_progress(job: Job[Answer]) -> Answer:
    """The answer of a job. Whoever interrupts it is told what is recorded, and exits."""
    from holobench_mcp.workspace import underway

    try:
        with _signals_interrupt(), _shown(job) as show:
            return underway.wait(job, show)
    except KeyboardInterrupt:
        document = job.document
        unit = "round" if document.kind == "revisions" else "run"
        recorded = f"{document.rounds} {unit}{'s are' if document.rounds != 1 else ' is'} recorded"
        left = f"{recorded}; the same command goes on from there."
        output.note(f"interrupted. {left}" if document.rounds else "interrupted before the first round was done.")
        raise typer.Exit(progress.INTERRUPTED) from None


@contextmanager
def _shown(job: Job[Answer]) -> Iterator[OnProgress]:
    """What shows progress: a bar on a terminal, a line a step elsewhere."""
    if not progress.is_drawn():
        yield lambda step: output.note(step.sentence()) if progress.is_wanted() else None
        return
    from rich.console import Console

    with progress.drawn(Console(stderr=True), lambda: job.seconds_left) as bar:
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
