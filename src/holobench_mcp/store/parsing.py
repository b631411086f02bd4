"""Stored JSON, read back with suspicion: whoever can edit a folder can edit a manifest."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from holobench_mcp.model import IntegrityError, Manifest, RefEntry

_Model = TypeVar("_Model", Manifest, RefEntry)


def parse_manifest(data: bytes, key: str) -> Manifest:
    """A manifest's bytes. Raises IntegrityError, naming the key, for anything that is not one."""
    return _parse(Manifest, data, key)


def parse_ref_entry(data: bytes, key: str) -> RefEntry:
    """The bytes of a ref's entry. Raises IntegrityError, naming the key, for anything that is not one."""
    return _parse(RefEntry, data, key)


def _parse(kind: type[_Model], data: bytes, key: str) -> _Model:
    try:
        return kind.model_validate_json(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise IntegrityError(f"{key} is damaged: {where}: {first['msg']}.") from problem
