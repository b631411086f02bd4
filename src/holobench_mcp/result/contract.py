"""The contract: `result.json` and `comparison.json`, schema version 1, exactly as holobench means them.

Written on top of holobench's own detector, used verbatim, so that a verdict here is a verdict there. Two things
differ from `bencher.report_export`: either side may be a stored Snapshot as well as a live BenchResult, and the
10,000-resample `change` record, which costs seconds on a large sweep, is computed only when asked for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.model import SCHEMA_VERSION, Direction, NotComparable, Verdict
from holobench_mcp.result import upstream
from holobench_mcp.result.bench_result import (
    contract_of,
    coord_scalar,
    finite_or_none,
    finite_value,
    metric_entry,
    provenance,
    series_for_var,
    snapshot_dataset,
)
from holobench_mcp.result.snapshot import Snapshot

if TYPE_CHECKING:
    import xarray as xr

    BenchResult = Any  # a live bencher.BenchResult: duck-typed, so that bencher stays unimported

_SIDES = ("baseline", "candidate")


# ---------------------------------------------------------------------- one result


def result_to_dict(bench_res: BenchResult | Snapshot, *, include_series: bool = False) -> dict[str, Any]:
    """The contract of one result: metrics with their optima and claims, provenance, regressions.

    include_series: attach to each metric its mean, std and n at every time event, where the result was
    collected over time.
    """
    if not isinstance(bench_res, Snapshot):
        return contract_of(bench_res, include_series=include_series)
    if bench_res.document is not None:
        return dict(bench_res.document)
    document = contract_of(_StoredResult.of(bench_res))
    for entry in document["metrics"]:
        # What the whole recorded history says, the stored moment alone can't tell.
        known = bench_res.history.get(entry["variable"], {})
        entry.update({key: known[key] for key in ("optimal_value", "optimal_inputs") if key in known})
        if include_series and "series" in known:
            entry["series"] = known["series"]
    return document


def result_to_json(
    bench_res: BenchResult | Snapshot, path: str | Path, *, indent: int = 2, include_series: bool = False
) -> Path:
    """Write `result_to_dict` to a file, making its folder. Returns the path."""
    return _write_json(result_to_dict(bench_res, include_series=include_series), path, indent)


# ---------------------------------------------------------------------- two results


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
    base, cand = _StoredResult.of(baseline), _StoredResult.of(candidate)
    types: Any = upstream.scalar_result_types()
    base_names = [rv.name for rv in base.bench_cfg.result_vars if isinstance(rv, types)]
    cand_scalar = [rv for rv in cand.bench_cfg.result_vars if isinstance(rv, types)]
    cand_names = [rv.name for rv in cand_scalar]
    candidate_only = [name for name in cand_names if name not in base_names]
    baseline_only = [name for name in base_names if name not in cand_names]
    if len(candidate_only) == len(cand_names):
        raise NotComparable(
            "baseline and candidate share no comparable scalar result variables"
            f" (candidate only: {', '.join(candidate_only) or 'none'};"
            f" baseline only: {', '.join(baseline_only) or 'none'})"
        )
    if run_cfg is None:
        run_cfg = upstream.run_config()
    base_ds, cand_ds = snapshot_dataset(base), snapshot_dataset(cand)
    stacked = _stack_equal(base_ds, cand_ds)
    if stacked is None:
        stacked = upstream.over_time_dataset([base_ds, cand_ds], _SIDES)
    report = upstream.detect(stacked, cand.bench_cfg, run_cfg)

    claims = [
        {
            "variable": rv.name,
            "claim": str(rv.claim),
            "candidate": upstream.judge_claim(rv.claim, cand_ds[rv.name]),
            "baseline": upstream.judge_claim(rv.claim, base_ds[rv.name]) if rv.name in base_names else None,
        }
        for rv in cand_scalar
        if getattr(rv, "claim", None) is not None
    ]
    claim_of = {c["variable"]: c for c in claims if c["baseline"] is not None}
    counts: dict[str, int] = {"improved": 0, "regressed": 0, "unchanged": 0}
    metrics = []
    for reg in report.results:
        word = verdict(reg.to_dict())
        counts[word] += 1
        metric: dict[str, Any] = {
            "variable": reg.variable,
            "baseline_value": finite_or_none(reg.baseline_value),
            "current_value": finite_or_none(reg.current_value),
            "change_percent": finite_or_none(reg.change_percent),
            "direction": reg.direction,
            "method": reg.method,
            "regressed": bool(reg.regressed),
            "verdict": word,
        }
        if include_change:
            metric["change"] = _change(reg, base_ds, cand_ds, run_cfg)
        if (claim := claim_of.get(reg.variable)) is not None:
            metric["claim"] = {key: claim[key] for key in ("claim", "baseline", "candidate")}
        metrics.append(metric)
    return {
        "schema_version": SCHEMA_VERSION,
        "baseline": {"bench_name": base.bench_cfg.bench_name, "provenance": provenance(base)},
        "candidate": {"bench_name": cand.bench_cfg.bench_name, "provenance": provenance(cand)},
        "metrics": metrics,
        "summary": counts,
        "claims": claims,
        "unpaired": {"candidate_only": candidate_only, "baseline_only": baseline_only},
    }


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
    return _write_json(document, path, indent)


def _stack_equal(base: xr.Dataset, cand: xr.Dataset) -> xr.Dataset | None:
    """Both sides on one axis without an outer join, which costs more than detection; None unless they are alike."""
    import xarray as xr

    if dict(base.sizes) != dict(cand.sizes) or set(base.data_vars) != set(cand.data_vars):
        return None
    if set(base.coords) != set(cand.coords) or any(d not in base.coords for d in base.dims):
        return None
    for name in base.coords:
        ours, theirs = base[name].variable, cand[name].variable
        if ours.dims != theirs.dims or ours.dtype != theirs.dtype or not np.array_equal(ours.values, theirs.values):
            return None
    stacked: dict[str, tuple[tuple[str, ...], npt.NDArray[Any]]] = {}
    for name, variable in base.data_vars.items():
        other = cand[name].variable
        if variable.dims != other.dims or variable.dtype != other.dtype:
            return None
        dims = ("over_time", *map(str, variable.dims))
        stacked[str(name)] = (dims, np.stack([variable.values, other.values]))
    coords = {name: base[name].variable for name in base.coords}
    return xr.Dataset(stacked, coords={**coords, "over_time": list(_SIDES)})


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


# ---------------------------------------------------------------------- a snapshot, seen as a result


@dataclass(frozen=True)
class _StoredResult:
    """A snapshot with the attributes of a BenchResult that the contract reads."""

    bench_cfg: SimpleNamespace
    ds: xr.Dataset
    identity: SimpleNamespace
    regression_report: SimpleNamespace

    @staticmethod
    def of(result: BenchResult | Snapshot) -> Any:  # noqa: ANN401 - a BenchResult or its double
        """A live result as it is, a snapshot as its double. Raises NotComparable for one without samples."""
        if not isinstance(result, Snapshot):
            return result
        if result.dataset is None:
            raise NotComparable(
                f"{result.result_id or result.bench_name} is contract-only: its samples were never recorded, "
                "so nothing can be computed from it."
            )
        told = dict(result.provenance)
        time_event = told.pop("time_event", None)
        return _StoredResult(
            bench_cfg=SimpleNamespace(
                bench_name=result.bench_name,
                result_vars=[upstream.declare(metric) for metric in result.metrics],
                input_vars=[SimpleNamespace(name=i.name, units=i.units) for i in result.inputs],
                over_time=result.over_time,
                execution=SimpleNamespace(to_dict=lambda: dict(told)) if told else None,
                time_event=time_event,
            ),
            ds=result.dataset,
            identity=SimpleNamespace(bench_name=result.bench_name),
            regression_report=SimpleNamespace(to_dict=lambda: dict(result.regressions)),
        )

    def get_optimal_value_indices(self, rv: Any) -> xr.DataArray:  # noqa: ANN401 - a result variable
        """Where the best value is."""
        return upstream.optimal_value_indices(self.ds, rv)


# ---------------------------------------------------------------------- JSON


def strict(document: Any) -> Any:  # noqa: ANN401 - any JSON-like tree
    """The same document in strict JSON: NaN and infinities are null, numpy scalars and times are plain."""
    match document:
        case Enum():
            return strict(document.value)
        case None | bool() | int() | str():
            return document if document is None or isinstance(document, bool) else _plain_scalar(document)
        case float():
            return float(document) if math.isfinite(document) else None
        case Mapping():
            return {str(key): strict(value) for key, value in document.items()}
        case list() | tuple():
            return [strict(value) for value in document]
        case date() | datetime():
            return document.isoformat()
        case np.generic():
            return strict(document.item())
        case _:
            return str(document)


def _plain_scalar(value: str | int) -> str | int:
    """The same without what a subclass adds, such as a YamlSelection."""
    return str(value) if isinstance(value, str) else int(value)


def _write_json(document: Mapping[str, Any], path: str | Path, indent: int) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=indent), encoding="utf-8")
    return path


# Upstream's names for the same helpers, so that its own tests can be pointed at this module.
_provenance = provenance
_metric_entry = metric_entry
_coord_scalar = coord_scalar
_snapshot_ds = snapshot_dataset
_verdict = verdict
_finite_value = finite_value
_delta_improved = _improved_by_delta
_adaptive_improved = _improved_by_band
_percent_improved = _improved_by_percent

__all__ = [
    "compare_results",
    "comparison_to_json",
    "result_to_dict",
    "result_to_json",
    "series_for_var",
    "snapshot_dataset",
    "strict",
    "verdict",
]
