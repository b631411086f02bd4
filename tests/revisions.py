"""Two revisions of a small project, measured without a store or without processes."""

from __future__ import annotations

import threading
from pathlib import Path

from conftest import PYTHON, git
from holobench_mcp.config import BenchmarkConfig, cache_folder, load_config
from holobench_mcp.measure.plan import RevisionPlan
from holobench_mcp.measure.progress import OnProgress
from holobench_mcp.measure.revisions import RevisionMeasurement
from holobench_mcp.model import MeasurementDocument
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace

BENCH = Path(__file__).parent / "benches" / "tiny.py"
HONEST = "import time\ndef work(size):\n    time.sleep(0.03)\n    return size\n"
FAST = "import time\ndef work(size):\n    time.sleep(0.004)\n    return size\n"
SLOW = "import time\ndef work(size):\n    time.sleep(0.1)\n    return size\n"
WRONG = "def work(size):\n    return 0\n"
#: Looks fast as its answer is cached where it outlives the process and its folders.
CACHED_ON_DISK = (
    "import atexit, pathlib, time\nkept = pathlib.Path.home() / 'kept'\nthere = kept.exists()\natexit.register(kept.touch)\n"
    "def work(size):\n    if not there: time.sleep(0.1)\n    return size\n"
)


def measured(
    project: Path,
    config: dict[str, object] | None = None,
    *,
    progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
    **plan: object,
) -> tuple[MeasurementDocument, list[Snapshot]]:
    """Measure without a store: the document, and the snapshots as they would be recorded."""
    snapshots: list[Snapshot] = []

    def record(s: Snapshot) -> str:
        snapshots.append(s)
        return f"{s.bench_name}-{len(snapshots)}-x"

    benchmark = BenchmarkConfig.model_validate({"command": [PYTHON, "tiny.py"], "timeout_s": 60, **(config or {})})
    planned = RevisionPlan("tiny", benchmark, project, **{"rounds": 2, **plan})
    with RevisionMeasurement(
        planned, record=record, save=lambda _: None, progress=progress, cancel=cancel
    ) as measurement:
        measurement.prepare()
        while not measurement.is_over:
            measurement.round()
        return measurement.finish(), snapshots


def nothing_is_left(project: Path) -> bool:
    return git(project, "worktree", "list").count("\n") == 0 and not list((cache_folder() / "worktrees").glob("*"))


def workspace(project: Path, **benchmarks: dict) -> Workspace:
    config = load_config(project=project, environ={})
    more = {name: BenchmarkConfig.model_validate(b) for name, b in benchmarks.items()}
    return Workspace(config.model_copy(update={"benchmarks": {**config.benchmarks, **more}}))


def program(text: str) -> dict:
    return {"command": [PYTHON, "-c", text], "timeout_s": 30, "runs": 1}
