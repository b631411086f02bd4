"""Files of other tools are read in a process of their own, which gives the same and can be ended, whatever is in them."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holobench_mcp.importers import assembling, child_process
from holobench_mcp.importers.assembling import Attribution
from holobench_mcp.importers.content import parsed
from holobench_mcp.importers.file_results import FileResults, read_results
from holobench_mcp.importers.nodes import Malformed
from holobench_mcp.importers.reading import read_apart
from holobench_mcp.model import CaptureError
from imported_files import FIXTURES

FILES = sorted(p.name for p in FIXTURES.iterdir() if not p.name.startswith("make_"))
ODD = {
    "bench": "b",
    "inputs": {"n": 10**30, "x": -1.5, "t": "é\n", "f": True},
    "metrics": {"m": {"value": "NaN", "units": None}},
}
WHEN = Attribution(fallback=datetime(2026, 3, 1, tzinfo=UTC))


def content(found: FileResults) -> list[object]:
    return [
        found.format,
        found.tool,
        found.notes,
        *(
            (s.bench_name, s.inputs, s.metrics, s.provenance, s.environment, s.measurement, s.replication, s.dataset.to_dict())
            for s in found.snapshots
            if s.dataset is not None
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_process_of_its_own_reads_the_same(name: str) -> None:
    apart, here = (read_results(FIXTURES / name, apart=apart, said=WHEN) for apart in (True, False))
    assert repr(content(apart)) == repr(content(here))


def test_what_was_printed_and_odd_values_come_over_as_they_are() -> None:
    line = json.dumps(ODD).encode() + b"\n"
    other = json.dumps({**ODD, "metrics": {"m": {"values": [1, 0.1, 5e-324], "units": None}}}).encode()
    for printed in (other, other + b"\n" + line, (FIXTURES / "go.txt").read_bytes()):
        apart, here = (read_results(printed, apart=apart, said=WHEN) for apart in (True, False))
        assert repr(content(apart)) == repr(content(here))


def test_an_error_is_the_same_sentence(tmp_path: Path) -> None:
    for number, text in enumerate(
        ['{"a": 1}', '{"results": [{"command": 1}]}', "[" * 100_000, "\0", '{"a": 1, "a": 2}', " "]
    ):
        path = tmp_path / str(number)
        path.write_text(text)
        said = []
        for apart in (True, False):
            with pytest.raises(CaptureError) as problem:
                read_results(path, name="the-file", apart=apart)
            said.append(str(problem.value))
        assert said[0] == said[1]


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "large.jsonl"
    values = ", ".join(["1.25"] * 1000)
    line = f'{{"bench": "b", "metrics": {{"m": {{"values": [{values}]}}}}}}\n'
    path.write_text(line * 6000)  # some seconds, on any machine
    with pytest.raises(CaptureError, match=r"^the-file took more than 0\.01 s to read"):
        read_apart(path, "the-file", "auto", timeout_s=0.01)
    assert read_results(FIXTURES / "pyperf.json").snapshots
    monkeypatch.setattr(child_process, "_CPU_S", 1)
    monkeypatch.setattr(child_process, "_BYTES_A_CPU_S", 1 << 40)
    with pytest.raises(CaptureError, match="more time or memory"):
        read_results(path)
    monkeypatch.setattr(child_process, "_CPU_S", 60)
    monkeypatch.setattr(child_process, "_MEMORY_BYTES", 400 << 20)
    monkeypatch.setattr(child_process, "_MEMORY_BYTES_A_BYTE", 0)
    with pytest.raises(CaptureError, match="takes more"):
        read_results(path)
    assert read_results(FIXTURES / "go.txt").snapshots


def test_a_key_that_is_there_twice_among_very_many_is_found_at_once() -> None:
    keys = ", ".join(f'"k{i}": {i}' for i in range(200_000))
    began = time.process_time()
    with pytest.raises(Malformed, match="the key 'last' twice"):
        parsed(f'{{{keys}, "last": 1, "last": 2}}')
    assert time.process_time() - began < 5


def test_very_uneven_repeats_do_not_unfold_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembling, "MAX_PADDED", 1_000_000)
    path = tmp_path / "uneven.jsonl"
    rows = [
        {"bench": "b", "inputs": {"n": n}, "metrics": {"m": {"values": [1.0] * (1 if n else 2000)}}} for n in range(600)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(CaptureError, match="2,000 repeats at one of 600 points"):
        read_results(path)
    path.write_text("\n".join(map(json.dumps, rows[:400])))
    assert read_results(path).snapshots
