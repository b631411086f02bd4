"""Runs the steps of action.yml as a runner of GitHub Actions does, as far as the steps have need of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Outcome:
    """What a job of this action came to."""

    failed: bool
    outputs: dict[str, str]
    summary: str
    log: str
    ran: list[str]
    used: dict[str, dict[str, str]] = field(default_factory=dict)


class Runner:
    """One machine of the host. folder: empty; project: what the job has checked out."""

    def __init__(self, folder: Path, project: Path, api: str) -> None:
        self.temp, self.project, self.api = folder / "temp", project, api
        # What the first step sets up is this very environment.
        (self.temp / "holobench-mcp" / "bin").mkdir(parents=True)
        program = self.temp / "holobench-mcp" / "bin" / "holobench-mcp"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m holobench_mcp "$@"\n')
        program.chmod(0o755)

    def run(self, event: dict[str, Any], skip: tuple[str, ...] = (), **inputs: str) -> Outcome:
        """One job. inputs: by their names, with `_` for `-`. skip: names of steps that are none of the test's."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= ACTION["inputs"].keys()
        scope = {f"inputs.{n}": given.get(n, str(i.get("default", ""))) for n, i in ACTION["inputs"].items()}
        scope |= {"github.token": "t0"}
        scope = {name: self._said(value, scope) for name, value in scope.items()}
        for file in ("output", "summary"):
            (self.temp / file).write_text("")
        (self.temp / "event.json").write_text(json.dumps(event))
        outcome = Outcome(False, {}, "", "", [])
        for step in ACTION["runs"]["steps"]:
            if step["name"] in skip or not self._is_due(step, scope, outcome):
                continue
            outcome.ran.append(step["name"])
            if "uses" in step:
                outcome.used[step["uses"]] = {k: self._said(str(v), scope) for k, v in step["with"].items()}
            else:
                self._step(step, scope, outcome)
        outcome.outputs = {n: self._said(o["value"], scope) for n, o in ACTION["outputs"].items()}
        outcome.summary = (self.temp / "summary").read_text(encoding="utf-8")
        return outcome

    def _step(self, step: dict[str, Any], scope: dict[str, str], outcome: Outcome) -> None:
        assert step["shell"] == "bash" and "${{" not in step["run"], "an expression in a script is a hole"
        output = self.temp / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.project / self._said(step.get("working-directory", "."), scope),
            env={
                **os.environ,
                "GITHUB_ACTIONS": "true", "GITHUB_API_URL": self.api, "GITHUB_REPOSITORY": "o/p", "GITHUB_RUN_ID": "9",
                "GITHUB_SERVER_URL": "https://github.com", "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
                "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
                "GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(self.temp), "no_proxy": "127.0.0.1",
                **{name: self._said(value, scope) for name, value in step.get("env", {}).items()},
            },
            capture_output=True, text=True, timeout=200, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        outcome.log += done.stdout + done.stderr
        outcome.failed |= done.returncode != 0
        lines = iter(output.read_text(encoding="utf-8").split("\n"))
        for line in lines:
            if "<<" in line:
                name, _, end = line.partition("<<")
                scope[f"steps.{step['id']}.outputs.{name}"] = "\n".join(iter(lambda: next(lines), end))

    def _is_due(self, step: dict[str, Any], scope: dict[str, str], outcome: Outcome) -> bool:
        condition = _EXPRESSION.sub(r"\1", str(step.get("if", "success()")))
        return all(self._holds(term.strip(), scope, outcome) for term in condition.split("&&"))

    def _holds(self, term: str, scope: dict[str, str], outcome: Outcome) -> bool:
        if term in ("!cancelled()", "success()"):
            return term == "!cancelled()" or not outcome.failed
        match = re.fullmatch(r"(\S+) (==|!=) '(.*)'", term)
        assert match, f"no test knows what {term!r} means"
        return (scope.get(match[1], "") == match[3]) is (match[2] == "==")

    def _said(self, text: str, scope: dict[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: scope.get(found[1], ""), text)
