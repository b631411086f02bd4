"""What becomes of a request that was measured before."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holobench_mcp.capture import leases
from holobench_mcp.model import Failure, Look, MeasurementDocument, MeasurementOwner
from holobench_mcp.workspace import resuming

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def document(minutes_ago: float = 10, **values: Any) -> MeasurementDocument:
    started = NOW - timedelta(minutes=minutes_ago)
    fields: dict[str, Any] = {
        "id": "sort-20260301T110000Z-0123ab", "kind": "revisions", "key": "k", "rounds_planned": 5, "rounds": 5,
        "started_at": started.isoformat(), "ended_at": started.isoformat(), "status": "finished",
    }  # fmt: skip
    return MeasurementDocument(**{**fields, **values})


def asked(rounds: int | None = 5, max_seconds: float | None = None) -> MeasurementDocument:
    """What a request would begin with; None rounds: until everything is settled."""
    return document(
        0, status="running", rounds=0, rounds_planned=rounds or 50, automatic=rounds is None, max_seconds=max_seconds
    )


def outcome(recorded: MeasurementDocument, request: MeasurementDocument | None = None) -> str:
    earlier = resuming.earlier([recorded], request or asked(), NOW)
    return "new" if earlier is None else "goes on" if earlier.goes_on else "answered"


@pytest.mark.parametrize(
    ("recorded", "becomes"),
    [
        (document(10), "answered"),
        (document(59), "answered"),
        (document(61), "new"),
        (document(10, key="another"), "new"),
        (document(10, key=None), "new"),
        (document(10, status="cancelled", rounds=2), "goes on"),
        (document(10, status="interrupted", rounds=0), "goes on"),
        (document(10, status="failed", rounds=3), "goes on"),
        (document(300, status="interrupted", rounds=3), "goes on"),
        (document(60 * 25, status="interrupted", rounds=3), "new"),
        (document(10, head_failure=Failure(what="crash", detail="x")), "new"),
    ],
)
def test_the_same_request_again(recorded: MeasurementDocument, becomes: str) -> None:
    assert outcome(recorded) == becomes


def test_without_git_nothing_is_known_to_be_the_same() -> None:
    assert outcome(document(1, key=None), asked().changed(key=None)) == "new"


@pytest.mark.parametrize(
    ("recorded", "request_", "becomes"),
    [
        (document(), asked(8), "goes on"),
        (document(200), asked(8), "goes on"),
        (document(), asked(3), "answered"),
        (document(rounds=3, status="stopped", stopped="settled after 3 of 5 rounds"), asked(5), "answered"),
        (document(rounds=3, status="stopped", stopped="settled after 3 of 5 rounds"), asked(6), "goes on"),
        (document(rounds=2, status="stopped", stopped="max_seconds was reached", max_seconds=9.0), asked(5), "goes on"),
        (document(rounds=2, status="stopped", max_seconds=9.0), asked(5, 9.0), "answered"),
        (document(), asked(None), "goes on"),
        (document(looks=(Look(round=5, alpha=0.04, settled=True),)), asked(None), "answered"),
        (document(automatic=True, rounds_planned=50, max_seconds=120.0), asked(None, 120.0), "answered"),
        (document(automatic=True, rounds_planned=50, max_seconds=120.0), asked(None, 300.0), "goes on"),
        (document(automatic=True, rounds_planned=50, max_seconds=120.0), asked(None, 60.0), "answered"),
        (document(automatic=True, rounds_planned=50, rounds=50, max_seconds=120.0), asked(None, 300.0), "answered"),
    ],
)
def test_more_rounds_are_added_to_those_that_are_recorded(
    recorded: MeasurementDocument, request_: MeasurementDocument, becomes: str
) -> None:
    assert outcome(recorded, request_) == becomes


def test_who_measures_is_judged_by_the_lease_that_it_holds_and_not_by_a_number(tmp_path: Path) -> None:
    mine = MeasurementOwner(lease=leases.own_token(), cache=leases.cache_id())
    assert resuming.is_alive(document(status="running", owner=mine))
    assert not resuming.is_alive(document(status="finished", owner=mine))
    gone = MeasurementOwner(lease="0" * 16, cache=leases.cache_id())
    assert not resuming.is_alive(document(status="running", owner=gone))
    elsewhere = MeasurementOwner(lease="0" * 16, cache="f" * 16)
    assert resuming.is_alive(document(status="running", owner=elsewhere)), "it can't be judged from here"
    assert outcome(document(status="running", rounds=2, owner=gone)) == "goes on"
    assert outcome(document(status="running", rounds=2, owner=elsewhere)) == "new"


def test_a_file_that_git_ignores_counts_as_a_change(tmp_path: Path) -> None:
    (tmp_path / "built.so").write_text("old")
    os.utime(tmp_path / "built.so", (NOW.timestamp() - 100,) * 2)
    assert not resuming.changed_since(tmp_path, NOW)
    for written in (".git", ".holobench", "__pycache__"):
        (tmp_path / written).mkdir()
        (tmp_path / written / "x").write_text("written meanwhile")
    assert not resuming.changed_since(tmp_path, NOW)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "lock").write_text("held")
    assert not resuming.changed_since(tmp_path, NOW, (tmp_path / "cache",))
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "data.bin").write_text("new")
    os.utime(tmp_path / "deep" / "er" / "data.bin", (NOW.timestamp() + 100,) * 2)
    assert resuming.changed_since(tmp_path, NOW)
