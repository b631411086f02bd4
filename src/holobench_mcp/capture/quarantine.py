"""The child process that reads a pickle, and the only code of this project that does.

A saved holobench result is a pickle of live objects, and loading one the ordinary way runs whatever it names. Here
nothing that it names is ever imported but a short list of plain data types: every other class, of holobench, param,
pandas, xarray or the benchmark itself, becomes an inert double that only remembers what it was given. The arrays and
declarations are then dug out of those doubles and handed to the parent as JSON and npz, in which nothing can run.

Imports neither holobench nor xarray; runs with limits on memory, time and files.
"""

from __future__ import annotations

import io
import json
import math
import pickle
import struct
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

#: Plain data, harmless with whatever arguments a pickle calls them.
_PLAIN: dict[tuple[str, str], Any] = {
    **{("builtins", t.__name__): t for t in (dict, list, set, frozenset, tuple, int, float, bool, complex, str, bytes)},
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): defaultdict,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}
_NUMPY_FUNCTIONS = {
    "_reconstruct": "multiarray",
    "scalar": "multiarray",
    "_frombuffer": "numeric",
}
_DATETIME = frozenset({"datetime", "date", "time", "timedelta", "timezone"})
#: Names of the standard library that a genuine result may hold, as doubles that do nothing when they are called.
_HARMLESS = frozenset(
    {
        ("_functools", "reduce"), ("functools", "reduce"), ("functools", "partial"), ("_operator", "or_"),
        ("operator", "or_"), ("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("builtins", "object"),
        ("builtins", "getattr"), ("builtins", "type"), ("types", "SimpleNamespace"), ("types", "MethodType"),
        ("pathlib", "PosixPath"), ("pathlib", "PurePosixPath"), ("pathlib", "WindowsPath"), ("pathlib", "Path"),
        ("pathlib._local", "PosixPath"), ("uuid", "UUID"), ("decimal", "Decimal"), ("fractions", "Fraction"),
        ("collections", "deque"), ("collections", "Counter"), ("zoneinfo", "ZoneInfo._unpickle"),
        ("threading", "Lock"), ("logging", "getLogger"),
    }
)  # fmt: skip
_EXCEPTIONS = frozenset(n for n in vars(__import__("builtins")) if n.endswith(("Error", "Exception", "Warning")))
#: Packages whose functions can read files or run code, so that only their classes get doubles.
_DATA_PACKAGES = frozenset({"pandas", "xarray", "scipy", "holoviews", "panel", "bokeh", "plotly"})
_UNPICKLERS = ("_new_", "__pyx_unpickle_", "_unpickle", "_reconstruct")


class Refused(Exception):
    """A pickle names something that a result never needs."""


class NotAResult(Exception):
    """A pickle that holds something else."""


class Double:
    """What stands in for an object: it remembers how it was made and filled, and can do nothing."""

    told = ""

    def __new__(cls, *args: Any, **kwargs: Any) -> Double:
        double = object.__new__(cls)
        double.args, double.kwargs = args, kwargs
        double.state, double.items = None, []
        return double

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    state: Any
    items: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def append(self, item: Any) -> None:
        """Called by the APPEND of a list's subclass."""
        self.items.append(item)

    def extend(self, items: Any) -> None:
        """Called by the APPENDS of a list's subclass."""
        self.items.extend(items)

    def add(self, item: Any) -> None:
        """Called by the ADDITEMS of a set's subclass."""
        self.items.append(item)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items.append((key, value))

    def attributes(self) -> dict[str, Any]:
        """The object's attributes, from its `__dict__` and its slots."""
        parts = self.state if isinstance(self.state, tuple) else (self.state,)
        found: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, dict):
                found.update({k: v for k, v in part.items() if isinstance(k, str)})
        return found


