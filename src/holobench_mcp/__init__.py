"""Benchmark ground truth for coding agents.

The public API. Names are imported when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from holobench_mcp._version import __version__

if TYPE_CHECKING:
    from holobench_mcp.capture.recorder import Recorder, record
    from holobench_mcp.contract import (
        compare_results,
        comparison_to_json,
        result_to_dict,
        result_to_json,
        series_for_var,
    )
    from holobench_mcp.evidence import judge
    from holobench_mcp.model import SCHEMA_VERSION, Decision, Judgement
    from holobench_mcp.snapshot import Snapshot
    from holobench_mcp.store import Store, open_store
    from holobench_mcp.workspace import Workspace

_HOME = {
    "Recorder": "capture.recorder",
    "record": "capture.recorder",
    "compare_results": "contract",
    "comparison_to_json": "contract",
    "result_to_dict": "contract",
    "result_to_json": "contract",
    "series_for_var": "contract",
    "judge": "evidence",
    "SCHEMA_VERSION": "model",
    "Decision": "model",
    "Judgement": "model",
    "Snapshot": "snapshot",
    "Store": "store",
    "open_store": "store",
    "Workspace": "workspace",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOME, "__version__"])


__all__ = [
    "SCHEMA_VERSION",
    "Decision",
    "Judgement",
    "Recorder",
    "Snapshot",
    "Store",
    "Workspace",
    "__version__",
    "compare_results",
    "comparison_to_json",
    "judge",
    "open_store",
    "record",
    "result_to_dict",
    "result_to_json",
    "series_for_var",
]
