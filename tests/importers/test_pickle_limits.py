"""A pickle costs no more time, memory or space than its size allows, and what is no whole result is told in a sentence."""

from __future__ import annotations

import gzip
import os
import pickle
import resource
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holobench_mcp.importers import child_process
from holobench_mcp.importers import quarantine_at_hand as at_hand
from holobench_mcp.importers.pickles import read_pickle
from holobench_mcp.importers.quarantine_at_hand import quarantine_at_hand
from holobench_mcp.model import CaptureError
from pickle_forge import forged_result, index_of, variable_of

#: A tuple of itself twice, sixty times over: 2**60 things to walk in 300 bytes.
LAUGHS = b")\x940" + b"".join(b"h%c" % i * 2 + b"\x86\x940" for i in range(60)) + b"h\x3c"


@pytest.fixture(autouse=True, scope="module", params=["alone", "at hand"])
def _quarantine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each limit holds for a process that is started for a pickle, and for one that is forked for it."""
    with quarantine_at_hand() if request.param == "at hand" else nullcontext():
        yield


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (forged_result(variable_of(index_of(20_000_000))), "unfolds into more than"),
        (forged_result(variable_of(index_of(300_000_000))), "takes more than it may"),
        (b"\x80\x04" + LAUGHS + b".", "more time or memory"),
        (b"\x80\x04" + LAUGHS + b"Q.", "more time or memory|takes more than it may"),
    ],
    ids=["samples of the parent's memory", "samples of the child's", "walking", "words"],
)
def test_a_small_pickle_costs_little(data: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "_CPU_S", 2)
    assert len(data) < 1000
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CaptureError, match=said):
        read_pickle(data, timeout_s=60)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 200 << 10


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"hello, world", "not a saved holobench result"),
        (gzip.compress(b"x"), "gzip file; unpack it first"),
        (b"PK\x03\x04xxxx", "zip file; unpack it first"),
        (pickle.dumps({"a": 1}), "it holds dict, not a holobench result"),
        (pickle.dumps([[], ()]), "it holds list"),
        (b"\x80\x04N" + b"r\xff\xff\xff\x7f.", "takes more than it may|no whole pickle"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x.", "takes more than it may|no whole pickle"),
        (b"\x80\x04" + b"]" * 200_000 + b"a" * 199_999 + b".", "takes more than it may"),
        (b"\x80\x04})" + b"\x85" * 500_000 + b"Ns.", "can't be read|takes more"),
        (b"I" + b"9" * 10_000 + b"\n.", "no whole pickle"),
        (b"\x80\x04" + b"](" + b"".join(b"2" * 8 + b"l(" for _ in range(50)) + b"e.", "not a saved holobench result"),
        (b"\x80\xff.", "no whole pickle"),
        (b".", "no whole pickle"),
    ],
    ids=range(14),
)
def test_what_is_no_result_is_told_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(CaptureError, match=said) as refused:
        read_pickle(data, name="bench.pkl")
    assert str(refused.value).startswith("bench.pkl ")


def test_what_is_no_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "absent.pkl", tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(CaptureError, match=path.name):
            read_pickle(path)


@contextmanager
def never_answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A quarantine of which nothing is heard before it is killed: a loaded machine may read faster than it waits."""
    killed, receive = Event(), child_process._receive

    def nothing_before_its_end(child: at_hand.Reader, out: bytearray, most: int) -> None:
        assert killed.wait(60)
        receive(child, out, most)

    with monkeypatch.context() as patch:
        patch.setattr(child_process, "_receive", nothing_before_its_end)
        for kind in (child_process._Spawned, at_hand._Forked):
            kill = kind.kill
            patch.setattr(kind, "kill", lambda child, kill=kill: (kill(child), killed.set()))
        yield


def test_limits_on_size_time_and_memory(genuine: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CaptureError, match="at most 100 are read"):
        read_pickle(genuine, max_bytes=100)
    with never_answering(monkeypatch), pytest.raises(CaptureError, match=r"took more than 0\.001 s"):
        read_pickle(genuine, timeout_s=0.001)
    monkeypatch.setattr(child_process, "_MEMORY_BYTES", 600 << 20)
    with pytest.raises(CaptureError):
        read_pickle(b"\x80\x04\x8e" + struct.pack("<Q", 1 << 30) + b"x.")


def test_the_child_can_write_no_file(tmp_path: Path) -> None:
    script = (
        "from holobench_mcp.importers.quarantine import _limit\n_limit(6 << 30, 60)\n"
        f"open({str(tmp_path / 'written')!r}, 'wb', buffering=0).write(b'x')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert (tmp_path / "written").stat().st_size == 0


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_pickle_cut_anywhere_is_a_capture_error(share: float, genuine: bytes) -> None:
    with pytest.raises(CaptureError):
        read_pickle(genuine[: int(share * len(genuine))])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_pickle_with_a_wrong_byte_is_a_result_or_a_capture_error(place: float, value: int, genuine: bytes) -> None:
    data = bytearray(genuine)
    data[int(place * len(data))] = value
    with suppress(CaptureError):
        assert read_pickle(bytes(data))
