"""What a name that somebody has begun to type may become: benches, metrics, ids, baselines, labels and revisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.result.identity import is_time_label, revision_text
from holobench_mcp.workspace.library import Library

#: Completions of one answer: the protocol's limit.
MAX_VALUES = 100
#: Benches whose names, labels and metrics are looked through, the one measured last first; and labels of each.
_BENCHES, _LABELS = 50, 20
#: Longer texts are the beginning of no name.
_MAX_TEXT = 1000


#: What can be completed.
Kind = Literal["bench", "metric", "id", "name"]


def complete(library: Library, kind: Kind, text: str, bench: str | None = None) -> list[str]:
    """What a text that was begun may become, the likeliest first. bench: the one that was chosen before, if any.

    One more than an answer holds where there are more.
    """
    if len(text) > _MAX_TEXT:
        return []
    with library.at_one_moment():
        match kind:
            case "bench":
                found = benches(library, text)
            case "metric":
                found = metrics(library, text, bench)
            case "id":
                found = result_ids(library, text, bench)
            case "name":
                found = names(library, text, bench)
    return found[: MAX_VALUES + 1]


def benches(library: Library, text: str) -> list[str]:
    """Benches, and configured benchmarks that nothing was recorded of yet, which begin with a text or contain it."""
    known = library.index().bench_names()
    return matching([*known, *(name for name in library.config.benchmarks if name not in known)], text)


def result_ids(library: Library, text: str, bench: str | None = None) -> list[str]:
    """Ids of results that begin with a text, newest first; those of a bench, where one is known."""
    of = _of(library, bench)
    return library.index().ids(id_prefix=text or None, benches=of, limit=MAX_VALUES + 1)


def metrics(library: Library, text: str, bench: str | None = None) -> list[str]:
    """Metrics of the newest results, of a bench or of all."""
    index = library.index()
    of = _of(library, bench) or index.bench_names()[:_BENCHES]
    newest = [m for name in of for m in index.select(bench_name=name, limit=1)]
    return matching((metric.variable for m in newest for metric in m.metrics), text)


def names(library: Library, text: str, bench: str | None = None) -> list[str]:
    """Whatever names a result: baselines, labels and revisions before ids."""
    found = matching(_names(library, _of(library, bench)), text)
    return found if len(found) > MAX_VALUES else list(dict.fromkeys([*found, *result_ids(library, text, bench)]))


def matching(values: Iterable[str], text: str) -> list[str]:
    """Those of some values that begin with a text, then those that contain it, whatever their case; each once."""
    folded = text.casefold()
    known = list(dict.fromkeys(values))
    begin = [value for value in known if value.casefold().startswith(folded)]
    return begin + [value for value in known if folded in value.casefold() and value not in begin]


def _names(library: Library, of: tuple[str, ...] | None) -> Iterator[str]:
    index = library.index()
    if index.has(benches=of):
        yield from ("latest", "latest~1")
    chosen = list(of or index.bench_names()[:_BENCHES])
    for bench in chosen:
        yield f"{bench}@latest"
    yield from (f"{e.bench_name}@{e.name}" for e in library.store.readable_refs()[0] if e.bench_name in chosen)
    for bench in chosen:
        labels = index.distinct("label", bench_name=bench, limit=_LABELS)
        yield from (f"{bench}@label:{label}" for label in labels if not is_time_label(label))
        for revision in index.distinct("revision", bench_name=bench, limit=_LABELS):
            yield f"{bench}@{revision_text(revision, None)}"


def _of(library: Library, bench: str | None) -> tuple[str, ...] | None:
    """The benches of a name that was given before; None where it is of none, as somebody may still be typing it."""
    if not bench:
        return None
    try:
        return library.benches(bench)
    except HolobenchMcpError:
        return None
