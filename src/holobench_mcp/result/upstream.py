"""The only module that imports `bencher`: its detector, its declarations, its claims, and nothing of its plots.

Importing bencher whole costs seconds, most of it the plotting stack. Its light install is documented to work
without those packages, so they are hidden from it while it is imported; code that imports them itself
afterwards, or that had bencher imported already, is not touched.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
import threading
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from holobench_mcp import holobench_versions
from holobench_mcp.model import Direction, InvalidArgument, Kind, Metric, UnsupportedHolobench

if TYPE_CHECKING:
    import xarray as xr

    from holobench_mcp.result.plain_dataset import PlainDataset, PlainVariable
    from holobench_mcp.result.stacked import Stacked

#: holobench's detectors, and which setting of a BenchRunCfg is the threshold of each.
_THRESHOLD_OF = {
    "percentage": "regression_percentage",
    "adaptive": "regression_mad",
    "delta": "regression_delta",
    "absolute": "regression_absolute",
}

#: What `bencher.optional_deps.HEAVY_PACKAGES` holds; it can't be read before bencher is imported.
_HEAVY = frozenset(
    {"bokeh", "holoviews", "hvplot", "moviepy", "optuna", "panel", "plotly", "scipy", "sklearn", "tornado"}
)
_import_lock = threading.Lock()
#: What is used of it, and what the contract that is written here is.
_PARTS = {
    "bencher.bench_cfg": ("BenchRunCfg",),
    "bencher.change_stats": ("change_between", "not_comparable"),
    "bencher.claims": ("as_claim", "evaluate_claim", "outcome_to_dict", "parse_claim"),
    "bencher.regression": ("RegressionReport", "RegressionResult", "detect_regressions"),
    "bencher.report_export": ("SCHEMA_VERSION",),
    "bencher.variables.results": ("OptDir", "ResultBool", "ResultFloat", "SCALAR_RESULT_TYPES"),
}
_SCHEMA_VERSION = 1


class _Hidden:
    """A meta-path finder that answers, in one thread only, that the heavy packages are not installed."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Refuse a heavy top-level package; leave everything else to the other finders."""
        del path, target
        top = fullname.partition(".")[0]
        if top in _HEAVY and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)
        return None


@contextmanager
def _hidden_plotting() -> Iterator[None]:
    finder = _Hidden()
    # A heavy package that is already loaded (our own scipy.special) must look absent too, or bencher would
    # find it by `sys.modules` and import the rest of it.
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in _HEAVY}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(hidden)


@lru_cache(maxsize=1)
def bencher() -> ModuleType:
    """The imported package: lightly, unless somebody imported it before.

    Raises UnsupportedHolobench where it is absent, too old, or not what is known of it.
    """
    holobench_versions.check_installed()
    with _import_lock:
        try:
            module = sys.modules.get("bencher") or _imported()
            difference = _difference()
        except Exception as problem:  # whatever a package does that is half installed
            words = " ".join(str(problem).split())[:200]
            difference = f"can't be imported ({type(problem).__name__}: {words})"
    if difference is not None:
        raise UnsupportedHolobench(holobench_versions.unlike(difference))
    return module


def _imported() -> ModuleType:
    with _hidden_plotting():
        return importlib.import_module("bencher")


def _difference() -> str | None:
    """What is otherwise than it is used here; None where nothing is."""
    for name, parts in _PARTS.items():
        found = importlib.import_module(name)
        for part in parts:
            if not hasattr(found, part):
                return f"has no {name}.{part}"
    version = sys.modules["bencher.report_export"].SCHEMA_VERSION
    return None if version == _SCHEMA_VERSION else f"writes version {version} of its contract"


