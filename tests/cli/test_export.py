"""export and compare --junit: what is written, where, and that nothing is written over."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import xarray as xr

from conftest import cli
from holobench_mcp.store import open_store


@pytest.mark.parametrize("format_name", ["result.json", "netcdf", "csv", "jsonl", "github-action-benchmark", "junit"])
def test_every_format_is_written(project: Path, format_name: str) -> None:
    finished = cli("export", "latest", "--format", format_name, "-o", "out", "--json", cwd=project)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert list(report)[:2] == ["status", "reason"] and report["n_bytes"] == (project / "out").stat().st_size
    assert len(report["result_ids"]) == 1 and report["format"] == format_name


def test_what_was_exported_is_imported_again(project: Path) -> None:
    for format_name in ("csv", "jsonl"):
        exported = cli("export", "label:try 1", "--format", format_name, "-o", format_name, cwd=project)
        assert exported.returncode == 0 and exported.stdout == ""
        taken = cli("import", format_name, "--label", format_name, cwd=project)
        assert taken.returncode == 0, taken.stderr
    store = open_store(project / ".holobench")
    samples = {m.label: store.snapshot(m).samples["time_ms"].tolist() for m in store.manifests().select()}
    assert samples["csv"] == samples["jsonl"] == samples["try 1"] != samples["try 0"]


def test_the_contract_is_the_recorded_one_and_netcdf_opens(project: Path) -> None:
    store = open_store(project / ".holobench")
    assert cli("export", cwd=project).stdout == store.document(store.manifests().select(limit=1)[0]).decode()
    assert cli("export", "--format", "netcdf", "-o", "r.nc", cwd=project).returncode == 0
    with xr.open_dataset(project / "r.nc") as dataset:
        assert dataset["time_ms"].attrs["units"] == "ms"


def test_a_file_is_written_over_only_when_asked(project: Path) -> None:
    file = project / "out.csv"
    file.write_text("mine")
    refused = cli("export", "--format", "csv", "-o", "out.csv", cwd=project)
    assert refused.returncode == 2 and "--force" in refused.stderr and file.read_text() == "mine"
    forced = cli("export", "--format", "csv", "-o", "out.csv", "--force", cwd=project)
    assert forced.returncode == 0 and file.read_text().startswith("bench,metric,")
    assert sorted(p.name for p in project.iterdir() if "out.csv" in p.name) == ["out.csv"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "parquet"], "format: 'parquet' is none of result.json, netcdf"),
        (["--json"], "name a file with -o"),
        (["-o", "."], "is a folder"),
        (["-o", "no/where/x"], "there is no folder"),
        (["--replicates", "all"], "--replicates: auto or none"),
        (["--better", "up"], "--better: smaller or bigger"),
        (["--better", "smaller"], "only github-action-benchmark"),
        (["label:try 0", "label:try 1"], "a result.json is of one result"),
        (["label:nobody"], "label:nobody"),
    ],
)
def test_what_cannot_be_done_is_said(project: Path, arguments: list[str], says: str) -> None:
    finished = cli("export", *arguments, cwd=project)
    assert finished.returncode == 2 and says in finished.stderr and finished.stdout == ""


def test_a_comparison_is_a_junit_report_that_replaces_its_own_kind_alone(project: Path) -> None:
    for _ in range(2):
        finished = cli("compare", "--junit", "report.xml", "--fail-on", "regressed", "--json", cwd=project)
        assert finished.returncode == 1 and json.loads(finished.stdout)["decision"] == "regressed"
    [failure] = Xml.parse(project / "report.xml").iter("failure")
    assert "slower" in failure.get("message", "") or "%" in failure.get("message", "")
    (project / "notes.txt").write_text("mine")
    refused = cli("compare", "--junit", "notes.txt", cwd=project)
    assert refused.returncode == 2 and (project / "notes.txt").read_text() == "mine"
