"""The command line's frame: its global options, and the workspace that a call of it works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from holobench_mcp._version import __version__
from holobench_mcp.cli import output, progress
from holobench_mcp.config import Config, load_config
from holobench_mcp.workspace import Workspace

#: For commands whose last arguments are another program's.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}

OnlyBenchmark = Annotated[str | None, typer.Option("--benchmark", "--bench", help="Only this benchmark.")]
Json = Annotated[bool, typer.Option("--json", callback=progress.no_bar, help="Print JSON.")]


@dataclass
class GlobalOptions:
    """What stands before the command: typer hands them to the callback, the commands read them here."""

    store: str | None = None
    project: str | None = None


_options = GlobalOptions()


def configuration(project: str | None = None) -> Config:
    """The configuration in force; project: a command's own option, in place of the global one. Raises ConfigError."""
    return load_config(store=_options.store, project=project or _options.project)


def given_options() -> tuple[str | None, str | None]:
    """The store and the project that stand before the command."""
    return _options.store, _options.project


def open_workspace() -> Workspace:
    """The project's workspace. Raises ConfigError or StoreError."""
    return Workspace(configuration())


class Commands(TyperGroup):
    """All commands: what takes long below any of them is shown, and what Ctrl-C ends says so."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer has a copy of click's types of its own
        """Run a command. Raises typer.Exit where it was interrupted."""
        try:
            with progress.of_whatever_takes_long():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            output.note(f"{ctx.invoked_subcommand or 'serve'} was interrupted; the same command begins again.")
            raise typer.Exit(progress.INTERRUPTED) from None


app = typer.Typer(
    name="holobench-mcp",
    cls=Commands,
    help="Benchmark ground truth for coding agents. Without a command, serves MCP on stdio.",
    no_args_is_help=False,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        output.out(__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _globals(
    context: typer.Context,
    store: Annotated[str | None, typer.Option(help="Folder or URL of the store.")] = None,
    project: Annotated[str | None, typer.Option(help="Project folder; the current one unless given.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version
    _options.store, _options.project = store, project
    progress.begin(quiet=quiet)
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve(
    http: Annotated[bool, typer.Option("--http", help="Over streamable HTTP, rather than on stdio.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on; any but loopback needs a token.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="8765 unless given; 0 for a free one.")] = None,
    token_file: Annotated[str | None, typer.Option(help="File of lines `read|write TOKEN [NAME]`.")] = None,
) -> None:
    """Serve MCP on stdio, until the client goes; or over HTTP, until it is told to end."""
    if not http:
        if (given := next((n for n, v in _http_options(host, port, token_file) if v is not None), None)) is not None:
            raise typer.BadParameter(f"{given} is for --http.")
        from holobench_mcp.server.app import serve as serve_stdio

        serve_stdio(store=_options.store, project=_options.project)
        return
    from holobench_mcp.server.http.run import serve_http

    serve_http(
        host=host or "127.0.0.1",
        port=8765 if port is None else port,
        token_file=token_file,
        store=_options.store,
        project=_options.project,
    )


def _http_options(host: str | None, port: int | None, token_file: str | None) -> tuple[tuple[str, object], ...]:
    return ("--host", host), ("--port", port), ("--token-file", token_file)
