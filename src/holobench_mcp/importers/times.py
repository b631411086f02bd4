"""Times in a pickle, as the text that an input or a label has: Python's, and those of pandas, which is not imported."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from holobench_mcp.importers.doubles import Double

#: pandas' codes of a time's resolution: ticks a second.
_RESOLUTIONS = {7: 1, 8: 10**3, 9: 10**6, 10: 10**9}


def time_of(double: Double) -> date | timedelta | str | None:
    """A time that a double stands for, pandas' included; its text is a label or the value of an input."""
    match (double.named, double.args):
        case ("datetime.datetime" | "datetime.date" as name, (bytes() as packed, *zone)):
            built = date(*_ymd(packed)) if name == "datetime.date" else datetime(*_ymd(packed), *_clock(packed))
            return built.replace(tzinfo=_zone(zone[0])) if zone and isinstance(built, datetime) else built
        case ("datetime.timedelta", (int() as days, int() as seconds, int() as us)):
            return timedelta(days, seconds, us)
        case (name, (int() as value, _, zone, int() as resolution)) if name.endswith("._unpickle_timestamp"):
            if resolution in _RESOLUTIONS:
                return _timestamp(value, _RESOLUTIONS[resolution], zone)
    return None


def _timestamp(value: int, per_second: int, zone: Any) -> str:
    """The text of a pandas Timestamp, from its ticks since 1970 in UTC."""
    seconds, rest = divmod(value, per_second)
    ns = rest * (10**9 // per_second)
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=ns // 1000)
    when = when.replace(tzinfo=None) if zone is None else when.astimezone(_zone(zone))
    # A datetime has no nanoseconds; pandas writes all nine digits of them.
    return f"{when:%Y-%m-%d %H:%M:%S}.{ns:09d}{str(when)[26:]}" if ns % 1000 else str(when)


def _ymd(packed: bytes) -> tuple[int, int, int]:
    return int.from_bytes(packed[:2], "big"), packed[2] & 0x7F, packed[3]


def _clock(packed: bytes) -> tuple[int, int, int, int]:
    return packed[4], packed[5], packed[6], int.from_bytes(packed[7:10], "big")


def _zone(double: Any) -> tzinfo | None:
    match double:
        case Double(named="datetime.timezone", args=(Double() as offset, *_)) if isinstance(time_of(offset), timedelta):
            return timezone(time_of(offset))  # type: ignore[arg-type]  # the guard says that it is a timedelta
        case Double(named="zoneinfo.ZoneInfo", args=(str(key), *_)):
            return ZoneInfo(key)
    return None
