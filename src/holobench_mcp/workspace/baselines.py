"""Baselines: names that a person or an agent gives to results, which later ones are compared with."""

from __future__ import annotations

import getpass
from collections.abc import Callable

from holobench_mcp.answers import BaselineList, BaselineSet
from holobench_mcp.model import (
    ComparisonDocument,
    Decision,
    InvalidArgument,
    Manifest,
    NotComparable,
    StoreError,
)
from holobench_mcp.store.layout import check_ref_name
from holobench_mcp.workspace.library import Library, check_text

#: Compares two results by their names, the baseline first.
Compare = Callable[[str, str], ComparisonDocument]


def set_baseline(
    library: Library, compare: Compare, result: str, name: str = "baseline", reason: str | None = None
) -> BaselineSet:
    """Make a name mean a result. The ref's log keeps what it meant before.

    A result that regressed against what the name means now needs a reason. Raises InvalidArgument.
    """
    manifest = library.find(result)
    check_ref_name(name)
    if reason is not None and (len(reason) > 500 or not reason.isprintable()):
        raise InvalidArgument("reason: at most 500 printable characters.")
    decision, note = _against_current(library, compare, manifest, name)
    if decision is Decision.regressed and not (reason and reason.strip()):
        raise InvalidArgument(
            f"reason: {manifest.result_id} regressed against the current {manifest.bench_name}@{name}; making it "
            f"the baseline would hide that. Say why in reason, if it is meant. ({note})"
        )
    entry = library.store.set_ref(manifest.bench_name, name, manifest.result_id, reason=reason, by=_user_name())
    return BaselineSet(entry=entry, decision=decision, note=note)


def list_baselines(library: Library, bench_name: str | None = None) -> BaselineList:
    """What every named ref means now."""
    check_text(bench_name=bench_name)
    return BaselineList(baselines=tuple(library.store.refs(bench_name)))


def _against_current(
    library: Library, compare: Compare, manifest: Manifest, name: str
) -> tuple[Decision | None, str | None]:
    current = library.store.ref(manifest.bench_name, name)
    if current is None or current.result_id == manifest.result_id:
        return None, None
    try:
        document = compare(current.result_id, manifest.result_id)
    except (NotComparable, StoreError) as problem:
        return None, f"Not compared with the result that it replaces: {problem}"
    return document.decision, document.reason


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