def run_config(method: str | None = None, threshold: float | None = None) -> Any:  # noqa: ANN401 - bencher's class
    """A BenchRunCfg for the detector: percentage unless asked, the method's own default threshold unless given.

    Raises InvalidArgument for an unknown method, and for `absolute` or `delta` without a threshold, which
    have no default.
    """
    bencher()
    from bencher.bench_cfg import BenchRunCfg

    method = method or "percentage"
    if method not in _THRESHOLD_OF:
        raise InvalidArgument(f"method: one of {', '.join(_THRESHOLD_OF)}, not {method!r}.")
    if threshold is None:
        if method in ("delta", "absolute"):
            raise InvalidArgument(f"threshold: method={method!r} has no default; give one in the metric's own units.")
        return BenchRunCfg(regression_method=method)
    return BenchRunCfg(regression_method=method, **{_THRESHOLD_OF[method]: float(threshold)})


#: For a detector, which only reads it: making one takes as long as judging three metrics by it.
detector_config = lru_cache(maxsize=64)(run_config)


def judges_by_means(run_cfg: Any) -> bool:  # noqa: ANN401 - bencher's class
    """Whether a detector is of those that read nothing of samples but their mean, and whether there are any."""
    by_means = getattr(run_cfg, "regression_method", None) in ("percentage", "delta", "absolute")
    return by_means and not getattr(run_cfg, "regression_overrides", None)


def scalar_result_types() -> tuple[type, ...]:
    """The result variable classes that the contract reports on."""
    bencher()
    from bencher.variables.results import SCALAR_RESULT_TYPES

    types: tuple[type, ...] = SCALAR_RESULT_TYPES
    return types


def declare(metric: Metric) -> Any:  # noqa: ANN401 - a bencher result variable
    """The result variable that a stored declaration describes, as the detector wants it."""
    bencher()
    from bencher.variables.results import OptDir, ResultBool, ResultFloat

    cls = ResultBool if metric.kind is Kind.bool else ResultFloat
    variable = cls(
        units=metric.units or "",
        direction=OptDir(metric.direction.value),
        claim=metric.claim,
        meaning_version=metric.meaning_version,
    )
    variable.name = metric.variable
    variable.units = metric.units
    return variable


#: For a detector, which only reads them: making one takes longer than judging a small metric by it.
_declared = lru_cache(maxsize=1024)(declare)


def check_claim(claim: str) -> None:
    """Raise ValueError, saying what a claim looks like, for a text that is none."""
    bencher()
    from bencher.claims import parse_claim

    parse_claim(claim)


@lru_cache(maxsize=1024)
def _parsed_claim(claim: str) -> Any:  # noqa: ANN401 - a bencher Claim
    bencher()
    from bencher.claims import parse_claim

    return parse_claim(claim)


def claim_text(claim: str) -> str:
    """A claim as the contract writes it, with its bound rounded to six digits; empty for a text that is no claim."""
    try:
        return str(_parsed_claim(claim))
    except ValueError:
        return ""


def declaration_of(variable: Any) -> Metric:  # noqa: ANN401 - a bencher result variable
    """The declaration of a live result variable."""
    bencher()
    from bencher.variables.results import ResultBool

    claim = getattr(variable, "claim", None)
    direction = getattr(variable, "direction", None)
    return Metric(
        variable=variable.name,
        units=getattr(variable, "units", None),
        direction=Direction(direction.value) if direction is not None else Direction.none,
        kind=Kind.bool if isinstance(variable, ResultBool) else Kind.float,
        claim=None if claim is None else _exactly(claim),
        meaning_version=int(getattr(variable, "meaning_version", 1)),
    )


def _exactly(claim: Any) -> str:  # noqa: ANN401 - a bencher Claim
    """A claim's text that parses back to the same claim: its own text rounds the bound to six digits."""
    if hasattr(claim, "op"):
        return f"{claim.op.value} {float(claim.bound)!r}"
    return f"{float(claim.low)!r}..{float(claim.high)!r}"


