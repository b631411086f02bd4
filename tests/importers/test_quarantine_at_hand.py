"""Whoever reads many pickles waits for one process only, and each pickle still has a process of its own."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from conftest import until
from holobench_mcp.importers import quarantine_at_hand as at_hand
from holobench_mcp.importers.pickles import read_pickle
from holobench_mcp.importers.quarantine_at_hand import quarantine_at_hand
from holobench_mcp.model import CaptureError
from pickle_forge import forged_result, index_of, variable_of
from pickle_kinds import KINDS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


def waiting() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "quarantine" in " ".join(child.cmdline())]


@pytest.fixture
def _waits() -> Iterator[None]:
    with quarantine_at_hand():
        yield


def test_every_kind_of_result_is_read_as_it_is_by_a_process_of_its_own(kinds: Path) -> None:
    alone = {kind: read_pickle(kinds / f"{kind}.pkl") for kind in KINDS}
    with quarantine_at_hand():
        for kind, expected in alone.items():
            for ours, theirs in zip(read_pickle(kinds / f"{kind}.pkl"), expected, strict=True):
                assert (ours.metrics, ours.inputs, ours.provenance) == (
                    theirs.metrics,
                    theirs.inputs,
                    theirs.provenance,
                )
                assert ours.dataset is not None and ours.dataset.identical(theirs.dataset)  # type: ignore[arg-type]


@pytest.mark.usefixtures("_waits")
def test_one_process_waits_and_what_it_forks_is_gone_after_each_pickle(genuine: bytes) -> None:
    read_pickle(genuine)
    (first,) = waiting()
    for _ in range(3):
        read_pickle(genuine)
    assert waiting() == [first]


@pytest.mark.usefixtures("_waits")
@pytest.mark.parametrize(
    "hostile",
    [
        pickle.dumps(os.system),
        b"\x80\x04N.",
        forged_result(variable_of(index_of(20_000_000))),
        forged_result(variable_of(index_of(300_000_000))),
        b"\x80\xff.",
    ],
    ids=["refused", "no result", "too much for the parent", "too much for the child", "no pickle"],
)
def test_a_hostile_pickle_leaves_nothing_to_the_next(hostile: bytes, genuine: bytes) -> None:
    (before,) = read_pickle(genuine)
    with pytest.raises(CaptureError):
        read_pickle(hostile)
    (after,) = read_pickle(genuine)
    assert before.dataset is not None and before.dataset.identical(after.dataset)  # type: ignore[arg-type]
    assert len(waiting()) == 1


@pytest.mark.usefixtures("_waits")
def test_one_that_takes_too_long_is_ended_with_what_it_was_forked_from(genuine: bytes) -> None:
    read_pickle(genuine)
    (first,) = waiting()
    with pytest.raises(CaptureError, match="took more than"):
        read_pickle(b"\x80\x04" + b"]" * 200_000 + b"a" * 199_999 + b".", timeout_s=0.0001)
    assert not first.is_running()
    assert read_pickle(genuine)
    assert len(waiting()) == 1


@pytest.mark.usefixtures("_waits")
def test_where_it_was_killed_a_pickle_is_read_all_the_same(genuine: bytes) -> None:
    (process,) = waiting()
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: process.status() == psutil.STATUS_ZOMBIE)
    assert read_pickle(genuine)


@pytest.mark.usefixtures("_waits")
def test_several_read_at_once(genuine: bytes) -> None:
    """One by the process that waits, the others by processes of their own."""
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.extend(read_pickle(genuine))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.isfinite(r.dataset["time_ms"]).any() for r in results)  # type: ignore[attr-defined]


def test_nothing_waits_when_nobody_reads(genuine: bytes) -> None:
    with quarantine_at_hand(), quarantine_at_hand():
        read_pickle(genuine)
        assert len(waiting()) == 1
    assert waiting() == []
    assert at_hand.forked(open(os.devnull, "rb"), 1, 1) is None  # noqa: SIM115, PTH123
