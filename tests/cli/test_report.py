"""The command report: what it writes, where, and what it says when it can't."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from holobench_mcp.cli import app
from holobench_mcp.cli.errors import HolobenchMcpError
from stored_runs import A, B, record_runs, workspace_in


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("project")
    space = workspace_in(folder)
    record_runs(space, 10.0, 0, revision=A)
    record_runs(space, 12.0, 10, revision=B)
    yield folder


def called(project: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--project", str(project), "--store", str(project / "store"), "report", *words])


def said(done: Result) -> str:
    assert isinstance(done.exception, HolobenchMcpError), done.exception
    return str(done.exception)


def test_a_page_and_a_picture_are_written_and_named(project: Path, tmp_path: Path) -> None:
    html, svg = tmp_path / "out.html", tmp_path / "out.svg"
    html.write_text("what was there")
    html.chmod(0o640)
    done = called(project, "sort", "--html", str(html), "--svg", str(svg), "--json")
    assert done.exit_code == 0, done.exception
    answer = json.loads(done.stdout)
    assert list(answer)[:3] == ["decision", "status", "cause"] and answer["decision"] == "regressed"
    assert [f["format"] for f in answer["files"]] == ["html", "svg"]
    assert [f["n_bytes"] for f in answer["files"]] == [html.stat().st_size, svg.stat().st_size]
    assert html.read_text().startswith("<!doctype html>") and "hb-history" in html.read_text()
    assert html.stat().st_mode & 0o777 == 0o640
    assert svg.read_text().startswith("<svg ")
    before = html.read_bytes()
    called(project, "sort", "--html", str(html))
    assert html.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.suffix in (".html", ".svg") or p.name.startswith(".")] != []


def test_a_page_goes_to_stdout_alone(project: Path) -> None:
    done = called(project, "sort", "--html", "-")
    assert done.stdout.startswith("<!doctype html>") and done.stdout.endswith("</html>\n")
    assert "one thing can be written to stdout" in said(called(project, "sort", "--html", "-", "--json"))
    assert "one thing can be written to stdout" in said(called(project, "sort", "--html", "-", "--svg", "-"))


def test_what_cannot_be_written_is_said_before_anything_is(project: Path, tmp_path: Path) -> None:
    assert "name what to write" in said(called(project, "sort"))
    fine = tmp_path / "fine.html"
    missing = called(project, "sort", "--html", str(fine), "--svg", str(tmp_path / "none" / "x.svg"))
    assert "there is no folder" in said(missing) and not fine.exists()
    assert "is a folder" in said(called(project, "sort", "--html", str(tmp_path)))
    assert "'sortt'" in said(called(project, "sortt", "--html", str(fine))) and not fine.exists()


def test_a_png_is_one(project: Path, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="resvg-py, the extra png, is not installed")
    light, dark = tmp_path / "light.png", tmp_path / "dark.png"
    for file, options in ((light, ()), (dark, ("--dark",))):
        done = called(project, "sort", "--png", str(file), *options)
        assert done.exit_code == 0, done.exception
        assert file.read_bytes().startswith(b"\x89PNG\r\n")
    assert int.from_bytes(light.read_bytes()[16:20]) == 2 * 860
    assert light.read_bytes() != dark.read_bytes()


def test_without_the_extra_or_without_a_font_a_png_is_refused_with_what_to_install(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "resvg_py":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'holobench-mcp[png]'" in said(called(project, "sort", "--png", str(tmp_path / "x.png")))

    class NoFonts:
        @staticmethod
        def svg_to_bytes(**_: object) -> bytes:
            return b"the same, whatever is written"

    monkeypatch.setattr(
        builtins, "__import__", lambda name, *rest: NoFonts if name == "resvg_py" else real(name, *rest)
    )
    assert "no font to write with" in said(called(project, "sort", "--png", str(tmp_path / "x.png")))
    assert not (tmp_path / "x.png").exists()
