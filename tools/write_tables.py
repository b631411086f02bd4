"""Write the tables of README and of docs/ci between their marks, from the real server, command line and action.yml.

python tools/write_tables.py [--check]

--check: write nothing; exit 1 where a table is not what it should be.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: Characters of a description that tell what a tool is for.
_SUMMARY = 60
_WITH = "[tool.holobench-mcp.benchmarks.b]\ncommand = ['python', 'bench.py']\n"


def tool_table() -> str:
    """One row a tool: its arguments (those that may be left out with `?`), and how its description begins."""
    import anyio

    with tempfile.TemporaryDirectory() as folder:
        always = {tool.name for tool in anyio.run(_tools, folder)}
        Path(folder, "pyproject.toml").write_text(_WITH)
        tools = anyio.run(_tools, folder)
    rows = ["| tool | arguments | what it answers or does |", "| --- | --- | --- |"]
    for tool in tools:
        schema = tool.input_schema
        needed = schema.get("required", ())
        arguments = ", ".join(name if name in needed else f"{name}?" for name in schema["properties"]) or "–"
        only = "" if tool.name in always else " *Only where a person has configured benchmarks.*"
        rows.append(f"| `{tool.name}` | {arguments} | {_summary(tool.description)}{only} |")
    return "\n".join(rows)


def command_table() -> str:
    """One row a command: its arguments, and what its help says."""
    import typer

    from holobench_mcp.cli import app

    rows = ["| command | does |", "| --- | --- |"]
    for words, command in _commands(typer.main.get_command(app), ()):
        arguments = [_placeholder(p) for p in command.params if p.param_type_name == "argument"]
        takes_command = bool(command.context_settings.get("allow_extra_args"))
        line = " ".join([*words, *arguments, *(["-- COMMAND…"] if takes_command else [])])
        rows.append(f"| `{line}` | {_summary(command.help or '')} |")
    return "\n".join(rows)


def input_table() -> str:
    """One row an input and an output of the action."""
    import yaml

    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    rows = ["| input | default | what it is |", "| --- | --- | --- |"]
    for name, entry in action["inputs"].items():
        default = str(entry.get("default", ""))
        shown = "" if not default or "${{" in default else f"`{default}`"
        rows.append(f"| `{name}` | {shown} | {_cell(entry['description'])} |")
    rows += ["", "| output | what it is |", "| --- | --- |"]
    rows += [f"| `{name}` | {_cell(entry['description'])} |" for name, entry in action["outputs"].items()]
    return "\n".join(rows)


def option_table() -> str:
    """One row an option of `ci measure` and `ci comment`, with its variable."""
    import typer

    from holobench_mcp.cli import app

    group: Any = typer.main.get_command(app)
    options = {p.opts[0]: p for name in ("measure", "comment") for p in group.commands["ci"].commands[name].params}
    rows = ["| option | variable | default | what it is |", "| --- | --- | --- | --- |"]
    for name, option in options.items():
        if option.envvar:
            default = "" if option.default is None else f"`{option.default}`"
            rows.append(f"| `{name}` | `{option.envvar}` | {default} | {_cell(option.help)} |")
    return "\n".join(rows)


PAGES = {
    "README.md": {"tools": tool_table, "commands": command_table},
    "docs/ci/github.md": {"inputs": input_table},
    "docs/ci/gitlab.md": {"options": option_table},
}


def written(page: str) -> str:
    """A page with its tables as they should be."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, table in PAGES[page].items():
        begin, end = f"<!-- {name}: make tables -->", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise SystemExit(f"{page} has no {begin} … {end}.")
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    return text


async def _tools(project: str) -> list[Any]:
    from mcp import Client

    from holobench_mcp.server.app import create_server

    async with Client(create_server(project=project)) as client:
        return (await client.list_tools()).tools


def _commands(group: Any, above: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    rows = []
    for name, command in group.commands.items():
        words = (*above, name)
        rows += _commands(command, words) if hasattr(command, "commands") else [(words, command)]
    return rows


def _placeholder(argument: Any) -> str:
    name = argument.name.upper() + ("…" if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _cell(text: str) -> str:
    """One line of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _summary(text: str) -> str:
    """The first sentence; further ones where that is a mere question."""
    sentences = re.split(r"(?<=[.?]) (?=[A-Z])", " ".join(text.split()))
    summary = sentences[0]
    for sentence in sentences[1:]:
        if len(summary) >= _SUMMARY:
            break
        summary += f" {sentence}"
    return summary.replace("|", "\\|")


def main() -> None:
    for page in PAGES:
        fresh = written(page)
        if "--check" in sys.argv[1:] and fresh != (ROOT / page).read_text(encoding="utf-8"):
            sys.exit(f"{page}: its tables are not what the program says: make tables")
        (ROOT / page).write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
