"""The child process that reads a pickle, and hands on what it found as JSON and npz, in which nothing can run.

A saved holobench result is a pickle of live objects, and loading one the ordinary way runs whatever it names. It is
read into doubles here, and the arrays and declarations are dug out of those, each array from its bytes and a checked
dtype. Imports neither holobench nor xarray; runs with limits on memory, time and files.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from holobench_mcp.importers.doubles import Double, NotAResult, Refused, Unpickler
from holobench_mcp.importers.frames import write_frame
from holobench_mcp.importers.values import array_of, exact_scalar_of, plain_array_of, scalar_of

#: On the socket of `serve`: what a process may take, in bytes and seconds, and whether it is another tool's file that
#: it reads; and the status that it ended with.
_REQUEST, _ENDED = struct.Struct(">QQ?"), struct.Struct(">i")

_Answer = Callable[[BinaryIO, BinaryIO], None]


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
        results = list(_results_in(loaded))
        if not results:
            name = type(loaded).__name__ if not isinstance(loaded, Double) else loaded.named
            raise NotAResult(f"it holds {name}, not a holobench result")
        for result in results:
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
            "sweep": _sweep(cfg),
            "caches_on": bool(cfg.get("cache_results")) or bool(cfg.get("cache_samples")),
            "regressions": None if not isinstance(report, Double) else _regressions(report),
            "dims": dims,
        },
        arrays,
    )


def _sweep(cfg: Mapping[str, Any]) -> str | None:
    """The class whose variables were swept, as `module.Class`: param keeps it as their owner."""
    for variable in [*_listed(cfg.get("result_vars")), *_listed(cfg.get("input_vars"))]:
        owner = variable.attributes().get("owner") if isinstance(variable, Double) else None
        if isinstance(owner, Double) or (isinstance(owner, type) and issubclass(owner, Double)):
            return owner.named[:1000]
    return None


def _parameters(parameterized: Any) -> dict[str, Any]:
    """The values of a Parameterized: param keeps them in a private object."""
    if not isinstance(parameterized, Double):
        raise NotAResult("its result has no configuration")
    parameters = parameterized.attributes()
    private = parameters.get("_param__private")
    if isinstance(private, Double):
        values = private.attributes().get("values")
        parameters = {**parameters, **(values if isinstance(values, dict) else {})}
    return parameters


def _declared(variable: Any, extra: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(variable, Double):
        raise NotAResult("a variable of its result is no declaration")
    attributes = variable.attributes()
    name = attributes.get("name")
    if not isinstance(name, str):
        raise NotAResult("a variable of its result has no name")
    return {"name": name, **{key: scalar_of(attributes.get(key)) for key in extra}}


def _metric(variable: Double) -> dict[str, Any]:
    declared = _declared(variable, ("units", "meaning_version"))
    attributes = variable.attributes()
    return {
        "variable": declared["name"],
        "units": declared["units"],
        "direction": scalar_of(attributes.get("direction")) or "minimize",
        "kind": "bool" if _bases_say(variable, "ResultBool") else "float",
        "claim": _claim(attributes.get("claim")),
        "meaning_version": declared["meaning_version"] if isinstance(declared["meaning_version"], int) else 1,
    }


def _is_scalar(variable: Any) -> bool:
    return isinstance(variable, Double) and (_bases_say(variable, "ResultFloat") or _bases_say(variable, "ResultBool"))


def _bases_say(variable: Double, name: str) -> bool:
    """Whether a declaration is of a class, by its name: there is no class to ask. A subclass keeps its slots."""
    if variable.named == f"bencher.variables.results.{name}":
        return True
    if variable.named == "bencher.variables.results.ResultVar":  # what ResultFloat was once called
        return name == "ResultFloat"
    if variable.named.startswith(("bencher.", "param.")):
        return False
    attributes = variable.attributes()
    has = {"units", "direction", "claim", "margin", "meaning_version", "bounds"} <= set(attributes)
    return has and ((attributes["bounds"] == (0, 1)) == (name == "ResultBool"))


def _claim(claim: Any) -> str | None:
    if not isinstance(claim, Double):
        return None
    attributes = claim.attributes()
    if "op" in attributes:
        return f"{scalar_of(attributes['op'])} {scalar_of(attributes.get('bound'))!r}"
    low, high = (scalar_of(attributes.get(edge)) for edge in ("low", "high"))
    return f"{low!r}..{high!r}" if "low" in attributes else None


def _constants(const_vars: Any) -> list[list[Any]]:
    pairs = []
    for pair in _listed(const_vars):
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], Double):
            name = pair[0].attributes().get("name")
            pairs.append([str(name), scalar_of(pair[1])])
    return pairs


def _regressions(report: Double) -> list[dict[str, Any]]:
    fields = ("variable", "method", "regressed", "current_value", "baseline_value", "change_percent", "threshold",
            "direction", "details", "band_lower", "band_upper", "percent_band_lower", "percent_band_upper",
            "young_baseline")  # fmt: skip
    records = []
    for one in _listed(report.attributes().get("results")):
        if isinstance(one, Double):
            attributes = one.attributes()
            records.append({key: exact_scalar_of(attributes[key]) for key in fields if key in attributes})
    return records


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
        array = array_of(attributes.get("_data"))
        if array is None or array.ndim != len(names[name]):
            raise NotAResult(f"the samples of {name} can't be read")
        arrays[name] = array if array.dtype.kind in "fiubUMm" else plain_array_of(array)
    return names, arrays


def _plain_dict(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: scalar_of(value) for key, value in attributes.items()}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _limit(memory: int, seconds: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read pickles, or a request of another tool's file, from stdin; write frames to stdout."""
    answer = _answer_of(formats=sys.argv[3] == "formats")
    if sys.platform != "win32":
        _limit(int(sys.argv[1]), int(sys.argv[2]))
    answer(sys.stdin.buffer, sys.stdout.buffer)


def serve() -> None:
    """Do that for one request after another that comes through the socket at stdin, each in a process forked for it.

    A request is what the process may take of memory and time, with the two files; the answer to it is how it ended.
    What is forked has loaded modules and nothing else: no file's process ever sees anything of another's.
    """
    np.savez(io.BytesIO(), allow_pickle=False, loaded=np.zeros(1))  # what numpy imports only then
    with socket.socket(fileno=0) as requests:
        while len(request := (received := socket.recv_fds(requests, _REQUEST.size, 2))[0]) == _REQUEST.size:
            files = received[1]
            memory, seconds, formats = _REQUEST.unpack(request)
            answer = _answer_of(formats=formats)
            child = os.fork()
            if child == 0:
                requests.close()
                _read_and_end(files, memory, seconds, answer)
            for file in files:
                os.close(file)
            _, status = os.waitpid(child, 0)
            requests.sendall(_ENDED.pack(os.waitstatus_to_exitcode(status)))


def _answer_of(*, formats: bool) -> _Answer:
    """What reads, loaded before the limits hold: they are a file's."""
    if not formats:
        return _answer
    from holobench_mcp.importers.formats import formats as loaded
    from holobench_mcp.importers.reading import answer

    loaded()
    return answer


def _read_and_end(files: Sequence[int], memory: int, seconds: int, answer: _Answer) -> NoReturn:
    status = 1
    try:
        _limit(memory, seconds)
        with open(files[0], "rb") as source, open(files[1], "wb") as out:  # noqa: PTH123 - files that are open
            answer(source, out)
        status = 0
    finally:
        os._exit(status)


def _answer(source: BinaryIO, out: BinaryIO) -> None:
    try:
        for header, arrays in read_results(source):
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
