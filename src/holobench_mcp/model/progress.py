"""How far long work is, said by whoever does it deep inside, and heard by whoever waits at a terminal, if anybody.

Building an index and reading a history happen below every command, so no argument leads there. Nobody listens in a
server, and nothing is said to other threads than the listener's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: What is being done, how much of it is, and of how much.
Listener = Callable[[str, int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a listener hear of the work that this thread does meanwhile."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def say(what: str, done: int, total: int) -> None:
    """Say how much of what is done."""
    if (listener := _listener.get()) is not None:
        listener(what, done, total)
