"""Changes whose truth is known: what an agent that asks the server once must conclude of each.

Each is a folder below `changes/` whose files replace those of `changes/base`. `python examples/hidden_changes.py`
makes a repository of each, asks the server about it as an agent does, and prints what it said beside the truth.
With `--judge`, two scripted agents decide: one sees only the structures, one only the texts, each with 60 seconds of
patience a call and a purse of 4,000 tokens.
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

import scripted_agents as agents

HERE = Path(__file__).resolve().parent / "changes"


@dataclass(frozen=True)
class Change:
    """A change, the decisions that are right of it, and what its answer must say first."""

    name: str
    decisions: tuple[str, ...]
    cause: str | None = None
    first_line: tuple[str, ...] = ()
    conclusion: str = ""


CHANGES = (
    Change("slower", ("regressed",), "performance", ("time_ms",), agents.SLOWER),
    Change("faster", ("improved",), "performance", ("time_ms",), agents.FASTER),
    Change("rewritten", ("unchanged", "inconclusive"), conclusion=agents.NOTHING_SHOWN),
    Change("one_input", ("regressed",), "performance", ("time_ms", "length=2000"), agents.SLOWER_SOMEWHERE),
    Change("wrong", ("regressed",), "correctness", ("right",), agents.WRONG),
    Change("memory", ("regressed",), "performance", ("peak_kb",), agents.MORE_MEMORY),
    Change("edited_benchmark", ("unchanged", "inconclusive"), None, ("bench_words.py",), agents.EDITED),
    Change("crash", ("regressed",), "missing", ("IndexError",), agents.CRASHES),
    Change("cached", ("improved",), "performance", ("_SEEN",), agents.REMEMBERS),
)


def make_repository(change: Change, folder: Path, clock: str | None = None) -> None:
    """A project with one commit, and the change in its working tree. clock: the source of a clock to measure by."""
    shutil.copytree(HERE / "base", folder, dirs_exist_ok=True)
    if clock is not None:
        (folder / "clock.py").write_text(clock)
    (folder / ".gitignore").write_text(".holobench/\ncachedir/\n__pycache__/\n")
    (folder / "pyproject.toml").write_text(
        "[tool.holobench-mcp.metrics]\nright = { correctness = true }\n"
        f'[tool.holobench-mcp.benchmarks.words]\ncommand = ["{sys.executable}", "bench_words.py"]\n'
    )
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "count words"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    shutil.copytree(HERE / change.name, folder, dirs_exist_ok=True)


def server_of(folder: Path) -> Any:
    """The server of a repository, on stdio."""
    from mcp import StdioServerParameters

    ours = {k: v for k, v in os.environ.items() if not k.startswith("BENCHER_")}
    return StdioServerParameters(command=sys.executable, args=["-m", "holobench_mcp"], cwd=folder, env=ours)


async def ask(folder: Path, calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What the server answers to some calls, one after the other, over stdio."""
    from mcp import Client

    async with Client(server_of(folder)) as client:
        return [await client.call_tool(*call) for call in calls]


#: Tokens that an agent may read of one repository, and seconds that its client waits for a call.
PURSE, PATIENCE_S = 4000, 60


async def judge(
    folder: Path, *, by: str, rounds: int | None = None, patience_s: float = PATIENCE_S
) -> tuple[str | None, agents.Purse]:
    """What a scripted agent concludes of a repository. by: the form that it sees, structure or text.

    rounds: how many it asks for; it leaves that to the server otherwise. patience_s: how long it waits for a call.
    """
    import json

    import anyio
    from mcp import Client

    async with Client(server_of(folder)) as client:

        async def call(tool: str, arguments: dict[str, Any]) -> tuple[Any, int]:
            with anyio.fail_after(patience_s):
                answer = await client.call_tool(tool, arguments)
            text = "\n".join(block.text for block in answer.content if block.type == "text")
            if answer.is_error:
                raise SystemExit(text)
            if by == "text":
                return text, len(text)
            sent = json.dumps(answer.structured_content, ensure_ascii=False, separators=(",", ":"))
            return answer.structured_content, len(sent)

        read = agents.read_text if by == "text" else agents.read_structure
        asked = {"benchmark": "words", **({"rounds": rounds} if rounds else {})}
        return await agents.settle(call, read, "compare_revisions", asked)


def print_judged(change: Change, folder: Path) -> bool:
    """What both agents conclude, beside the truth. Whether both are right, within their purse."""
    import asyncio

    right = True
    for by in ("structure", "text"):
        concluded, purse = asyncio.run(judge(folder, by=by))
        hit = concluded == change.conclusion and purse.tokens <= PURSE
        right &= hit
        print(
            f"{change.name}, by the {by}: {concluded} ({'right' if hit else f'wrong, it {change.conclusion}'}), "
            f"{len(purse.calls)} calls, {purse.tokens:.0f} tokens",
            flush=True,
        )
    return right


def main() -> None:
    import asyncio

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these changes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--judge", action="store_true", help="let two scripted agents decide")
    arguments = parser.parse_args()
    wrong = 0
    for change in CHANGES:
        if arguments.names and change.name not in arguments.names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            make_repository(change, Path(folder))
            if arguments.judge:
                wrong += not print_judged(change, Path(folder))
                continue
            calls = [("compare_revisions", {"benchmark": "words", "rounds": arguments.rounds}), ("compare_results", {})]
            answers = asyncio.run(ask(Path(folder), calls))
        for (tool, _), answer in zip(calls, answers, strict=True):
            text = "\n".join(block.text for block in answer.content if block.type == "text")
            truth = " or ".join(change.decisions)
            print(f"== {change.name} (truth: {truth}, {change.cause}), {tool}:\n{text}\n", flush=True)
    if wrong:
        sys.exit(f"{wrong} changes were not judged right by both.")


if __name__ == "__main__":
    main()
