"""A small project in git, and measuring it without processes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, snapshot
from holobench_mcp.measure.session import Run, Session
from revisions import BENCH, FAST, HONEST


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text(HONEST)
    repository("the benchmark")
    return tmp_path


@pytest.fixture
def configured(project: Path, repository: Callable[..., str]) -> Path:
    """The project with its benchmark in the configuration."""
    (project / "product.py").write_text(FAST)
    (project / "pyproject.toml").write_text(
        f'[tool.holobench-mcp.benchmarks.tiny]\ncommand = ["{PYTHON}", "tiny.py"]\nruns = 2\ntimeout_s = 60\n'
        'env = { REPEATS = "{repeats}" }\n'
        "[tool.holobench-mcp.benchmarks.tiny.parameters]\nrepeats = { min = 1, max = 9, default = 3 }\n"
    )
    repository("the configuration")
    return project


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """Measure without processes: each run collects one sweep of 'tiny'. The sides and folders of the runs."""
    ran: list[tuple[str, Path]] = []

    def run(self: Session, folder: Path, *, side: str, **_: object) -> Run:
        ran.append((side, folder))
        assert folder.is_dir()
        return Run((snapshot(bench="tiny", at=len(ran)),), 0.1)

    monkeypatch.setattr(Session, "run", run)
    return ran
