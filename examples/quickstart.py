"""The whole story in one run: measure a real benchmark, change the code, measure again, and ask as an agent would.

    make demo

A small project is made under `.demo/`, with a git history of its own: version one of a merge sort, then an
"optimisation" of it that turns out slower. Each is measured in three processes. Then the server is started as a child
process, a real MCP client connects to it over stdio, and what is printed is what an agent reads.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
PROJECT = REPOSITORY / ".demo"
RUNS = 3
BEGIN, END = "<!-- transcript: make docs -->", "<!-- end of transcript -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-readme", action="store_true", help="put the transcript into README.md")
    arguments = parser.parse_args()

    make_project()
    say(f"1. Measure the code as it is ({RUNS} processes: two runs of the same code never agree quite).")
    for _ in range(RUNS):
        measure("before")
    say("2. Change it: an 'optimisation', insertion sort for lists of up to 512 items.")
    shutil.copy(HERE / "sorting" / "sorter_slower.py", PROJECT / "sorter.py")
    git("commit", "--quiet", "--all", "--message", "use insertion sort for short lists")
    say("3. Measure again.")
    for _ in range(RUNS):
        measure("after")
    say("4. Ask the server, as an agent does: a real MCP client, over stdio.")
    said = asyncio.run(ask())
    print("\n".join(said))
    program = Path(os.path.relpath(sys.executable)).parent / "holobench-mcp"
    say(f"The store is {PROJECT / '.holobench'}; look around with: {program} --project .demo list")
    print(f"To attach it to your client, in your project's folder: {program.absolute()} install --client claude-code")
    if arguments.write_readme:
        write_readme(said[0])


def make_project() -> None:
    """A repository with the benchmark and the first version of what it measures."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    PROJECT.mkdir()
    for name in ("bench_sorting.py", "sorter.py"):
        shutil.copy(HERE / "sorting" / name, PROJECT)
    (PROJECT / ".gitignore").write_text(".holobench/\ncachedir/\n__pycache__/\n")
    (PROJECT / "pyproject.toml").write_text("[tool.holobench-mcp]\nmargin_percent = 3\n")
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "merge sort")


def measure(label: str) -> None:
    """What a person types: the benchmark is not edited, and every sweep that it collects is recorded."""
    command = ["holobench-mcp", "run", "--label", label, "--", "python", "bench_sorting.py"]
    print("   $", " ".join(command), flush=True)
    here = [sys.executable, "-m", "holobench_mcp", *command[1:5], sys.executable, *command[6:]]
    done = subprocess.run(here, cwd=PROJECT, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the benchmark failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    print("     recorded", done.stdout.split()[-1], flush=True)


async def ask() -> list[str]:
    """The calls of an agent that has just changed the code, and what it reads: of each call one text."""
    from mcp import Client, StdioServerParameters

    server = StdioServerParameters(command=sys.executable, args=["-m", "holobench_mcp"], cwd=PROJECT, env=environment())
    said: list[str] = []
    slow_not_seen = ""
    async with Client(server) as client:
        calls: list[tuple[str, dict[str, object]]] = [
            ("compare_results", {"baseline": "Sorting@label:before", "candidate": "Sorting@label:after"}),
            ("list_metrics", {}),
            ("list_results", {"limit": 6}),
        ]
        for name, arguments in calls:
            written = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
            result = await client.call_tool(name, arguments)
            text = "\n".join(block.text for block in result.content if block.type == "text")
            said.append(f"> {name}({written})\n{text}\n")
            if name == "compare_results" and not text.startswith("REGRESSED"):
                slow_not_seen = text
        tools = await client.list_tools()
        said.append(f"What else it can be asked: {', '.join(tool.name for tool in tools.tools)}\n")
    if slow_not_seen:
        sys.exit(f"The server did not see the slowdown:\n{slow_not_seen}")
    return said


def write_readme(transcript: str) -> None:
    """Put the transcript between its marks in the README."""
    readme = REPOSITORY / "README.md"
    text = readme.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n```text\n{transcript.strip()}\n```\n{END}{after}")


def git(*arguments: str) -> None:
    who = ["-c", "user.name=demo", "-c", "user.email=demo@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=PROJECT, check=True)


def environment() -> dict[str, str]:
    """This process's environment, without what would send the demo's results somewhere else."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("HOLOBENCH_MCP_", "BENCHER_"))}
    return {**ours, "PYTHONDONTWRITEBYTECODE": "1"}


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    main()
