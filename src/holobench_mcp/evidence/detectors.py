"""What holobench's own over-time detectors say of a series of results, verbatim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holobench_mcp.model import Metric
from holobench_mcp.result import upstream

if TYPE_CHECKING:
    import xarray as xr


def upstream_detectors(
    datasets: Sequence[xr.Dataset], metric: Metric, methods: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """What the detectors say of the newest of some results.

    datasets: oldest first, of the same points. methods: the detectors, with a threshold where one is not their default.
    """
    usable = [dataset[[metric.variable]] for dataset in datasets if metric.variable in dataset]
    if len(usable) < 2:
        return []
    stacked = upstream.over_time_dataset(usable, [f"{i:06d}" for i in range(len(usable))])
    checks: list[dict[str, Any]] = []
    for method, threshold in methods.items():
        with np.errstate(all="ignore"):  # what overflows there is nobody's news: it is what holobench says
            report = upstream.detect(stacked, [metric], upstream.run_config(method, threshold))
        # With a short history the adaptive detector answers as the percentage one does: once is enough.
        known = {(check["method"], check["details"]) for check in checks}
        checks += [c for c in (r.to_dict() for r in report.results) if (c["method"], c["details"]) not in known]
    return checks
