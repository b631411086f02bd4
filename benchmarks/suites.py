"""A pytest-benchmark suite of many quick tests, as projects have them: for what is measured of whole suites."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

#: What is timed, by name: Python of many kinds, of 20 µs to 1 ms.
KERNELS = {
    "sorting": "sorted(values)",
    "summing": "sum(v * v for v in values)",
    "counting": "collections.Counter(v % 7 for v in values)",
    "joining": "','.join(map(str, values))",
    "parsing": "json.loads(text)",
    "writing": "json.dumps(values)",
    "matching": "re.findall(r'\\d+3', text)",
    "hashing": "hashlib.sha256(text.encode()).hexdigest()",
    "copying": "copy.deepcopy(values)",
    "grouping": "{k: list(g) for k, g in itertools.groupby(sorted(values, key=lambda v: v % 5), key=lambda v: v % 5)}",
}
SIZES = (50, 100, 200, 300, 400)
#: How often a test does its work, and how often where it is slower by 10 % times the environment's number.
TIMES = 10


def write_suite(folder: Path, tests: int = 50) -> Path:
    """The suite's file. SLOWER_TEST and SLOWER_BY in the environment make one of its tests slower by so many tenths."""
    names = [(kernel, size) for size in SIZES for kernel in KERNELS][:tests]
    lines = [
        "import collections, copy, hashlib, itertools, json, os, re",
        "slower, by = os.environ.get('SLOWER_TEST', ''), int(os.environ.get('SLOWER_BY', '0'))",
        "",
    ]
    for kernel, size in names:
        name = f"{kernel}_{size}"
        lines += [
            f"def test_{name}(benchmark):",
            f"    values = [(v * 7919) % 1009 for v in range({size})]",
            "    text = json.dumps(values)",
            f"    times = {TIMES} + (by if slower == {name!r} else 0)",
            "    def work():",
            "        for _ in range(times):",
            f"            {KERNELS[kernel]}",
            "    benchmark(work)",
            "",
        ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "test_suite.py"
    path.write_text("\n".join(lines))
    return path


def run_suite(path: Path, result: Path, *, slower: str = "", by: int = 0) -> Path:
    """Run it once, in one process, with budgets so small that all of it takes some two seconds."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", path.name,
        f"--benchmark-json={result}", "--benchmark-save-data", "--benchmark-max-time=0.01",
        "--benchmark-min-rounds=5", "--benchmark-min-time=0.0001", "--benchmark-warmup=off",
    ]  # fmt: skip
    environment = {**os.environ, "SLOWER_TEST": slower, "SLOWER_BY": str(by), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"The suite failed (is pytest-benchmark installed?):\n{done.stdout[-2000:]}{done.stderr[-500:]}"
        )
    return result
