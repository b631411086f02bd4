"""The document of a comparison: the contract key for key, one vocabulary, options by name, a summary that fits."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp import digest
from holobench_mcp.answers import CompareOptions
from holobench_mcp.evidence.contract_comparison import compare_results
from holobench_mcp.model import InvalidArgument
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.result.strict_json import strict
from holobench_mcp.workspace import Workspace
from stored_runs import HERE, noisy, workspace_in

FULL = CompareOptions(detail="full")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def test_the_contracts_keys_are_upstreams(workspace: Workspace) -> None:
    results = [noisy(f, i, claim="< 120") for i, f in enumerate((1.0, 1.5))]
    for result in results:
        workspace.record(result)
    ours = workspace.compare(options=FULL).model_dump(mode="json", exclude_unset=True)
    theirs = strict(compare_results(*results))
    for key in ("schema_version", "summary", "claims", "unpaired"):
        assert ours[key] == theirs[key]
    for side in ("baseline", "candidate"):
        assert {k: ours[side][k] for k in theirs[side]} == theirs[side]
    for metric, upstreams in zip(ours["metrics"], theirs["metrics"], strict=True):
        assert {k: metric[k] for k in upstreams} == upstreams


def test_a_time_is_written_alike_wherever_an_input_is_named(workspace: Workspace) -> None:
    days = [datetime(2026, 1, 1, 2, 3), datetime(2026, 2, 1)]
    for i, factor in enumerate((1.0, 2.0)):
        values = factor * 100 * np.exp(0.01 * np.random.default_rng(i).standard_normal((2, 6)))
        workspace.record(snapshot(values * [[1], [2]], at=i, inputs={"day": days}, units="items", claim="< 150"))
    times = ["2026-01-01T02:03:00", "2026-02-01T00:00:00"]
    listed = workspace.list_metrics()
    assert list(listed.inputs[0].values) == times
    assert listed.metrics[0].optimal_inputs == {"day": times[0]}
    compared = workspace.compare(options=FULL)
    evidence = compared.metrics[0].evidence
    assert evidence is not None and sorted(p.inputs["day"] for p in evidence.points) == times
    assert compared.claims[0].candidate.worst_inputs["day"] == times[1]
    for day in (times[0], times[0].replace("T", " ")):
        assert len(workspace.metric_history("sort", "time_ms", point={"day": day}).series) == 2
    with pytest.raises(InvalidArgument, match="it was 2026-01-01T02:03:00, "):
        workspace.metric_history("sort", "time_ms", point={"day": "yesterday"})


def test_sentences_speak_the_decisions_words_and_the_full_answer_explains_the_verdict(workspace: Workspace) -> None:
    rng = np.random.default_rng(5)
    for i, factor in enumerate((1.0, 1.12)):
        workspace.record(snapshot(factor * 100 * np.exp(0.4 * rng.standard_normal((2, 2))), at=i, environment=HERE))
    document = workspace.compare()
    if document.metrics[0].verdict == (document.decision or "").value:  # type: ignore[union-attr]
        pytest.fail("the seed no longer makes them differ")
    assert "verdict" not in " ".join([document.reason or "", *document.notes])
    explained = "holobench's threshold on the means of time_ms ("
    assert any(explained in note for note in workspace.compare(options=FULL).notes)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"margin_percent": 0}, "margin_percent"),
        ({"margin_percent": float("nan")}, "margin_percent"),
        ({"threshold": float("inf")}, "threshold"),
        ({"threshold": -1.0}, "threshold"),
        ({"method": "delta"}, "threshold"),
        ({"metrics": ("nope",)}, "metrics"),
    ],
)
def test_a_bad_option_is_named(workspace: Workspace, options: dict, argument: str) -> None:
    for i in range(2):
        workspace.record(noisy(1.0, i))
    with pytest.raises(InvalidArgument, match=argument):
        workspace.compare(options=CompareOptions(**options))


def test_twenty_metrics_fit_in_fifteen_hundred_tokens_of_text(workspace: Workspace) -> None:
    rng = np.random.default_rng(1)
    for i in range(2):
        workspace.record(
            Snapshot.build(
                bench_name="wide",
                inputs={"size": list(range(10))},
                metrics={f"metric_{m}_ms": {"units": "ms"} for m in range(25)},
                samples={
                    f"metric_{m}_ms": (1 + 0.3 * i * (m % 2)) * 100 * np.exp(0.05 * rng.standard_normal((10, 5)))
                    for m in range(25)
                },
                executed_at=f"2026-03-01T12:00:0{i}+00:00",
            )
        )
    document = workspace.compare()
    assert len(document.metrics) == len(workspace.compare(options=FULL).metrics) == 25
    assert len(digest.comparison(document)) / 4 <= 1500
