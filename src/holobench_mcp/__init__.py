"""Benchmark ground truth for coding agents.

The public API. Names are imported when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from holobench_mcp._version import __version__

if TYPE_CHECKING:
    from holobench_mcp.evidence.contract_comparison import compare_results, comparison_to_json
    from holobench_mcp.evidence.judgement import judge
    from holobench_mcp.model import SCHEMA_VERSION, Decision, Judgement
    from holobench_mcp.result.contract import result_to_dict, result_to_json, series_for_var
    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.store import Store, open_store
    from holobench_mcp.workspace import Workspace
    from holobench_mcp.workspace.recorder import Recorder, record

_HOME = {
    "Recorder": "workspace.recorder",
    "record": "workspace.recorder",
    "compare_results": "evidence.contract_comparison",
    "comparison_to_json": "evidence.contract_comparison",
    "result_to_dict": "result.contract",
    "result_to_json": "result.contract",
    "series_for_var": "result.contract",
    "judge": "evidence.judgement",
    "SCHEMA_VERSION": "model",
    "Decision": "model",
    "Judgement": "model",
    "Snapshot": "result.snapshot",
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
