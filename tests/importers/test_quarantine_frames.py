"""What the quarantine sends is not believed: frames that nobody wrote, and descriptions that lie, are errors."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.importers import quarantine
from holobench_mcp.importers.child_process import frames_in
from holobench_mcp.importers.frames import write_frame
from holobench_mcp.importers.pickles import snapshot_of
from holobench_mcp.model import CaptureError


@given(st.lists(st.tuples(st.dictionaries(st.text(max_size=9), st.text()), st.binary(max_size=99)), max_size=4))
def test_frames_come_back_as_they_were_written(frames: list[tuple[dict[str, str], bytes]]) -> None:
    frames = [(header, archive) for header, archive in frames if not {"refused", "error"} & set(header)]
    wire = io.BytesIO()
    for header, archive in frames:
        write_frame(wire, header, archive)
    assert list(frames_in(wire.getvalue(), "x")) == frames


@given(st.binary(max_size=200))
def test_frames_that_nobody_wrote_are_capture_errors(wire: bytes) -> None:
    try:
        for header, archive in frames_in(wire, "x"):
            snapshot_of(header, archive, "x", None)
    except CaptureError:
        pass


@pytest.fixture(scope="session")
def described(kinds: Path) -> tuple[dict[str, object], bytes]:
    with (kinds / "repeats.pkl").open("rb") as stream:
        ((header, arrays),) = quarantine.read_results(stream)
    buffer = io.BytesIO()
    np.savez(buffer, **{f"v/{name}": array for name, array in arrays.items()})
    return json.loads(json.dumps(header)), buffer.getvalue()


LIES: dict[str, dict[str, object]] = {
    "a name that clears the screen": {"bench_name": "\x1b[2J"},
    "no name": {"bench_name": ""},
    "a time that is none": {"execution": {"uuid": "u", "executed_at": "tomorrow", "display_label": "x"}},
    "dims of nothing": {"dims": {}},
    "too few dims": {"dims": {"time_ms": [], "size": ["size"], "repeat": ["repeat"]}},
    "metrics of another kind": {"metrics": [{"variable": "time_ms", "claim": "is fast"}]},
    "inputs that are not there": {"inputs": [{"name": "width", "units": None}]},
    "regressions of nothing": {"regressions": [{"variable": "time_ms"}]},
    "regressions that are no number": {"regressions": [{"current_value": {"float": "much"}}]},
    "more than is known": {"launch": "missiles"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_quarantine_that_lies_is_a_capture_error(lie: str, described: tuple[dict[str, object], bytes]) -> None:
    header, archive = described
    assert snapshot_of(header, archive, "x", None).bench_name == "repeats"
    with pytest.raises(CaptureError, match="not a result that can be read"):
        snapshot_of({**header, **LIES[lie]}, archive, "x", None)


def test_an_archive_that_is_none_is_a_capture_error(described: tuple[dict[str, object], bytes]) -> None:
    header, archive = described
    pickled = io.BytesIO()
    np.savez(pickled, **{"v/time_ms": np.array([{}], dtype=object)})
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("v/time_ms.npy", b"\0" * (64 << 20))
    for bad in (b"", archive[:-30], archive[30:], pickled.getvalue(), bomb.getvalue()):
        with pytest.raises(CaptureError):
            snapshot_of(header, bad, "x", None)
