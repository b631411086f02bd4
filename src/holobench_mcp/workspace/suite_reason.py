"""What several benches come to in a sentence: how many moved and which, before anything is said of one of them."""

from __future__ import annotations

from collections.abc import Sequence

from holobench_mcp.model import CAUSES_WORST_FIRST, DECISIONS_WORST_FIRST, ComparisonDocument, Decision

#: Benches that a sentence names.
_NAMED = 3
_MOVED = (Decision.regressed, Decision.improved)


def worst_first(documents: Sequence[ComparisonDocument]) -> list[ComparisonDocument]:
    """The comparisons of several benches, the gravest first, and of those that are alike the one that changed most."""
    return sorted(documents, key=_rank)


def joint_reason(benches: Sequence[tuple[str, Decision]], first: ComparisonDocument) -> str:
    """How many of several benches moved and their names, with the reason of the worst where it is not that none did.

    benches: names and decisions, in their order. first: the worst of them.
    """
    if len(benches) < 2:
        return first.reason or ""
    named = {word: [name for name, decision in benches if decision is word] for word in DECISIONS_WORST_FIRST}
    name = first.candidate.bench_name
    moved = [f"{len(named[word])} {word.value}{_named(named[word], name)}" for word in _MOVED if named[word]]
    if not moved:
        rest = [f"{len(names)} {word.value}" for word, names in named.items() if names]
        if len(rest) == 1 and named[Decision.unchanged]:
            return f"None of {len(benches)} benches moved: each lies within its margin."
        counts = "" if len(rest) == 1 and named[Decision.inconclusive] else f": {', '.join(rest)}"
        start = f"None of {len(benches)} benches moved beyond chance{counts}."
    else:
        start = f"Of {len(benches)} benches {' and '.join(moved)}."
    return f"{start} {name}: {first.reason}" if first.reason else start


# ---------------------------------------------------------------------- parts


def _rank(document: ComparisonDocument) -> tuple[int, int, float]:
    sizes = [abs(m.evidence.size) for m in document.metrics[:1] if m.evidence is not None]
    decision = document.decision or Decision.inconclusive
    return DECISIONS_WORST_FIRST.index(decision), CAUSES_WORST_FIRST.index(document.cause), -max(sizes, default=0.0)


def _named(names: Sequence[str], first: str) -> str:
    """The first of some names in brackets, unless the only one is spoken of anyway."""
    if list(names) == [first]:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" ({', '.join(names[:_NAMED])}{more})"
