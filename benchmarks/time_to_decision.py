"""How long a decision takes: two revisions of one benchmark, 10 % apart, by this project and by others, beside plain runs.

    python benchmarks/time_to_decision.py [--only fast] [--repeats 3] [--effect 0] [--tools VENV] [--write-docs]

Three benchmarks: a fast one (0.2 s of own work a process), a slow one, and one that prepares for seconds before it
measures. Each is measured by `holobench-mcp ab` in five rounds and in as many as it takes, by `asv continuous` and by
pytest-benchmark in two checkouts, whose twins time the same function; five plain runs of the command before them and five
after are what the seconds are held against. asv and pytest-benchmark come from an environment of their own, which is
made on the way, off the clock, as asv's is. Leave the machine alone meanwhile: ten to twenty minutes a repeat.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs" / "running.md"
BEGIN, END = "<!-- time to a decision -->", "<!-- end of time to a decision -->"
TOOLS = ("asv==0.6.6", "virtualenv", "pytest", "pytest-benchmark==5.3.1")
PLAIN_RUNS = 10
_TIMEOUT_S = 1800.0


@dataclass(frozen=True)
class Benchmark:
    """A benchmark of three sizes. iterations: of a loop, for the smallest; prepare: for what comes before, once a process."""

    name: str
    iterations: int
    prepare: int = 0


BENCHMARKS = (
    Benchmark("fast", iterations=80_000),
    Benchmark("slow", iterations=2_400_000),
    Benchmark("heavy set-up", iterations=80_000, prepare=75_000_000),
)


@dataclass(frozen=True)
class Outcome:
    """What one way of deciding took, and what it said of the head; None where it said neither."""

    seconds: float
    slower: bool | None


@dataclass
class Rows:
    """The outcomes of one benchmark, by the way that they came about."""

    plain: list[float] = field(default_factory=list)  #: seconds of ten runs, a repeat
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)


# ---------------------------------------------------------------------- the projects


def write_project(folder: Path, benchmark: Benchmark, effect: float) -> None:
    """A repository of two commits, the second slower by `effect`, with the same benchmark for each tool."""
    product = """
        def prepare():
            total = 0
            for i in range({prepare}):
                total += i
            return total

        def work(size):
            total = 0
            for i in range({iterations} * size):
                total += i * i
            return size
    """
    of_holobench = """
        import time
        import bencher as bn
        import product

        DATA = product.prepare()

        class Work(bn.ParametrizedSweep):
            size = bn.IntSweep(default=1, sample_values=[1, 2, 3], units="items")
            time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize)
            right = bn.ResultBool(direction=bn.OptDir.maximize, claim=">= 1")

            def benchmark(self):
                start = time.perf_counter()
                answer = product.work(self.size)
                self.time_ms = (time.perf_counter() - start) * 1e3
                self.right = answer == self.size

        if __name__ == "__main__":
            Work().to_bench(bn.BenchRunCfg(repeats=10)).plot_sweep(
                "work", input_vars=["size"], result_vars=["time_ms", "right"]
            )
    """
    of_pytest = """
        import pytest
        import product

        @pytest.fixture(scope="session")
        def data():
            return product.prepare()

        @pytest.mark.parametrize("size", [1, 2, 3])
        def test_work(benchmark, data, size):
            assert benchmark(product.work, size) == size
    """
    of_asv = """
        import product

        class Work:
            params = [1, 2, 3]
            param_names = ["size"]

            def setup_cache(self):
                return product.prepare()

            def time_work(self, data, size):
                product.work(size)
    """
    copy = "import shutil,sysconfig;shutil.copy('product.py',sysconfig.get_path('purelib'))"
    asv = {
        "version": 1,
        "project": "work",
        "repo": ".",
        "branches": ["main"],
        "environment_type": "virtualenv",
        "benchmark_dir": "asv_benchmarks",
        "env_dir": ".asv/env",
        "results_dir": ".asv/results",
        "build_command": [],
        "install_command": [f'in-dir={{build_dir}} python -c "{copy}"'],
        "uninstall_command": [],
    }
    files = {
        "bench.py": textwrap.dedent(of_holobench),
        "test_bench.py": textwrap.dedent(of_pytest),
        "asv_benchmarks/__init__.py": "",
        "asv_benchmarks/bench_work.py": textwrap.dedent(of_asv),
        "asv.conf.json": json.dumps(asv, indent=1),
        ".gitignore": ".asv\n.holobench\n.benchmarks\n__pycache__\ncachedir\nreports\n",
        "pyproject.toml": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for i, iterations in enumerate((benchmark.iterations, round(benchmark.iterations * (1 + effect)))):
        text = textwrap.dedent(product).format(prepare=benchmark.prepare, iterations=iterations)
        (folder / "product.py").write_text(text + f"# {i}\n")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"version {i}")


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


# ---------------------------------------------------------------------- the ways of deciding


def run(words: list[str], folder: Path, env: Mapping[str, str] | None = None) -> tuple[float, int, str]:
    """A command's seconds, status and output."""
    began = time.perf_counter()
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "BENCHER_NO_SHOW": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return time.perf_counter() - began, done.returncode, done.stdout + done.stderr


