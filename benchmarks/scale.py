"""How this server grows, each figure beside its peer's in the same run.

    python benchmarks/scale.py [--quick] [--write-docs]

Comparing: 10 to 10⁶ points of one metric, and 1 to 10,000 metrics of ten points, beside holobench's function and its
command. Finding: a store of 100,000 results and an index of 1,000,000 rows, beside a plain scan of the folder that reads
every manifest. Recording, beside a pickle of the same result. Serving: 50 clients at once. Each ends with how the time
grows: the slope of its logarithm over the logarithm of the size, where 1 is as the size does and 0 not at all.
--quick takes a tenth of the sizes, and a minute. What would take a peer more than a minute is not measured, and said.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import logging
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bencher.render import save_result

import recording
import scale_store
import stores
from holobench_mcp import Snapshot, compare_results, judge, open_store
from holobench_mcp.server.app import create_server
from scale_store import FOUND, median_of
from speed import OURS, upstream_call

POINTS, METRICS = (10, 1000, 100_000, 1_000_000), (1, 100, 10_000)
#: Samples above which holobench's bootstrap takes minutes: 6.9 s at 10⁵ points, each tenth as much a tenth of that.
_MOST_POINTS, _MOST_METRICS = 100_000, 100
CLIENTS = 50
PAGE = """# How it scales

