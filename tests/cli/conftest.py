"""Shared by the tests of the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.store import open_store

HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "git_dirty": False}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two results of `sort`, the second slower by half."""
    store = open_store(tmp_path / ".holobench")
    for i, factor in enumerate((1.0, 1.5)):
        values = factor * 100 * np.exp(0.02 * np.random.default_rng(i).standard_normal((6, 5)))
        store.record(snapshot(values, at=i, environment=HERE, label=f"try {i}"))
    return tmp_path
