"""A store whose every request can be stopped before it is made: to interleave processes at will, and to end them there."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

from holobench_mcp.store import Store, open_store
from holobench_mcp.store.backend import Backend


class Crash(BaseException):
    """The end of a process, which no handler of errors sees."""


class SteppedBackend(Backend):
    """Calls `before` before each request."""

    before: Callable[[], None] = staticmethod(lambda: None)

    def _store(self):
        self.before()
        return super()._store()

    def _write(self, folder, key, parts, *, replace):
        self.before()
        return super()._write(folder, key, parts, replace=replace)


def stepped(folder: Path | str, before: Callable[[], None]) -> Store:
    """A store of a folder that calls a function before each of its requests."""
    store = open_store(folder)
    store.backend = SteppedBackend(store.location)
    store.backend.before = before
    return store


def ending_at(step: int) -> Callable[[], None]:
    """Ends the process before its request of a number, from 0 on."""
    left = [step]

    def before() -> None:
        if left[0] == 0:
            raise Crash
        left[0] -= 1

    return before


class Turns:
    """Several actors, of whom one at a time makes one request: whose turn it is a seed decides."""

    def __init__(self, seed: int, actors: int) -> None:
        self._random, self._condition = random.Random(seed), threading.Condition()
        self._waiting, self._running, self._alive = set[int](), None, set(range(actors))

    def before(self, actor: int) -> Callable[[], None]:
        def wait() -> None:
            with self._condition:
                self._waiting.add(actor)
                self._running = None if self._running == actor else self._running
                self._next()
                self._condition.wait_for(lambda: self._running == actor)
                self._waiting.discard(actor)

        return wait

    def _next(self) -> None:
        if self._running is None and self._waiting == self._alive and self._alive:
            self._running = self._random.choice(sorted(self._waiting))
            self._condition.notify_all()

    def run(self, *works: Callable[[], object]) -> list[object]:
        """What each work gave back, or the error that it raised."""
        results: list[object] = [None] * len(works)

        def act(actor: int) -> None:
            try:
                self.before(actor)()
                results[actor] = works[actor]()
            except BaseException as problem:
                results[actor] = problem
            with self._condition:
                self._alive.discard(actor)
                self._running = None
                self._next()

        threads = [threading.Thread(target=act, args=(actor,)) for actor in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results
