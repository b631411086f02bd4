"""How long every answer is: characters of its text and of its structure, as they are sent.

    python benchmarks/answer_sizes.py [--write-docs]

Some clients show their model only the text, some only the structure, and all pay for what is shown: four characters are
about one token. Real comparisons of recorded results wherever recording them takes seconds; listings of 100,000 results
and long histories are made as documents.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from holobench_mcp import Snapshot, answers, digest
from holobench_mcp.answers import RevisionReport
from holobench_mcp.config import load_config
from holobench_mcp.digest import room, structures
from holobench_mcp.model import Decision, Direction, Failure, RefEntry
from holobench_mcp.workspace import Workspace

DOCS = Path(__file__).resolve().parents[1] / "docs" / "answers.md"
RUNS = 3


@dataclass(frozen=True)
class Case:
    """An answer, and how long it may be."""

    tool: str
    of: str
    most: int
    make: Callable[[], tuple[str, BaseModel]]
    slow: bool = False


@dataclass(frozen=True)
class Size:
    """How long an answer is."""

    text: int
    structure: int
    document: dict[str, Any]
    written: str


def size_of(case: Case) -> Size:
    """The answer of a case, measured as it is sent."""
    text, document = case.make()
    sent = digest.document_of(structures.short(document))
    return Size(len(text), room.size_of(sent), sent, text)


# ---------------------------------------------------------------------- comparisons


def side(
    metrics: int, points: int, factor: float, seed: int, *, revision: str, moved: float = 1.0, name: str = "metric"
) -> Snapshot:
    """One run of a bench. moved: the share of its metrics that a factor is of."""
    rng = np.random.default_rng(seed)
    names = [f"{name}_{i:04d}_ms" for i in range(metrics)]
    samples = {}
    for i, variable in enumerate(names):
        level = 100.0 * (factor if i < moved * metrics else 1.0)
        samples[variable] = level * np.exp(0.003 * rng.standard_normal((points, 3)))
    return Snapshot.build(
        bench_name="Sorting",
        inputs={"length": [10 * (i + 1) for i in range(points)]},
        metrics={variable: {"units": "ms"} for variable in names},
        samples=samples,
        source_revision=revision * 40,
        label="after caching" if revision == "b" else None,
        environment={
            "python": "3.12",
            "cpu_model": "a CPU",
            "os": "Linux",
            "hostname_hash": "here",
            "git_dirty": False,
        },
        executed_at=f"2026-03-01T12:{'ab'.index(revision):02d}:{seed % 60:02d}+00:00",
    )


@contextlib.contextmanager
def recorded(*snapshots: Snapshot) -> Iterator[Workspace]:
    """A workspace whose store holds some results."""
    with tempfile.TemporaryDirectory() as folder:
        space = Workspace(load_config(project=Path(folder), store=str(Path(folder) / "store"), environ={}))
        for snapshot in snapshots:
            space.record(snapshot)
        yield space


def compared(metrics: int, points: int, factor: float = 1.2, **options: Any) -> tuple[str, BaseModel]:
    """The comparison of two revisions, three runs a side."""
    runs = [
        side(metrics, points, factor if rev == "b" else 1.0, 10 * "ab".index(rev) + run, revision=rev, **options)
        for rev in "ab"
        for run in range(RUNS)
    ]
    with recorded(*runs) as space:
        document = space.compare()
    return digest.comparison(document), document


def in_rounds(sweeps: int, *, crash: bool = False) -> tuple[str, BaseModel]:
    """What a measurement of two revisions is answered with."""
    document: Any = compared(1, 6)[1]
    documents = [document.model_copy(update={"candidate": _named(document.candidate, i)}) for i in range(sweeps)]
    failure = Failure(
        what="crash",
        detail="bench.py ended with exit status 1 in each of 2 tries.",
        output_tail="\n".join(f'  File "/srv/project/product/part_{i}.py", line {i}, in work' for i in range(60))
        + "\nIndexError: list index out of range",
    )
    report = RevisionReport(
        decision=Decision.regressed,
        cause="missing" if crash else "performance",
        reason="The head does not do what the base does: bench.py ended with exit status 1 in each of 2 tries. It "
        "ended with: IndexError: list index out of range"
        if crash
        else document.reason or "",
        next_step="Make `python bench.py` work on the head again, then measure again: compare_revisions("
        "benchmark='words', rounds=5) (about 45 s)."
        if crash
        else None,
        measurement="words-20260301T120000Z-abcdef",
        benchmark="words",
        base_revision="a" * 40,
        head_revision="b" * 40,
        head_dirty=True,
        rounds=5,
        stopped=None,
        head_failure=failure if crash else None,
        protected_changed=(),
        notes=(),
        comparisons=() if crash else tuple(documents),
    )
    return digest.revisions(report), report


def _named(side_: Any, i: int) -> Any:
    return side_.model_copy(update={"bench_name": f"Sorting{i or ''}"})


# ---------------------------------------------------------------------- lists


def listed(rows: int, total: int) -> tuple[str, BaseModel]:
    """A page of results of a store that holds so many."""
    page = answers.ResultPage(
        results=tuple(
            answers.ResultRow(
                result_id=f"sorting-20260301T12{i % 60:02d}00Z-4fa1b8{i:04x}",
                bench_name="Sorting",
                executed_at=f"2026-03-01T12:{i % 60:02d}:00.123456+00:00",
                source_revision="1182ae19f3" * 4,
                dirty=i % 3 == 0,
                label="after caching",
                metrics=("time_ms", "correct", "peak_kb"),
                refs=("baseline",) if i == 3 else (),
            )
            for i in range(rows)
        ),
        total=total,
        next_cursor="WyIyMDI2LTAzLTAxVDEyOjAwOjAwIiwgInNvcnRpbmctMjAyNjAzMDFUMTIwMDAwWi00ZmExYjgwMDAwIl0=",
    )
    return digest.results(page), page


def measured(metrics: int, points: int) -> tuple[str, BaseModel]:
    """What one result measured."""
    with recorded(side(metrics, points, 1.0, 1, revision="a")) as space:
        document = space.list_metrics()
    return digest.metrics(document), document


def exported(metrics: int) -> tuple[str, BaseModel]:
    """One result's contract."""
    with recorded(side(metrics, 4, 1.0, 1, revision="a")) as space:
        document = space.export_result()
    return digest.result(document), document


