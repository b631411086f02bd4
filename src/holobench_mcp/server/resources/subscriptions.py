"""Word of what is new: subscribers of a bench's address are told of results that any process records.

Other processes record into the same store, and nobody tells this one. So the index is looked at, which on a folder
costs one look at the folder's time, but only while somebody is subscribed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias
from urllib.parse import unquote

import anyio.to_thread
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourcesListChanged, ResourceUpdated
from mcp_types import (
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.server.arguments import Server
from holobench_mcp.server.services import Services

Bus: TypeAlias = InMemorySubscriptionBus

#: Seconds between two looks: at a folder, and at a bucket, where a look is a listing.
_EVERY_S, _EVERY_S_REMOTE = 1.0, 30.0
_BENCHMARKS = "holobench://benchmarks/"
#: What stands for the list of resources among the addresses that are watched.
_THE_LIST = "resources/list"
log = logging.getLogger("holobench_mcp")


def register(server: Server, services: Services, bus: Bus) -> None:
    """Serve subscriptions of both protocols: streams of the new one, subscribed addresses of the old ones."""
    watch = Watch(services, bus)
    listen_to = ListenHandler(bus)

    async def listen(
        ctx: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        wanted = params.notifications
        addresses = [*(wanted.resource_subscriptions or ()), *([_THE_LIST] if wanted.resources_list_changed else ())]
        async with watch.watching(addresses):
            return await listen_to(ctx, params)

    async def subscribe(ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        await watch.subscribe(ctx.session._connection, str(params.uri))
        return EmptyResult()

    async def unsubscribe(ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        watch.unsubscribe(ctx.session._connection, str(params.uri))
        return EmptyResult()

    server.serve_method("subscriptions/listen", SubscriptionsListenRequestParams, listen)
    server.serve_method("resources/subscribe", SubscribeRequestParams, subscribe)
    server.serve_method("resources/unsubscribe", UnsubscribeRequestParams, unsubscribe)


class Watch:
    """Looks at what is subscribed, and tells of what has changed. It has a task only while anything is."""

    def __init__(self, services: Services, bus: Bus, every_s: float | None = None) -> None:
        self._services, self._bus, self._every_s = services, bus, every_s
        self._streams: Counter[str] = Counter()
        self._subscribed: dict[Connection, set[str]] = {}
        self._last: dict[str, Hashable] = {}
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, addresses: Iterable[str]) -> AsyncIterator[None]:
        """Watch addresses for a stream, as long as it is open."""
        watched = list(dict.fromkeys(addresses))
        self._streams.update(watched)
        try:
            await self._begin(watched)
            yield
        finally:
            self._streams.subtract(watched)
            self._end()

    async def subscribe(self, connection: Connection, address: str) -> None:
        """Watch an address for a connection of an older protocol, until it unsubscribes or ends."""
        if connection not in self._subscribed:
            self._subscribed[connection] = set()
            connection.exit_stack.callback(self._forget, connection)
        self._subscribed[connection].add(address)
        await self._begin([address])

    def unsubscribe(self, connection: Connection, address: str) -> None:
        """Watch it for this connection no longer."""
        self._subscribed.get(connection, set()).discard(address)
        self._end()

    def _forget(self, connection: Connection) -> None:
        self._subscribed.pop(connection, None)
        self._end()

    def _addresses(self) -> set[str]:
        return {a for a, streams in self._streams.items() if streams > 0}.union(*self._subscribed.values())

    async def _begin(self, addresses: Iterable[str]) -> None:
        """Remember how things stand before the subscriber is told that it is one: all that comes later is new."""
        unknown = [a for a in addresses if a not in self._last]
        self._last |= await anyio.to_thread.run_sync(self._look, unknown)
        if self._task is None and self._addresses():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def _end(self) -> None:
        wanted = self._addresses()
        self._streams = +self._streams
        self._last = {a: state for a, state in self._last.items() if a in wanted}
        if not wanted and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause_s())
            try:
                now = await anyio.to_thread.run_sync(self._look, list(self._addresses()))
                for address, state in now.items():
                    if address in self._last and self._last[address] != state:
                        self._last[address] = state
                        await self._tell(address)
            except Exception:  # a look that fails must not be the last one
                log.exception("unexpected")

    def _pause_s(self) -> float:
        if self._every_s is not None:
            return self._every_s
        config = self._services.config
        return _EVERY_S_REMOTE if config is not None and "://" in str(config.store) else _EVERY_S

    def _look(self, addresses: Iterable[str]) -> dict[str, Hashable]:
        """What each address would show, as far as it can change; nothing of a store that can't be read just now."""
        states: dict[str, Hashable] = {}
        with suppress(HolobenchMcpError):
            workspace = self._services.opened
            for address in addresses:
                if address.startswith(_BENCHMARKS):
                    states[address] = workspace.state(unquote(address.removeprefix(_BENCHMARKS)))
                elif address == _THE_LIST:
                    states[address] = workspace.state()
        return states

    async def _tell(self, address: str) -> None:
        if address == _THE_LIST:
            await self._bus.publish(ResourcesListChanged())
            return
        await self._bus.publish(ResourceUpdated(uri=address))
        for connection, addresses in list(self._subscribed.items()):
            if address in addresses:
                try:
                    await connection.send_resource_updated(address)
                except Exception:  # one client that is gone must not keep word from the others
                    log.debug("not told of %s", address, exc_info=True)
