"""A benchmark that a person has allowed to run, and the parameters that an agent may choose for it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from holobench_mcp.model import Frozen

#: A parameter's place in a command or a variable; doubled braces are braces, and `${…}` is a shell's own.
PLACEHOLDER = re.compile(r"\{(\{)?([A-Za-z0-9][A-Za-z0-9._-]*)\}(?(1)\})")
#: Processes of a measurement, and rounds of two revisions.
MAX_RUNS, MAX_ROUNDS = 100, 50


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise ValueError("a name is 1 to 64 letters, digits, '.', '_' and '-', a letter or a digit first")
    return text


BenchmarkName = Annotated[str, AfterValidator(_name)]


class ParameterConfig(Frozen):
    """A value that an agent may choose: it replaces `{name}` in the benchmark's command and environment."""

    type: Literal["int", "float", "str", "bool"] = "int"
    min: int | float | None = None
    max: int | float | None = None
    choices: tuple[str | int | float | bool, ...] | None = None
    default: str | int | float | bool
    description: str = ""

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

    command: tuple[str, ...] = Field(min_length=1)
    description: str = ""
    cwd: str = Field(".", description="relative to the project root, and inside it")
    env: dict[str, str] = {}
    timeout_s: float = Field(600.0, gt=0, le=86_400)
    runs: int = Field(3, ge=1, le=MAX_RUNS, description="processes a measurement")
    warmup_runs: int = Field(0, ge=0, le=20)
    setup: tuple[str, ...] | None = Field(None, description="prepares a tree of another revision, once a revision")
    setup_timeout_s: float = Field(1800.0, gt=0, le=86_400)
    protected: tuple[str, ...] = Field((), description="paths taken from the base revision on both sides")
    parameters: dict[BenchmarkName, ParameterConfig] = {}
    light_import: bool = Field(True, description="without holobench's plotting packages, unless they are used")

    @field_validator("command", "setup", mode="before")
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

    @field_validator("protected")
    @classmethod
    def _all_inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for path in value:
            cls._inside(path)
        return value
