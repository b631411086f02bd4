"""A measurement's document: plan, roles and outcome, read back as they were written, and the newest first."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from conftest import rewrite, snapshot
from holobench_mcp.model import (
    Difference,
    Failure,
    IntegrityError,
    InvalidArgument,
    MeasuredCode,
    MeasurementDocument,
    MeasurementOutcome,
    RunRole,
)
from holobench_mcp.store import Store, open_store


def document(name: str = "sort", at: int = 0, **values: object) -> MeasurementDocument:
    """A measurement that is under way, planned at a second of one minute."""
    return MeasurementDocument.model_validate(
        {
            "id": f"{name}-20260301T1200{at:02d}Z-0123ab",
            "kind": "revisions",
            "benchmark": name,
            "started_at": f"2026-03-01T12:00:{at:02d}.000000+00:00",
            "rounds_planned": 5,
            **values,
        }
    )


def test_what_was_written_last_is_what_is_read(store: Store) -> None:
    planned = document(base=MeasuredCode(revision="b" * 40, dirty=False), head=MeasuredCode(dirty=True, label="x"))
    store.put_measurement(planned)
    assert store.measurement(planned.id) == planned
    ids = [store.record(snapshot(at=i)) for i in range(2)]
    ended = planned.changed(
        status="finished",
        ended_at="2026-03-01T12:05:00+00:00",
        roles=[RunRole(result_id=i, side=s, bench_name="sort") for i, s in zip(ids, ("base", "head"), strict=True)],
        cautions=[Difference(severity="caution", what="cached_answers", detail="a cache")],
        head_failure=Failure(what="crash", detail="it failed", missing_benches=("sort",)),
        outcome=MeasurementOutcome(decision="regressed", cause="missing", reason="it failed"),
    )
    store.put_measurement(ended)
    again = open_store(store.location.url).measurement(planned.id)
    assert again == ended
    assert [r.result_id for r in ended.runs_of("head")] == ids[1:]
    assert ended.role_of(ids[0]) == ended.runs_of("base")[0] and ended.role_of("other") is None
    assert list(store.verify()) == []


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_the_newest_come_first_whatever_they_are_called(store: Store, limit: int) -> None:
    order = [document("zebra", 1), document("ant", 5), document("Mole", 3)]
    for written in order:
        store.put_measurement(written)
    assert [d.benchmark for d in store.measurements(limit)] == ["ant", "Mole", "zebra"][:limit]


def test_what_started_within_one_second_is_told_apart_by_its_document(store: Store) -> None:
    early = document("z", 4)
    late = document("a", 4, started_at="2026-03-01T12:00:04.900000+00:00")
    for written in (late, early):
        store.put_measurement(written)
    assert [d.benchmark for d in store.measurements(1)] == ["a"]


def test_an_empty_store_has_no_measurements(store: Store) -> None:
    assert store.measurements() == [] and store.measurement(document().id) is None


@pytest.mark.parametrize("name", ["", "m1", "../results/x", "a" * 70 + "-20260301T120000Z-0123ab", "a/b", "a\n"])
def test_an_id_of_another_form_is_no_key(store: Store, name: str) -> None:
    assert store.measurement(name) is None
    with pytest.raises(InvalidArgument, match="not a measurement's id"):
        store.put_measurement(document().changed(id=name))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"id": "other-20260301T120000Z-0123ab"}, "says that it is of 'other"),
        ({"status": "asleep"}, "status"),
        ({"started_at": "yesterday"}, "Invalid isoformat"),
        ({"ended_at": "2026-03-01T12:00:00"}, "has no zone"),
        ({"roles": [{"result_id": "../x"}]}, "names no result"),
        ({"roles": [{"result_id": "sort-20260301T120000Z-0123456789"}]}, "is not in the store"),
    ],
    ids=["moved", "status", "time", "zone", "role", "lost"],
)
def test_a_damaged_document_is_found_and_hides_no_other(store: Store, edit: dict[str, object], says: str) -> None:
    other, damaged = document("other", 1), document("sort", 2)
    for written in (other, damaged):
        store.put_measurement(written)
    path = Path(store.location.url) / "measurements" / f"{damaged.id}.json"
    rewrite(path, lambda d: {**d, **edit})
    (problem,) = store.verify()
    assert damaged.id in problem and says in problem
    if says != "is not in the store":
        with pytest.raises(IntegrityError):
            store.measurement(damaged.id)
        assert [d.id for d in store.measurements()] == [other.id]


def test_keys_of_a_later_version_are_read(store: Store) -> None:
    written = document()
    store.put_measurement(written)
    path = Path(store.location.url) / "measurements" / f"{written.id}.json"
    rewrite(path, lambda d: {**d, "tempers": [3, 5]})
    found = store.measurement(written.id)
    assert found is not None and found.model_extra == {"tempers": [3, 5]}
    assert found.changed(status="stopped").model_extra == {"tempers": [3, 5]}


def test_a_value_that_is_none_of_a_fields_is_refused() -> None:
    with pytest.raises(ValidationError):
        document().changed(status="asleep")