def regression_report(records: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - bencher's RegressionReport
    """The report that holobench saved with a result, from the fields of its records."""
    bencher()
    from bencher.regression import RegressionReport, RegressionResult

    report = RegressionReport()
    for record in records:
        result = RegressionResult(
            **{key: value for key, value in record.items() if key in RegressionResult.__dataclass_fields__}
        )
        report.results.append(result)
    return report


def detect(dataset: xr.Dataset | Stacked, metrics: Sequence[Metric], run_cfg: Any) -> Any:  # noqa: ANN401 - bencher's classes
    """`bencher.regression.detect_regressions`, verbatim. Of the declarations it reads the metrics, and nothing else."""
    declared = SimpleNamespace(result_vars=[_declared(m) for m in metrics])
    return regression().detect_regressions(dataset, declared, run_cfg)


@lru_cache(maxsize=1)
def regression() -> ModuleType:
    """`bencher.regression`, loaded once more for ourselves: its import of two functions of `scipy.stats` finds ours.

    Theirs stays as it is for whoever else uses holobench in this process.
    """
    bencher()
    with _import_lock:
        spec = importlib.util.find_spec("bencher.regression")
        if spec is None or spec.loader is None:
            return importlib.import_module("bencher.regression")
        module = importlib.util.module_from_spec(spec)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
        spec.loader.exec_module(module)
        return module


def _import(name: str, *where: Any, **by_name: Any) -> Any:  # noqa: ANN401 - what `__import__` takes and gives
    """`__import__`, with `rank_trend` in the place of a `scipy.stats` that nobody loaded, for what it has."""
    wanted = by_name.get("fromlist", where[2] if len(where) > 2 else None) or ()  # behind globals and locals
    if name == "scipy.stats" and name not in sys.modules:
        from holobench_mcp.result import rank_trend

        if wanted and all(hasattr(rank_trend, function) for function in wanted):
            return rank_trend
    return builtins.__import__(name, *where, **by_name)


def judge_claim(
    claim: Any,  # noqa: ANN401 - a claim or its text
    dataset: xr.Dataset | PlainDataset,
    variable: str,
) -> dict[str, Any]:
    """A claim's outcome on every sample of a variable, as the contract writes it. Raises KeyError for none of these."""
    bencher()
    from bencher.claims import as_claim, evaluate_claim, outcome_to_dict

    parsed = _parsed_claim(claim) if isinstance(claim, str) else as_claim(claim)
    if parsed is None:
        raise InvalidArgument("a claim is a text such as '< 0.7', not None.")
    samples = _ClaimedSamples(dataset, variable)
    try:
        found = evaluate_claim(parsed, samples)
    except (AttributeError, LookupError, TypeError):  # another holobench's claims read more than is there
        found = evaluate_claim(parsed, dataset[variable])
    outcome: dict[str, Any] = outcome_to_dict(found)
    return outcome


class _ClaimedSamples:
    """A variable of a dataset: as much of a DataArray as a claim reads.

    To take the array itself out of a dataset is to look at all variables: with as many claims, at the square of them.
    """

    def __init__(self, dataset: xr.Dataset | PlainDataset, variable: str) -> None:
        samples = dataset.variables[variable]
        self.values, self.dims, self.coords = samples.values, samples.dims, dataset.coords
        self._dataset = dataset

    def __getitem__(self, name: Hashable) -> xr.Variable | PlainVariable:
        return self._dataset.variables[name]


def change_record(
    reg: Any,  # noqa: ANN401 - bencher's RegressionResult
    baseline: xr.Dataset,
    candidate: xr.Dataset,
    margin_percent: float,
) -> Mapping[str, Any]:
    """holobench's bootstrap `change` record, verbatim (10,000 resamples: seconds on a large sweep)."""
    bencher()
    from bencher.change_stats import change_between, not_comparable

    if reg.variable not in baseline or reg.variable not in candidate:
        absent: Mapping[str, Any] = not_comparable("only one side measures it", margin_percent)
        return absent
    record: Mapping[str, Any] = change_between(
        baseline[reg.variable], candidate[reg.variable], reg.direction, margin_percent
    )
    return record


def over_time_dataset(stack: Sequence[xr.Dataset], labels: Sequence[str]) -> xr.Dataset:
    """Results stacked on a synthetic `over_time` axis, oldest first, joined outer."""
    import xarray as xr

    combined = xr.concat(list(stack), dim="over_time", join="outer")
    return combined.assign_coords(over_time=list(labels))
