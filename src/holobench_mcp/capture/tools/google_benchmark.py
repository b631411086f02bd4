"""Google Benchmark: `--benchmark_out=FILE --benchmark_out_format=json` of any program that is built with it.

No name tells such a program. Its file does: it has the option in it, or the name of the library that has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from holobench_mcp.capture.tools.binaries import is_built_with
from holobench_mcp.capture.tools.known_tool import ToolCommand, unusable
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "google-benchmark", "google-benchmark"
_OUT, _FORMAT = "--benchmark_out", "--benchmark_out_format"


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:
    """With its two options behind the program; by their variables where it is named and started by another one."""
    is_one = is_built_with(found, b"benchmark_out_format", b"libbenchmark.so", b"libbenchmark.dylib", b"benchmark.dll")
    if not is_one and not named:
        return None
    if (given := found.option(_OUT)) is not None:
        if (how := found.option(_FORMAT)) not in (None, "json"):
            return unusable(sys.modules[__name__], found, f"it writes them as {how:.20}")
        return ToolCommand(NAME, found.command, FORMAT, (found.cwd / given,))
    file = folder / "google-benchmark.json"
    if not is_one:
        variables = {"BENCHMARK_OUT": str(file), "BENCHMARK_OUT_FORMAT": "json"}
        notes = ("BENCHMARK_OUT=FILE and BENCHMARK_OUT_FORMAT=json were set.",)
        return ToolCommand(NAME, found.command, FORMAT, (file,), notes, variables)
    return ToolCommand(
        NAME,
        found.with_words(f"{_OUT}={file}", f"{_FORMAT}=json"),
        FORMAT,
        (file,),
        (f"{_OUT}=FILE {_FORMAT}=json was added to {found.name}.",),
    )
