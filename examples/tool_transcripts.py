"""What each page of docs/tools shows, for real: a project of that tool, measured, made slower, measured again.

    python examples/tool_transcripts.py [--write-docs] [TOOL…]

For every tool that is installed (of those named, where any are) its project under examples/tools is copied into an
empty folder with a git history of its own, and each command of the transcript is run there. --write-docs puts what came
of it into the tool's page, between its marks; without it, it is printed. Python's tools are those of this environment.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent / "docs" / "tools"
BEGIN, END = "<!-- transcript: examples/tool_transcripts.py --write-docs -->", "<!-- end of transcript -->"
CHANGED = "# … the code is changed …"
ONE_CALL = "# … or all of it by one call: both commits in turn, in checkouts of their own"
#: Ids of results that are shown of one import.
_IDS = 3
#: The sides of `ab`.
_BOTH = "--base HEAD~1 --head HEAD"
#: What no project of these is about.
_IGNORED = ".holobench/\n/bench\n__pycache__/\n.*_cache/\ntarget/\nnode_modules/\nresults/\nhome/\n*.json.tmp\n"
#: Debian's crates, where there is no other registry.
_CRATES = Path("/usr/share/cargo/registry")


@dataclass(frozen=True)
class Tool:
    """A tool's page, and the commands of its transcript, in which {label} is before or after.

    measure: none where the files are there already. setup: not shown; run in each side before it is measured.
    one_call: the options and the command of `ab`.
    """

    page: str
    measure: str | None
    results: str
    compare: str = ""  #: the sides, where neither commits nor times tell their order
    one_call: str | None = None
    commits: bool = False  #: its results say which commit each is of, so that all are taken in at once
    programs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The commands of its transcript."""
        lines = []
        for label in ("before", "after"):
            lines += [self.measure.replace("{label}", label)] if self.measure else []
            results = self.results.replace("{label}", label)
            lines += [] if self.commits else [f"holobench-mcp import {results} --label {label}"]
        lines += [f"holobench-mcp import {self.results}"] if self.commits else []
        lines.append(f"holobench-mcp compare {self.compare}".strip())
        return [*lines, f"holobench-mcp ab {self.one_call}"] if self.one_call else lines

    def missing(self) -> str | None:
        """What of it is not installed."""
        absent = [name for name in self.programs if shutil.which(name) is None]
        absent += [name for name in self.modules if importlib.util.find_spec(name) is None]
        if self.page == "google-benchmark" and not Path("/usr/include/benchmark/benchmark.h").exists():
            absent.append("libbenchmark-dev")
        return ", ".join(absent) or None


TOOLS = (
    Tool(
        "pytest-benchmark",
        "pytest --benchmark-json={label}.json",
        "{label}.json",
        one_call=f"{_BOTH} --rounds 3 -- pytest",
        modules=("pytest_benchmark",),
    ),
    Tool(
        "pyperf",
        "python bench.py -o {label}.json",
        "{label}.json",
        one_call=f"{_BOTH} --rounds 3 -- python bench.py",
        modules=("pyperf",),
    ),
    Tool(
        "asv",
        "asv run --python=same --set-commit-hash=$(git rev-parse HEAD) --record-samples",
        "results",
        commits=True,
        modules=("asv",),
        setup=("asv machine --yes",),
        env={"HOME": "home"},
    ),
    Tool(
        "hyperfine",
        "hyperfine --export-json {label}.json -L lines 1000,10000 './unique.sh {lines}.txt'",
        "{label}.json",
        one_call=f"{_BOTH} --rounds 3 --setup 'sh make_lines.sh' -- hyperfine -w 1 -r 5 './unique.sh 10000.txt'",
        programs=("hyperfine",),
        setup=("sh make_lines.sh",),
    ),
    Tool(
        "google-benchmark",
        "./bench --benchmark_repetitions=10 --benchmark_out={label}.json --benchmark_out_format=json",
        "{label}.json",
        one_call=f"{_BOTH} --rounds 3 --setup 'make bench' -- ./bench --benchmark_repetitions=3",
        programs=("g++", "make"),
        setup=("make -B bench",),
    ),
    Tool(
        "go",
        "go test -bench=. -benchtime=50ms -count=10 > {label}.txt",
        "{label}.txt",
        one_call=f"{_BOTH} --rounds 3 -- go test -bench=. -benchtime=50ms",
        programs=("go",),
    ),
    Tool(
        "criterion",
        "cargo bench",
        "target/criterion",
        one_call=f"{_BOTH} --rounds 3 --setup 'cargo bench --no-run' -- cargo bench --bench unique -- --sample-size 10",
        programs=("cargo",),
    ),
    Tool(
        "vitest",
        "npx vitest bench --run --outputJson {label}.json",
        "{label}.json",
        one_call=f"{_BOTH} --rounds 3 --setup 'npm install --silent' -- npm run bench",
        programs=("npm", "npx"),
        setup=("npm install --silent",),
    ),
    Tool(
        "json-lines",
        "for run in 1 2 3; do python bench.py; done > {label}.jsonl",
        "{label}.jsonl",
        one_call=f"{_BOTH} --rounds 3 --results out.jsonl -- sh -c 'python bench.py > out.jsonl'",
    ),
    Tool(
        "csv",
        "(perl bench.pl; perl bench.pl rows; perl bench.pl rows) > {label}.csv",
        "{label}.csv",
        one_call=f"{_BOTH} --rounds 3 --results out.csv -- sh -c 'perl bench.pl > out.csv'",
        programs=("perl",),
    ),
    Tool("jmh", None, "{label}.json", compare="label:before label:after"),
)