What `python benchmarks/scale.py --write-docs` printed: times of this server beside those of holobench itself and of a plain
scan, in one run. A slope is how time grows with size: 1 is as the size does, 0 not at all. Where results are found by an
index, how it learns what is new, and why it is never wrong: [decisions.md](decisions.md#finding-results). What a recorded
result has that a pickle has not, and what it costs at least, is there too.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument("--write-docs", action="store_true", help="put what is printed into docs/scale.md")
    arguments = parser.parse_args()
    printed = io.StringIO()
    with contextlib.redirect_stdout(_Both(printed)):
        measure(quick=arguments.quick)
    if arguments.write_docs:
        page = Path(__file__).resolve().parent.parent / "docs" / "scale.md"
        page.write_text(f"{PAGE}\n{printed.getvalue().strip()}\n")


def measure(*, quick: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOLOBENCH_MCP_CACHE"] = f"{folder}/cache"
        root = Path(folder)
        comparing(root, POINTS[:-1] if quick else POINTS, METRICS[:-1] if quick else METRICS)
        recording_results()
        small, large = (1000, 10_000) if quick else (10_000, 100_000)
        finding(root, small, large, 100_000 if quick else 1_000_000)
        asyncio.run(serving(root, servers=4 if quick else CLIENTS))


# ---------------------------------------------------------------------- comparing


def comparing(root: Path, points: Sequence[int], metrics: Sequence[int]) -> None:
    print("| one comparison, 5 repeats | holobench's function | ours | times as fast | our command | its command |")
    print("| --- | --- | --- | --- | --- | --- |")
    by_points, theirs_by_points = dict[int, float](), dict[int, float]()
    for n in points:
        ours, theirs = compare_row(root, n, 1, upstream=n <= _MOST_POINTS)
        by_points[n] = ours
        if theirs is not None:
            theirs_by_points[n] = theirs
    by_metrics = {n: compare_row(root, 10, n, upstream=n <= _MOST_METRICS)[0] for n in metrics}
    slopes = [
        ("ours over points", by_points),
        ("holobench's over points", theirs_by_points),
        ("ours over metrics", by_metrics),
    ]
    print(f"\n{'; '.join(f'{name}: slope {slope(times):.2f}' for name, times in slopes)}\n")


def compare_row(root: Path, points: int, metrics: int, *, upstream: bool) -> tuple[float, float | None]:
    repeats = 5
    results = [recording.live(points, repeats, metrics, seed) for seed in (1, 2)]
    pair = [Snapshot.from_result(result) for result in results]
    n = 9 if points * metrics < 10_000 else 3
    ours = median_of(lambda: (compare_results(*pair), judge(pair[:1], pair[1:])), n)
    theirs = median_of(upstream_call(pair), 1 if points > 1000 or metrics > 10 else 3) if upstream else None
    folder = Path(tempfile.mkdtemp(prefix="compare-", dir=root))
    store = open_store(folder / ".holobench")
    ids = [store.record(snapshot) for snapshot in pair]
    ours_command = command(folder, [*OURS, "compare", *ids, "--json"])
    theirs_command = None
    if upstream:
        files = [str(save_result(result, folder / f"{i}.pkl")) for i, result in enumerate(results)]
        theirs_command = command(
            folder, [str(Path(sys.executable).parent / "bencher"), "compare", *files, "--json", "out.json"]
        )
    times = "" if theirs is None else f"{theirs / ours:,.0f}"
    print(
        f"| {points:,} points, {metrics:,} metric{'s' if metrics > 1 else ''} | {said(theirs)} | {said(ours)} | {times} | "
        f"{said(ours_command)} | {said(theirs_command)} |"
    )
    return ours, theirs


def command(folder: Path, words: Sequence[str]) -> float:
    """Seconds of a whole process."""
    started = time.perf_counter()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise SystemExit(f"{words}: {done.stderr[-500:]}")
    return took


# ---------------------------------------------------------------------- recording


def recording_results() -> None:
    with _quiet():
        lines = list(recording.table())
    print("\n".join(lines), end="\n\n")


# ---------------------------------------------------------------------- finding


def finding(root: Path, small: int, large: int, n_rows: int) -> None:
    print("| a store of | " + " | ".join(FOUND) + " |")
    print(f"| --- |{' --- |' * len(FOUND)}")
    listed, scanned = dict[int, float](), dict[int, float]()
    for n in (small, large):
        folder = root / f"results-{n}"
        stores.with_results(folder, n, min(stores.BENCHES, n // 1000))  # the first has a history of 1,000
        row = store_row(folder, f"{n:,} results", n)
        listed[n], scanned[n] = row["a page of 20"], row["a plain scan"]
    folder = root / "rows"
    stores.with_rows(folder, n_rows)
    listed[n_rows] = store_row(folder, f"{n_rows:,} rows", None)["a page of 20"]
    slopes = [("a page", listed), ("a plain scan", scanned)]
    print(f"\n{'; '.join(f'{name}: slope {slope(times):.2f}' for name, times in slopes)}\n")


def store_row(folder: Path, name: str, n: int | None) -> dict[str, float]:
    """Measure a store in a process of its own, as a server is one, and print a row. n: its results, if not read yet."""
    words = [sys.executable, str(Path(scale_store.__file__)), str(folder), str(n or 0)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    row: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    plain = ("first index, results a second", "MB")
    texts = [f"{row[c]:,.0f}" if c in row and c in plain else said(row[c]) if c in row else "" for c in FOUND]
    print(f"| {name} | {' | '.join(texts)} |")
    return row


# ---------------------------------------------------------------------- serving


async def serving(root: Path, servers: int) -> None:
    """50 clients, each of which lists and compares, in turn."""
    folder = root / "serving"
    folder.mkdir()
    store = open_store(folder / ".holobench")
    ids = [store.record(recording.built(10, 5, 3, seed)) for seed in range(8)]
    server = create_server(project=str(folder))
    with http_server(folder) as url:
        await _clients(server, url, folder, ids, servers)


async def _clients(server: object, url: str, folder: Path, ids: Sequence[str], servers: int) -> None:
    from mcp import Client, StdioServerParameters

    stdio = StdioServerParameters(command=OURS[0], args=OURS[1:], cwd=folder)
    print(f"| clients at once, each with {_CALLS} calls | calls a second | median | 95 % are faster than | 99 % |")
    print("| --- | --- | --- | --- | --- |")
    ways: tuple[tuple[str, Callable[[], object], int], ...] = (
        ("1 in process", lambda: Client(server), 1),
        (f"{CLIENTS} in process, of one server", lambda: Client(server), CLIENTS),
        ("1 over HTTP", lambda: Client(url), 1),
        (f"{CLIENTS} over HTTP, of one server", lambda: Client(url), CLIENTS),
        (f"{servers} over stdio, each with a server of its own", lambda: Client(stdio), servers),
    )
    for name, make, n in ways:
        with _quiet():
            clients = await asyncio.gather(*(one_client(make, ids, i) for i in range(n)))
        times = sorted(seconds for _, _, taken in clients for seconds in taken)
        rate = len(times) / (max(ended for _, ended, _ in clients) - min(begun for begun, _, _ in clients))
        median, *rest = statistics.median(times), *(times[int(share * len(times))] for share in (0.95, 0.99))
        print(f"| {name} | {rate:,.0f} | {' | '.join(map(said, (median, *rest)))} |")
    print()


@contextlib.contextmanager
def http_server(folder: Path) -> Iterator[str]:
    """The address of a server of a folder, in a process of its own."""
    log = folder / "http.log"
    words = [*OURS, "--project", str(folder), "serve", "--http", "--port", "0"]
    with log.open("w") as errors:
        process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors)
    try:
        while (at := re.search(r"http://\S+/mcp", log.read_text())) is None:
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.05)
        yield at[0]
    finally:
        process.kill()
        process.wait()


_CALLS = 20


async def one_client(make: Callable[[], object], ids: Sequence[str], number: int) -> tuple[float, float, list[float]]:
    """When a client began and ended, and the seconds of each call."""
    times = []
    async with make() as client:  # type: ignore[attr-defined]
        await client.call_tool("compare_results", {"baseline": ids[0], "candidate": ids[1]})
        begun = time.perf_counter()
        for i in range(_CALLS):
            baseline, candidate = ids[(number + i) % len(ids)], ids[(number + 3 * i + 1) % len(ids)]
            asked = time.perf_counter()
            if i % 2 or baseline == candidate:
                answered = await client.call_tool("list_results", {"limit": 5})
            else:
                answered = await client.call_tool("compare_results", {"baseline": baseline, "candidate": candidate})
            times.append(time.perf_counter() - asked)
            assert not answered.is_error
        return begun, time.perf_counter(), times


# ---------------------------------------------------------------------- parts


def slope(times: dict[int, float]) -> float:
    """How time grows with size: the slope of log over log, by least squares."""
    x, y = [math.log(n) for n in times], [math.log(t) for t in times.values()]
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    over = sum((a - mean_x) ** 2 for a in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / over if over else math.nan


def said(seconds: float | None) -> str:
    if seconds is None:
        return "not measured"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1e3 * seconds:,.{1 if seconds < 0.1 else 0}f} ms"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what holobench logs of each result that it caches."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class _Both:
    """What is printed, kept and shown at once: the whole takes minutes."""

    def __init__(self, copy: io.StringIO) -> None:
        self._copy = copy

    def write(self, text: str) -> int:
        sys.__stdout__.write(text)  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]
        return self._copy.write(text)

    def flush(self) -> None:
        pass


if __name__ == "__main__":
    main()
