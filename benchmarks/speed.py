"""How fast this server is, each figure beside its peer's in the same run.

    python benchmarks/speed.py

Start-up: from process start to the reply to `tools/list`, beside a server of the bare SDK with one tool, in turn.
A warm comparison over stdio, 10 points × 5 repeats × 3 metrics, beside holobench's own `compare_results` in-process, in
turn: of two results that were never compared before, of two that were with a margin that was never asked before, and
asked again; beside a call of a server of the bare SDK, which is what the protocol itself takes.
In-process: contract and evidence together, beside holobench's contract, up to 10⁵ points.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from holobench_mcp import Snapshot, compare_results, judge, open_store
from holobench_mcp.result.upstream import declare

BARE = """
from mcp.server import MCPServer
server = MCPServer("bare")
@server.tool()
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b
server.run("stdio")
"""
OURS = [sys.executable, "-m", "holobench_mcp"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=15, help="starts of each server")
    parser.add_argument("--write-readme", action="store_true", help="put what is printed into README.md")
    arguments = parser.parse_args()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        measure(arguments.starts)
    print(printed.getvalue())
    if arguments.write_readme:
        readme = Path(__file__).resolve().parent.parent / "README.md"
        before, _, rest = readme.read_text().partition("<!-- speed -->")
        _, _, after = rest.partition("<!-- end of speed -->")
        shown = printed.getvalue().strip()
        readme.write_text(f"{before}<!-- speed -->\n{shown}\n<!-- end of speed -->{after}")


def measure(starts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        start_up(Path(folder), starts)
        over_stdio(Path(folder))
    in_process()


def start_up(folder: Path, starts: int) -> None:
    bare, ours = [], []
    for _ in range(starts):
        bare.append(to_tools_list([sys.executable, "-c", BARE], folder))
        ours.append(to_tools_list(OURS, folder))
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    print("| process start to the tools/list reply | median | range |")
    print("| --- | --- | --- |")
    for name, times in (("bare SDK, one tool", bare), ("holobench-mcp", ours)):
        print(f"| {name} | {statistics.median(times):.2f} s | {min(times):.2f}–{max(times):.2f} s |")
    print(f"\nratio, pair by pair: {ratio:.2f}\n")


def to_tools_list(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    server = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert server.stdin is not None and server.stdout is not None

    def send(**frame: object) -> None:
        server.stdin.write(json.dumps({"jsonrpc": "2.0", **frame}).encode() + b"\n")  # type: ignore[union-attr]
        server.stdin.flush()  # type: ignore[union-attr]

    client = {"name": "speed", "version": "1"}
    send(id=1, method="initialize", params={"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
    server.stdout.readline()
    send(method="notifications/initialized")
    send(id=2, method="tools/list")
    server.stdout.readline()
    took = time.perf_counter() - started
    server.kill()
    server.communicate()
    return took


#: Results of the store: every ordered pair of them is compared once.
RESULTS = 9


def over_stdio(folder: Path) -> None:
    snapshots = [result(10, 5, 3, seed) for seed in range(1, RESULTS + 1)]
    store = open_store(folder / ".holobench")
    ids = [store.record(snapshot) for snapshot in snapshots]
    times, theirs = asyncio.run(calls(folder, ids, snapshots))
    print("| warm comparison, 10 points × 5 repeats × 3 metrics | median |")
    print("| --- | --- |")
    print(f"| holobench's compare_results, in-process | {1e3 * statistics.median(theirs):.1f} ms |")
    for name, taken in times.items():
        print(f"| {name} | {1e3 * statistics.median(taken):.1f} ms |")
    print()


async def calls(folder: Path, ids: list[str], snapshots: list[Snapshot]) -> tuple[dict[str, list[float]], list[float]]:
    from mcp import Client, StdioServerParameters

    pairs = [(a, b) for a in ids for b in ids if a != b]
    bare = StdioServerParameters(command=sys.executable, args=["-c", BARE], cwd=folder)
    ours = StdioServerParameters(command=OURS[0], args=OURS[1:], cwd=folder)
    upstreams = upstream_call(snapshots[:2])
    async with Client(ours) as client, Client(bare) as other:
        for one in ids:  # all are read once, as by whoever works with them
            await client.call_tool("list_metrics", {"result": one})
        for baseline in ids[1:]:
            await client.call_tool("compare_results", {"baseline": ids[0], "candidate": baseline})
        del pairs[: len(ids) - 1]
        await other.call_tool("add", {"a": 1, "b": 2})
        known = {"baseline": ids[0], "candidate": ids[1]}
        times: dict[str, list[float]] = {}
        theirs = []
        for i, (baseline, candidate) in enumerate(pairs):
            asked = (
                ("ours over stdio, two results never compared before", {"baseline": baseline, "candidate": candidate}),
                ("ours over stdio, a margin never asked before", {**known, "margin_percent": 3 + (i + 1) / 1000}),
                ("ours over stdio, asked again", known),
            )
            for name, arguments in asked:
                started = time.perf_counter()
                answered = await client.call_tool("compare_results", arguments)
                times.setdefault(name, []).append(time.perf_counter() - started)
                assert not answered.is_error
            started = time.perf_counter()
            await other.call_tool("add", {"a": 1, "b": 2})
            times.setdefault("the bare SDK over stdio, one addition", []).append(time.perf_counter() - started)
            started = time.perf_counter()
            upstreams()
            theirs.append(time.perf_counter() - started)
    return times, theirs


def in_process() -> None:
    print("| in-process, warm | holobench's contract | our contract | our evidence | ours together |")
    print("| --- | --- | --- | --- | --- |")
    for points, repeats, metrics in ((10, 5, 3), (1000, 5, 1), (100_000, 5, 1)):
        pair = [result(points, repeats, metrics, seed) for seed in (1, 2)]
        contract = median_of(lambda pair=pair: compare_results(*pair), 15)
        evidence = median_of(lambda pair=pair: judge(pair[:1], pair[1:]), 15)
        theirs = upstream(pair, 9 if points < 10_000 else 1)
        print(
            f"| {points:,} points × {repeats} × {metrics} | {1e3 * theirs:,.1f} ms | {1e3 * contract:.1f} ms | "
            f"{1e3 * evidence:.1f} ms | {1e3 * (contract + evidence):.1f} ms |"
        )


def upstream(pair: list[Snapshot], n: int = 15) -> float:
    """Median seconds of holobench's own function on the same data."""
    return median_of(upstream_call(pair), n)


def upstream_call(pair: list[Snapshot]) -> Callable[[], object]:
    """holobench's own comparison of the same data, as BenchResults."""
    from bencher.report_export import compare_results as theirs

    results = [
        SimpleNamespace(
            bench_cfg=SimpleNamespace(
                bench_name=snapshot.bench_name, result_vars=[declare(m) for m in snapshot.metrics], execution=None
            ),
            ds=snapshot.dataset,
        )
        for snapshot in pair
    ]
    return lambda: theirs(*results)


def median_of(call: Callable[[], object], n: int) -> float:
    call()
    times = []
    for _ in range(n):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def result(points: int, repeats: int, metrics: int, seed: int) -> Snapshot:
    rng = np.random.default_rng(seed)
    return Snapshot.build(
        bench_name="speed",
        inputs={"size": np.arange(points)},
        metrics={f"time_{m}": {"units": "ms", "direction": "minimize"} for m in range(metrics)},
        samples={f"time_{m}": 100 * np.exp(0.1 * rng.standard_normal((points, repeats))) for m in range(metrics)},
        executed_at=f"2026-01-01T00:00:0{seed}+00:00",
    )


if __name__ == "__main__":
    main()
