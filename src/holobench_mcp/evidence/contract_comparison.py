"""The contract of two results: `comparison.json`, schema version 1, exactly as holobench means it.

holobench's own detector is used verbatim, so that a verdict here is a verdict there. Two things differ from
`bencher.report_export`: either side may be a stored Snapshot as well as a live BenchResult, and the 10,000-resample
`change` record, which costs seconds on a large sweep, is computed only when asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from holobench_mcp.model import SCHEMA_VERSION, Direction, Metric, NotComparable, Verdict
from holobench_mcp.result import upstream
from holobench_mcp.result.bench_result import moment_of_result
from holobench_mcp.result.contract import (
    _coord_scalar,
    _finite_value,
    _metric_entry,
    _provenance,
    _snapshot_ds,
    result_to_dict,
    result_to_json,
    series_for_var,
    write_json,
)
from holobench_mcp.result.replication import per_point
from holobench_mcp.result.snapshot import Snapshot, in_order
from holobench_mcp.result.stacked import Stacked
from holobench_mcp.result.strict_json import finite_or_none, finite_value

if TYPE_CHECKING:
    import xarray as xr

    BenchResult = Any  # a live bencher.BenchResult: duck-typed, so that bencher stays unimported

_SIDES = ("baseline", "candidate")
log = logging.getLogger("holobench_mcp")


def compare_results(
    baseline: BenchResult | Snapshot,
    candidate: BenchResult | Snapshot,
    *,
    run_cfg: Any = None,  # noqa: ANN401 - a bencher.BenchRunCfg
    include_change: bool = False,
) -> dict[str, Any]:
    """The contract of an A/B comparison: each metric's verdict by holobench's regression detector.

    Both sides are stacked on a two-point `over_time` axis, baseline first, and judged with the direction and
    threshold rules of the over-time path. run_cfg chooses the detector; percentage, unless given.
    include_change: add holobench's bootstrap `change` record to each metric, verbatim.

    Raises NotComparable (a ValueError) when no scalar metric is shared or a side has no samples.
    """
    base, base_name = _side(baseline)
    cand, cand_name = _side(candidate)
    unpaired = _unpaired(base, cand)
    run_cfg = upstream.detector_config() if run_cfg is None else run_cfg
    base_ds, cand_ds = (_weighed(side, by_point=bool(base.replication or cand.replication)) for side in (base, cand))
    if isinstance(baseline, Snapshot) and isinstance(candidate, Snapshot):
        base_ds, cand_ds = _joinable(base_ds, cand_ds), _joinable(cand_ds, base_ds)
    claims = _claims(base, cand)
    claim_of = {c["variable"]: c for c in claims if c["baseline"] is not None}
    counts: dict[str, int] = {"improved": 0, "regressed": 0, "unchanged": 0}
    metrics = []
    for reg in _detected(base_ds, cand_ds, cand.metrics, run_cfg):
        metric = _metric(reg)
        counts[metric["verdict"]] += 1
        if include_change:
            metric["change"] = _change(reg, base_ds, cand_ds, run_cfg)
        if (claim := claim_of.get(reg.variable)) is not None:
            metric["claim"] = {key: claim[key] for key in ("claim", "baseline", "candidate")}
        metrics.append(metric)
    return {
        "schema_version": SCHEMA_VERSION,
        "baseline": {"bench_name": base_name, "provenance": dict(base.provenance)},
        "candidate": {"bench_name": cand_name, "provenance": dict(cand.provenance)},
        "metrics": metrics,
        "summary": counts,
        "claims": claims,
        "unpaired": unpaired,
    }


def _detected(base: xr.Dataset, cand: xr.Dataset, metrics: Sequence[Metric], run_cfg: Any) -> Sequence[Any]:  # noqa: ANN401 - bencher's classes
    """What holobench's detector says of both sides, stacked."""
    if (alike := _stack_equal(base, cand, brief=upstream.judges_by_means(run_cfg))) is not None:
        try:
            return upstream.detect(alike, metrics, run_cfg).results  # type: ignore[no-any-return]  # bencher is untyped
        except (AttributeError, LookupError, TypeError):  # another holobench's detector reads more than is there
            log.debug("the detector wants the dataset itself", exc_info=True)
    joined = upstream.over_time_dataset([base, cand], _SIDES)
    return upstream.detect(joined, metrics, run_cfg).results  # type: ignore[no-any-return]  # as above