def plain(folder: Path, runs: int) -> float:
    """The seconds of some runs of the benchmark as it is."""
    taken = [run([sys.executable, "bench.py"], folder) for _ in range(runs)]
    failed = [text for _, status, text in taken if status]
    if failed:
        raise SystemExit(f"the benchmark itself fails:\n{failed[0][-2000:]}")
    return sum(seconds for seconds, _, _ in taken)


def ask_holobench(folder: Path, rounds: str, *options: str) -> tuple[float, dict[str, Any] | None, str]:
    """The seconds of `holobench-mcp ab` of both commits, its answer, and what it said on stderr where it has none.

    It has a store and a cache of its own, below the project.
    """
    own = {"HOLOBENCH_MCP_CACHE": str(folder / ".holobench" / f"cache-{rounds}")}
    store = ["--store", str(folder / ".holobench" / f"store-{rounds}")]
    words = [sys.executable, "-m", "holobench_mcp", *store, "ab", "--base", "HEAD~1", "--head", "HEAD"]
    words += ["--rounds", rounds, "--json", *options, "--", sys.executable, "bench.py"]
    began = time.perf_counter()
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    seconds = time.perf_counter() - began
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    return seconds, answer, done.stderr.strip()[-300:]


def by_holobench(rounds: str) -> Callable[[Path, Path], Outcome | str]:
    """`holobench-mcp ab` in so many rounds."""

    def decide(folder: Path, _: Path) -> Outcome | str:
        seconds, answer, problem = ask_holobench(folder, rounds)
        if answer is None or "decision" not in answer:
            return f"failed: {problem}"
        return Outcome(seconds, answer["decision"] == "regressed")

    return decide


