"""A project's library of results: its store, the index of it, and the snapshots that were read last.

What every use case needs, and all that most of them need: each is a function of a library and its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter, itemgetter
from threading import Lock, local
from typing import TYPE_CHECKING, Any, TypeVar, cast

from cachetools import LRUCache, cached

from holobench_mcp import gitinfo
from holobench_mcp.config import Config
from holobench_mcp.model import Manifest
from holobench_mcp.store import Store, open_store
from holobench_mcp.store.comparison_log import ComparisonLog
from holobench_mcp.store.index import Index
from holobench_mcp.store.lookup import Lookup, Match
from holobench_mcp.store.spool import Spool
from holobench_mcp.workspace.order import CodeOrder

if TYPE_CHECKING:
    from holobench_mcp.model import ComparisonDocument, ComparisonEntry, MeasurementDocument
    from holobench_mcp.result.snapshot import Snapshot

#: Bytes of snapshots in memory: a suite of 200 tests with three runs a side has 1,200 of some kilobytes, and at 10⁵
#: points × 5 repeats one has 4 MB a metric.
_SNAPSHOT_BYTES = 80_000_000
#: Whole comparisons in memory.
_MAX_COMPARISONS = 512
#: Bytes of parts that more than one comparison is made of: a comparison of one metric has four, of some kilobytes.
_PART_BYTES = 40_000_000
#: What a snapshot, or a part, takes beside its samples.
_OVERHEAD = 20_000
#: Runs of which it is cached what they come to in each metric: some numbers each.
_MAX_NUMBERS = 20_000

_T = TypeVar("_T")


class Library:
    """The results of one project, by name and by id. Thread-safe."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store: Store = open_store(config.store)
        self.store.wants_chain = config.chain
        self.spool = Spool(self.store)
        self.store.backend.mirror_reads(self.spool.folder)
        self.lookup = Lookup(self.store, self.commit, config.benchmarks)
        cache: LRUCache[str, Snapshot] = LRUCache(_SNAPSHOT_BYTES, getsizeof=_bytes_of)
        self._cached_snapshot = cached(cache, key=attrgetter("result_id"), lock=Lock())(self.store.snapshot)
        self._comparisons: LRUCache[Hashable, ComparisonDocument] = LRUCache(_MAX_COMPARISONS)
        self._parts: LRUCache[Hashable, tuple[Any, int]] = LRUCache(_PART_BYTES, getsizeof=itemgetter(1))
        self._numbers: LRUCache[str, Mapping[str, tuple[float, float]]] = LRUCache(_MAX_NUMBERS)
        self._searches: LRUCache[Hashable, str] = LRUCache(_MAX_COMPARISONS)
        self._logged: LRUCache[str, ComparisonEntry] = LRUCache(_MAX_COMPARISONS)
        self._lock, self._moment = Lock(), local()
        self.comparison_log = ComparisonLog(self.store.backend)
        self.order = CodeOrder(config.root)

    def index(self) -> Index:
        """The manifests of the store, brought up to date with it."""
        index = self.store.manifests()
        if self.store.location.folder is None and not self.store.unreachable and self.spool.send():
            index.refresh(self.store.backend)
        return index

    def record(self, snapshot: Snapshot) -> str:
        """Store a result, or keep it on this machine until its bucket can be reached. Returns its id."""
        return self.spool.record(snapshot)

    def put_measurement(self, document: MeasurementDocument) -> None:
        """Store a measurement's document, or keep it as a result is."""
        self.spool.put_measurement(document)

    def measurement(self, measurement_id: str) -> MeasurementDocument | None:
        """A measurement's document, also where it could not be stored yet."""
        return self.spool.measurement(measurement_id)

    def remarks(self) -> tuple[str, ...]:
        """What an answer must say of a store that is down: of when it is, and what waits to be sent.

        Asked at the end of `at_one_moment`, when all that the answer needs was read.
        """
        backend = self.store.backend
        is_stale = backend.stale_reads > getattr(self._moment, "stale_reads", backend.stale_reads)
        outage = self.store.unreachable or (backend.outage if is_stale else None)
        said = f"This is what was read before: {outage}" if outage else None
        waits = self.spool.sentence() if self.store.location.folder is None else None
        return tuple(filter(None, (said, waits)))

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """While it lasts, this thread brings the index up to date once: one answer is of one moment."""
        if hasattr(self._moment, "stale_reads"):
            yield
            return
        self._moment.stale_reads = self.store.backend.stale_reads
        try:
            with self.store.at_one_moment():
                yield
        finally:
            del self._moment.stale_reads

    def find(self, result: str, argument: str = "result") -> Manifest:
        """The result that a name means. Raises InvalidArgument, UnknownResult or AmbiguousResult."""
        return self.match(result, argument).manifest

    def match(self, result: str, argument: str = "result", *, bench: str | None = None) -> Match:
        """The same with what must be said of it, and the baseline's entry where that named it.

        bench: the one that is meant where the name has none.
        """
        return self.lookup.find(result, argument, bench=bench)

    def benches(self, benchmark: str, argument: str = "benchmark") -> tuple[str, ...]:
        """The benches of a name: one, or all that a configured benchmark records. Raises as `find` does."""
        return self.lookup.benches(benchmark, argument)

    def bench(self, benchmark: str, argument: str = "benchmark") -> str:
        """The one bench of a name, which may be that of the configured benchmark. Raises as `find` does."""
        return self.lookup.bench(benchmark, argument)

    def commit(self, name: str) -> str | None:
        """The full hash of what a branch, a tag or the beginning of a hash means in the project's repository."""
        return gitinfo.resolve_revision(self.config.root, name)

    def snapshot(self, manifest: Manifest) -> Snapshot:
        """The whole result of a manifest, read once and cached."""
        return self._cached_snapshot(manifest)

    def comparison(self, key: Hashable, make: Callable[[], ComparisonDocument]) -> ComparisonDocument:
        """The comparison of a key, made once and cached. key: all that it depends on."""
        with self._lock:
            if (document := self._comparisons.get(key)) is not None:
                return document
        document = make()
        with self._lock:
            self._comparisons[key] = document
        return document

    def cached(self, key: Hashable, make: Callable[[], _T], *, samples: int = 0) -> _T:
        """What is made of results that never change, made once. key: what it is, and all that it depends on.

        samples: how many numbers it holds.
        """
        with self._lock:
            if key in self._parts:
                return cast("_T", self._parts[key][0])
        made = make()
        size = _OVERHEAD + 8 * samples
        with self._lock:
            if size <= _PART_BYTES:
                self._parts[key] = made, size
        return made

    def cached_numbers(
        self, result_id: str, make: Callable[[], Mapping[str, tuple[float, float]]]
    ) -> Mapping[str, tuple[float, float]]:
        """What the samples of a run come to in each of its metrics, read once."""
        with self._lock:
            if (numbers := self._numbers.get(result_id)) is not None:
                return numbers
        numbers = make()
        with self._lock:
            self._numbers[result_id] = numbers
        return numbers

    def cached_search(self, commit: str, dirty: bool, make: Callable[[], str]) -> str:
        """Which search a commit, or what is uncommitted on top of it, belongs to: asked of git once."""
        with self._lock:
            if (search := self._searches.get((commit, dirty))) is not None:
                return search
        search = make()
        with self._lock:
            self._searches[commit, dirty] = search
        return search

    def is_logged(self, key: str, outcome: ComparisonEntry) -> bool:
        """Whether the log of comparisons was last seen to hold an outcome at a key."""
        with self._lock:
            return self._logged.get(key) == outcome

    def remember_logged(self, key: str, outcome: ComparisonEntry) -> None:
        """Remember what the log of comparisons holds at a key, so that it need not be read again."""
        with self._lock:
            self._logged[key] = outcome

    def snapshot_of(self, result_id: str) -> Snapshot:
        """The whole result of an id. Raises UnknownResult."""
        return self.snapshot(self.store.manifest(result_id))


def _bytes_of(snapshot: Snapshot) -> int:
    return min(_OVERHEAD + sum(array.nbytes for array in snapshot.samples.values()), _SNAPSHOT_BYTES)
