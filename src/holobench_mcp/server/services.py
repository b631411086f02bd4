"""What every tool and resource shares: the workspace, how errors reach an agent, and the form of an answer."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult, TextContent
from pydantic import BaseModel

from holobench_mcp import digest, holobench_versions
from holobench_mcp.answers.structure import Structure, plain_document
from holobench_mcp.config import Config, load_config
from holobench_mcp.digest.room import MOST
from holobench_mcp.model import HolobenchMcpError, InvalidArgument, UnknownResult
from holobench_mcp.server.chart.fragments import chart_meta

if TYPE_CHECKING:
    from holobench_mcp.workspace import Workspace

P = ParamSpec("P")
R = TypeVar("R")
#: An agent pays for every word; the end of a failed benchmark's output is the longest that is worth it.
_MAX_ERROR = 4000
log = logging.getLogger("holobench_mcp")


class Services:
    """The workspace, opened when it is first needed; and the configuration's error, for whoever calls."""

    def __init__(self, *, store: str | None = None, project: str | None = None) -> None:
        self._lock, self._loading = threading.Lock(), threading.Lock()
        self._workspace: Workspace | None = None
        self._loaded = False
        self._problem: HolobenchMcpError | None = None
        self.config: Config | None = None
        try:
            self.config = load_config(store=store, project=project)
        except HolobenchMcpError as problem:
            # A server that won't start tells an agent nothing; this one tells it what to mend.
            self._problem = problem
            log.error("%s", digest.with_output(str(problem)))
        #: What is amiss with the holobench that is installed, for whoever connects: what needs none of it still works.
        self.remark = holobench_versions.unsupported()
        if self.remark is not None:
            log.error("%s", self.remark)

    @property
    def workspace(self) -> Workspace:
        """The workspace, with all that its answers need loaded. Raises the configuration's error, where there is one.

        Loading stands under a lock: two threads that import numpy at once can find it half made. It is not the one of
        opening, or whoever needs nothing of it would wait for it.
        """
        workspace = self.opened
        with self._loading:
            if not self._loaded:
                workspace.preload()
                import_module("holobench_mcp.digest.structures")  # as `answer` does
                self._loaded = True
        return workspace

    @property
    def opened(self) -> Workspace:
        """The same for what the index alone answers, which a client asks for when it connects: nothing is loaded."""
        if self._problem is not None or self.config is None:
            raise self._problem or InvalidArgument("no configuration")
        with self._lock:
            if self._workspace is None:
                from holobench_mcp.workspace import Workspace

                self._workspace = Workspace(self.config)
            return self._workspace

    def close(self, *, at_once: bool = False, timeout: float | None = None) -> None:
        """Let what is being measured end, after its present process or at once, and wait until it has."""
        if self._workspace is not None:
            self._workspace.close(at_once=at_once, timeout=timeout)


def described(function: Callable[P, R]) -> Callable[P, R]:
    """A tool whose description is its docstring without the line breaks and indents of its source."""
    function.__doc__ = " ".join((function.__doc__ or "").split())
    return function


def for_agents(function: Callable[P, R]) -> Callable[P, R]:
    """The one place where errors become what an agent reads: a sentence that says what to do next."""

    @functools.wraps(described(function))
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except HolobenchMcpError as problem:
            raise ToolError(_sentence(problem)) from problem
        except ToolError:
            raise
        except Exception as problem:
            log.exception("unexpected")
            raise ToolError(
                f"holobench-mcp failed with {type(problem).__name__}: {_words(problem)}. This is a fault of the "
                "server, not of your arguments; `holobench-mcp verify` in the project checks the store."
            ) from problem

    return wrapped


def for_readers(function: Callable[P, R]) -> Callable[P, R]:
    """The same for resources, whose errors are the protocol's."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (UnknownResult, InvalidArgument) as problem:
            raise ResourceNotFoundError(_sentence(problem)) from problem
        except HolobenchMcpError as problem:
            raise ResourceError(_sentence(problem)) from problem
        except Exception as problem:
            log.exception("unexpected")
            raise ResourceError(f"holobench-mcp failed with {type(problem).__name__}: {_words(problem)}") from problem

    return wrapped


def for_requests(function: Callable[P, R]) -> Callable[P, R]:
    """The same for other methods of the protocol."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (UnknownResult, InvalidArgument) as problem:
            raise MCPError(INVALID_PARAMS, _sentence(problem)) from problem
        except HolobenchMcpError as problem:
            raise MCPError(INTERNAL_ERROR, _sentence(problem)) from problem
        except Exception as problem:
            log.exception("unexpected")
            text = f"holobench-mcp failed with {type(problem).__name__}: {_words(problem)}"
            raise MCPError(INTERNAL_ERROR, text) from problem

    return wrapped


def _sentence(problem: HolobenchMcpError) -> str:
    """An error's sentence, as plain text; one that lists thirty thousand metrics is cut."""
    return digest.with_output(str(problem), _MAX_ERROR)


def _words(problem: Exception) -> str:
    """What an error says that nobody foresaw."""
    return digest.plain(str(problem), 200)


def answer(text: str, document: BaseModel, *, whole: bool = False) -> CallToolResult:
    """Text that is enough to act on, and the same as data: in its short form, or as a whole document.

    With its chart, for whom there is one.
    """
    from holobench_mcp.digest import structures  # their models take longer to make than anything else of a start

    structure = structures.whole(document) if whole else structures.short(document)
    sent = digest.document_of(structure)
    return CallToolResult(
        content=[TextContent(type="text", text=text if len(text) <= MOST else f"{text[: MOST - 1]}…")],
        # A whole document is as it was recorded, but for what would hide in it; its resource has it to the bit.
        structured_content=sent if isinstance(structure, Structure) else plain_document(sent),
        _meta=chart_meta(document),
    )
