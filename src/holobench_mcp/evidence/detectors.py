"""What holobench's own over-time detectors say of a series of results, verbatim."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.model import Metric
from holobench_mcp.result import upstream
from holobench_mcp.result.stacked import Stacked

if TYPE_CHECKING:
    import xarray as xr

_DIMS = ("point", "repeat")
log = logging.getLogger("holobench_mcp")


def upstream_detectors(
    series: Sequence[FloatArray], metric: Metric, methods: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """What the detectors say of the newest of some results.

    series: the samples of each, oldest first: (points, repeats), of the same points, NaN where there is none.
    methods: the detectors, with a threshold where one is not their default.
    """
    if len(series) < 2:
        return []
    alike = _with_as_many_repeats(series)
    checks: list[dict[str, Any]] = []
    for method, threshold in methods.items():
        found = _detected(alike, metric, upstream.detector_config(method, threshold))
        # With a short history the adaptive detector answers as the percentage one does: once is enough.
        known = {(check["method"], check["details"]) for check in checks}
        checks += [c for c in (r.to_dict() for r in found) if (c["method"], c["details"]) not in known]
    return checks


def _detected(series: Sequence[FloatArray], metric: Metric, run_cfg: Any) -> Sequence[Any]:  # noqa: ANN401 - bencher's classes
    with np.errstate(all="ignore"):  # what overflows there is nobody's news: it is what holobench says
        try:
            stacked = Stacked(len(series), {metric.variable: (_DIMS, series)}, brief=upstream.judges_by_means(run_cfg))
            return upstream.detect(stacked, [metric], run_cfg).results  # type: ignore[no-any-return]  # bencher is untyped
        except (AttributeError, LookupError, TypeError):  # another holobench's detector reads more than is there
            log.debug("the detector wants the dataset itself", exc_info=True)
            return upstream.detect(_dataset(series, metric), [metric], run_cfg).results  # type: ignore[no-any-return]


def _with_as_many_repeats(series: Sequence[FloatArray]) -> list[FloatArray]:
    most = max(samples.shape[1] for samples in series)
    return [
        samples
        if samples.shape[1] == most
        else np.pad(samples, ((0, 0), (0, most - samples.shape[1])), constant_values=np.nan)
        for samples in series
    ]


def _dataset(series: Sequence[FloatArray], metric: Metric) -> xr.Dataset:
    import xarray as xr

    times = [xr.Dataset({metric.variable: (_DIMS, samples)}) for samples in series]
    return upstream.over_time_dataset(times, [f"{i:06d}" for i in range(len(series))])
