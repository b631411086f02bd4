"""What the short form of every answer is built of: its first keys, four digits a figure, and nothing that is empty."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import PlainSerializer

from holobench_mcp.model import Frozen
from holobench_mcp.model.text import plain, with_output

#: More digits than noise leaves are paid for by the token and read by nobody; the whole document has them.
DIGITS = 4
#: JavaScript reads no larger integer exactly: it travels as text.
_EXACT = 2**53
#: From here on a whole number is shorter with its exponent.
_WHOLE_BELOW = 1e15
#: Characters of a text in a structure: no reason has more.
_MOST_TEXT = 1200


def rounded(value: float) -> float | int:
    """A number of four significant digits; a whole one as an integer, as long as that is no longer."""
    short = float(f"{value:.{DIGITS}g}")
    if not math.isfinite(short):  # the largest numbers have nothing above them to be rounded to
        return value
    return int(short) if short.is_integer() and abs(short) < _WHOLE_BELOW else short


Figure = Annotated[float, PlainSerializer(rounded, return_type=float | int, when_used="json")]


class Structure(Frozen):
    """An answer's short form. Its first fields are `decision` or `status`, (`cause`), `reason` and `next_step`."""

    def document(self) -> dict[str, Any]:
        """The structure as it is sent: without keys whose value is null, empty or the default."""
        sent = self.model_dump(mode="json", exclude_defaults=True)
        shown: dict[str, Any] = plain_document(_without_empty(sent), _MOST_TEXT)
        return shown


def plain_document(value: Any, most: int | None = None, *, key: str = "") -> Any:  # noqa: ANN401 - any JSON
    """A document whose texts show all that they are, names of keys too. most: the characters that each may have."""
    if isinstance(value, dict):
        return {plain(k, most): plain_document(part, most, key=k) for k, part in value.items()}
    if isinstance(value, list):
        return [plain_document(part, most, key=key) for part in value]
    if isinstance(value, str):
        match key:
            case "reason":
                return with_output(value, most)
            case "output_tail" | "output" | "diff":
                return "\n".join(plain(line, most) for line in value.split("\n"))
        return plain(value, most)
    return value


def _without_empty(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        parts = {key: _without_empty(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part not in (None, "", [], {})}
    if isinstance(value, list):
        return [_without_empty(part) for part in value]
    if type(value) is int and abs(value) > _EXACT:
        return str(value)
    return value