def comparison_to_json(
    baseline: BenchResult | Snapshot,
    candidate: BenchResult | Snapshot,
    path: str | Path,
    *,
    run_cfg: Any = None,  # noqa: ANN401 - a bencher.BenchRunCfg
    indent: int = 2,
    include_change: bool = False,
) -> Path:
    """Write `compare_results` to a file, making its folder. Returns the path."""
    document = compare_results(baseline, candidate, run_cfg=run_cfg, include_change=include_change)
    return write_json(document, path, indent)


def _side(result: BenchResult | Snapshot) -> tuple[Snapshot, str]:
    """A side as a Snapshot, and the name of its bench: a live one's is what it is configured to be called now."""
    if isinstance(result, Snapshot):
        return result, result.bench_name
    return moment_of_result(result), result.bench_cfg.bench_name


def _weighed(side: Snapshot, *, by_point: bool) -> xr.Dataset:
    """The samples that the detector takes the mean of: each point's mean, where points have samples of other number.

    The detector's mean is over all samples: a point that a tool measured a thousand times would count a thousand times,
    and the same code measured for a longer time would be called changed.
    """
    if not by_point:
        return side.known_dataset
    dims = [*(i.name for i in side.inputs), "repeat"]
    dataset = side.known_dataset.isel(repeat=slice(0, 1))
    means = {
        str(name): (dims, per_point(in_order(side.known_dataset, str(name), dims), side.replication, str(name)))
        for name in dataset.data_vars
    }
    return dataset.assign(means)


def _unpaired(base: Snapshot, cand: Snapshot) -> dict[str, list[str]]:
    """The metrics that only one side declares. Raises NotComparable when no metric is shared."""
    base_names, cand_names = (dict.fromkeys(m.variable for m in side.metrics) for side in (base, cand))
    candidate_only = [name for name in cand_names if name not in base_names]
    baseline_only = [name for name in base_names if name not in cand_names]
    if len(candidate_only) == len(cand_names):
        raise NotComparable(
            "baseline and candidate share no comparable scalar result variables"
            f" (candidate only: {', '.join(candidate_only) or 'none'};"
            f" baseline only: {', '.join(baseline_only) or 'none'})"
        )
    return {"candidate_only": candidate_only, "baseline_only": baseline_only}


def _claims(base: Snapshot, cand: Snapshot) -> list[dict[str, Any]]:
    """Every claim that the candidate declares, judged on both sides; null where the baseline lacks the metric."""
    base_names = {m.variable for m in base.metrics}
    return [
        {
            "variable": m.variable,
            "claim": upstream.claim_text(m.claim),
            "candidate": upstream.judge_claim(m.claim, cand.known_dataset, m.variable),
            "baseline": upstream.judge_claim(m.claim, base.known_dataset, m.variable)
            if m.variable in base_names
            else None,
        }
        for m in cand.metrics
        if m.claim is not None
    ]


def _metric(reg: Any) -> dict[str, Any]:  # noqa: ANN401 - bencher's RegressionResult
    return {
        "variable": reg.variable,
        "baseline_value": finite_or_none(reg.baseline_value),
        "current_value": finite_or_none(reg.current_value),
        "change_percent": finite_or_none(reg.change_percent),
        "direction": reg.direction,
        "method": reg.method,
        "regressed": bool(reg.regressed),
        "verdict": verdict(reg.to_dict()),
    }


