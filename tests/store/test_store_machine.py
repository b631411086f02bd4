"""A store held against a model of it, whatever is done in which order, and wherever processes end in the middle of it.

A process may end, or its disk be full, before any of its requests; clocks go backwards; index files break; a bit flips.
What was acknowledged is there; what was begun is there whole or not at all; what was removed is what was said.
"""

from __future__ import annotations

import datetime as clock
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from conftest import WHEN, snapshot
from holobench_mcp.config import CACHE_VARIABLE, Retention
from holobench_mcp.model import MeasurementDocument, RunRole, StoreError
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import Store, bundle, layout, open_store
from holobench_mcp.store.gc import gc
from holobench_mcp.store.repair import repair
from holobench_mcp.store.retention import retention
from holobench_mcp.store.sync import sync
from store_steps import Crash, ending_at, stepped

#: Two benches, ten results each; each two of them share the blob of their samples.
POOL: list[Snapshot] = [
    snapshot(((1.0, 1.0 + i // 4),), bench=("sort", "scan")[i % 2], at=i, revision=f"{i:040x}", label=f"number {i}")
    for i in range(20)
]
RESULTS = st.integers(0, len(POOL) - 1)
#: More requests than any call has before it has changed anything.
STEPS = st.integers(0, 12)
REFS = st.sampled_from(["baseline", "release"])


def full_at(step: int) -> Callable[[], None]:
    """Lets a disk be full from its request of a number on."""
    left = [step]

    def before() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StoreError("no space left on device.")

    return before


class StoreMachine(RuleBasedStateMachine):
    """What a store should have: acknowledged results, and those that somebody may have got whole before he ended."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.place = self.folder / "store"
        self.results: dict[str, int] = {}
        self.begun: dict[str, int] = {}
        self.refs: dict[tuple[str, str], list[str]] = {}
        self.maybe_refs: dict[tuple[str, str], set[str]] = {}
        self.rounds: dict[str, tuple[int, int]] = {}
        self.ahead = clock.timedelta()
        machine = self

        class Clock(clock.datetime):
            @classmethod
            def now(cls, tz: clock.tzinfo | None = None) -> clock.datetime:
                return clock.datetime.now(tz) + machine.ahead

        self.patches = [
            mock.patch.dict(os.environ, {CACHE_VARIABLE: str(self.folder / "cache")}),
            mock.patch.object(bundle, "datetime", Clock),
        ]
        for patch in self.patches:
            patch.start()

    @initialize()
    def opened(self) -> None:
        self.store = open_store(self.place)

    @contextmanager
    def ended(self, step: int, *, full: bool) -> Iterator[Store]:
        """A process of its own that ends, or finds its disk full, before its request of a number."""
        with suppress(Crash, StoreError):
            yield stepped(self.place, (full_at if full else ending_at)(step))

    # ------------------------------------------------------------------ what is done

    @rule(number=RESULTS)
    def record(self, number: int) -> None:
        result_id = self.store.record(POOL[number])
        self.begun.pop(result_id, None)
        self.results[result_id] = number

    @rule(number=RESULTS, step=STEPS, full=st.booleans())
    def record_and_end(self, number: int, step: int, full: bool) -> None:
        done = False
        with self.ended(step, full=full) as store:
            result_id = store.record(POOL[number])
            done = True
        if done:
            self.results[result_id] = number
            self.begun.pop(result_id, None)
            return
        with tempfile.TemporaryDirectory() as other:
            result_id = open_store(other).record(POOL[number])
        if result_id not in self.results:
            self.begun[result_id] = number

    @precondition(lambda self: self.results)
    @rule(data=st.data(), name=REFS, hours=st.sampled_from([0, -24, 24]))
    def set_ref(self, data: st.DataObject, name: str, hours: int) -> None:
        self.ahead = clock.timedelta(hours=hours)
        result_id = data.draw(st.sampled_from(sorted(self.results)))
        ref = (POOL[self.results[result_id]].bench_name, name)
        self.store.set_ref(*ref, result_id)
        self.refs.setdefault(ref, []).append(result_id)
        self.maybe_refs.pop(ref, None)

    @precondition(lambda self: self.results)
    @rule(data=st.data(), name=REFS, step=STEPS, full=st.booleans())
    def set_ref_and_end(self, data: st.DataObject, name: str, step: int, full: bool) -> None:
        result_id = data.draw(st.sampled_from(sorted(self.results)))
        ref = (POOL[self.results[result_id]].bench_name, name)
        self.maybe_refs.setdefault(ref, set()).add(result_id)
        with self.ended(step, full=full) as store:
            store.set_ref(*ref, result_id)

    @precondition(lambda self: self.results)
    @rule(data=st.data(), number=st.integers(0, 2), step=st.none() | STEPS)
    def measure(self, data: st.DataObject, number: int, step: int | None) -> None:
        result_id = data.draw(st.sampled_from(sorted(self.results)))
        name = f"m-20260301T120000Z-00000{number}"
        least, most = self.rounds.get(name, (0, 0))
        role = RunRole(result_id=result_id)
        document = MeasurementDocument(
            id=name, kind="benchmark", started_at=WHEN.format(0), rounds=most + 1, roles=(role,)
        )
        self.rounds[name] = least, most + 1
        if step is None:
            self.store.put_measurement(document)
            self.rounds[name] = most + 1, most + 1
        else:
            with self.ended(step, full=False) as store:
                store.put_measurement(document)

    @rule(content=st.sampled_from([None, b"", b"SQLite format 3\0" + b"x" * 500]))
    def break_the_index(self, content: bytes | None) -> None:
        for path in (self.folder / "cache").rglob("*.sqlite*"):
            path.unlink() if content is None else path.write_bytes(content)
        self.store = open_store(self.place)

    @rule()
    def open_anew(self) -> None:
        self.store = open_store(self.place)

    @rule(step=st.none() | STEPS)
    def collect_garbage(self, step: int | None) -> None:
        if step is None:
            gc(self.store, dry_run=False, grace_s=0)
            held = {blob.sha256 for m in self.store.manifests().select() for blob in m.blobs.values()}
            assert {layout.sha256_of(key) for key, _ in self.store.backend.keys(layout.BLOBS)} == held
        else:
            with self.ended(step, full=False) as store:
                gc(store, dry_run=False, grace_s=0)

    @rule(results=st.integers(1, 4))
    def retain(self, results: int) -> None:
        planned = retention(self.store, Retention(results=results))
        done = retention(self.store, Retention(results=results), dry_run=False)
        assert done.removed == planned.removed and done.status != "refused"
        named = {result_id for entries in self.refs.values() for result_id in entries}
        assert not named & set(done.removed)
        for result_id in done.removed:
            assert (self.results.pop(result_id, None), self.begun.pop(result_id, None)) != (None, None)
        for name in done.removed_measurements:
            self.rounds.pop(name, None)

    @precondition(lambda self: self.results)
    @rule(data=st.data(), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), of=st.integers(0, 2))
    def flip_a_bit_and_heal(self, data: st.DataObject, where: float, bit: int, of: int) -> None:
        result_id = data.draw(st.sampled_from(sorted(self.results)))
        manifest = self.store.manifest(result_id)
        keys = [layout.manifest_key(result_id), *(layout.blob_key(b.sha256) for b in manifest.blobs.values())]
        path = self.place / keys[of % len(keys)]
        if not path.exists():  # taken out by a gc that was ended: it is read from the trash
            return
        content = bytearray(path.read_bytes())
        content[int(where * len(content))] ^= 1 << bit
        path.write_bytes(bytes(content))
        assert list(self.store.verify()), path
        assert self.store.record(POOL[self.results[result_id]]) == result_id

    # ------------------------------------------------------------------ what must hold

    @rule()
    def look_at_all_of_it(self) -> None:
        self.look_at_all()

    @rule()
    def look_at_all(self) -> None:
        listed = set(self.store.manifests().ids())
        assert set(self.results) <= listed <= {*self.results, *self.begun}
        for result_id in listed:
            number = self.results.get(result_id, self.begun.get(result_id))
            back, wanted = self.store.snapshot(self.store.manifest(result_id)), POOL[number or 0]
            assert (back.bench_name, back.provenance) == (wanted.bench_name, wanted.provenance)
            assert back.samples["time_ms"].tobytes() == wanted.samples["time_ms"].tobytes()
        for ref, entries in self.refs.items():
            logged = [entry.result_id for entry in self.store.ref_log(*ref)]
            assert [i for i in entries if i in logged] == entries
            assert logged[-1] in {entries[-1], *self.maybe_refs.get(ref, ())}
        for name, (least, most) in self.rounds.items():
            document = self.store.measurement(name)
            assert least <= (document.rounds if document is not None else 0) <= most
        assert list(self.store.verify()) == []

    @rule()
    def look_at_a_copy(self) -> None:
        """A store that it is copied to has all of it, also where an earlier copy was broken off."""
        other = open_store(self.folder / "copy")
        assert sync(self.store, other).status != "refused"
        assert set(self.results) <= set(other.manifests().ids())
        for ref in self.refs:
            assert other.ref(*ref) == self.store.ref(*ref)

    @rule(step=STEPS)
    def copy_and_end(self, step: int) -> None:
        with self.ended(step, full=False) as store:
            sync(store, open_store(self.folder / "copy"))

    @rule(step=st.none() | STEPS)
    def repair(self, step: int | None) -> None:
        if step is None:
            assert repair(self.store, dry_run=False).status != "refused"
        else:
            with self.ended(step, full=False) as store:
                repair(store, dry_run=False)

    def teardown(self) -> None:
        for patch in self.patches:
            patch.stop()
        shutil.rmtree(self.folder)


StoreMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, suppress_health_check=[HealthCheck.filter_too_much]
)
test_a_store_is_what_was_done_to_it = StoreMachine.TestCase
