"""github-action-benchmark's entries, and JUnit XML: what fails, what does not, and that any text can stand in it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holobench_mcp import Snapshot
from holobench_mcp.exporters import formats, junit
from holobench_mcp.model import ComparisonDocument, Decision, InvalidArgument, OtherComparison
from holobench_mcp.model.text import plain


def result(directions: dict[str, str], **more: Any) -> Snapshot:
    given = {"inputs": {"size": [10, 20]}, "samples": {m: [[1.0, 3.0], [np.nan, 5.0]] for m in directions}, **more}
    return Snapshot.build(
        bench_name="sort", metrics={m: {"units": "ms", "direction": d} for m, d in directions.items()}, **given
    )


def test_entries_are_what_the_action_reads() -> None:
    exported = formats.write(
        formats.GITHUB, [result({"time": "minimize", "n": "none"}), result({"time": "minimize", "n": "none"})]
    )
    assert json.loads(exported.data) == [
        {"name": "sort[size=10] time", "unit": "ms", "value": 2.0, "range": "± 1.155", "extra": "4 samples in 2 runs"},
        {"name": "sort[size=20] time", "unit": "ms", "value": 5.0, "range": "± 0", "extra": "2 samples in 2 runs"},
    ]
    assert exported.notes == ("set tool: customSmallerIsBetter", "n left out, of another direction")


def test_a_file_is_of_one_direction() -> None:
    both = [result({"time": "minimize", "rate": "maximize"})]
    with pytest.raises(InvalidArgument, match=r"choose smaller \(customSmallerIsBetter\) or bigger"):
        formats.write(formats.GITHUB, both)
    bigger = formats.write(formats.GITHUB, both, "bigger")
    assert [e["name"] for e in json.loads(bigger.data)] == ["sort[size=10] rate", "sort[size=20] rate"]
    assert bigger.notes[0] == "set tool: customBiggerIsBetter"
    with pytest.raises(InvalidArgument, match="none of their metrics has a direction"):
        formats.write(formats.GITHUB, [result({"n": "none"})])


def test_a_mean_and_a_point_without_samples() -> None:
    exported = formats.write(
        formats.GITHUB,
        [
            result(
                {"time": "minimize"},
                samples={"time": [[2.0], [np.nan]]},
                counts={"time": [50, 0]},
                sds={"time": [0.5, np.nan]},
            )
        ],
    )
    [entry] = json.loads(exported.data)
    assert (entry["value"], entry["range"], entry["extra"]) == (2.0, "± 0.5", "50 samples in 1 run")


def document(
    decisions: dict[str, str], decision: str, reason: str = "why", bench: str = "sort", **more: Any
) -> ComparisonDocument:
    side = {"bench_name": bench, "provenance": {}}
    metrics = [
        {
            "variable": name, "baseline_value": 1, "current_value": 2, "change_percent": 100, "direction": "minimize",
            "method": "percentage", "regressed": False, "verdict": "unchanged",
            "evidence": {"variable": name, "decision": d, "reason": reason},
        }
        for name, d in decisions.items()
    ]  # fmt: skip
    return ComparisonDocument.model_validate(
        {
            "schema_version": 1, "decision": decision, "reason": reason, "baseline": side, "candidate": side,
            "metrics": metrics, "summary": {}, "claims": [],
            "unpaired": {"candidate_only": [], "baseline_only": []}, **more,
        }
    )  # fmt: skip


def cases(report: bytes) -> dict[str, str]:
    """What became of every case."""
    return {
        f"{case.get('classname')}/{case.get('name')}": next((child.tag for child in case), "")
        for case in Xml.fromstring(report).iter("testcase")
    }


def test_only_what_regressed_fails() -> None:
    every = {d.value: d.value for d in Decision}
    report = junit.write([document(every, "regressed", reason="time: +50 %")])
    assert cases(report) == {
        "sort/regressed": "failure", "sort/improved": "system-out", "sort/unchanged": "system-out",
        "sort/inconclusive": "skipped", "sort/incomparable": "skipped",
    }  # fmt: skip
    [failure] = Xml.fromstring(report).iter("failure")
    assert failure.get("message") == failure.text == "regressed: time: +50 %"
    root = Xml.fromstring(report)
    for element in (root, *root):
        assert [element.get(k) for k in ("tests", "failures", "skipped", "errors")] == ["5", "1", "2", "0"]


def test_a_decision_of_no_single_metric_is_a_case() -> None:
    report = junit.write(
        [document({"time": "unchanged"}, "regressed", cause="correctness")],
        [OtherComparison(bench_name="gone", decision=Decision.regressed, cause="missing", reason="it is not measured")],
    )
    assert cases(report) == {"sort/time": "system-out", "sort/correctness": "failure", "gone/missing": "failure"}


@settings(max_examples=100)
@given(text=st.text(min_size=1), name=st.text(min_size=1))
def test_any_text_can_stand_in_it(text: str, name: str) -> None:
    report = junit.write([document({name: "regressed"}, "regressed", reason=text, bench=name)])
    [case] = Xml.fromstring(report).iter("testcase")
    assert case.get("name") == plain(name)
    assert junit.is_report(report)


def test_a_report_is_told_from_other_files() -> None:
    for start in (b"", b"<html>", b"{}", b'<?xml version="1.0"?><svg/>', b"<testsuitesx>", b"import os"):
        assert not junit.is_report(start)
    assert junit.is_report(b'<?xml version="1.0"?>\n<testsuite name="x">')
