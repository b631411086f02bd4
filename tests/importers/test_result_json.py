"""Contract files are taken in as they are, and refused with a reason when they are not what they say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import snapshot
from holobench_mcp.evidence.contract_comparison import compare_results
from holobench_mcp.importers.result_json import MAX_CONTRACT_BYTES, read_contract
from holobench_mcp.model import CaptureError, NotComparable
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.result.strict_json import strict
from holobench_mcp.store import Store


@pytest.fixture
def document() -> dict[str, Any]:
    return strict(result_to_dict(snapshot(claim="< 5", revision="abc", label="before")))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[object], Path]:
    def write(document: object) -> Path:
        path = tmp_path / "result.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def test_a_contract_file_is_taken_in_as_it_is(document: dict[str, Any], written: Callable[[object], Path]) -> None:
    taken = read_contract(written(document))
    assert taken.dataset is None
    assert result_to_dict(taken) == document
    assert taken.bench_name == "sort"
    assert taken.source_revision == "abc"
    assert [(m.variable, m.units, m.direction.value, m.claim) for m in taken.metrics] == [
        ("time_ms", "ms", "minimize", "< 5")
    ]
    assert [i.name for i in taken.inputs] == ["size"]


def test_a_contract_file_is_stored_and_given_back(
    document: dict[str, Any], written: Callable[[object], Path], store: Store
) -> None:
    result_id = store.record(read_contract(written(document)))
    assert json.loads(store.document(store.manifest(result_id))) == document


def test_keys_that_a_later_holobench_adds_are_kept(document: dict[str, Any], written: Callable[[object], Path]) -> None:
    document["novelty"] = {"a": [1, None]}
    document["metrics"][0]["quality"] = "good"
    assert result_to_dict(read_contract(written(document))) == document


def test_where_a_server_kept_it_is_no_part_of_it(document: dict[str, Any], written: Callable[[object], Path]) -> None:
    exported = {**document, "result_id": "sort-1", "uri": "holobench://results/sort-1/result.json"}
    assert result_to_dict(read_contract(written(exported))) == document


def test_nothing_can_be_computed_from_it(document: dict[str, Any], written: Callable[[object], Path]) -> None:
    taken = read_contract(written(document))
    with pytest.raises(NotComparable, match="contract-only"):
        compare_results(taken, taken)


@pytest.mark.parametrize("version", [2, 0, "1", True, 1.0, 1.5, None, [1], {}])
def test_a_file_that_lies_about_its_schema_version_is_refused(
    version: object, document: dict[str, Any], written: Callable[[object], Path]
) -> None:
    with pytest.raises(CaptureError, match=r"result\.json says schema_version .*; this version reads 1"):
        read_contract(written({**document, "schema_version": version}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("schema_version"), "schema_version"),
        (lambda d: d.pop("bench_name"), "bench_name"),
        (lambda d: d.pop("metrics"), "metrics"),
        (lambda d: d.pop("provenance"), "provenance"),
        (lambda d: d.update(metrics={}), "metrics"),
        (lambda d: d.update(bench_name=7), "bench_name"),
        (lambda d: d.update(bench_name="\x1b[2J"), "printable"),
        (lambda d: d.update(bench_name=" "), "printable"),
        (lambda d: d.update(regressions=[]), "regressions"),
        (lambda d: d["provenance"].update(executed_at="tomorrow"), "executed_at"),
        (lambda d: d["provenance"].update(executed_at="0001-01-01T00:00:00+14:00"), "executed_at"),
        (lambda d: d["provenance"].update(executed_at=5), "executed_at"),
        (lambda d: d["provenance"].update(source_revision={"a": 1}), "source_revision"),
        (lambda d: d["provenance"].update(display_label=["x"]), "display_label"),
        (lambda d: d["metrics"][0].update(variable="a\nb"), "printable"),
        (lambda d: d["metrics"][0].update(direction="sideways"), "direction"),
        (lambda d: d["metrics"][0].update(optimal_value="fast"), "optimal_value"),
    ],
)
def test_a_file_that_is_no_result_says_which_key(
    change: Callable[[dict[str, Any]], object],
    said: str,
    document: dict[str, Any],
    written: Callable[[object], Path],
) -> None:
    change(document)
    with pytest.raises(CaptureError, match=said) as refused:
        read_contract(written(document))
    assert "result.json" in str(refused.value)


def test_a_comparison_is_told_from_a_result(written: Callable[[object], Path]) -> None:
    with pytest.raises(CaptureError, match=r"is a comparison\.json; import the two results"):
        read_contract(written(compare_results(snapshot(), snapshot(at=1))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '"result"',
        '{"schema_version": 1, "schema_version": 1}',
        '{"schema_version": 1, "bench_name": "\\ud800"}',
        '{"schema_version": 1, "x": NaN}',
        '{"schema_version": 1, "x": -Infinity}',
        '{"schema_version": 1, "x": 1e999}',
        '{"schema_version": 1, "x": ' + "9" * 5000 + "}",
        "[" * 100_000,
        "\x00",
    ],
    ids=range(14),
)
def test_what_is_not_strict_json_is_refused(text: str, written: Callable[[object], Path]) -> None:
    with pytest.raises(CaptureError, match=r"result\.json"):
        read_contract(written(text))


def test_what_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'{"schema_version": 1, "bench_name": "gr\xf6\xdfer"}')
    os.mkfifo(tmp_path / "fifo.json")
    for name in ("latin.json", "fifo.json", "absent.json", "."):
        with pytest.raises(CaptureError):
            read_contract(tmp_path / name)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as stream:
        stream.truncate(MAX_CONTRACT_BYTES + 1)
    with pytest.raises(CaptureError, match="at most 16 MiB"):
        read_contract(tmp_path / "large.json")
