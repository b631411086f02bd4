"""Two revisions of a small project, measured without a store or without processes."""

from __future__ import annotations

from pathlib import Path

from conftest import PYTHON, git
from holobench_mcp.config import BenchmarkConfig, cache_folder, load_config
from holobench_mcp.measure.revisions import Measured, measure_revisions
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace

BENCH = Path(__file__).parent / "benches" / "tiny.py"
HONEST = "import time\ndef work(size):\n    time.sleep(0.03)\n    return size\n"
FAST = "import time\ndef work(size):\n    time.sleep(0.004)\n    return size\n"
SLOW = "import time\ndef work(size):\n    time.sleep(0.1)\n    return size\n"
WRONG = "def work(size):\n    return 0\n"
#: Looks fast as its answer is kept where it outlives the process and its folders.
KEPT_ON_DISK = (
    "import atexit, pathlib, time\nkept = pathlib.Path.home() / 'kept'\nthere = kept.exists()\natexit.register(kept.touch)\n"
    "def work(size):\n    if not there: time.sleep(0.1)\n    return size\n"
)


def measured(
    project: Path, config: dict[str, object] | None = None, **options: object
) -> tuple[Measured, list[Snapshot]]:
    """Measure without a store: the snapshots as they would be recorded."""
    kept: list[Snapshot] = []

    def record(s: Snapshot) -> str:
        kept.append(s)
        return f"{s.bench_name}-{len(kept)}-x"

    benchmark = BenchmarkConfig.model_validate({"command": [PYTHON, "tiny.py"], "timeout_s": 60, **(config or {})})
    given = {"record": record, "settled": lambda *_: False, "rounds": 2, **options}
    return measure_revisions("tiny", benchmark, project, **given), kept  # type: ignore[arg-type]


def nothing_is_left(project: Path) -> bool:
    return git(project, "worktree", "list").count("\n") == 0 and not list((cache_folder() / "worktrees").glob("*"))


def workspace(project: Path, **benchmarks: dict) -> Workspace:
    config = load_config(project=project, environ={})
    more = {name: BenchmarkConfig.model_validate(b) for name, b in benchmarks.items()}
    return Workspace(config.model_copy(update={"benchmarks": {**config.benchmarks, **more}}))


def program(text: str) -> dict:
    return {"command": [PYTHON, "-c", text], "timeout_s": 30, "runs": 1}
