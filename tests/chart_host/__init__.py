"""A host of MCP Apps in Chromium, as people have one: the reference bridge, a sandbox of another origin, a real page."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import need
from node_clients import node_modules

HERE = Path(__file__).parent
PACKAGES = (
    "@modelcontextprotocol/ext-apps@2.0.4",
    "@modelcontextprotocol/client@2.4.0",
    "@modelcontextprotocol/core@2.4.0",
    "@modelcontextprotocol/server@2.4.0",
    "zod@4",
    "esbuild@0.28",
    "playwright-core@1.65",
    "axe-core@4.14",
)
#: Only what hangs takes as long, however busy the machine is.
PATIENCE_S = 90
#: What a host lets an app do that lets it do all there is.
ALL = {"serverTools": {}, "logging": {}, "openLinks": {}}
#: Answers a tool call of the page: its parameters in, the result or an error out.
Call = Callable[[dict[str, Any]], Any]


class Refused(Exception):
    """What a host says to an app that may not."""


class Host:
    """A host with one app open at a time."""

    def __init__(self, process: subprocess.Popen[str], html: str, ui: dict[str, Any]) -> None:
        self._process, self._html, self._ui = process, html, ui
        self.calls: list[dict[str, Any]] = []
        self._answer: Call = lambda _: {"content": [], "isError": True}

    def open(
        self, *, width: int = 768, theme: str | None = "light", capabilities: Any = None, call: Call | None = None,
        scheme: str | None = None, clock: bool = False, **context: Any,
    ) -> None:  # fmt: skip
        """Show the page. context: what else the host says of itself; clock: whether time passes only by `pass`."""
        self.calls.clear()
        self._answer = call or (lambda _: {"content": [], "isError": True})
        context = {"availableDisplayModes": ["inline"], **({"theme": theme} if theme else {}), **context}
        self.step(
            "open", html=self._html, ui=self._ui, width=width, scheme=scheme, clock=clock,
            capabilities=ALL if capabilities is None else capabilities, context=context,
        )  # fmt: skip

    def show(self, result: dict[str, Any], arguments: dict[str, Any] | None = None) -> None:
        """Hand the page a tool's arguments and its answer, as a host does, and wait until it shows this one."""
        answers = "Number(document.documentElement.dataset.answers ?? 0)"
        before = self.inside(answers)
        self.tell("sendToolInput", {"arguments": arguments or {}})
        self.tell("sendToolResult", result)
        self.until(f"{answers} > {before}")

    def tell(self, method: str, params: dict[str, Any]) -> Any:
        return self.step("tell", method=method, params=params)

    def until(self, condition: str, seconds: float = PATIENCE_S) -> None:
        self.step("until", condition=condition, seconds=seconds)

    def inside(self, code: str) -> Any:
        """What an expression comes to in the page."""
        return self.step("inside", code=code)

    def hurdles(self) -> list[str]:
        """What a reader with a screen reader, a keyboard or weak eyes would stumble over in the page."""
        return list(self.step("hurdles"))

    def noticed(self, expected: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE_S) -> dict[str, Any]:
        """What the page said to its host, as soon as it is as expected."""
        deadline = time.monotonic() + seconds
        while not expected(noticed := self.step("host")):
            assert time.monotonic() < deadline, noticed
        return noticed

    def trouble(self, complaints: int = 0) -> dict[str, Any]:
        """What the page wanted of the network and what the browser said of it: as soon as it said so much."""
        deadline = time.monotonic() + PATIENCE_S
        while len((trouble := self.step("trouble"))["complaints"]) < complaints:
            assert time.monotonic() < deadline, trouble
        return dict(trouble)

    def text(self) -> str:
        return str(self.inside("document.body.innerText"))

    def step(self, step: str, **given: Any) -> Any:
        self._write({"step": step, **given})
        while True:
            message = json.loads(self._process.stdout.readline())  # type: ignore[union-attr] # it is a pipe
            if "call" in message:
                self.calls.append(message["params"])
                try:
                    self._write({"call": message["call"], "result": self._answer(message["params"])})
                except Refused as problem:
                    self._write({"call": message["call"], "error": str(problem)})
            elif "problem" in message:
                raise AssertionError(f"{step}: {message['problem']}")
            else:
                return message["answer"]

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()


@contextmanager
def hosting(html: str, ui: dict[str, Any]) -> Iterator[Host]:
    """A host for a page. Where Chromium, node or the packages can't be had the test is skipped, and says why."""
    folder = node_modules(*PACKAGES)
    command = [need("node", "nodejs"), "drive.mjs", need("chromium", "chromium"), str(HERE / "host.mjs")]
    here = Path(tempfile.mkdtemp(prefix="host-", dir=folder))
    try:
        shutil.copy(HERE / "drive.mjs", here)
        process = subprocess.Popen(command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert json.loads(process.stdout.readline()) == {"ready": True}  # type: ignore[union-attr] # it is a pipe
            yield Host(process, html, ui)
        finally:
            process.stdin.close()  # type: ignore[union-attr]
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
    finally:
        shutil.rmtree(here, ignore_errors=True)
