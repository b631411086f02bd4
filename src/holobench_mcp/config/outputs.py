"""A metric that a command prints, as a person declares it."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from holobench_mcp.model import Direction, Frozen

_LONGEST = 1000


class OutputMetric(Frozen):
    """Where in a line of its output a command tells a metric, and what it is. Several matches are repeats."""

    pattern: str = Field(
        description="a regular expression with one group, which is a number; read line by line",
        examples=[r"score: (\S+)"],
    )
    units: str | None = Field(None, description="what the number counts", examples=["points"])
    direction: Direction = Field(Direction.minimize, description="which way is better", examples=["maximize"])

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, value: str) -> str:
        if len(value) > _LONGEST:
            raise ValueError(f"it has more than {_LONGEST} characters")
        try:
            groups = re.compile(value).groups
        except (re.error, RecursionError, OverflowError) as problem:
            raise ValueError(f"{value!r:.80} is no regular expression: {problem}") from problem
        if groups != 1:
            raise ValueError(
                f"{value!r:.80} has {groups} groups; it needs one, around the number, such as 'score: ([0-9.]+)'; "
                "(?:…) groups without counting"
            )
        return value

    @field_validator("units")
    @classmethod
    def _printable(cls, value: str | None) -> str | None:
        if value is not None and (not value.isprintable() or not 0 < len(value) <= 40):
            raise ValueError("units: 1 to 40 printable characters")
        return value
