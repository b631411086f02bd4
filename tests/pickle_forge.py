"""Pickles made by hand, opcode by opcode: what an attacker would write."""

from __future__ import annotations

import struct


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL of a name, dotted ones too."""
    return text(module) + text(name) + b"\x93"


def text(said: str) -> bytes:
    return b"\x8c" + bytes([len(said.encode())]) + said.encode()


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + b"(" + b"".join(arguments) + b"tR"


def spliced(payload: bytes, genuine: bytes) -> bytes:
    """A genuine result that runs something first, then drops what came of it."""
    assert genuine[:2] == b"\x80\x05"
    return genuine[:2] + payload + b"0" + genuine[2:]


def with_state(function: bytes, state: bytes) -> bytes:
    return function + state + b"b"


def forged_result(variable: bytes) -> bytes:
    """A result whose one metric `x` is stored in a variable of the forger's."""
    number = with_state(
        call(named("bencher.variables.results", "ResultFloat")),
        b"}(" + text("name") + text("x") + text("units") + text("s") + b"u",
    )
    private = with_state(
        call(named("param.parameterized", "_InstancePrivate")),
        b"}("
        + text("values")
        + b"}("
        + text("bench_name")
        + text("b")
        + text("input_vars")
        + b"]"
        + text("result_vars")
        + b"]"
        + number
        + b"a"
        + b"uu",
    )
    cfg = with_state(call(named("bencher.bench_cfg", "BenchCfg")), b"}(" + text("_param__private") + private + b"u")
    dataset = with_state(
        call(named("xarray.core.dataset", "Dataset")),
        b"N}(" + text("_variables") + b"}(" + text("x") + variable + b"uu\x86",
    )
    result = with_state(
        call(named("bencher.results.bench_result", "BenchResult")),
        b"}(" + text("bench_cfg") + cfg + text("ds") + dataset + b"u",
    )
    return b"\x80\x04" + result + b"."


def variable_of(samples: bytes) -> bytes:
    """An xarray Variable over the repeats."""
    return with_state(
        call(named("xarray.core.variable", "Variable")),
        b"N}(" + text("_dims") + text("repeat") + b"\x85" + text("_data") + samples + b"u\x86",
    )


def index_of(length: int) -> bytes:
    """A pandas RangeIndex: three numbers that stand for any number of samples."""
    start, stop, step = (b"\x8a\x08" + struct.pack("<q", edge) for edge in (0, length, 1))
    state = b"}(" + text("start") + start + text("stop") + stop + text("step") + step + b"u"
    return with_state(call(named("pandas", "RangeIndex")), state)


def strip_frame(ops: bytes) -> bytes:
    return ops[9:] if ops[:1] == b"\x95" else ops
