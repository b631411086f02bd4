"""Measurements under way in this process: each has an id and a thread, and outlives the call that asked for it.

A call waits for a job; a job knows whether anybody waits. One for which nobody has waited for two minutes ends after
its present process, and so do all when the client is gone. What a job measures, and where that is stored, it does not
know.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from holobench_mcp.measure.progress import NO_PROGRESS, Ending, Progress
from holobench_mcp.model import MeasurementDocument

R = TypeVar("R")
Clock = Callable[[], float]
#: How long a measurement goes on for nobody: an agent may think for a while between two calls.
ABANDONED_AFTER_S = 120.0
#: Jobs that are over and remembered, with their answers; the others' are in the store.
_REMEMBERED = 20

ABANDONED = Ending("interrupted", f"nobody has waited for it for {ABANDONED_AFTER_S:.0f} s")
CLIENT_GONE = Ending("interrupted", "the client is gone")
CANCELLED = Ending("cancelled", "it was cancelled")


@dataclass(frozen=True)
class State:
    """How far a job is: what its thread said last, and when by the job's clock."""

    progress: Progress
    time: float
    holder: str | None = None  #: of the machine's lock, while it waits for that


class Job(Generic[R]):
    """One measurement: a thread that measures, what it says of itself, and who waits for it. Thread-safe."""

    def __init__(
        self, document: MeasurementDocument, work: Callable[[Job[R]], R], clock: Clock = time.monotonic
    ) -> None:
        self.document = document  #: as it was stored last
        self.at_once = threading.Event()  #: set where its present process is to be ended too
        self._work, self._clock = work, clock
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._state = State(NO_PROGRESS, clock())
        self._steps: list[Progress] = []
        self._waiters, self._last_waited = 0, clock()
        self._ending: Ending | None = None
        self._answer: R | None = None
        self._problem: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name=f"measuring {document.id}", daemon=True)

    @property
    def id(self) -> str:
        """The measurement's."""
        return self.document.id

    # ------------------------------------------------------------------ what the measuring thread calls

    def report(self, progress: Progress) -> None:
        """Say how far it is."""
        with self._lock:
            self._state = State(progress, self._clock())
            self._steps.append(progress)

    def wait_for(self, holder: str | None) -> None:
        """Say who holds the machine's lock; None when it is ours."""
        with self._lock:
            if holder is not None and holder != self._state.holder:
                self._steps.append(Progress(f"waiting for another measurement of this machine: {holder}", 0, 0))
            self._state = State(self._state.progress, self._clock(), holder)

    def update(self, document: MeasurementDocument) -> None:
        """Take the document as it was stored."""
        self.document = document

    def ending(self) -> Ending | None:
        """Why it is to end before it is over, if it is: asked after each process."""
        with self._lock:
            if self._ending is None and not self._waiters:
                return ABANDONED if self._clock() - self._last_waited > ABANDONED_AFTER_S else None
            return self._ending

    # ------------------------------------------------------------------ what others call

    @property
    def state(self) -> State:
        """How far it is."""
        with self._lock:
            return self._state

    def steps(self, since: int = 0) -> list[Progress]:
        """All that its thread said, from the given one on."""
        with self._lock:
            return self._steps[since:]

    @property
    def seconds_left(self) -> float | None:
        """What it will still take, from what its thread said and the time since then."""
        state = self.state
        if state.progress.seconds_left is None:
            return None
        return max(0.0, state.progress.seconds_left - (self._clock() - state.time))

    @property
    def is_over(self) -> bool:
        """Whether there is an answer, or a problem."""
        return self._over.is_set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until it is over. Returns whether it is."""
        return self._over.wait(timeout)

    @contextmanager
    def waiter(self) -> Iterator[None]:
        """Be somebody for whom it is measured."""
        with self._lock:
            self._waiters += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiters -= 1
                self._last_waited = self._clock()

    def end(self, ending: Ending, *, at_once: bool = False) -> None:
        """Let it end after its present process, or at once."""
        with self._lock:
            self._ending = ending
        if at_once:
            self.at_once.set()

    def answer(self) -> R:
        """What it came to, of a job that is over. Raises what it failed with."""
        if self._problem is not None:
            raise self._problem
        if self._answer is None:
            raise RuntimeError(f"{self.id} is not over")
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._work(self)
        except BaseException as problem:  # whoever waits gets it
            self._problem = problem
        finally:
            self._over.set()


class Jobs(Generic[R]):
    """The jobs of this process, by their measurement's id. Thread-safe."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._jobs: dict[str, Job[R]] = {}

    def start(self, document: MeasurementDocument, work: Callable[[Job[R]], R]) -> Job[R]:
        """Begin to measure in a thread of its own, or join who measures the same already."""
        with self._lock:
            running = self.of_key(document.key) or self._running(document.id)
            if running is not None:
                return running
            job = Job(document, work, self._clock)
            self._jobs.pop(document.id, None)
            self._jobs[document.id] = job
            for old in [name for name, known in self._jobs.items() if known.is_over][:-_REMEMBERED]:
                del self._jobs[old]
            job.thread.start()
            return job

    def get(self, measurement_id: str) -> Job[R] | None:
        """The job of a measurement, under way or over."""
        with self._lock:
            return self._jobs.get(measurement_id)

    def of_key(self, key: str | None) -> Job[R] | None:
        """The job under way that measures the same. One that was told to end is nobody's to join."""
        with self._lock:
            alike = (job for job in self._jobs.values() if key is not None and job.document.key == key)
            return next((job for job in alike if not job.is_over and job.ending() is None), None)

    def newest(self) -> Job[R] | None:
        """The job that was begun last, one under way before one that is over."""
        with self._lock:
            jobs = list(self._jobs.values())
        under_way = [job for job in jobs if not job.is_over]
        candidates = under_way or jobs
        return candidates[-1] if candidates else None

    def close(self, ending: Ending = CLIENT_GONE, *, at_once: bool = False, timeout: float | None = None) -> None:
        """Let all end, after their present process or at once, and wait until they have."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if not job.is_over]
        for job in jobs:
            job.end(ending, at_once=at_once)
        for job in jobs:
            job.join(timeout)

    def _running(self, measurement_id: str) -> Job[R] | None:
        job = self._jobs.get(measurement_id)
        return job if job is not None and not job.is_over and job.ending() is None else None