def history(codes: int) -> tuple[str, BaseModel]:
    """A metric over so many codes, with a step in the middle."""
    series = tuple(
        answers.HistoryPoint(
            result_id=f"sorting-20260301T120000Z-4fa1b8{i:04x}",
            executed_at="2026-03-01T12:00:00+00:00",
            source_revision=f"{i:040x}",
            estimate=100.0 + (30 if i > codes // 2 else 0) + 0.123456 * (i % 7),
            ci=(98.123456, 102.123456),
            n=60,
            n_runs=3,
        )
        for i in range(codes)
    )
    step = answers.ChangePoint(
        result_id=series[codes // 2].result_id,
        executed_at="2026-03-01T12:00:00+00:00",
        after_revision=series[codes // 2 - 1].source_revision,
        source_revision=series[codes // 2].source_revision,
        effect_percent=29.87654,
        ci=(27.6, 31.9),
        confidence=0.99998,
    )
    document = answers.History(
        bench_name="Sorting",
        metric="time_ms",
        units="ms",
        direction=Direction.minimize,
        order="git",
        series=series,
        change_points=(step,),
        summary=f"time_ms stepped once in {codes} measurements: by +29.9 % at {step.result_id} (revisions 1f..20).",
    )
    return digest.history(document), document


def pinned(count: int) -> tuple[str, BaseModel]:
    """What baselines mean."""
    entries = tuple(
        RefEntry(
            bench_name=f"Sorting{i}",
            name="baseline",
            result_id=f"sorting-20260301T120000Z-4fa1b8{i:04x}",
            set_at="2026-03-01T12:00:00+00:00",
            set_by="somebody",
            reason="release 2",
        )
        for i in range(count)
    )
    document = answers.BaselineList(baselines=entries)
    return digest.baselines(document), document


def pinning() -> tuple[str, BaseModel]:
    """A new baseline."""
    document = answers.BaselineSet(
        entry=RefEntry(
            bench_name="Sorting",
            name="baseline",
            result_id="sorting-20260301T120000Z-4fa1b80001",
            set_at="2026-03-01T12:00:00+00:00",
            set_by="somebody",
            reason="release 2",
            replaced="sorting-20260201T120000Z-4fa1b80000",
        ),
        runs=3,
        decision=Decision.improved,
    )
    return digest.baseline_set(document), document


def imported(count: int) -> tuple[str, BaseModel]:
    """What a file gave."""
    ids = tuple(f"sorting-20260301T120000Z-4fa1b8{i:04x}" for i in range(count))
    names = [f"test_module_{i}.py::TestGroup::test_case" for i in range(len(ids))]
    document = answers.ImportReport(
        reason=f"{len(ids)} results of {len(ids)} benchmarks from pytest-benchmark 5.3.1 recorded.",
        next_step="compare_results()",
        path="saved/result.json",
        format="pytest-benchmark",
        measurement="import-0123456789abcdef0123",
        n_results=len(ids),
        n_benches=len(ids),
        benches=tuple(
            answers.ImportedBench(bench_name=name, metrics=("time", "memory"), points=12, runs=10) for name in names
        ),
        result_ids=ids,
    )
    return digest.imported(document), document


def configured(count: int, *, noisy: int = 0) -> tuple[str, BaseModel]:
    """What may be run from here. noisy: so many of them can't show their margin."""
    rows = tuple(
        answers.BenchmarkRow(
            name=f"sort{i}",
            description="Sorting lists of many lengths",
            command=("python", "bench.py"),
            runs=3,
            parameters={"repeats": {"type": "int", "min": 1, "max": 50, "default": 5}},
            benches=("Sorting",),
            metrics=("time_ms", "correct"),
            points=4,
            seconds_a_run=2.34,
            checks_answers=True,
            too_noisy=(
                (answers.TooNoisy(variable="time_ms", margin_percent=3, can_show_percent=8.123456, runs=5),)
                if i < noisy
                else ()
            ),
        )
        for i in range(count)
    )
    document = answers.BenchmarkList(benchmarks=rows)
    return digest.benchmarks(document), document


def ran(runs: int) -> tuple[str, BaseModel]:
    """What a measurement recorded."""
    document = answers.MeasurementReport(
        measurement="sort-20260301T120000Z-abcdef",
        benchmark="sort",
        runs=runs,
        result_ids=tuple(f"sorting-20260301T120000Z-4fa1b8{i:04x}" for i in range(runs)),
        seconds=12.3,
        next_step="compare_results(candidate='sorting-20260301T120000Z-4fa1b80000') compares it with the baseline.",
    )
    return digest.measurement(document), document


def unfinished(status: str) -> tuple[str, BaseModel]:
    """A measurement without an answer, with a name and numbers as long as they get."""
    measurement = f"{'sorting_by_keys_' * 3}-20260301T120000Z-abcdef"
    call = f"wait_measurement(measurement='{measurement}')"
    again = f"compare_revisions(benchmark='{'sorting_by_keys_' * 3}', base='main', head='worktree', rounds=50)"
    said = {
        "running": "Measuring sorting (base): 23 of 50 rounds are done, about 1,234 s left.",
        "waiting": "Waits for another measurement of this machine (process 12345, sorting since 2026-03-01T12:00:00Z).",
        "cancelled": f"It was cancelled after 23 of 50 rounds, which are recorded: {again} goes on from them.",
    }
    document = answers.RunningMeasurement.model_validate(
        {
            "status": status,
            "reason": said[status],
            "next_step": again if status == "cancelled" else call,
            "measurement": measurement,
            "benchmark": "sorting_by_keys_" * 3,
            "rounds_done": 23,
            "rounds_planned": 50,
            "seconds_left": None if status == "cancelled" else 1234.56789,
        }
    )
    return digest.unfinished(document), document


CASES = (
    Case("compare_results", "1 metric, 4 points, slower", 1600, lambda: compared(1, 4)),
    Case("compare_results", "1 metric, 4 points, the same code", 1600, lambda: compared(1, 4, 1.0)),
    Case("compare_results", "1 metric, 10 points", 1600, lambda: compared(1, 10)),
    Case("compare_results", "1 metric, 100,000 points", 6000, lambda: compared(1, 100_000), slow=True),
    Case("compare_results", "20 metrics", 5000, lambda: compared(20, 4)),
    Case("compare_results", "20 metrics, 3 of them slower", 5000, lambda: compared(20, 4, moved=0.15)),
    Case("compare_results", "200 metrics", 6000, lambda: compared(200, 4)),
    Case("compare_results", "2,000 metrics", 6000, lambda: compared(2000, 2), slow=True),
    Case("compare_revisions", "1 sweep", 1600, lambda: in_rounds(1)),
    Case("compare_revisions", "12 sweeps", 6000, lambda: in_rounds(12)),
    Case("compare_revisions", "a head that fails", 1600, lambda: in_rounds(0, crash=True)),
    Case("compare_revisions", "a measurement that still runs", 1600, lambda: unfinished("running")),
    Case("wait_measurement", "one that still runs", 1600, lambda: unfinished("running")),
    Case("wait_measurement", "one that waits for the machine", 1600, lambda: unfinished("waiting")),
    Case("wait_measurement", "1 sweep, measured", 1600, lambda: in_rounds(1)),
    Case("cancel_measurement", "one that ran", 1600, lambda: unfinished("cancelled")),
    Case("list_results", "20 results", 5000, lambda: listed(20, 20)),
    Case("list_results", "20 of 100,000 results", 5000, lambda: listed(20, 100_000)),
    Case("list_results", "100 of 100,000 results", 20_000, lambda: listed(100, 100_000)),
    Case("list_metrics", "1 metric, 10 points", 1600, lambda: measured(1, 10)),
    Case("list_metrics", "20 metrics", 5000, lambda: measured(20, 10)),
    Case("list_metrics", "2,000 metrics", 6000, lambda: measured(2000, 2), slow=True),
    Case("list_metrics", "1 metric, 100,000 points", 1600, lambda: measured(1, 100_000), slow=True),
    Case("export_result", "20 metrics", 20_000, lambda: exported(20)),
    Case("export_result", "2,000 metrics", 20_000, lambda: exported(2000), slow=True),
    Case("metric_history", "10 codes", 6000, lambda: history(10)),
    Case("metric_history", "1,000 codes", 6000, lambda: history(1000)),
    Case("list_baselines", "1 baseline", 1600, lambda: pinned(1)),
    Case("list_baselines", "200 baselines", 5000, lambda: pinned(200)),
    Case("set_baseline", "one that replaces another", 1600, pinning),
    Case("import_results", "1 result", 1600, lambda: imported(1)),
    Case("import_results", "5,000 results", 5000, lambda: imported(5000)),
    Case("list_benchmarks", "1 benchmark", 1600, lambda: configured(1)),
    Case("list_benchmarks", "30 benchmarks", 6700, lambda: configured(30)),
    Case("list_benchmarks", "30 benchmarks, all too noisy", 6700, lambda: configured(30, noisy=30)),
    Case("run_benchmark", "3 runs", 1600, lambda: ran(3)),
    Case("run_benchmark", "100 runs", 1600, lambda: ran(100)),
)
#: All tools together, with descriptions and both schemas, where measuring is on.
TOOLS_MOST = 16_000


def tools() -> dict[str, int]:
    """Characters of every tool as `tools/list` sends it, where measuring is on."""
    import anyio
    from mcp import Client

    from holobench_mcp.server.app import create_server

    async def listed_tools(folder: str) -> dict[str, int]:
        async with Client(create_server(project=folder)) as client:
            sent = [
                t.model_dump(mode="json", by_alias=True, exclude_none=True) for t in (await client.list_tools()).tools
            ]
        return {t["name"]: len(json.dumps(t, ensure_ascii=False, separators=(",", ":"))) for t in sent}

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text("[tool.holobench-mcp.benchmarks.b]\ncommand = ['python', 'b.py']\n")
        return anyio.run(listed_tools, folder)


def table() -> str:
    """Every case, beside what it may take."""
    lines = ["| tool | answer of | text | structure | at most |", "| --- | --- | ---: | ---: | ---: |"]
    for case in CASES:
        size = size_of(case)
        lines.append(f"| `{case.tool}` | {case.of} | {size.text:,} | {size.structure:,} | {case.most:,} |")
    sizes = tools()
    each = ", ".join(f"`{name}` {size:,}" for name, size in sizes.items())
    total = f"{sum(sizes.values()):,}"
    return "\n".join(
        [*lines, "", f"`tools/list` with measuring on: {total} characters, of at most {TOOLS_MOST:,}: {each}."]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-docs", action="store_true", help="put what is printed into docs/answers.md")
    parser.add_argument("--show", help="print the text and the structure of the answers whose tool or name has this")
    arguments = parser.parse_args()
    if arguments.show:
        for case in CASES:
            if arguments.show in f"{case.tool} {case.of}":
                size = size_of(case)
                structure = json.dumps(size.document, ensure_ascii=False, separators=(",", ":"))
                print(f"== {case.tool}: {case.of}\n{size.written}\n\n{structure}\n")
        return
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        print(table())
    print(printed.getvalue())
    if arguments.write_docs:
        before, _, rest = DOCS.read_text(encoding="utf-8").partition("<!-- sizes -->")
        _, _, after = rest.partition("<!-- end of sizes -->")
        shown = printed.getvalue().strip()
        DOCS.write_text(f"{before}<!-- sizes -->\n{shown}\n<!-- end of sizes -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