class _Unpickler(pickle.Unpickler):
    """Finds doubles, and refuses by name."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._doubles: dict[tuple[str, str], type[Double]] = {}

    def find_class(self, module: str, name: str) -> Any:
        """A plain type, or a double. Raises Refused."""
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        top = module.partition(".")[0]
        if module in (
            "numpy.core." + _NUMPY_FUNCTIONS.get(name, "?"),
            "numpy._core." + _NUMPY_FUNCTIONS.get(name, "?"),
        ):
            return super().find_class(f"numpy._core.{_NUMPY_FUNCTIONS[name]}", name)
        if module == "datetime" and name in _DATETIME:
            return super().find_class(module, name)
        if (module, name) not in _HARMLESS and not (module == "builtins" and name in _EXCEPTIONS):
            last = name.rpartition(".")[2]
            is_class = last[:1].isupper() or last.startswith(_UNPICKLERS)
            if top in sys.stdlib_module_names or top == "numpy" or (top in _DATA_PACKAGES and not is_class):
                raise Refused(f"{module}.{name}")
        if (module, name) not in self._doubles:
            self._doubles[module, name] = type(last_part(name), (Double,), {"told": f"{module}.{name}"})
        return self._doubles[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """Refuse objects that are kept elsewhere."""
        raise Refused(f"a persistent id {str(pid)[:60]!r}")


def last_part(name: str) -> str:
    """The name of a class, without those that it is nested in."""
    return name.rpartition(".")[2] or "double"


# ---------------------------------------------------------------------- digging out


def read_results(stream: BinaryIO) -> Iterator[tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]]:
    """Every result of one or more pickles in a row: its declarations as JSON can hold them, and its arrays."""
    first = True
    while first or stream.peek(1):  # type: ignore[attr-defined]  # a BufferedReader
        first = False
        loaded = _Unpickler(stream).load()
        found = list(_results_in(loaded))
        if not found:
            held = type(loaded).__name__ if not isinstance(loaded, Double) else loaded.told
            raise NotAResult(f"it holds {held}, not a holobench result")
        for result in found:
            yield describe(result)


def _results_in(loaded: Any) -> Iterator[Double]:
    if isinstance(loaded, Double):
        attributes = loaded.attributes()
        if "bench_cfg" in attributes and "ds" in attributes:
            yield loaded
        else:
            for item in loaded.items:
                yield from _results_in(item[1] if isinstance(item, tuple) else item)
    elif isinstance(loaded, list | tuple):
        for item in loaded:
            yield from _results_in(item)
    elif isinstance(loaded, dict):
        for item in loaded.values():
            yield from _results_in(item)


def describe(result: Double) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """A result's double as declarations and arrays. Raises NotAResult for one that has no such shape."""
    attributes = result.attributes()
    cfg = _parameters(attributes.get("bench_cfg"))
    ds = attributes.get("ds")
    if not isinstance(ds, Double):
        raise NotAResult("its result has no dataset")
    inputs = [_declared(v, ("units",)) for v in _listed(cfg.get("input_vars"))]
    metrics = [_metric(v) for v in _listed(cfg.get("result_vars")) if _is_scalar(v)]
    dims, arrays = _dataset(ds, {i["name"] for i in inputs} | {"repeat", "over_time"}, {m["variable"] for m in metrics})
    execution = cfg.get("execution")
    identity = attributes.get("collected_identity")
    named = identity.attributes().get("bench_name") if isinstance(identity, Double) else None
    report = attributes.get("regression_report")
    time_event = cfg.get("time_event")
    return (
        {
            "bench_name": _text(named if named is not None else cfg.get("bench_name")) or "benchmark",
            "execution": None if not isinstance(execution, Double) else _plain_dict(execution.attributes()),
            "time_event": time_event if isinstance(time_event, str) else None,
            "over_time": bool(cfg.get("over_time", False)),
            "inputs": inputs,
            "metrics": metrics,
            "constants": _constants(cfg.get("const_vars")),
            "caches_on": bool(cfg.get("cache_results")) or bool(cfg.get("cache_samples")),
            "regressions": None if not isinstance(report, Double) else _regressions(report),
            "dims": dims,
        },
        arrays,
    )


def _parameters(parameterized: Any) -> dict[str, Any]:
    """The values of a Parameterized: param keeps them in a private object."""
    if not isinstance(parameterized, Double):
        raise NotAResult("its result has no configuration")
    found = parameterized.attributes()
    private = found.get("_param__private")
    if isinstance(private, Double):
        values = private.attributes().get("values")
        found = {**found, **(values if isinstance(values, dict) else {})}
    return found


def _declared(variable: Any, extra: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(variable, Double):
        raise NotAResult("a variable of its result is no declaration")
    attributes = variable.attributes()
    name = attributes.get("name")
    if not isinstance(name, str):
        raise NotAResult("a variable of its result has no name")
    return {"name": name, **{key: _scalar(attributes.get(key)) for key in extra}}


def _metric(variable: Double) -> dict[str, Any]:
    told = _declared(variable, ("units", "meaning_version"))
    attributes = variable.attributes()
    return {
        "variable": told["name"],
        "units": told["units"],
        "direction": _scalar(attributes.get("direction")) or "minimize",
        "kind": "bool" if _bases_say(variable, "ResultBool") else "float",
        "claim": _claim(attributes.get("claim")),
        "meaning_version": told["meaning_version"] if isinstance(told["meaning_version"], int) else 1,
    }


def _is_scalar(variable: Any) -> bool:
    return isinstance(variable, Double) and (_bases_say(variable, "ResultFloat") or _bases_say(variable, "ResultBool"))


def _bases_say(variable: Double, name: str) -> bool:
    """Whether a declaration is of a class, by its name: there is no class to ask. A subclass keeps its slots."""
    if variable.told == f"bencher.variables.results.{name}":
        return True
    if variable.told.startswith(("bencher.", "param.")):
        return False
    attributes = variable.attributes()
    has = {"units", "direction", "claim", "margin", "meaning_version", "bounds"} <= set(attributes)
    return has and ((attributes["bounds"] == (0, 1)) == (name == "ResultBool"))


def _claim(claim: Any) -> str | None:
    if not isinstance(claim, Double):
        return None
    attributes = claim.attributes()
    if "op" in attributes:
        return f"{_scalar(attributes['op'])} {attributes['bound']!r}"
    return f"{attributes['low']!r}..{attributes['high']!r}" if "low" in attributes else None


def _constants(const_vars: Any) -> list[list[Any]]:
    pairs = []
    for pair in _listed(const_vars):
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], Double):
            name = pair[0].attributes().get("name")
            pairs.append([str(name), _scalar(pair[1])])
    return pairs


