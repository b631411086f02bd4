"""What is wrong with something that was validated, as one sentence: pydantic tells it in several lines of its own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from holobench_mcp.model.text import plain

#: Kinds of errors whose message says already what was there, or that are about no single value.
_NO_VALUE = frozenset({"value_error", "assertion_error", "json_invalid", "extra_forbidden"})


class Fault(NamedTuple):
    """The first thing that is wrong: where it is, and what is wrong with it, as the rest of a sentence."""

    path: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {self.what}" if self.path else self.what


def fault_in(problem: ValidationError, model: type[BaseModel] | None = None, document: object = None) -> Fault:
    """The first fault that validation found.

    model: what the document should be, so that an unknown key is told the nearest one.
    document: what was validated, so that the path stops there: behind it pydantic names each type that it tried.
    """
    first = problem.errors(include_url=False)[0]
    location = [part for part in first["loc"] if part != "[key]"]
    if document is not None:
        location = _within(document, location, first["type"])
    match first["type"]:
        case "missing":
            what = "a value is needed."
        case "extra_forbidden":
            what = f"there is no such key; {_nearest_key(str(location[-1]), _keys_at(model, location[:-1]))}"
        case _:
            message = first["msg"].removeprefix("Value error, ").replace("Input should", "it should", 1)
            shown = "" if first["type"] in _NO_VALUE or ", not " in message else f", not {first['input']!r:.80}"
            what = f"{message.rstrip('.')}{shown}."
    return Fault(tuple(plain(str(part), 200) for part in location), what)


def _within(document: object, location: list[int | str], kind: str) -> list[int | str]:
    path: list[int | str] = []
    for part in location:
        if not isinstance(document, Mapping | list | tuple):
            break
        try:
            document = document[part]  # type: ignore[index]  # what is no key of it ends the path
        except (LookupError, TypeError):
            break
        path.append(part)
    return [*path, location[-1]] if kind == "missing" else path


def _nearest_key(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key.replace("-", "_"), known, n=1, cutoff=0.4)
    return f"did you mean {near[0]!r}?" if near else f"keys are {', '.join(known) or 'none'}."


def _keys_at(model: object, path: list[int | str]) -> list[str]:
    """The keys that may stand at a path of a model."""
    found = _model_at(model, path)
    return list(found.model_fields) if found is not None else []


def _model_at(annotation: Any, path: list[int | str]) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    arguments = get_args(annotation)
    match get_origin(annotation):
        case None:
            if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
                return None
            if not path:
                return annotation
            field = annotation.model_fields.get(str(path[0]))
            return None if field is None else _model_at(field.annotation, path[1:])
        case origin if origin in (UnionType, Union, Annotated):
            return next((found for part in arguments if (found := _model_at(part, path)) is not None), None)
        case _:  # a list's members, or a mapping's values
            member = next((part for part in reversed(arguments) if part is not Ellipsis), None)
            return _model_at(member, path[1:]) if path else None
