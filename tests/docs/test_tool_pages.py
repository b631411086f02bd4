"""Each tool's page shows what its example does today: the commands are real ones, and what does not vary is the same."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import tool_transcripts
from command_lines import parse
from tool_transcripts import BEGIN, END, TOOLS, Tool

FOLDER = Path(__file__).parents[2] / "docs" / "tools"
#: Those that packages of this environment bring, and those that need nothing.
RUN_AGAIN = [tool for tool in TOOLS if not tool.programs]


def shown(tool: Tool) -> str:
    text = (FOLDER / f"{tool.page}.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(f"{BEGIN}\n```text\n")
    block, closed, _ = rest.partition(f"\n```\n{END}")
    assert closed, f"{tool.page}.md has no transcript: python examples/tool_transcripts.py --write-docs {tool.page}"
    return block


def test_every_page_of_a_tool_has_its_example() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {
        "another-format",
        "any-command",
        *(tool.page for tool in TOOLS),
    }
    assert {path.name for path in (Path(tool_transcripts.HERE) / "tools").iterdir()} == {tool.page for tool in TOOLS}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.page)
def test_a_transcript_has_the_commands_of_its_example_and_its_slowdown_is_found(tool: Tool) -> None:
    text = shown(tool)
    lines = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    # The call of `ab` takes a quiet machine, and is shown from the next time on that the script had one.
    assert lines in (tool.lines(), tool.lines()[:-1] if tool.one_call else None)
    for line in lines:
        if shlex.split(line)[0] == "holobench-mcp":
            parse(line)
    decisions = [said for said in tool_transcripts.constant(text) if not said.startswith(("$", "#"))]
    assert len(decisions) == sum("holobench-mcp compare" in line or "holobench-mcp ab" in line for line in lines)
    assert all(said.startswith("REGRESSED: ") for said in decisions), "make the transcript again on a quieter machine"


@pytest.mark.parametrize("tool", RUN_AGAIN, ids=lambda tool: tool.page)
def test_what_a_page_shows_is_what_happens(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if absent := tool.missing():
        pytest.skip(f"{absent} is not installed")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST"):
        monkeypatch.delenv(name, raising=False)
    again = tool_transcripts.transcript(tool, tmp_path / "project", one_call=False)
    there, _, _ = shown(tool).partition(tool_transcripts.ONE_CALL)
    assert tool_transcripts.constant(again) == tool_transcripts.constant(there)


def test_marks_that_are_not_there_are_an_error() -> None:
    assert (
        tool_transcripts.written(f"a\n{BEGIN}\nold\n{END}\nb", "$ new") == f"a\n{BEGIN}\n```text\n$ new\n```\n{END}\nb"
    )
    for page in ("", BEGIN, f"{END}{BEGIN}"):
        with pytest.raises(SystemExit, match="no <!--"):
            tool_transcripts.written(page, "$ new")
