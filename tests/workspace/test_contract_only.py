"""A result that came in as a contract alone says so, wherever it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp import Workspace, digest
from holobench_mcp.config import Config
from holobench_mcp.importers.result_json import read_contract
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.result.strict_json import strict


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    opened = Workspace(
        Config(root=tmp_path, file=None, store=str(tmp_path / "store"), store_from="test", import_roots=(tmp_path,))
    )
    (tmp_path / "result.json").write_text(json.dumps(strict(result_to_dict(snapshot(bench="file")))))
    opened.record(snapshot(bench="measured"))
    return opened


def test_an_import_says_that_samples_are_missing(workspace: Workspace) -> None:
    report = workspace.import_for_agent("result.json")
    assert report.reason is not None and report.reason.startswith("Contract-only")
    assert "Contract-only" in digest.imported(report)


def test_an_export_and_a_list_of_metrics_say_so(workspace: Workspace) -> None:
    workspace.import_for_agent("result.json")
    exported = workspace.export_result("file@latest")
    assert exported.contract_only and "contract-only" in digest.result(exported)
    assert "Contract-only" in (workspace.list_metrics("file@latest").reason or "")


def test_a_measured_result_does_not(workspace: Workspace) -> None:
    exported = workspace.export_result("measured@latest")
    assert "contract_only" not in exported.model_dump(exclude_unset=True)
    assert "contract-only" not in digest.result(exported)
    assert workspace.list_metrics("measured@latest").reason is None


def test_an_exported_contract_comes_back_the_same(workspace: Workspace, tmp_path: Path) -> None:
    (first,) = workspace.import_for_agent("result.json").result_ids
    exported = workspace.export_result(first).model_dump(mode="json", exclude_unset=True)
    (tmp_path / "again.json").write_text(json.dumps(exported))
    assert result_to_dict(read_contract(tmp_path / "again.json")) == json.loads((tmp_path / "result.json").read_text())
    assert workspace.import_for_agent("again.json").result_ids == (first,)