def by_asv(folder: Path, tools: Path) -> Outcome | str:
    """`asv continuous`, its environment made before: it says that performance decreased by its exit status too."""
    asv = str(tools / "bin" / "asv")
    with_tools = {"PATH": f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for before in (["machine", "--yes"], ["setup"]):
        run([asv, *before], folder, with_tools)  # whose status says nothing: `setup` ends with 1 when it has worked
    seconds, status, text = run([asv, "continuous", "--factor", "1.05", "HEAD~1", "HEAD"], folder, with_tools)
    if "PERFORMANCE DECREASED" in text:
        return Outcome(seconds, slower=True)
    unchanged = "NOT SIGNIFICANTLY CHANGED" in text or "PERFORMANCE INCREASED" in text
    return Outcome(seconds, slower=False) if unchanged and not status else f"failed: {text.strip()[-300:]}"


def by_pytest(folder: Path, tools: Path) -> Outcome | str:
    """pytest-benchmark in a checkout of each commit, the second compared with the first."""
    python, storage = str(tools / "bin" / "python"), folder / ".benchmarks"
    trees = [folder / ".benchmarks" / side for side in ("base", "head")]
    for tree, revision in zip(trees, ("HEAD~1", "HEAD"), strict=True):
        git(folder, "worktree", "add", "--force", "--detach", str(tree), revision)
    words = [
        python,
        "-m",
        "pytest",
        "-q",
        "test_bench.py",
        f"--benchmark-storage=file://{storage}",
        "--benchmark-save=it",
    ]
    first, status, text = run(words, trees[0])
    if status:
        return f"failed: {text.strip()[-300:]}"
    compared = ["--benchmark-compare=0001", "--benchmark-compare-fail=median:5%"]
    second, status, text = run([*words, *compared], trees[1])
    if status and "Performance has regressed" not in text:
        return f"failed: {text.strip()[-300:]}"
    return Outcome(first + second, slower=bool(status))


WAYS: dict[str, Callable[[Path, Path], Outcome | str]] = {
    "`holobench-mcp ab --rounds 5`": by_holobench("5"),
    "`holobench-mcp ab --rounds auto`": by_holobench("auto"),
    "`asv continuous`": by_asv,
    "pytest-benchmark, two checkouts": by_pytest,
}


# ---------------------------------------------------------------------- the table


def measure(benchmark: Benchmark, effect: float, tools: Path, rows: Rows) -> None:
    """One repeat of one benchmark. Other ways than those that work are told of on stderr, and have no row."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        folder.mkdir()
        write_project(folder, benchmark, effect)
        seconds = plain(folder, PLAIN_RUNS // 2)
        for name, way in WAYS.items():
            try:
                outcome = way(folder, tools)
            except subprocess.TimeoutExpired:
                outcome = f"failed: not done after {_TIMEOUT_S:g} s"
            if isinstance(outcome, str):
                print(f"{benchmark.name}: {name} {outcome}", file=sys.stderr)
            else:
                rows.outcomes.setdefault(name, []).append(outcome)
                print(f"{benchmark.name}: {name}: {outcome.seconds:.1f} s, slower: {outcome.slower}", file=sys.stderr)
        rows.plain.append(seconds + plain(folder, PLAIN_RUNS - PLAIN_RUNS // 2))


def table(found: Mapping[str, Rows], effect: float) -> str:
    """Medians over the repeats; what a way takes is held against the plain runs around it."""
    said = f"{100 * effect:g} % slower found" if effect else "identical code called slower"
    lines = [f"| benchmark | | seconds | of ten plain runs | {said} |", "| --- | --- | ---: | ---: | ---: |"]
    for benchmark, rows in found.items():
        lines.append(f"| {benchmark} | ten plain runs | {statistics.median(rows.plain):.0f} | 1.00 | |")
        for name, outcomes in rows.outcomes.items():
            seconds = statistics.median(outcome.seconds for outcome in outcomes)
            ratio = statistics.median(o.seconds / p for o, p in zip(outcomes, rows.plain, strict=False))
            slower = sum(outcome.slower is True for outcome in outcomes)
            lines.append(f"| {benchmark} | {name} | {seconds:.0f} | {ratio:.2f} | {slower} of {len(outcomes)} |")
    return "\n".join(lines)


def tools_in(folder: Path) -> Path:
    """An environment with asv and pytest-benchmark."""
    print(f"making an environment with {', '.join(TOOLS)}", file=sys.stderr)
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *TOOLS], check=True)
    return folder


def write_docs(text: str) -> None:
    """Put the table into docs/running.md."""
    before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCS.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[b.name for b in BENCHMARKS], help="one of the benchmarks")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--effect", type=float, default=0.10, help="how much slower the head is; 0 for identical code")
    parser.add_argument("--tools", type=Path, help="an environment that has asv, virtualenv and pytest-benchmark")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs/running.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        tools = arguments.tools.absolute() if arguments.tools else tools_in(Path(place))
        found = {b.name: Rows() for b in BENCHMARKS if arguments.only in (None, b.name)}
        for _ in range(arguments.repeats):  # in turn, so that what drifts meets all alike
            for benchmark in BENCHMARKS:
                if benchmark.name in found:
                    measure(benchmark, arguments.effect, tools, found[benchmark.name])
    print(text := table(found, arguments.effect))
    if arguments.write_docs:
        write_docs(text)


if __name__ == "__main__":
    main()
