"""How a number is written, everywhere: so many significant digits, and no exponent as long as it can be read."""

from __future__ import annotations

#: From here on, and below 0.0001, a number has an exponent.
_EXPONENT_FROM = 1e6


def plain(value: float, digits: int = 3) -> str:
    """A number: 0.1235, 1180, 1.2e+06."""
    return _written(value, digits, "")


def signed(value: float, digits: int = 3) -> str:
    """A change, with its sign: +1180, -0.5, +0."""
    return _written(value, digits, "+")


def _written(value: float, digits: int, sign: str) -> str:
    short = float(f"{value:.{digits}g}") + 0.0  # + 0.0: no minus before a zero
    precision = max(digits, 6) if abs(short) < _EXPONENT_FROM else digits
    return f"{short:{sign}.{precision}g}"
