"""The document of a measurement whose process was killed says so, once somebody measures there again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp.capture import leases
from holobench_mcp.measure.machine_lock import machine_lock
from holobench_mcp.model import MeasurementDocument, MeasurementOwner
from holobench_mcp.workspace import Workspace, resuming
from revisions import workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def measured_by(space: Workspace, owner: MeasurementOwner | None, number: int = 0) -> MeasurementDocument:
    """A measurement in the store that was under way when its document was written last."""
    document = MeasurementDocument(
        id=f"tiny-20260301T1200{number:02d}Z-0123ab", kind="revisions", rounds=2, rounds_planned=5,
        started_at=f"2026-03-01T12:00:{number:02d}+00:00", owner=owner,
    )  # fmt: skip
    space.store.put_measurement(document)
    return document


@pytest.mark.parametrize("count", [1, 3])
def test_a_killed_measurement_is_noted_as_broken_off(project: Path, count: int) -> None:
    space = workspace(project)
    space.record(snapshot())
    gone = MeasurementOwner(lease="0" * 16, cache=leases.cache_id())
    before = [measured_by(space, gone, i) for i in range(count)]
    with machine_lock("another"):
        space.note_killed_measurements()
        assert {d.status for d in space.store.measurements()} == {"running"}, "whoever measures may be going on with it"
    assert set(space.note_killed_measurements()) == {d.id for d in before}
    assert space.note_killed_measurements() == []
    for document in space.store.measurements():
        assert (document.status, document.rounds, document.ended_at) == ("interrupted", 2, None)
        assert "is gone" in (document.stopped or "") and not resuming.is_answered(document)


@pytest.mark.parametrize("whose", ["ours", "another cache's", "nobody's"])
def test_what_lives_or_cannot_be_judged_is_not_noted_as_broken_off(project: Path, whose: str) -> None:
    space = workspace(project)
    space.record(snapshot())
    owners = {
        "ours": MeasurementOwner(lease=leases.own_token(), cache=leases.cache_id()),
        "another cache's": MeasurementOwner(lease="0" * 16, cache="another"),
        "nobody's": None,
    }
    measured_by(space, owners[whose])
    assert space.note_killed_measurements() == []
    assert [d.status for d in space.store.measurements()] == ["running"]