def _regressions(report: Double) -> list[dict[str, Any]]:
    kept = ("variable", "method", "regressed", "current_value", "baseline_value", "change_percent", "threshold",
            "direction", "details", "band_lower", "band_upper", "percent_band_lower", "percent_band_upper",
            "young_baseline")  # fmt: skip
    found = []
    for one in _listed(report.attributes().get("results")):
        if isinstance(one, Double):
            attributes = one.attributes()
            found.append({key: _number_text(attributes[key]) for key in kept if key in attributes})
    return found


def _dataset(ds: Double, dims: set[str], wanted: set[str]) -> tuple[dict[str, list[str]], dict[str, npt.NDArray[Any]]]:
    variables = ds.attributes().get("_variables")
    if not isinstance(variables, Mapping):
        raise NotAResult("its dataset has no variables")
    names: dict[str, list[str]] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, variable in variables.items():
        if name not in dims | wanted or not isinstance(variable, Double):
            continue
        attributes = variable.attributes()
        names[name] = [str(d) for d in attributes.get("_dims", ())]
        array = _array(attributes.get("_data"))
        if array is None or array.ndim != len(names[name]):
            raise NotAResult(f"the samples of {name} can't be read")
        arrays[name] = array if array.dtype.kind in "fiubUMm" else _as_text(array)
    return names, arrays


def _array(held: Any, depth: int = 0) -> npt.NDArray[Any] | None:
    """The array inside an xarray or pandas object, whichever way this version of them wraps it."""
    if isinstance(held, np.ndarray):
        return held
    if not isinstance(held, Double) or depth > 8:
        return None
    attributes = held.attributes()
    for part in [*held.args, attributes]:
        if isinstance(part, dict) and {"start", "stop", "step"} <= set(part):
            return np.arange(part["start"], part["stop"], part["step"])
    dtype = attributes.get("_dtype")
    for part in _inside(held):
        if (array := _array(part, depth + 1)) is not None:
            return array.astype(dtype) if isinstance(dtype, np.dtype) and dtype.kind == "U" else array
    return None


def _inside(held: Double) -> Iterator[Any]:
    pending: list[Any] = [held.args, held.state]
    while pending:
        part = pending.pop(0)
        if isinstance(part, np.ndarray | Double):
            yield part
        elif isinstance(part, list | tuple):
            pending.extend(part)
        elif isinstance(part, dict):
            pending.extend(part.get(k) for k in ("array", "data", "_data", "_ndarray", "values") if k in part)
            pending.extend(v for v in part.values() if isinstance(v, np.ndarray))


def _as_text(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    flat = [str(_scalar(v)) for v in array.ravel().tolist()]
    return np.array(flat, dtype=np.str_).reshape(array.shape)


def _scalar(value: Any) -> Any:
    """A value as JSON can hold it; an enum's member is what it was made of."""
    if isinstance(value, Double):
        return _scalar(value.args[0]) if len(value.args) == 1 else str(value.told)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _number_text(value: Any) -> Any:
    """A number that the parent can read back exactly, NaN and infinities too."""
    plain = value.item() if isinstance(value, np.generic) else value
    return {"float": repr(plain)} if isinstance(plain, float) else _scalar(plain)


def _plain_dict(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _scalar(value) for key, value in attributes.items()}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


# ---------------------------------------------------------------------- the process


def write_frame(out: BinaryIO, header: Mapping[str, Any], archive: bytes = b"") -> None:
    """One result, or one error, on the wire: two lengths, JSON, npz."""
    text = json.dumps(header).encode()
    out.write(struct.pack(">QQ", len(text), len(archive)) + text + archive)


def _limit(memory: int, seconds: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read pickles from stdin, write frames to stdout."""
    if sys.platform != "win32":
        _limit(int(sys.argv[1]), int(sys.argv[2]))
    out = sys.stdout.buffer
    try:
        for header, arrays in read_results(sys.stdin.buffer):
            buffer = io.BytesIO()
            np.savez(buffer, allow_pickle=False, **{f"v/{name}": array for name, array in arrays.items()})  # type: ignore[arg-type]  # names are data
            write_frame(out, header, buffer.getvalue())
    except Refused as refused:
        write_frame(out, {"refused": str(refused)})
    except NotAResult as problem:
        write_frame(out, {"error": str(problem)})
    except (MemoryError, RecursionError) as problem:
        write_frame(out, {"error": f"reading it takes more than it may ({type(problem).__name__})"})
    except Exception as problem:
        write_frame(out, {"error": f"it is no whole pickle ({type(problem).__name__}: {str(problem)[:120]})"})
    out.flush()
