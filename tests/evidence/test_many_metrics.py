"""Twice as many metrics are twice the work: nothing looks at all of them for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from holobench_mcp import Snapshot, compare_results, judge
from holobench_mcp.evidence.answer_checks import answers_check
from holobench_mcp.evidence.comparability import compare
from holobench_mcp.model import Decision, Metric
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.workspace.claims import with_claims
from holobench_mcp.workspace.headline import Answer


class Counted(tuple[Metric, ...]):
    """Metrics that count how often somebody goes through them."""

    times: int

    def __iter__(self) -> Iterator[Metric]:
        self.times = getattr(self, "times", 0) + 1
        return super().__iter__()


def side(n: int, seed: int, cached: tuple[int, ...] = (), missing: tuple[int, ...] = ()) -> Snapshot:
    """A result of n metrics with a claim each, at six points. cached: those of which only the first sample is slow."""
    rng = np.random.default_rng(seed)
    samples = {}
    for i in range(n):
        values = 100 * np.exp(0.001 * rng.standard_normal((6, 5)))
        values[:, 1:] *= 0.01 if i in cached else 1
        if i in missing:
            values[1, 2] = np.nan
        samples[f"m{i}"] = values if i % 2 else 1 / values
    return Snapshot.build(
        bench_name="many",
        inputs={"size": [1, 2, 3, 4, 5, 6]},
        metrics={
            f"m{i}": {
                "units": "ms" if i % 2 else "1/ms",
                "direction": "minimize" if i % 2 else "maximize",
                "claim": "> 0",
            }
            for i in range(n)
        },
        samples=samples,
        executed_at=f"2026-01-01T00:00:{seed:02d}+00:00",
    )


def compared(n: int) -> tuple[int, int]:
    """How often a whole comparison goes through the baseline's metrics, and through the candidate's."""
    base, cand = (replace(side(n, seed), metrics=Counted(side(n, seed).metrics)) for seed in (1, 2))
    document = compare_results(base, cand)
    judgement = judge([base], [cand])
    compare([base], [cand])
    answer = Answer(Decision.unchanged, None, "", None)
    assert with_claims(answer, [base], [cand], {}) == answer
    judged = {m.variable: m for m in judgement.metrics}
    answers = answers_check(cand.metrics, {}, judged, document["claims"], None)
    assert (answers.state, len(answers.checked_by)) == ("same", n)
    return base.metrics.times, cand.metrics.times


def test_each_sides_metrics_are_gone_through_as_often_whether_they_are_few_or_many() -> None:
    assert compared(40) == compared(4)


@pytest.mark.parametrize("n", [3, 30])
def test_no_claim_takes_its_samples_out_of_a_dataset_by_looking_at_all_of_it(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    whole = xr.Dataset._construct_dataarray
    monkeypatch.setattr(
        xr.Dataset, "_construct_dataarray", lambda dataset, name: taken.append(name) or whole(dataset, name)
    )
    base, cand = side(n, 1), side(n, 2)
    compare_results(base, cand)
    result_to_dict(cand)
    assert not [name for name in taken if str(name).startswith("m")]


@pytest.mark.parametrize("n", [4, 40])
def test_metrics_of_one_form_are_searched_for_kept_answers_together(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    medians: list[int] = []
    median = np.median
    monkeypatch.setattr(np, "median", lambda a, **options: medians.append(1) or median(a, **options))
    compare([side(n, 1)], [side(n, 2)])
    assert len(medians) == 8  # of the later samples and of runs, on two sides, of costs and of rates


@pytest.mark.parametrize("missing", [(), (2,), (0, 2, 7, 8), tuple(range(10))], ids=["none", "one", "some", "all"])
def test_of_many_metrics_those_that_keep_their_answers_are_named_in_their_order(missing: tuple[int, ...]) -> None:
    cached = (2, 7, 9)
    found = compare([side(10, 1, missing=missing)], [side(10, 2, cached=cached)])
    named = [d.variable for d in found if d.what == "cached_answers"]
    assert named == [f"m{i}" for i in cached]
