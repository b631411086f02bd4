"""Measures a configured benchmark: several processes in a clean environment, each sweep recorded as a run.

What can be run is what a person wrote into the configuration; an agent's part is the values of parameters that it
declares.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from holobench_mcp.capture.environment import versions_of
from holobench_mcp.capture.runner import RunOutcome, private_folder, run_command
from holobench_mcp.capture.sweeps import NO_FIFOS
from holobench_mcp.config import PLACEHOLDER, BenchmarkConfig
from holobench_mcp.model import CaptureError, Difference, InvalidArgument, Measurement

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

#: What a measured process keeps of this one's environment; everything else could differ between two measurements.
KEPT_VARIABLES = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "CONDA_PREFIX",
    "PYENV_ROOT", "PYENV_VERSION", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS",
    "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
_FIXED = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
_TOLD_LINES, _TOLD_COLUMNS = 12, 300

#: Called with what is being measured, how many runs are done, and of how many.
OnProgress = Callable[[str, int, int], None]
#: Stores a snapshot and gives back its id.
Record = Callable[["Snapshot"], str]


@dataclass
class Session:
    """One measurement under way: who it is, what it has recorded, and how to stop it."""

    name: str
    config: BenchmarkConfig
    root: Path
    record: Record
    runs: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    label: str | None = None
    progress: OnProgress | None = None
    cancel: threading.Event | None = None
    id: str = ""
    done: int = 0
    result_ids: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)  #: which Python each bare name was taken for

    def __post_init__(self) -> None:
        self.id = self.id or f"{self.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"

    def run(
        self,
        folder: Path,
        *,
        number: int,
        side: Literal["base", "head"] | None = None,
        revision: str | None = None,
        environment: Mapping[str, str] | None = None,
        keep: bool = True,
        annotate: Callable[[Snapshot], Snapshot] = lambda s: s,
        seen: Callable[[Sequence[Snapshot]], None] | None = None,
        cautions: Callable[[], tuple[Difference, ...]] = tuple,
    ) -> list[str]:
        """One process, its sweeps recorded as run `number`. Returns their ids, in the order of the sweeps.

        folder: the project's root to run in; the benchmark's own `cwd` is below it. keep: False for a warm-up.
        seen: gets the run's sweeps, of a warm-up too. cautions: what to record with them, asked for after that.
        Raises CaptureError, with the end of the output, when it fails, takes too long or collects nothing.
        """
        where = folder / self.config.cwd
        if not where.is_dir():
            raise CaptureError(f"{self.name}: its folder {self.config.cwd!r} is not there in {_told_side(side)}.")
        if not where.resolve().is_relative_to(folder.resolve()):
            raise CaptureError(f"{self.name}: its folder {self.config.cwd!r} leads out of {_told_side(side)}.")
        words = [filled(word, {**self.parameters, "tree": str(folder)}) for word in self.config.command]
        env = {**clean_environment(self.config, self.parameters, folder), **(environment or {})}
        words[0] = self._interpreter(words[0], where, env)
        if "/" in words[0] and not (where / words[0]).exists():
            # A program of the project's own environment, such as .venv/bin/python, is in no revision's tree.
            words[0] = str(self.root / self.config.cwd / words[0])
        if shutil.which(words[0], path=env.get("PATH")) is None and not (where / words[0]).exists():
            raise CaptureError(f"{self.name}: its program {words[0]!r} is not found on PATH.")
        self._tell(f"{'measuring' if keep else 'warming up'} {self.name}{f' ({side})' if side else ''}")
        started = time.monotonic()
        with private_folder() as private:
            outcome = run_command(
                words,
                cwd=where,
                # What a run keeps for the next one, in a temporary folder or a cache, would be measured in its place.
                env={**env, "TMPDIR": private, "XDG_CACHE_HOME": private},
                label=self.label,
                source_revision=revision,
                timeout_s=self.config.timeout_s,
                on_output=lambda _: None,
                cancel=self.cancel,
            )
        self._check(outcome, side)
        if seen is not None:
            seen(outcome.snapshots)
        if not keep:
            return []
        self.seconds.append(time.monotonic() - started)
        ids = []
        doubted = cautions()
        for sweep, snapshot in enumerate(outcome.snapshots):
            measured = Measurement(
                id=self.id,
                benchmark=self.name,
                run=number,
                runs=self.runs,
                side=side,
                sweep=sweep,
                measured_by="server",
                cautions=doubted,
            )
            ids.append(self.record(annotate(snapshot.with_(measurement=measured))))
        self.result_ids += ids
        self.done += 1
        self._tell(f"measured {self.name}{f' ({side})' if side else ''}")
        return ids

    def _interpreter(self, program: str, where: Path, env: Mapping[str, str]) -> str:
        """A Python that has holobench, where a command only says `python`.

        A client starts a server by its path, without activating the environment that it is in, and PATH may then lead
        to a Python of the system, in which no benchmark can run: the project's own, or this one, is what was meant.
        """
        if program not in ("python", "python3"):
            return program
        if program not in self.found:
            candidates = (program, str(self.root / ".venv" / "bin" / "python"), sys.executable)
            able = (c for c in candidates if versions_of(c, cwd=where, env=env)["holobench"] is not None)
            self.found[program] = next(able, program)
        return self.found[program]

    def _check(self, outcome: RunOutcome, side: str | None) -> None:
        where = f" in {_told_side(side)}" if side else ""
        recorded = f" {len(self.result_ids)} results of earlier runs are recorded." if self.result_ids else ""
        if outcome.cancelled:
            raise Cancelled(f"The measurement of {self.name} was cancelled.{recorded}")
        end = "\n".join(line[:_TOLD_COLUMNS] for line in outcome.output_tail.strip().splitlines()[-_TOLD_LINES:])
        tail = f" The end of its output:\n{end}" if end else ""
        if outcome.timed_out:
            raise CaptureError(f"{self.name} took more than {self.config.timeout_s:g} s{where}.{recorded}{tail}")
        if outcome.returncode != 0:
            if "ForbiddenCodeError" in outcome.output_tail:
                raise CaptureError(
                    f"{self.name} loads code of the working tree when it should measure the base revision, so both "
                    "sides would be the same code: the project is probably installed in editable mode. Point the "
                    f'benchmark at its own tree, such as env = {{ PYTHONPATH = "{{tree}}/src" }}.{tail}'
                )
            raise CaptureError(f"{self.name} failed with exit status {outcome.returncode}{where}.{recorded}{tail}")
        # A sweep that is missing would give the others the numbers of its followers, and they be compared with it.
        problems = [told for told in outcome.problems if told != NO_FIFOS]
        if problems or not outcome.snapshots:
            told = " ".join(problems[:3])[:1000] or "It collected no holobench sweep."
            part = "only a part of its sweeps can be read" if outcome.snapshots else "recorded nothing"
            raise CaptureError(f"{self.name} {part}{where}. {told}{recorded}{tail}")

    def _tell(self, what: str) -> None:
        if self.progress is not None:
            left = self.estimate()
            self.progress(what + (f", about {left:.0f} s left" if left else ""), self.done, self.runs)

    def estimate(self) -> float | None:
        """Seconds that the rest takes, from the runs that are done."""
        if not self.seconds:
            return None
        return max(0.0, (self.runs - self.done) * sum(self.seconds) / len(self.seconds))


class Cancelled(CaptureError):
    """A measurement was ended before it was over."""


def filled(text: str, parameters: Mapping[str, str]) -> str:
    """A word of a command with each `{name}` replaced by that parameter's value, in which nothing is replaced again.

    `{{name}}` is the text `{name}`.
    """
    return PLACEHOLDER.sub(
        lambda place: f"{{{place[2]}}}" if place[1] else parameters.get(place[2], place[0]),
        text,
    )


def clean_environment(config: BenchmarkConfig, parameters: Mapping[str, str], tree: Path) -> dict[str, str]:
    """What a measured process sees: a short list of variables, the configured ones, and nothing else."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    chosen = {key: filled(value, {**parameters, "tree": str(tree)}) for key, value in config.env.items()}
    return {**kept, **_FIXED, **chosen}


def chosen_parameters(name: str, config: BenchmarkConfig, given: Mapping[str, object]) -> dict[str, str]:
    """Every declared parameter's value as text: the given one, checked, or its default.

    Raises InvalidArgument for one that the configuration does not declare, or a value that it does not allow.
    """
    unknown = sorted(set(given) - set(config.parameters))
    if unknown:
        known = ", ".join(config.parameters) or "none"
        raise InvalidArgument(
            f"parameters: {name} declares no {', '.join(unknown)[:200]}; it declares {known}. A person can add it "
            f"under [tool.holobench-mcp.benchmarks.{name}.parameters]."
        )
    chosen = {}
    for key, declared in config.parameters.items():
        try:
            chosen[key] = declared.check(given.get(key, declared.default))
        except ValueError as problem:
            raise InvalidArgument(f"parameters: {key} {problem}.") from problem
    return chosen


def _told_side(side: str | None) -> str:
    return {"base": "the base revision", "head": "the head side"}.get(side or "", "the project")


def ordered(round_number: int) -> Sequence[Literal["base", "head"]]:
    """ABBA: which side goes first alternates, so that neither always runs on the warmer machine."""
    return ("base", "head") if round_number % 2 == 0 else ("head", "base")
