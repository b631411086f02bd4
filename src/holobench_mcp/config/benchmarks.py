"""A benchmark that a person has allowed to run, and the parameters that an agent may choose for it."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from holobench_mcp.config.outputs import OutputMetric
from holobench_mcp.model import Frozen

#: A parameter's place in a command or a variable; doubled braces are braces, and `${…}` is a shell's own.
PLACEHOLDER = re.compile(r"\{(\{)?([A-Za-z0-9][A-Za-z0-9._-]*)\}(?(1)\})")
#: Processes of a measurement, and rounds of two revisions.
MAX_RUNS, MAX_ROUNDS = 100, 50
#: "auto" measures at least so many rounds, also where its time is over.
FEWEST_ROUNDS = 3
#: Tools whose own results can be asked for, by the names in `capture.tools`.
KNOWN_TOOLS = (
    "pytest-benchmark", "pyperf", "hyperfine", "google-benchmark", "go-test", "criterion", "vitest", "jmh",
)  # fmt: skip
ProcessMetric = Literal["wall_s", "cpu_s", "max_rss_mb"]


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise ValueError("a name is 1 to 64 letters, digits, '.', '_' and '-', a letter or a digit first")
    return text


BenchmarkName = Annotated[str, AfterValidator(_name)]


class ParameterConfig(Frozen):
    """A value that an agent may choose: it replaces `{name}` in the benchmark's command and environment."""

    type: Literal["int", "float", "str", "bool"] = Field("int", description="what a value is", examples=["str"])
    min: int | float | None = Field(None, description="the least value; a number needs both, or choices", examples=[1])
    max: int | float | None = Field(None, description="the greatest value", examples=[20])
    choices: tuple[str | int | float | bool, ...] | None = Field(
        None, description="the values that there are; a text needs them", examples=[["small", "large"]]
    )
    default: str | int | float | bool = Field(description="the value where none is given", examples=[5])
    description: str = Field("", description="what an agent reads of it", examples=["how often each point is measured"])

    @field_validator("min", "max")
    @classmethod
    def _written_as_its_type(cls, value: float | None, info: ValidationInfo) -> float | None:
        """A bound as a value of its parameter is written: an int's is 1, not 1.0."""
        if value is None or info.data.get("type") != "int":
            return value
        if not float(value).is_integer():
            raise ValueError(f"a bound of an int is a whole number, not {value!r}")
        return int(value)

    @model_validator(mode="after")
    def _bounded(self) -> ParameterConfig:
        if self.type == "str" and not self.choices:
            raise ValueError("a parameter of type 'str' needs choices: any text would reach the command line")
        if self.type in ("int", "float") and not self.choices and (self.min is None or self.max is None):
            raise ValueError("a number needs min and max, or choices")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min is {self.min}, which is above max, {self.max}")
        self.check(self.default)
        return self

    def read(self, value: object) -> object:
        """A value as this parameter's type, where a client wrote it as text or 1 as 1.0; anything else as it is."""
        if self.type == "str":
            return value
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return value
        if self.type == "int" and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def check(self, value: object) -> str:
        """The value as the command gets it. Raises ValueError, saying what would be right."""
        match self.type:
            case "bool":
                fits = isinstance(value, bool)
            case "int":
                fits = isinstance(value, int) and not isinstance(value, bool)
            case "float":
                fits = isinstance(value, int | float) and not isinstance(value, bool)
            case "str":
                fits = isinstance(value, str)
        if not fits:
            raise ValueError(f"must be of type {self.type}, not {value!r:.60}")
        if self.choices is not None and value not in self.choices:
            raise ValueError(f"must be one of {', '.join(map(repr, self.choices))}, not {value!r:.60}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            low = self.min if self.min is not None else -float("inf")
            high = self.max if self.max is not None else float("inf")
            if not low <= value <= high:
                raise ValueError(f"must be from {self.min} to {self.max}, not {value!r:.60}")
        return str(value).lower() if isinstance(value, bool) else str(value)


class BenchmarkConfig(Frozen):
    """A benchmark that a person has allowed the server to run."""

    command: tuple[str, ...] = Field(
        min_length=1,
        description="the program and its arguments; no shell reads them",
        examples=[["python", "bench.py"]],
    )
    description: str = Field("", description="what an agent reads of it", examples=["merge sort of random lists"])
    cwd: str = Field(
        ".", description="where it runs: relative to the project root, and inside it", examples=["benchmarks"]
    )
    env: dict[str, str] = Field(
        {}, description="variables that it gets beside the few that all get", examples=[{"PYTHONPATH": "{tree}/src"}]
    )
    timeout_s: float = Field(600.0, gt=0, le=86_400, description="seconds that one run may take", examples=[60])
    runs: int = Field(3, ge=1, le=MAX_RUNS, description="processes that run_benchmark starts", examples=[5])
    warmup_runs: int = Field(0, ge=0, le=20, description="runs before these that are not recorded", examples=[1])
    setup: tuple[str, ...] | None = Field(
        None, description="prepares a tree of another revision, once a revision", examples=[["make", "build"]]
    )
    setup_timeout_s: float = Field(
        1800.0, gt=0, le=86_400, description="seconds that the set-up may take", examples=[600]
    )
    protected: tuple[str, ...] = Field(
        (), description="paths taken from the base revision on both sides", examples=[["bench.py", "data"]]
    )
    parameters: dict[BenchmarkName, ParameterConfig] = Field(
        {},
        description="what an agent may choose, by the name that stands for it in command and env",
        examples=[{"repeats": {"min": 1, "max": 20, "default": 5}}],
    )
    light_import: bool = Field(
        True, description="without holobench's plotting packages, unless they are used", examples=[False]
    )
    tool: str = Field(
        "auto",
        description="auto, holobench, command, or a tool whose own results are imported",
        examples=["pytest-benchmark"],
    )
    results: str | None = Field(
        None, description="file or pattern below cwd that the command writes results to", examples=["out/*.json"]
    )
    output: dict[str, OutputMetric] = Field(
        {},
        description="metrics that are read from what the command prints",
        examples=[{"score": {"pattern": r"score: (\S+)", "direction": "maximize"}}],
    )
    guard: tuple[str, ...] | None = Field(
        None, min_length=1, description="checks a tree before it is measured", examples=[["make", "test"]]
    )
    process_metrics: tuple[ProcessMetric, ...] | None = Field(
        None,
        description="which of the process's own figures decide; all where the command itself is measured",
        examples=[["cpu_s", "max_rss_mb"]],
    )

    @field_validator("tool")
    @classmethod
    def _known(cls, value: str) -> str:
        words = ("auto", "holobench", "command", *KNOWN_TOOLS)
        if value not in words:
            near = [word for word in words if value and word.startswith(value)]
            near = near or difflib.get_close_matches(value, words, n=1)
            hint = f"; did you mean {near[0]!r}" if near else ""
            raise ValueError(f"{value!r:.60} is none of {', '.join(words)}{hint}")
        return value

    @field_validator("output")
    @classmethod
    def _are_metrics(cls, value: dict[str, OutputMetric]) -> dict[str, OutputMetric]:
        for name in value:
            if name in get_args(ProcessMetric):
                raise ValueError(f"{name} is what the process used; give what it prints another name")
            if not re.fullmatch(r"[^\W\d][\w.:/%-]{0,99}", name):
                raise ValueError(f"{name!r:.60}: a metric's name is a letter, then letters, digits and ._:/%-")
        return value

    @model_validator(mode="after")
    def _of_one_way(self) -> BenchmarkConfig:
        """What is written is used: a key that the named tool makes useless is a mistake."""
        if self.output and self.tool not in ("auto", "command"):
            raise ValueError(f'output: it is read where tool is "auto" or "command", not {self.tool!r}')
        if self.results is not None and self.tool != "auto":
            raise ValueError(f'results: it is read where tool is "auto", not {self.tool!r}')
        if self.results is not None and self.output:
            raise ValueError("results and output: a benchmark has one of them; declare a second benchmark")
        if self.process_metrics == () and self.tool == "command" and not self.output:
            raise ValueError("process_metrics: it is empty, and there is no output to read, so nothing is measured")
        return self

    @field_validator("command", "setup", "guard", mode="before")
    @classmethod
    def _a_list(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError('must be a list of words, such as ["python", "bench.py"]: no shell reads it')
        return value

    @field_validator("parameters")
    @classmethod
    def _not_ours(cls, value: dict[str, ParameterConfig]) -> dict[str, ParameterConfig]:
        if "tree" in value:
            raise ValueError("{tree} is each side's folder already; give the parameter another name")
        return value

    @field_validator("cwd")
    @classmethod
    def _inside(cls, value: str) -> str:
        path = Path(value)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("must be a folder inside the project, without '..'")
        return value

    @field_validator("results")
    @classmethod
    def _one_place_inside(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip("./") or "\0" in value):
            raise ValueError("name a file, a folder or a pattern, such as 'build/results-*.json'")
        return None if value is None else cls._inside(value)

    @field_validator("protected")
    @classmethod
    def _all_inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for path in value:
            cls._inside(path)
        return value
