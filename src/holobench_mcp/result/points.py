"""Naming an input point: values match that are equal, however they are written.

A client's JSON makes 1.0 of 1, a command line hands over text, a table prints four digits, a person writes `true`.
A stricter match always goes before a looser one: where 1 and True are two values of an input, neither means the other.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from holobench_mcp.result.coordinates import plain_values

Places = npt.NDArray[np.intp]

_NOWHERE: Places = np.empty(0, dtype=np.intp)
#: Past 400 digits no input has a value, and digits are only work.
_WHOLE = re.compile(r"[+-]?[0-9]{1,400}")
#: From so many significant digits on, a value may have been shortened for a table; fewer are a number of their own.
_DIGITS = 4
#: Values of an input that an error lists whole.
_LISTED = 12


def place_of(coordinates: Mapping[str, npt.NDArray[np.generic]], point: Mapping[str, object]) -> int:
    """The position of an input point among all points of a result, the last input fastest.

    coordinates: the values of every input, in declaration order. An input with one value may be left out.
    Raises KeyError with a sentence that names the input and the values nearest to what was asked for.
    """
    indices = []
    for name, values in coordinates.items():
        if name not in point:
            if len(values) != 1:
                raise KeyError(f"point: it needs a value for {name}{_unknown(coordinates, point)}.")
            indices.append(0)
            continue
        places = places_of(values, point[name])
        if places.size == 0:
            raise KeyError(f"point: {name} was never {point[name]!r:.80}; {_nearest(values, point[name])}.")
        if places.size > 1:
            several = ", ".join(map(repr, plain_values(values[places[:5]])))
            raise KeyError(f"point: {name} has several values that {point[name]!r:.80} could mean: {several}.")
        indices.append(int(places[0]))
    if unknown := _unknown(coordinates, point):
        raise KeyError(f"point: {unknown.removeprefix('; ')}.")
    return int(np.ravel_multi_index(indices, [len(v) for v in coordinates.values()])) if indices else 0


def _unknown(coordinates: Mapping[str, object], point: Mapping[str, object]) -> str:
    unknown = sorted(set(point) - set(coordinates))
    return (
        f"; {', '.join(unknown)[:200]} is not an input; inputs are {', '.join(coordinates) or 'none'}"
        if unknown
        else ""
    )


def places_of(values: npt.NDArray[np.generic], wanted: object) -> Places:
    """Where an input has a value: by the strictest way of reading `wanted` in which there is any such place."""
    return next((places for places in _readings(values, _plain(wanted)) if places.size), _NOWHERE)


def _readings(values: npt.NDArray[np.generic], wanted: object) -> Iterable[Places]:
    """The places at which a value is found by each way of reading it, strictest first."""
    number, flag = _number(wanted), _flag(wanted)
    match values.dtype.kind:
        case "b":
            yield _NOWHERE if flag is None else np.flatnonzero(values == flag)
            yield np.flatnonzero(values == bool(number)) if number in (0, 1) else _NOWHERE
        case "i" | "u" | "f":
            yield _NOWHERE if number is None else _equal(values, number)
            yield _NOWHERE if number is None else _shortened(values, number, wanted)
            yield _NOWHERE if flag is None else _equal(values, int(flag))
        case "M":
            yield _same_time(values, wanted)
        case _:
            yield from _text_readings([str(v) for v in values.tolist()], wanted, number, flag)


def _text_readings(texts: list[str], wanted: object, number: int | float | None, flag: bool | None) -> Iterable[Places]:
    yield np.flatnonzero([text == str(wanted) for text in texts])
    if number is not None:
        yield np.flatnonzero([_number(text) == number for text in texts])
    yield np.flatnonzero([text.casefold() == str(wanted).casefold() for text in texts])
    if (time := _utc(wanted)) is not None:
        yield np.flatnonzero([_utc(text) == time for text in texts])
    if flag is not None:
        yield np.flatnonzero([_number(text) == int(flag) for text in texts])
    if number in (0, 1):
        yield np.flatnonzero([_flag(text) is bool(number) for text in texts])


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.number | np.bool_) else value


def _number(value: object) -> int | float | None:
    """A number, or the number that a text is; an int where it is a whole one, so that none is rounded."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        text = value.strip()
        try:
            value = int(text) if _WHOLE.fullmatch(text) else float(text)
        except ValueError:
            return None
        if isinstance(value, float) and math.isinf(value) and "inf" not in text.casefold():
            return None  # a number that no float holds
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def _equal(values: npt.NDArray[np.generic], number: int | float) -> Places:
    if math.isnan(number):
        return np.flatnonzero(np.isnan(values)) if values.dtype.kind == "f" else _NOWHERE
    if values.dtype.kind != "f":
        return np.flatnonzero(values == number)
    if isinstance(number, int):
        try:
            exact = float(number)
        except OverflowError:
            return _NOWHERE
        return np.flatnonzero(values.astype(np.float64) == exact) if int(exact) == number else _NOWHERE
    # A float32 prints as 0.1 and is 0.10000000149: it is asked for by either.
    same = values.astype(np.float64) == number
    return np.flatnonzero(same if same.any() else values == values.dtype.type(number))


def _shortened(values: npt.NDArray[np.generic], number: int | float, wanted: object) -> Places:
    """The one value that was shortened to what was asked for, as a table does; none where there are several."""
    digits = len(Decimal(str(wanted).strip()).normalize().as_tuple().digits) if math.isfinite(number) else 0
    if values.dtype.kind != "f" or digits < _DIGITS:
        return _NOWHERE
    near = np.flatnonzero(np.isclose(values.astype(np.float64), float(number), rtol=1e-3, atol=0))
    alike = [place for place in near if float(f"{float(values[place]):.{digits}g}") == number]
    return np.array(alike, dtype=np.intp) if len(alike) == 1 else _NOWHERE


def _same_time(values: npt.NDArray[np.generic], wanted: object) -> Places:
    """Times without a zone: as ISO 8601, with a space in place of T, in UTC, or as the whole number of their unit."""
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return np.flatnonzero(values.astype(np.int64) == wanted)
    text = str(wanted).strip()
    try:
        zoned = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        zoned = False  # numpy knows nanoseconds, and days alone
    try:
        asked = np.datetime64(datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if zoned else text)
    except ValueError:
        return _NOWHERE
    return np.flatnonzero(values == asked)


def _utc(value: object) -> datetime | None:
    """A time that a text is, in UTC, which one without a zone is taken to be in."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _nearest(values: npt.NDArray[np.generic], wanted: object) -> str:
    """What an input's values are, where they are few; else those nearest to what was asked for."""
    shown = plain_values(values)
    if len(shown) <= _LISTED:
        return f"it was {', '.join(map(str, shown))}"
    number = _number(_plain(wanted))
    if number is not None and values.dtype.kind in "iuf":
        with np.errstate(invalid="ignore"):
            distances = np.abs(values.astype(np.float64) - float(number))
        nearest = [shown[place] for place in np.argsort(distances, kind="stable")[:3]]
    else:
        texts = [str(value) for value in shown]
        nearest = list(difflib.get_close_matches(str(wanted)[:100], texts, n=3, cutoff=0)) or texts[:3]
    return f"nearest are {', '.join(map(str, nearest))}, of {len(shown)} values from {shown[0]} to {shown[-1]}"