class Project:
    """A copy of a tool's project with a git history of its own."""

    def __init__(self, tool: Tool, folder: Path) -> None:
        self.tool, self.folder = tool, folder
        self.source = HERE / "tools" / tool.page
        shutil.copytree(self.source, folder, ignore=shutil.ignore_patterns("slower", "__pycache__"))
        (folder / ".gitignore").write_text(_IGNORED)
        if tool.page == "criterion" and _CRATES.is_dir():
            (folder / ".cargo").mkdir()
            (folder / ".cargo" / "config.toml").write_text(
                f'[source.crates-io]\nreplace-with = "here"\n[source.here]\ndirectory = "{_CRATES}"\n'
            )
        self.environment = {
            **{
                k: v
                for k, v in os.environ.items()
                if not k.startswith(("HOLOBENCH_MCP_", "BENCHER_", "GIT_", "PYTEST_"))
            },
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOLOBENCH_MCP_CACHE": str(folder.parent / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: str(folder / value) for name, value in tool.env.items()},
        }
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("as it was")

    def change(self) -> None:
        """Make it slower."""
        if (self.source / "slower").is_dir():
            # With the time of now, by which build tools see it.
            shutil.copytree(self.source / "slower", self.folder, dirs_exist_ok=True, copy_function=shutil.copy)
        self.commit("change it")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def git(self, *arguments: str) -> None:
        """Run git in it."""
        who = ["-c", "user.name=demo", "-c", "user.email=demo@example.invalid", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def run(self, line: str) -> str:
        """What a line of the transcript prints to stdout. Ends the script where it fails."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
        if done.returncode != 0:
            sys.exit(f"{self.tool.page}: {line!r} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout.replace(str(self.folder), "/path/to/project").strip()


def transcript(tool: Tool, folder: Path, *, one_call: bool = True) -> str:
    """What a person sees who does what the page says. one_call: with `ab`, which takes the longest."""
    project = Project(tool, folder)
    lines: list[str] = []

    def show(line: str) -> None:
        printed = project.run(line)
        lines.append(f"$ {line}")
        if printed and line.startswith("holobench-mcp "):
            shown, rest = printed.splitlines(), []
            if " import " in line:  # an id a result
                shown, rest = shown[:_IDS], shown[_IDS:]
            lines.extend([*shown, f"… {len(rest)} more"] if rest else shown)

    for command in tool.setup:
        project.run(command)
    sides = 1 if tool.commits or tool.measure is None else 2  # lines of one side
    for place, line in enumerate(tool.lines()):
        if line.startswith("holobench-mcp ab ") and not one_call:
            break
        if place == sides:
            project.change()
            for command in tool.setup:
                project.run(command)
            lines += ["", CHANGED]
        elif line.startswith("holobench-mcp ab "):
            lines += ["", ONE_CALL]
        elif line.startswith("holobench-mcp compare"):
            lines.append("")
        show(line)
    return "\n".join(lines)


def written(page: str, text: str) -> str:
    """A page with the transcript between its marks."""
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise SystemExit(f"the page has no {BEGIN} … {END}.")
    return f"{before}{BEGIN}\n```text\n{text}\n```\n{END}{after}"


def constant(text: str) -> list[str]:
    """What of a transcript does not vary from run to run: the commands, what was recorded, and the decision."""
    decision = "REGRESSED|IMPROVED|UNCHANGED|INCONCLUSIVE|INCOMPARABLE"
    return re.findall(rf"^(\$ .*|# .*|(?:{decision}): \S+)", text, re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-docs", action="store_true", help="put the transcripts into docs/tools")
    parser.add_argument("tools", nargs="*", choices=[[], *(tool.page for tool in TOOLS)], metavar="TOOL")
    given = parser.parse_args(arguments)
    for tool in TOOLS:
        if given.tools and tool.page not in given.tools:
            continue
        if absent := tool.missing():
            print(f"{tool.page}: not run, as {absent} is not installed", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            text = transcript(tool, Path(folder) / "project")
        if given.write_docs:
            page = PAGES / f"{tool.page}.md"
            page.write_text(written(page.read_text(encoding="utf-8"), text), encoding="utf-8")
        else:
            print(f"\n== {tool.page}\n{text}", flush=True)


if __name__ == "__main__":
    main()
