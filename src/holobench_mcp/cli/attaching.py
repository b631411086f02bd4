"""How the server gets into a client's configuration: install."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from holobench_mcp.answers import AttachmentReport
from holobench_mcp.cli import output
from holobench_mcp.cli.program import Json, app, configuration, given_options
from holobench_mcp.clients import CLIENTS, Attachment, Client, Place, attach, detach, launch_command, snippet
from holobench_mcp.model import InvalidArgument

_NAMES = ", ".join(CLIENTS)


@app.command()
def install(
    client: Annotated[str, typer.Option(help=f"Which client: {_NAMES}.")],
    scope: Annotated[
        str | None, typer.Option(help="project, user, or local (Claude Code); the client's usual one unless given.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="The project's folder; unless given, the client opens the server's project.")
    ] = None,
    name: Annotated[str, typer.Option(help="What the client calls the server.")] = "holobench",
    remove: Annotated[bool, typer.Option("--remove", help="Take the server's entry out again.")] = False,
    print_: Annotated[bool, typer.Option("--print", help="Print the configuration; write nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask, on a terminal either.")] = False,
    as_json: Json = False,
) -> None:
    """Attach this server to a client: shows the change, keeps a copy of the client's file, and writes it."""
    chosen = _client(client)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise InvalidArgument(f"--name: {name!r:.80} is not 1 to 64 letters, digits, '_' and '-'.")
    if print_ and remove:
        raise InvalidArgument("--print shows what --remove takes away; give one of them.")
    where = scope or chosen.scopes[0]
    root = configuration(project).root
    place = chosen.place(where, root)
    report = AttachmentReport(
        status="printed", reason="", client=chosen.name, scope=where, name=name, file=str(place.file)
    )
    if remove:
        _write(detach(place, name), report, "removed", dry_run=dry_run, yes=yes, as_json=as_json)
        return
    command = _command(chosen, where, root, project)
    if print_:
        _print(chosen, place, command, report, as_json=as_json)
        return
    attachment = attach(chosen, place, name, command)
    entry = {**chosen.entry(command), **chosen.extra}
    report = report.model_copy(update={"entry": entry, "next_step": chosen.check})
    _write(attachment, report, "installed", dry_run=dry_run, yes=yes, as_json=as_json)


def _client(name: str) -> Client:
    if name not in CLIENTS:
        near = difflib.get_close_matches(name, CLIENTS, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise InvalidArgument(f"--client: {name!r:.40} is none of {_NAMES}.{meant}")
    return CLIENTS[name]


def _command(client: Client, scope: str, root: Path, project: str | None) -> list[str]:
    """Program and arguments. A project is only fixed where the client has none, or a person names one for all.

    The client opens a project, perhaps a worktree of it: that one is to be measured, not the one of today.
    """
    store, named = given_options()
    fixed = project or named
    words = [*launch_command(), *(["--store", store] if store else [])]
    if not client.has_project or (fixed and scope == "user"):
        return [*words, "--project", str(root)]
    return [*words, *(["--project", client.project_variable] if client.project_variable else [])]


def _print(client: Client, place: Place, command: Sequence[str], report: AttachmentReport, *, as_json: bool) -> None:
    text = snippet(client, place, report.name, command)
    reason = f"This belongs into {place.file}; without --print it is written there."
    if as_json:
        entry = {**client.entry(command), **client.extra}
        _json(report.model_copy(update={"reason": reason, "next_step": client.check, "entry": entry}))
        return
    output.out(text.rstrip("\n"))
    output.note(reason)


def _write(
    attachment: Attachment, report: AttachmentReport, done: str, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Show the change, then make it."""
    file, name = report.file, report.name
    changed = {"installed": f"{name} is in {file}.", "removed": f"{name} is no longer in {file}."}[done]
    if not attachment.changes:
        status = "unchanged" if done == "installed" else "absent"
        reason = f"{name} is in {file} as it should be." if done == "installed" else f"{name} is not in {file}."
        _tell(report.model_copy(update={"status": status, "reason": reason}), as_json=as_json)
        return
    diff = attachment.diff()
    if not as_json:
        output.out(diff.rstrip("\n"))
    report = report.model_copy(update={"diff": diff})
    if dry_run:
        reason = f"Nothing was written: this is what would change in {file}."
        _tell(report.model_copy(update={"status": "preview", "reason": reason}), as_json=as_json)
        return
    if not (yes or as_json or _agreed(file)):
        reason = f"{file} stays as it is."
        _tell(report.model_copy(update={"status": "declined", "reason": reason, "next_step": None}), as_json=as_json)
        return
    backup = attachment.write()
    copy = f" What it held before is in {backup}." if backup is not None else ""
    if done == "installed" and report.scope == "project":
        others = " or ".join(f"--scope {scope}" for scope in CLIENTS[report.client].scopes if scope != "project")
        copy += f" It has this machine's path: keep the file out of git, or use {others}."
    status = "updated" if done == "installed" and attachment.present else done
    update = {"status": status, "reason": changed + copy, "backup": str(backup) if backup else None}
    _tell(report.model_copy(update=update), as_json=as_json)


def _agreed(file: str) -> bool:
    """What a person at a terminal says; nobody else is asked."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()):
        return True
    return typer.confirm(f"Write {file}?", default=True, err=True)


def _tell(report: AttachmentReport, *, as_json: bool) -> None:
    if as_json:
        _json(report)
        return
    output.note(report.reason)
    if report.next_step is not None and report.status in ("installed", "updated", "unchanged"):
        output.note(f"to see that it works: {report.next_step}")


def _json(report: AttachmentReport) -> None:
    entry = {"entry": report.entry} if report.entry else {}
    output.out(json.dumps({**report.document(), **entry}, indent=2))
