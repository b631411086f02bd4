"""Answers for the tests of drawing: of any text, any numbers and any size, as the models allow them."""

from __future__ import annotations

from collections.abc import Sequence

from holobench_mcp.answers import ChangePoint, History, HistoryPoint, MetricRuns, PointValues, SingleRuns
from holobench_mcp.model import (
    ComparedMetric,
    ComparisonDocument,
    Decision,
    Direction,
    Limit,
    MetricEvidence,
    PointEvidence,
)


def evidence(
    name: str = "time", decision: str = "regressed", percent: float | None = 12.0, **other: object
) -> MetricEvidence:
    """A metric's, with an interval about its effect unless another is given."""
    given: dict[str, object] = {
        "variable": name, "decision": Decision(decision), "reason": f"{name} {decision}", "effect_percent": percent,
        "units": "%", "ci": None if percent is None else (percent - 1, percent + 1), "interval_level": 0.95, "margin": 3.0,
        "n_runs": (3, 3), "n_points": 1,
    }  # fmt: skip
    return MetricEvidence.model_validate({**given, **other})


def compared(e: MetricEvidence | None, name: str = "time", direction: str = "minimize") -> ComparedMetric:
    return ComparedMetric(
        variable=e.variable if e is not None else name, baseline_value=10.0, current_value=11.2, change_percent=12.0,
        direction=direction, method="percentage", regressed=True, verdict="regressed", evidence=e,
    )  # fmt: skip


def document(metrics: Sequence[MetricEvidence | ComparedMetric] = (), **other: object) -> ComparisonDocument:
    """A comparison of some metrics, whose decision is the first one's unless another is given."""
    listed = [m if isinstance(m, ComparedMetric) else compared(m) for m in metrics]
    first = next((m.evidence for m in listed if m.evidence), None)
    given: dict[str, object] = {
        "decision": first.decision if first else None,
        "reason": first.reason if first else "nothing was judged",
        "schema_version": 1,
        "baseline": {"bench_name": "sort", "provenance": {}, "result_id": "sort-1", "rev": "aaaaaaaaaa"},
        "candidate": {"bench_name": "sort", "provenance": {}, "result_id": "sort-2", "rev": "bbbbbbbbbb+dirty"},
        "metrics": listed,
        "summary": {},
        "claims": [],
        "unpaired": {"candidate_only": (), "baseline_only": ()},
    }
    return ComparisonDocument.model_validate({**given, **other})


def point(decision: str = "regressed", effect: float = 20.0, **inputs: object) -> PointEvidence:
    return PointEvidence.model_validate(
        {"inputs": inputs, "decision": decision, "effect_percent": effect, "ci": (effect - 2, effect + 2)}
    )


def runs_of(e: MetricEvidence, values: Sequence[float] = (-0.5, 0.1, 0.4)) -> SingleRuns:
    """Single runs about zero and about the metric's effect."""
    listed = [*e.points, *e.points_at_rest]
    return SingleRuns(
        baseline="sort-1",
        candidate="sort-2",
        metrics=(
            MetricRuns(
                variable=e.variable,
                baseline=tuple(values),
                candidate=tuple(v + e.size for v in values),
                points=tuple(PointValues(inputs=p.inputs, baseline=1.25, candidate=1.5) for p in listed),
                spread=tuple(float(v) for v in range(30)) if len(listed) > 12 else (),
            ),
        ),
    )


def history(values: Sequence[float | None], steps: Sequence[int] = (), **other: object) -> History:
    """A metric over as many commits, with steps at some of them."""
    series = tuple(
        HistoryPoint(
            result_id=f"sort-{i}", executed_at=f"2026-03-01T{i // 60 % 24:02d}:{i % 60:02d}:00+00:00",
            source_revision=f"{i:010x}", estimate=v, ci=None if v is None else (v * 0.99, v * 1.01), n=15, n_runs=3,
        )
        for i, v in enumerate(values)
    )  # fmt: skip
    changes = tuple(
        ChangePoint(
            result_id=f"sort-{i}", executed_at=series[i].executed_at, after_revision=f"{i - 1:010x}",
            source_revision=f"{i:010x}", effect_percent=25.0, ci=(20.0, 30.0), confidence=0.99,
        )
        for i in steps
    )  # fmt: skip
    given: dict[str, object] = {
        "bench_name": "sort", "metric": "time", "units": "ms", "direction": Direction.minimize, "series": series,
        "change_points": changes, "summary": f"time has {len(series)} measurements.",
    }  # fmt: skip
    return History.model_validate({**given, **other})


def hostile(text: str) -> tuple[ComparisonDocument, SingleRuns, History]:
    """Answers that have a text wherever they can have one that others wrote."""
    moved = evidence(
        text, points=(point(**{text: text}),), points_at_rest=(point("unchanged", 0.5, **{text: f"{text}2"}),),
        points_moved=1, points_tested=2, n_points=2, missing=1, missing_points=({text: text},),
        limits=(Limit(what=text, detail=text),),
    )  # fmt: skip
    plain = evidence(f"{text}3", "unchanged", None, effect=1.0, units=text, ci=(0.5, 1.5), margin=2.0)
    sides = {"bench_name": text, "provenance": {"source_revision": text}, "result_id": text, "rev": text, "label": text}
    difference = {"severity": "caution", "what": text, "detail": text, "files": (text,)}
    claim = {"claim": text, "holds": False, "worst_value": None, "worst_inputs": {}, "samples": 1}
    answer = document(
        [moved, plain], reason=text, next_step=text, baseline=sides, candidate=sides, notes=(text,),
        comparability=(difference,), unpaired={"candidate_only": (text,), "baseline_only": (text,)},
        also=({"bench_name": text, "decision": "improved", "reason": text},), not_measured=(text,), measurement=text,
        claims=[{"variable": text, "claim": text, "candidate": claim, "baseline": claim}],
        answers={"state": "same", "checked_by": (text,)},
    )  # fmt: skip
    over_time = history(
        [1.0, 2.0, 3.0], [1], bench_name=text, metric=text, units=text, summary=text, point={text: text}
    )
    detector = {"method": text, "regressed": True, "details": text}
    over_time = over_time.model_copy(update={"detectors": (detector,), "limits": (Limit(what=text, detail=text),)})
    named = tuple(p.model_copy(update={"source_revision": None, "label": text}) for p in over_time.series)
    runs = runs_of(moved).model_copy(update={"baseline": text, "candidate": text})
    return answer, runs, over_time.model_copy(update={"series": named})
