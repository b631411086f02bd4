"""Subscriptions: whoever watches a benchmark is told of what other processes record, on the old and the new protocol."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.exceptions import MCPDeprecationWarning

from clients import server_of, talk
from conftest import snapshot
from holobench_mcp.model import StoreError, benchmark_uri
from holobench_mcp.server.resources.subscriptions import Watch
from holobench_mcp.server.services import Services
from holobench_mcp.store import Store, open_store

SORT = "holobench://benchmarks/sort"


def record(project: Path, at: int, bench: str = "sort") -> str:
    return open_store(project / ".holobench").record(snapshot(bench=bench, at=at))


def test_a_stream_of_the_new_protocol_tells_of_a_result_and_of_the_list(project: Path) -> None:
    async def say(client: Client) -> list[str]:
        events = []
        async with client.listen(resource_subscriptions=[SORT], resources_list_changed=True) as stream:
            record(project, 30)
            async for event in stream:
                events.append(type(event).__name__ + getattr(event, "uri", ""))
                if len(events) == 2:
                    break
        return sorted(events)

    assert talk(server_of(project), say) == [f"ResourceUpdated{SORT}", "ResourcesListChanged"]


def test_a_subscriber_of_the_old_protocol_is_told_until_it_unsubscribes(project: Path) -> None:
    messages: asyncio.Queue[Any] = asyncio.Queue()

    async def on_message(message: Any) -> None:
        messages.put_nowait(message)

    async def say(client: Client) -> list[str]:
        await client.session.subscribe_resource(SORT)
        await client.session.subscribe_resource("holobench://benchmarks/new")
        record(project, 30)
        first = await asyncio.wait_for(messages.get(), 100)
        await client.session.unsubscribe_resource(SORT)
        record(project, 31)
        record(project, 32, "new")
        second = await asyncio.wait_for(messages.get(), 100)
        return [str(m.params.uri) for m in (first, second)]

    with pytest.warns(MCPDeprecationWarning):
        uris = talk(server_of(project), say, mode="legacy", message_handler=on_message)
    assert uris == [SORT, "holobench://benchmarks/new"]


class Heard:
    """A watch that looks every few milliseconds, and what it says."""

    def __init__(self, project: Path) -> None:
        self.events: list[str] = []
        bus = InMemorySubscriptionBus()
        bus.subscribe(lambda event: self.events.append(getattr(event, "uri", "the list")))
        self.watch = Watch(Services(project=str(project)), bus, every_s=0.01)

    async def until(self, n: int) -> list[str]:
        for _ in range(10_000):
            if len(self.events) >= n:
                break
            await asyncio.sleep(0.01)
        return self.events


def test_only_what_changed_is_told_of_and_once(project: Path) -> None:
    async def session() -> list[str]:
        heard = Heard(project)
        scan, odd = benchmark_uri("scan"), benchmark_uri("a/../b: 100 %")
        async with heard.watch.watching([SORT, scan, odd, "holobench://results/x/result.json"]):
            record(project, 40, "scan")
            await heard.until(1)
            record(project, 41, "a/../b: 100 %")
            await heard.until(2)
            open_store(project / ".holobench").set_ref("sort", "release", record(project, 0, "sort"))
            await heard.until(3)
            await asyncio.sleep(0.1)
            return heard.events

    assert asyncio.run(session()) == [benchmark_uri("scan"), benchmark_uri("a/../b: 100 %"), SORT]


def test_nothing_runs_unless_somebody_is_subscribed(project: Path) -> None:
    async def session() -> None:
        heard = Heard(project)
        before = len(asyncio.all_tasks())
        async with heard.watch.watching([SORT]):
            async with heard.watch.watching([SORT]):
                assert len(asyncio.all_tasks()) == before + 1
            assert len(asyncio.all_tasks()) == before + 1
            record(project, 50)
            assert await heard.until(1) == [SORT]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == before
        record(project, 51)
        await asyncio.sleep(0.1)
        assert heard.events == [SORT]

    threads = threading.active_count()
    asyncio.run(session())
    assert threading.active_count() <= threads + 1  # a worker of the event loop's, which is daemonic


def test_a_store_that_can_not_be_read_for_a_while_tells_nothing_and_then_what_came(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_store: Store) -> None:
        raise StoreError("The store can't be read.")

    async def session() -> list[str]:
        heard = Heard(project)
        async with heard.watch.watching([SORT]):
            with monkeypatch.context() as patch:
                patch.setattr(Store, "manifests", unreachable)
                record(project, 50)
                await asyncio.sleep(0.1)
                assert heard.events == []
            return list(await heard.until(1))

    assert asyncio.run(session()) == [SORT]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_that_leaves_while_it_is_subscribed_ends_the_server_cleanly(project: Path, mode: str) -> None:
    async def say(client: Client) -> str:
        if mode == "auto":
            stream = client.listen(resource_subscriptions=[SORT])
            await stream.__aenter__()
            return "left"
        with pytest.warns(MCPDeprecationWarning):
            await client.session.subscribe_resource(SORT)
        return "left"

    assert talk(server_of(project), say, mode=mode) == "left"
