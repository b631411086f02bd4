"""Which formats a result can be written in. One of samples is a module with NAME and `write`, and its line here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Literal, Protocol, cast

from holobench_mcp.exporters.runs import Exported
from holobench_mcp.result.snapshot import Snapshot

CONTRACT, NETCDF, GITHUB, JUNIT = "result.json", "netcdf", "github-action-benchmark", "junit"
#: Formats of samples, each with its module.
SAMPLES = {NETCDF: "netcdf", "csv": "csv_table", "jsonl": "json_lines"}
NAMES = (CONTRACT, *SAMPLES, GITHUB, JUNIT)

Better = Literal["smaller", "bigger"]


class Format(Protocol):
    """What the module of a format of samples has."""

    NAME: str

    def write(self, snapshots: Sequence[Snapshot]) -> Exported:
        """A file of results. Raises InvalidArgument for what one file can't hold."""


def write(format_name: str, snapshots: Sequence[Snapshot], better: Better | None = None) -> Exported:
    """Results in a format that is written from samples. Raises InvalidArgument for what one file can't hold."""
    if format_name == GITHUB:
        from holobench_mcp.exporters import github_action_benchmark

        return github_action_benchmark.write(snapshots, better)
    return cast("Format", import_module(f"{__package__}.{SAMPLES[format_name]}")).write(snapshots)
