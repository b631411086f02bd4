"""JSON that every reader takes: no NaN, no infinity, nothing of numpy; and the one form that digests are taken of."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

import numpy as np

#: A text as JSON.
_quoted = json.encoder.encode_basestring_ascii
_WORDS = {None: "null", True: "true", False: "false"}


def strict(document: Any) -> Any:  # noqa: ANN401 - any JSON-like tree
    """The same document in strict JSON: NaN and infinities are null, numpy scalars and times are plain."""
    if document is None or type(document) in (str, bool, int):  # as most of a document of many metrics is
        return document
    match document:
        case Enum():
            return strict(document.value)
        case int() | str():
            return _plain_scalar(document)
        case float():
            return float(document) if math.isfinite(document) else None
        case Mapping():
            return {str(key): strict(value) for key, value in document.items()}
        case list() | tuple():
            return [strict(value) for value in document]
        case date() | datetime():
            return document.isoformat()
        case np.generic():
            return strict(document.item())
        case _:
            return str(document)


def _plain_scalar(value: str | int) -> str | int:
    """The same without what a subclass adds, such as a YamlSelection."""
    return str(value) if isinstance(value, str) else int(value)


def indented_json(document: object) -> bytes:
    """`json.dumps(strict(document), indent=2)`, in one pass: json itself leaves its C code for an indent."""
    parts: list[str] = []
    _write(document, "\n", parts)
    return "".join(parts).encode()


def _write(document: Any, newline: str, parts: list[str]) -> None:  # noqa: ANN401 - any JSON-like tree
    kind = type(document)
    if kind is str:
        parts.append(_quoted(document))
    elif kind is float:
        parts.append(float.__repr__(document) if math.isfinite(document) else "null")
    elif kind is int:
        parts.append(int.__repr__(document))
    elif document is None or kind is bool:
        parts.append(_WORDS[document])
    elif kind is dict and {*map(type, document)} <= {str}:
        deeper = newline + "  "
        before = "{" + deeper
        for key, value in document.items():
            parts.append(f"{before}{_quoted(key)}: ")
            _write(value, deeper, parts)
            before = "," + deeper
        parts.append(newline + "}" if document else "{}")
    elif kind in (list, tuple):
        deeper = newline + "  "
        before = "[" + deeper
        for value in document:
            parts.append(before)
            _write(value, deeper, parts)
            before = "," + deeper
        parts.append(newline + "]" if document else "[]")
    else:
        plain = strict(document)
        if type(plain) in (dict, list):
            _write(plain, newline, parts)
        else:
            parts.append(json.dumps(plain, allow_nan=False))


def canonical_json(document: object) -> bytes:
    """Sorted, compact, strict JSON: the form that digests are taken of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str).encode()


def finite_value(value: object) -> float | None:
    """A finite float, or None for whatever is not one: the reader of records that others may have written."""
    try:
        number = float(value)  # type: ignore[arg-type]  # anything may come in; that is the point
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def finite_or_none(value: float | None) -> float | None:
    """The same for a number that may be absent."""
    return None if value is None else finite_value(value)
