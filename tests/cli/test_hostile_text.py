"""Whatever a result's texts say, a terminal shows them and obeys none, and a comment on a pull request stays one."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner

from holobench_mcp.cli import app, terminal
from holobench_mcp.cli.markdown import MAX_COMMENT
from hostile_results import HOSTILE, LONG, hidden_in, hostile, hostile_store


@pytest.fixture(scope="module", params=[HOSTILE, LONG], ids=["hostile", "a megabyte"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("project")
    hostile_store(folder / ".holobench", request.param)
    return folder, hostile(request.param).bench_name


COMMANDS = [
    ["list"],
    ["show", "NAME"],
    ["metrics", "NAME"],
    ["compare", "FIRST", "NAME"],
    ["compare", "FIRST", "NAME", "--markdown"],
    ["history", "BENCH", "METRIC"],
    ["baseline", "list"],
    ["verify"],
    ["config"],
    ["show", "ORDER"],
    ["list", "--benchmark", "ORDER"],
    ["export", "NAME", "--format", "junit"],
    ["list", "--json"],
    ["compare", "FIRST", "NAME", "--json"],
]


@pytest.mark.parametrize("on_terminal", [False, True])
def test_no_command_prints_what_a_terminal_obeys(
    project: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, on_terminal: bool
) -> None:
    folder, bench = project
    monkeypatch.setattr(terminal, "is_there", lambda: on_terminal)
    monkeypatch.setenv("COLUMNS", "200")
    words = {
        "NAME": f"{bench}@latest", "FIRST": f"{bench}@baseline", "BENCH": bench, "ORDER": f"none {HOSTILE}",
        "METRIC": hostile(LONG if "A" in bench[-1] else HOSTILE).metrics[0].variable,
    }  # fmt: skip
    for command in COMMANDS:
        arguments = ["--project", str(folder), *(words.get(word, word) for word in command)]
        done = CliRunner().invoke(app, arguments)
        for shown in (done.stdout, done.stderr):
            assert not hidden_in(shown), (command, shown[:3000])
        wrong = command[-1] == "ORDER"
        assert (done.exception is not None) is wrong, (command, done.exception, done.stderr[:500])
        assert "--json" not in command or done.stdout.isascii()


def test_a_comment_has_no_table_link_comment_or_call_of_others(project: tuple[Path, str]) -> None:
    folder, bench = project
    arguments = ["--project", str(folder), "compare", f"{bench}@baseline", f"{bench}@latest", "--markdown"]
    comment = CliRunner().invoke(app, arguments).stdout
    assert comment.startswith("### 🔴") and len(comment) <= MAX_COMMENT
    own = [line for line in comment.splitlines() if not line.startswith("    ")]  # what is indented is a block of code
    for line in own:
        cells = line.replace("\\|", "").count("|")
        assert cells in (0, 7), line
    written = "\n".join(own).replace("<!-- -->", "")
    unescaped = re.sub(r"\\.", "", written)
    for breaks_out in ("<", "[", "https://", " www.", "\n=1+1", "&", "$"):
        assert breaks_out not in unescaped.replace("<sub>", "").replace("</sub>", ""), breaks_out
    assert "@everyone" in written and not any("@everyone" in line for line in own)


def test_a_report_of_hostile_texts_is_xml(project: tuple[Path, str]) -> None:
    folder, bench = project
    done = CliRunner().invoke(app, ["--project", str(folder), "export", f"{bench}@latest", "--format", "junit"])
    [case] = Xml.fromstring(done.stdout).iter("testcase")
    assert case.get("name", "").startswith("time=1+1")
