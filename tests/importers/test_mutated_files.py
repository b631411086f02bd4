"""Whatever a file holds, it is read or refused with a sentence that names it: never a traceback, never half of it."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holobench_mcp.importers import formats
from holobench_mcp.importers.content import Content
from holobench_mcp.importers.file_results import read_results
from holobench_mcp.model import CaptureError, InvalidArgument
from imported_files import FIXTURES, read
from stored_runs import workspace_in

FILES = sorted(p.name for p in FIXTURES.iterdir() if p.is_file() and not p.name.startswith("make_"))
#: What is put in the place of a value.
ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1e308,
        10**400,
        float("nan"),
        float("inf"),
        "",
        "x",
        "\ud800",
        "\0",
        [],
        {},
        [[]],
        {"value": {}},
        "é" * 300,
    ]
)


def places(node: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in members for place in places(value, (*path, key)))]


def changed(node: Any, path: tuple[Any, ...], value: object, *, drop: bool) -> Any:
    if not path:
        return value
    copied = dict(node) if isinstance(node, dict) else list(node)
    if len(path) == 1 and drop:
        del copied[path[0]]
    else:
        copied[path[0]] = changed(node[path[0]], path[1:], value, drop=drop)
    return copied


def read_or_refused(path: Path) -> None:
    try:
        found = read_results(path, name="the-file", apart=False)
    except CaptureError as problem:
        assert "the-file" in str(problem) and len(str(problem)) < 2000
        assert str(problem).isprintable(), str(problem)
        return
    for snapshot in found.snapshots:
        snapshot.check_provenance()
        assert snapshot.bench_name.isprintable() and snapshot.samples


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_document_with_odd_values_is_read_or_refused(name: str, tmp_path: Path, data: st.DataObject) -> None:
    raw = (FIXTURES / name).read_bytes()
    path = tmp_path / "file"
    try:
        document = json.loads(raw)
    except ValueError:
        start = data.draw(st.integers(0, len(raw) - 1))
        cut = data.draw(st.binary(max_size=4))
        path.write_bytes(raw[:start] + cut + raw[start + data.draw(st.integers(0, 40)) :])
        return read_or_refused(path)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(document)))
        document = changed(document, place, data.draw(ODD), drop=bool(place) and data.draw(st.booleans()))
    path.write_text(json.dumps(document), encoding="utf-8")
    return read_or_refused(path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_short_or_flipped_is_read_or_refused(name: str, tmp_path: Path) -> None:
    raw = (FIXTURES / name).read_bytes()
    path = tmp_path / "file"
    for i in range(1, 20):
        path.write_bytes(raw[: len(raw) * i // 20])
        read_or_refused(path)
        flipped = bytearray(raw)
        flipped[len(raw) * i // 20] ^= 1 << (i % 8)
        path.write_bytes(bytes(flipped))
        read_or_refused(path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_what_it_holds_alone(name: str, tmp_path: Path) -> None:
    found = read(name)
    for other in ("x.csv", "x.pkl.txt", "result"):
        (tmp_path / other).write_bytes((FIXTURES / name).read_bytes())
        again = read_results(tmp_path / other)
        assert again.format == found.format and len(again.snapshots) == len(found.snapshots)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress((FIXTURES / name).read_bytes()))
    assert read_results(packed).format == found.format


@pytest.mark.parametrize("name", FILES)
def test_every_format_refuses_every_file_that_is_not_its_own(name: str) -> None:
    own = read(name).format
    for other in formats.formats():
        if own != other.NAME:
            with pytest.raises(CaptureError, match="can't be read as"):
                read(name, format_name=other.NAME)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x1f\x8b broken", "can't be unpacked"),
        (b"hello\n", "is of no format that is known. Known are: pytest-benchmark (pytest --benchmark-json=FILE); "),
        (b"\x7fELF\0\0\0", "is of no format that is known"),
        (b"[" * 100_000, "nested deeper"),
        (b'{"a":' * 100_000, "nested deeper"),
        (b"{]", "it is not JSON"),
        (b"{}", "is of no format that is known"),
        (b'{"benchmarks": [], "machine_info": {}, "commit_info": {}}', "it holds no measured benchmark"),
        (b'{"results": [' + b"9" * 5000 + b"]}", "it is not JSON"),
    ],
)
def test_what_is_no_result_is_refused_by_name(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(CaptureError) as error:
        read_results(path, name="the-file")
    assert "the-file" in str(error.value) and says in str(error.value)


def test_sizes_are_looked_at_before_anything_is_read(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb"
    bomb.write_bytes(gzip.compress(b" " * 3000))
    with pytest.raises(CaptureError, match="unfolds into more than 2,000 bytes"):
        Content.of(bomb, max_bytes=2000)
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(CaptureError, match=r"has 1,099,511,627,776 bytes; at most"):
        read_results(large)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(CaptureError, match="neither a file nor a folder"):
        read_results(tmp_path / "fifo")


def test_a_format_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidArgument, match="format: 'nope' is none of auto, pytest-benchmark, "):
        read(FILES[0], format_name="nope")


def test_of_a_file_with_one_bad_benchmark_nothing_is_recorded(tmp_path: Path) -> None:
    document = json.loads((FIXTURES / "pytest_benchmark.json").read_text())
    document["benchmarks"][-1]["stats"]["data"][0] = "x"
    (tmp_path / "bad.json").write_text(json.dumps(document))
    workspace = workspace_in(tmp_path)
    with pytest.raises(CaptureError, match=r"bad\.json can't be read as pytest-benchmark: benchmarks\[6\]"):
        list(workspace.import_paths([tmp_path / "bad.json"]))
    assert not workspace.store.exists()
