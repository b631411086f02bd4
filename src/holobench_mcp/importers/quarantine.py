"""The child process that reads a pickle, and hands on what it found as JSON and npz, in which nothing can run.

A saved holobench result is a pickle of live objects, and loading one the ordinary way runs whatever it names. It is
read into doubles here, and the arrays and declarations are dug out of those, each array from its bytes and a checked
dtype. Imports neither holobench nor xarray; runs with limits on memory, time and files.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from holobench_mcp.importers.doubles import Double, NotAResult, Refused, Unpickler, last_part
from holobench_mcp.result.coordinates import without_objects

_DTYPE = re.compile(r"[biufc]\d{1,2}|[SU]\d{1,7}|O8?|[Mm]8")
_TIME_UNITS = frozenset({b"D", b"h", b"m", b"s", b"ms", b"us", b"ns"})
#: pandas' codes of a time's resolution: ticks a second.
_RESOLUTIONS = {7: 1, 8: 10**3, 9: 10**6, 10: 10**9}


# ---------------------------------------------------------------------- digging out


def read_results(stream: BinaryIO) -> Iterator[tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]]:
    """Every result of one or more pickles in a row: its declarations as JSON can hold them, and its arrays."""
    head = stream.peek(4)[:4]  # type: ignore[attr-defined]  # a BufferedReader
    for magic, what in ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"BZh", "bzip2"), (b"\xfd7zX", "xz")):
        if head.startswith(magic):
            raise NotAResult(f"it is a {what} file; unpack it first")
    first = True
    while first or stream.peek(1):  # type: ignore[attr-defined]  # a BufferedReader
        first = False
        loaded = Unpickler(stream).load()
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
    if not metrics:
        raise NotAResult("its sweep measures no scalar (ResultFloat or ResultBool), so there is nothing to compare")
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
    if variable.told == "bencher.variables.results.ResultVar":  # what ResultFloat was once called
        return name == "ResultFloat"
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
        return f"{_scalar(attributes['op'])} {_scalar(attributes.get('bound'))!r}"
    low, high = (_scalar(attributes.get(edge)) for edge in ("low", "high"))
    return f"{low!r}..{high!r}" if "low" in attributes else None


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
        arrays[name] = array if array.dtype.kind in "fiubUMm" else _without_objects(array)
    return names, arrays


def _array(held: Any, depth: int = 0) -> npt.NDArray[Any] | None:
    """The array inside an xarray or pandas object, whichever way this version of them wraps it."""
    if not isinstance(held, Double) or depth > 8:
        return None
    if held.told.startswith("numpy."):
        return _numpy_array(held)
    attributes = held.attributes()
    for part in [*held.args, attributes]:
        if isinstance(part, dict) and {"start", "stop", "step"} <= set(part):
            return np.arange(*(int(part[key]) for key in ("start", "stop", "step")))
    for part in _inside(held):
        if (array := _array(part, depth + 1)) is not None:
            told = attributes.get("_dtype")
            kind = _dtype(told).kind if isinstance(told, Double) and told.told == "numpy.dtype" else ""
            # Times with a zone are held as UTC and shown as objects: that is how xarray puts them in words.
            return array.astype(object) if kind == "O" and array.dtype.kind == "M" else array
    return None


def _numpy_array(held: Double) -> npt.NDArray[Any] | None:
    """An array from what its double was given. Only objects come as a list; bytes are never taken for pointers."""
    match (last_part(held.told), held.args, held.state):
        case ("_frombuffer", (bytes() | bytearray() as raw, Double() as told, tuple() as shape, str() as order), _):
            pass
        case ("_reconstruct", _, (_, tuple() as shape, Double() as told, fortran, bytes() | bytearray() as raw)):
            order = "F" if fortran else "C"
        case ("_reconstruct", _, (_, tuple() as shape, Double() as told, _, list() as raw)):
            order = "C"
        case _:
            return None
    dtype = _dtype(told)
    if isinstance(raw, list) != dtype.hasobject or order not in ("C", "F"):
        raise NotAResult("an array of its result is not what it claims to be")
    if isinstance(raw, list):
        flat = np.empty(len(raw), dtype=object)
        flat[:] = raw
        return flat.reshape(shape)
    return np.frombuffer(raw, dtype=dtype).reshape(shape, order="F" if order == "F" else "C")


def _dtype(held: Double) -> np.dtype[Any]:
    """A plain dtype, from its code and byte order; structures and subarrays are in no result."""
    code, state = held.args[0] if held.args else None, held.state
    if held.told != "numpy.dtype" or not isinstance(code, str) or not _DTYPE.fullmatch(code):
        raise NotAResult(f"an array of its result is of the dtype {code!r:.40}, which holds no samples")
    order, unit = "=", ""
    if isinstance(state, tuple) and len(state) > 1:
        order = state[1] if state[1] in ("<", ">", "|", "=") else "="
        if len(state) > 8 and code[0] in "Mm":
            match state[8]:
                case (_, (bytes() as name, int() as count, 1, 1)) if name in _TIME_UNITS and count > 0:
                    unit = f"[{count}{name.decode()}]"
    return np.dtype(f"{order}{code}{unit}")


def _inside(held: Double) -> Iterator[Any]:
    pending: list[Any] = [held.args, held.state]
    while pending:
        part = pending.pop(0)
        if isinstance(part, Double):
            yield part
        elif isinstance(part, list | tuple):
            pending.extend(part)
        elif isinstance(part, dict):
            pending.extend(part.get(k) for k in ("array", "data", "_data", "_ndarray", "values") if k in part)
            pending.extend(v for v in part.values() if isinstance(v, Double) and v.told.startswith("numpy."))


def _without_objects(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    flat = []
    for value in array.ravel().tolist():
        plain = _scalar(value)
        if isinstance(value, Double) and plain == repr(value):
            raise NotAResult(f"an input of its result is a {value.told}, which only its own code can put in words")
        flat.append(plain)
    return without_objects(flat).reshape(array.shape)


def _scalar(value: Any) -> Any:
    """A value as JSON can hold it; an enum's member is what it was made of."""
    if isinstance(value, Double):
        match (value.told, last_part(value.told), value.args):
            case (_, "scalar", (Double() as told, bytes() as raw)):
                held = np.frombuffer(raw, dtype=_dtype(told))
                return _scalar(str(held[0]) if held.dtype.kind in "Mm" else held[0])
            case (_, "YamlSelection", (str() as key, _)):
                return key
            case (told, flavour, (str(), *_) as parts) if told.startswith("pathlib."):
                return str((PureWindowsPath if "Windows" in flavour else PurePosixPath)(*parts))
            case _ if (when := _time(value)) is not None:
                return str(when)
            case (_, _, (only,)):
                return _scalar(only)
        return repr(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _time(held: Double) -> date | timedelta | str | None:
    """A time that a double stands for, pandas' included; its text is a label or the value of an input."""
    match (held.told, held.args):
        case ("datetime.datetime" | "datetime.date" as told, (bytes() as packed, *zone)):
            built = date(*_ymd(packed)) if told == "datetime.date" else datetime(*_ymd(packed), *_clock(packed))
            return built.replace(tzinfo=_zone(zone[0])) if zone and isinstance(built, datetime) else built
        case ("datetime.timedelta", (int() as days, int() as seconds, int() as us)):
            return timedelta(days, seconds, us)
        case (told, (int() as value, _, zone, int() as resolution)) if told.endswith("._unpickle_timestamp"):
            if resolution in _RESOLUTIONS:
                return _timestamp(value, _RESOLUTIONS[resolution], zone)
    return None


def _timestamp(value: int, per_second: int, zone: Any) -> str:
    """The text of a pandas Timestamp, from its ticks since 1970 in UTC."""
    seconds, rest = divmod(value, per_second)
    ns = rest * (10**9 // per_second)
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=ns // 1000)
    when = when.replace(tzinfo=None) if zone is None else when.astimezone(_zone(zone))
    # A datetime has no nanoseconds; pandas writes all nine digits of them.
    return f"{when:%Y-%m-%d %H:%M:%S}.{ns:09d}{str(when)[26:]}" if ns % 1000 else str(when)


def _ymd(packed: bytes) -> tuple[int, int, int]:
    return int.from_bytes(packed[:2], "big"), packed[2] & 0x7F, packed[3]


def _clock(packed: bytes) -> tuple[int, int, int, int]:
    return packed[4], packed[5], packed[6], int.from_bytes(packed[7:10], "big")


def _zone(held: Any) -> tzinfo | None:
    match held:
        case Double(told="datetime.timezone", args=(Double() as offset, *_)) if isinstance(_time(offset), timedelta):
            return timezone(_time(offset))  # type: ignore[arg-type]  # the guard says that it is a timedelta
        case Double(told="zoneinfo.ZoneInfo", args=(str(key), *_)):
            return ZoneInfo(key)
    return None


def _number_text(value: Any) -> Any:
    """A number that the parent can read back exactly, NaN and infinities too."""
    plain = value
    if isinstance(value, Double) and last_part(value.told) == "scalar":
        match value.args:
            case (Double() as told, bytes() as raw):
                plain = np.frombuffer(raw, dtype=_dtype(told))[0].item()
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
            np.savez(buffer, allow_pickle=False, **{f"v/{name}": array for name, array in arrays.items()})
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
