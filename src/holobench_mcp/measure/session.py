"""One measured process after another: a benchmark's command in a clean environment, and what came of each run.

What can be run is what a person wrote into the configuration; an agent's part is the values of parameters that it
declares. A run that fails is a value: whether it is an error or an answer, only whoever compares two sides can tell.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from holobench_mcp.capture.environment import has_module, versions_of
from holobench_mcp.capture.loaded_files import Mode
from holobench_mcp.capture.measured_command import Wanted, command_name, follow_command, measure_command
from holobench_mcp.capture.runner import Keep, RunOutcome, private_folder, run_command
from holobench_mcp.capture.tools.package_caches import package_caches
from holobench_mcp.capture.tools.python_needs import HOLOBENCH, needed_module
from holobench_mcp.config import PLACEHOLDER, STORE_VARIABLE, BenchmarkConfig
from holobench_mcp.importers.points import number_or_text
from holobench_mcp.measure.failures import EDITABLE, failure_in, remedy, side_name
from holobench_mcp.measure.holobench_imports import HolobenchImports
from holobench_mcp.measure.progress import Cancelled, Ending, OnProgress, Progress
from holobench_mcp.measure.time_left import Preparation, seconds_left
from holobench_mcp.model import CaptureError, Failure, InvalidArgument

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

Side = Literal["base", "head"]
#: What a measured process inherits of this one's environment; everything else could differ between two measurements.
INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "CONDA_PREFIX",
    "PYENV_ROOT", "PYENV_VERSION", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS",
    "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "SSL_CERT_FILE", "SSL_CERT_DIR", "CARGO_HOME", "RUSTUP_HOME", "GOROOT",
    "GOPATH", "GOMODCACHE", "GOCACHE", "JAVA_HOME",
)  # fmt: skip
_FIXED = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}

#: Stores a snapshot and gives back its id.
Record = Callable[["Snapshot"], str]


@dataclass(frozen=True)
class Run:
    """What came of one process: its sweeps in their order, or how it failed."""

    snapshots: tuple[Snapshot, ...]
    seconds: float
    failure: Failure | None = None
    outcome: RunOutcome | None = None
    again: bool = False  #: whether it is to be made again, in a tree as it was, as nothing is to be taken from it

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of how its results came in."""
        return tuple(self.outcome.notes) if self.outcome is not None else ()