def _joinable(dataset: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """The dataset with times as texts where the other side's input is none: xarray joins times with nothing else."""
    ours, theirs = dataset.variables, other.variables
    times = [
        name
        for name in set(dataset.coords) & set(other.coords)
        if ours[name].dtype.kind == "M" and theirs[name].dtype.kind != "M"
    ]
    return dataset.assign_coords({name: ours[name].values.astype(str) for name in times}) if times else dataset


def _stack_equal(base: xr.Dataset, cand: xr.Dataset, *, brief: bool) -> Stacked | None:
    """Both sides on one axis without an outer join, which costs more than detection; None unless they are alike."""
    if dict(base.sizes) != dict(cand.sizes) or set(base.data_vars) != set(cand.data_vars):
        return None
    if set(base.coords) != set(cand.coords) or any(d not in base.coords for d in base.dims):
        return None
    ours, theirs = base.variables, cand.variables
    if any(ours[name].dims != theirs[name].dims or ours[name].dtype != theirs[name].dtype for name in ours):
        return None
    if not all(np.array_equal(ours[name].values, theirs[name].values) for name in base.coords):
        return None
    both = {str(name): (ours[name].dims, [ours[name].values, theirs[name].values]) for name in base.data_vars}
    return Stacked(len(_SIDES), both, brief=brief)


def _change(reg: Any, base_ds: xr.Dataset, cand_ds: xr.Dataset, run_cfg: Any) -> Mapping[str, Any]:  # noqa: ANN401 - bencher's classes
    margin = finite_value(reg.threshold) if reg.method == "percentage" else None
    if margin is None:
        margin = float(run_cfg.regression_percentage)
    return upstream.change_record(reg, base_ds, cand_ds, margin)


# ---------------------------------------------------------------------- verdicts


def verdict(reg: Mapping[str, object]) -> Verdict:
    """Name a metric's move. *reg* is `RegressionResult.to_dict()`.

    `regressed` is the detector's word. An improvement is its mirror image, a move in the beneficial direction that
    clears the same threshold, in the units which that threshold has in each method.
    """
    if reg.get("regressed"):
        return "regressed"
    match reg.get("method"):
        case "absolute":
            improved = False  # a fixed limit: there is no baseline to improve on
        case "delta":
            improved = _improved_by_delta(reg)
        case "adaptive":
            improved = _improved_by_band(reg)
        case _:
            improved = _improved_by_percent(reg)
    return "improved" if improved else "unchanged"


def _beneficial(delta: float, direction: object) -> bool:
    return (direction == Direction.minimize.value and delta < 0) or (
        direction == Direction.maximize.value and delta > 0
    )


def _improved_by_delta(reg: Mapping[str, object]) -> bool:
    current, baseline = finite_value(reg.get("current_value")), finite_value(reg.get("baseline_value"))
    threshold = finite_value(reg.get("threshold"))
    if current is None or baseline is None or threshold is None:
        return False
    delta = current - baseline
    return _beneficial(delta, reg.get("direction")) and abs(delta) > threshold


def _improved_by_band(reg: Mapping[str, object]) -> bool:
    current, baseline = finite_value(reg.get("current_value")), finite_value(reg.get("baseline_value"))
    low, high = finite_value(reg.get("band_lower")), finite_value(reg.get("band_upper"))
    if current is None or baseline is None or low is None or high is None:
        return False
    if not _beneficial(current - baseline, reg.get("direction")) or low <= current <= high:
        return False
    edges = finite_value(reg.get("percent_band_lower")), finite_value(reg.get("percent_band_upper"))
    if edges[0] is None or edges[1] is None:
        return True
    # The band is baseline × (1 ± percent): for a negative baseline its ends come the wrong way round.
    inner, outer = sorted((edges[0], edges[1]))
    return not inner <= current <= outer


def _improved_by_percent(reg: Mapping[str, object]) -> bool:
    change, threshold = finite_value(reg.get("change_percent")), finite_value(reg.get("threshold"))
    if change is None or threshold is None:
        return False
    return _beneficial(change, reg.get("direction")) and abs(change) >= threshold


# Upstream's names for the same functions, so that its own tests can be pointed at this module.
_verdict = verdict
_delta_improved = _improved_by_delta
_adaptive_improved = _improved_by_band
_percent_improved = _improved_by_percent

__all__ = [
    "_coord_scalar",
    "_finite_value",
    "_metric_entry",
    "_provenance",
    "_snapshot_ds",
    "compare_results",
    "comparison_to_json",
    "result_to_dict",
    "result_to_json",
    "series_for_var",
    "verdict",
]
