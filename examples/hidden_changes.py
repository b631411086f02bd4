"""Changes whose truth is known: what an agent that asks the server once must conclude of each.

Each is a folder below `changes/` whose files replace those of `changes/base`. `python examples/hidden_changes.py`
makes a repository of each, asks the server about it as an agent does, and prints what it said beside the truth.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent / "changes"


@dataclass(frozen=True)
class Change:
    """A change, the decisions that are right of it, and what its answer must say first."""

    name: str
    decisions: tuple[str, ...]
    cause: str | None = None
    first_line: tuple[str, ...] = ()


CHANGES = (
    Change("slower", ("regressed",), "performance", ("time_ms",)),
    Change("faster", ("improved",), "performance", ("time_ms",)),
    Change("rewritten", ("unchanged", "inconclusive")),
    Change("one_input", ("regressed",), "performance", ("time_ms", "length=2000")),
    Change("wrong", ("regressed",), "correctness", ("right",)),
    Change("memory", ("regressed",), "performance", ("peak_kb",)),
    Change("edited_benchmark", ("unchanged", "inconclusive"), None, ("bench_words.py",)),
    Change("crash", ("regressed",), "missing", ("IndexError",)),
)


def make_repository(change: Change, folder: Path) -> None:
    """A project with one commit, and the change in its working tree."""
    shutil.copytree(HERE / "base", folder, dirs_exist_ok=True)
    (folder / ".gitignore").write_text(".holobench/\ncachedir/\n__pycache__/\n")
    (folder / "pyproject.toml").write_text(
        "[tool.holobench-mcp.metrics]\nright = { correctness = true }\n"
        f'[tool.holobench-mcp.benchmarks.words]\ncommand = ["{sys.executable}", "bench_words.py"]\n'
    )
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "count words"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    shutil.copytree(HERE / change.name, folder, dirs_exist_ok=True)


async def ask(folder: Path, calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What the server answers to some calls, one after the other, over stdio."""
    from mcp import Client, StdioServerParameters

    ours = {k: v for k, v in os.environ.items() if not k.startswith("BENCHER_")}
    server = StdioServerParameters(command=sys.executable, args=["-m", "holobench_mcp"], cwd=folder, env=ours)
    async with Client(server) as client:
        return [await client.call_tool(*call) for call in calls]


def main() -> None:
    import asyncio

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these changes")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for change in CHANGES:
        if arguments.names and change.name not in arguments.names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            make_repository(change, Path(folder))
            calls = [("compare_revisions", {"benchmark": "words", "rounds": arguments.rounds}), ("compare_results", {})]
            answers = asyncio.run(ask(Path(folder), calls))
        for (tool, _), answer in zip(calls, answers, strict=True):
            text = "\n".join(block.text for block in answer.content if block.type == "text")
            truth = " or ".join(change.decisions)
            print(f"== {change.name} (truth: {truth}, {change.cause}), {tool}:\n{text}\n", flush=True)


if __name__ == "__main__":
    main()