@dataclass
class Session:
    """A benchmark under measurement: how its processes are run, how many are done, and how long they take."""

    name: str
    config: BenchmarkConfig
    root: Path
    runs: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    label: str | None = None
    progress: OnProgress | None = None
    cancel: threading.Event | None = None  #: ends the present process too
    ending: Callable[[], Ending | None] = lambda: None  #: asked between two processes
    by_hand: bool = False  #: whether a person gave the command, which no configuration has
    done: int = 0
    recorded: int = 0  #: results that are stored
    seconds: list[float] = field(default_factory=list)
    ends_in: Callable[[], float | None] = lambda: None  #: seconds after which no further run begins
    seconds_expected: float | None = None  #: of a run, before the first one is done
    preparation: Preparation = field(default_factory=Preparation)
    fewest: int = 0  #: runs that are made whatever the time
    pythons: dict[str, str] = field(default_factory=dict)  #: which Python each bare name was taken for
    versions: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)  #: by program and folder
    imports: HolobenchImports = field(default_factory=HolobenchImports)
    gave_before: tuple[str, ...] = ()  #: benches of its own that the benchmark is known to have given
    least_rss_mb: float = 0.0  #: a peak that was not known was below this, so that no run's is told apart below it

    def __post_init__(self) -> None:
        if not self.config.light_import:
            self.imports.way = "whole"

    def run(
        self,
        folder: Path,
        *,
        side: Side | None = None,
        revision: str | None = None,
        environment: Mapping[str, str] | None = None,
        counts: bool = True,
        probe: Mode | Path = "modules",
        timeout_s: float | None = None,
    ) -> Run:
        """One process of the benchmark.

        folder: the project's root to run in; the benchmark's own `cwd` is below it. counts: False for a warm-up.
        probe: what the run writes down of itself, as `run_command` has it. timeout_s: where it is not the configured.
        Raises Cancelled; CaptureError where both sides would be the same code, whatever it does.
        """
        self.end_if_asked()
        where = folder / self.config.cwd
        env = {**self.environment_in(folder), **(environment or {})}
        words = self.words_of(self.config.command, where, folder, env)
        if (missing := self._missing(words[0], where, folder, env, side)) is not None:
            return Run((), 0.0, Failure(what="crash", detail=missing))
        if counts:
            self.preparation.end()
        self.say(f"{'measuring' if counts else 'warming up'} {self.name}{f' ({side})' if side else ''}")
        started = time.monotonic()
        outcome = self._outcome(words, where, folder, env, revision, probe, timeout_s)
        if outcome.cancelled:
            raise self.cancelled()
        if outcome.faults:
            # Nothing that a side did, and no answer about it.
            raise CaptureError(f"{self.name}: {' '.join(outcome.faults[:3])}{self.so_far()}")
        failure = failure_in(outcome, self.name, self.config.timeout_s)
        if isinstance(probe, Path) and failure is not None and failure.what == "nothing":
            failure = None  # it was run for the lines, not for its results
        if failure is not None and EDITABLE in outcome.output_tail:
            raise CaptureError(remedy(self.name, failure, by_hand=self.by_hand, folder=folder))
        again = isinstance(probe, str) and self._asks_for_another(outcome, failure)
        run = Run(tuple(outcome.snapshots), time.monotonic() - started, failure, outcome, again)
        if not counts and not again:
            self.preparation.warmed_up()
        if not counts and failure is None and not self.seconds:
            self.seconds_expected = run.seconds
        if counts and failure is None and not again:
            self.seconds.append(run.seconds)
            self.done += 1
            self.say(f"measured {self.name}{f' ({side})' if side else ''}")
        return run

    def _outcome(
        self,
        words: Sequence[str],
        where: Path,
        folder: Path,
        env: Mapping[str, str],
        revision: str | None,
        probe: Mode | Path,
        timeout_s: float | None,
    ) -> RunOutcome:
        """What came of one process. probe: of one that only follows lines, no results are wanted but its sweeps."""

        def run(command: Sequence[str], extra: Mapping[str, str], written_as: Sequence[str], keep: Keep) -> RunOutcome:
            with private_folder() as private:
                return run_command(
                    command,
                    cwd=where,
                    # What a run leaves for the next one, in a temporary folder or a cache, would be measured in its
                    # place. And what it records of itself is its results once more, without their roles.
                    env={STORE_VARIABLE: f"{private}/store", **env, "TMPDIR": private, "XDG_CACHE_HOME": private},
                    extra_env={**package_caches(command, env), **extra},
                    label=self.label,
                    source_revision=revision,
                    timeout_s=timeout_s or self.config.timeout_s,
                    on_output=lambda _: None,
                    cancel=self.cancel,
                    versions=None if command[0] == sys.executable else self._versions(command[0], where, env),
                    probe=probe,
                    # What a setup has built is not put back, whatever ends in the middle of it.
                    ends_early=self.config.setup is None,
                    holobench_import=self.imports.way,
                    code_is_known=revision is not None,
                    written_as=written_as,
                    keep=keep,
                )

        wanted = self._wanted()
        if isinstance(probe, Path):
            return follow_command(words, wanted, run, folder=where, env=env)
        outcome = measure_command(
            words, wanted, run, folder=where, tree=folder, env=env, label=self.label, revision=revision
        )
        if outcome.usage is not None and outcome.usage.rss_is_bound:
            self.least_rss_mb = max(self.least_rss_mb, outcome.usage.max_rss_mb)
        return outcome

    def _wanted(self) -> Wanted:
        config = self.config
        results = None if config.results is None else filled(config.results, self.parameters)
        return Wanted(
            command_name(config.command) if self.by_hand else self.name,
            config.tool,
            results,
            config.output,
            config.process_metrics,
            {name: number_or_text(value) for name, value in self.parameters.items()},
            gave_before=self.gave_before,
            least_rss_mb=self.least_rss_mb,
        )

    def end_if_asked(self) -> None:
        """Raise Cancelled where the measurement is to end before its next process."""
        if (self.cancel is not None and self.cancel.is_set()) or self.ending() is not None:
            raise self.cancelled()

    def cancelled(self, where: str = "") -> Cancelled:
        """What to raise for a measurement that ends before it is over. where: what it was at."""
        ending = self.ending() or Ending("cancelled", "it was cancelled")
        return Cancelled(f"The measurement of {self.name} ended{where}: {ending.why}.{self.so_far()}", ending)

    def _asks_for_another(self, outcome: RunOutcome, failure: Failure | None) -> bool:
        """Whether a run has shown that it must be made again with all that holobench imports."""
        failed = failure is not None and failure.what != "timeout"
        self.imports.may_change = self.done == 0
        again = self.imports.asks_for_another_run(outcome.loaded, failed=failed)
        if failed and outcome.loaded.needs and not again:
            raise CaptureError(
                f"{self.name} uses {', '.join(sorted(outcome.loaded.needs))} of holobench's plotting packages, but did "
                "not in its first run, after which they were left out. light_import = false in its configuration "
                f"imports them from the start.{self.so_far()}"
            )
        return again

    def so_far(self) -> str:
        """What to say of the results that are stored whatever happens now."""
        return f" {self.recorded} results of earlier runs are recorded." if self.recorded else ""

    def error(self, failure: Failure, side: Side | None, folder: Path) -> CaptureError:
        """A failure as an error that says where it was, what is recorded all the same, and what to set."""
        where = f"On {side_name(side)}, " if side else ""
        option = "--base" if self.by_hand else "base=…"
        another = f" Mend it there, or name a base on which it works ({option})." if side == "base" else ""
        placed = failure.model_copy(update={"detail": f"{where}{failure.detail}{another}{self.so_far()}"})
        return CaptureError(remedy(self.name, placed, by_hand=self.by_hand, folder=folder))

    def say(self, message: str) -> None:
        """Say how far the measurement is, with the seconds that are left."""
        if self.progress is not None:
            self.progress(Progress(message, self.done, self.runs, self.estimate()))

    def estimate(self) -> float | None:
        """Seconds that the rest takes, from the runs that are done, or from what one took before."""
        a_run = sum(self.seconds) / len(self.seconds) if self.seconds else self.seconds_expected
        if a_run is None:
            return None
        begun = len(self.seconds) > 0
        return seconds_left(
            a_run,
            preparing=self.preparation.seconds_left(a_run),
            rest=max(0, self.runs - self.done),
            fewest=max(self.fewest - self.done, 0 if begun else 2),
            limit=self.ends_in(),
        )

    def environment_in(self, folder: Path) -> dict[str, str]:
        """What a process gets that runs in a tree."""
        return clean_environment(self.config, self.parameters, folder)

    def words_of(self, command: Sequence[str], where: Path, folder: Path, env: Mapping[str, str]) -> list[str]:
        """A configured command as it is run: with its parameters, and a program that is there."""
        words = [filled(word, {**self.parameters, "tree": str(folder)}) for word in command]
        words[0] = self._interpreter(words, where, env)
        if "/" in words[0] and not (where / words[0]).exists():
            # A program of the project's own environment, such as .venv/bin/python, is in no revision's tree.
            words[0] = str(self.root / self.config.cwd / words[0])
        return words

    def _missing(
        self, program: str, where: Path, folder: Path, env: Mapping[str, str], side: Side | None
    ) -> str | None:
        """What is not there to be run, in a sentence."""
        if not where.is_dir():
            return f"{self.name}: its folder {self.config.cwd!r} is not there in {side_name(side)}."
        if not where.resolve().is_relative_to(folder.resolve()):
            return f"{self.name}: its folder {self.config.cwd!r} leads out of {side_name(side)}."
        if shutil.which(program, path=env.get("PATH")) is None and not (where / program).exists():
            return f"{self.name}: its program {program!r} is not found on PATH."
        return None

    def _interpreter(self, words: Sequence[str], where: Path, env: Mapping[str, str]) -> str:
        """A Python that has what the command needs, where that only says `python`.

        A client starts a server by its path, without activating the environment that it is in, and PATH may then lead
        to a Python of the system, in which no benchmark can run: the project's own, or this one, is what was meant.
        """
        program = words[0]
        if program not in ("python", "python3"):
            return program
        if program not in self.pythons:
            module = needed_module(words, where, env)
            candidates = (program, str(self.root / ".venv" / "bin" / "python"), sys.executable)
            self.pythons[program] = next((c for c in candidates if self._has(c, module, where, env)), program)
        return self.pythons[program]

    def _has(self, python: str, module: str | None, where: Path, env: Mapping[str, str]) -> bool:
        """Whether a Python has a module; holobench's version is asked for anyway."""
        if module == HOLOBENCH:
            return self._versions(python, where, env)["holobench"] is not None
        return module is None or has_module(python, module, cwd=where, env=env)

    def _versions(self, program: str, where: Path, env: Mapping[str, str]) -> dict[str, str | None]:
        """The versions of what a Python runs with, asked once a measurement: it costs a process."""
        key = program, str(where)
        if key not in self.versions:
            self.versions[key] = versions_of(program, cwd=where, env=env)
        return self.versions[key]


def filled(text: str, parameters: Mapping[str, str]) -> str:
    """A word of a command with each `{name}` replaced by that parameter's value, in which nothing is replaced again.

    `{{name}}` is the text `{name}`.
    """
    return PLACEHOLDER.sub(
        lambda place: f"{{{place[2]}}}" if place[1] else parameters.get(place[2], place[0]),
        text,
    )


def clean_environment(config: BenchmarkConfig, parameters: Mapping[str, str], tree: Path) -> dict[str, str]:
    """What a measured process gets: a short list of variables, the configured ones, and nothing else."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    configured = {key: filled(value, {**parameters, "tree": str(tree)}) for key, value in config.env.items()}
    return {**inherited, **_FIXED, **configured}


def parameter_values(name: str, config: BenchmarkConfig, given: Mapping[str, object]) -> dict[str, str]:
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
    values = {}
    for key, declared in config.parameters.items():
        try:
            values[key] = declared.check(declared.read(given.get(key, declared.default)))
        except ValueError as problem:
            raise InvalidArgument(f"parameters: {key} {problem}.") from problem
    return values
