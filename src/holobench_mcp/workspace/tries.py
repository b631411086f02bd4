"""How many variants were tried against one baseline.

Whoever tries twenty variants and keeps the best has given luck twenty chances; a decision that does not count them is
too sure of itself. Below the baseline's code stands one entry a variant, written once.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from holobench_mcp.model import ALPHA, ComparisonDocument, Decision, Manifest, Selection, StoreError
from holobench_mcp.result.identity import identity_of
from holobench_mcp.store import Store, layout
from holobench_mcp.store.seal import sealed
from holobench_mcp.workspace.sides import Sides


def with_selection(store: Store, document: ComparisonDocument, sides: Sides) -> ComparisonDocument:
    """Caution an improvement that is the best of several tries, and say when luck could explain it."""
    tried = count_variants(store, sides.baseline[0], sides.candidate[0])
    if tried < 2 or document.decision is not Decision.improved:
        return document
    best = [m.evidence.p_value for m in document.metrics if m.evidence and m.evidence.decision is Decision.improved]
    p = min((value for value in best if value is not None), default=1.0)
    adjusted = min(1.0, tried * p)  # Bonferroni (Dunn 1961) over the variants
    by_luck = adjusted > ALPHA
    note = f"{tried} variants were compared with this baseline; counting them, p is {adjusted:.2g}" + (
        ": luck could explain this improvement." if by_luck else "."
    )
    update: dict[str, Any] = {"selection": Selection(comparisons=tried, adjusted_p=adjusted, note=note)}
    if by_luck:
        update["next_step"] = "Confirm it on fresh runs: measure both sides again, and compare only those."
    return document.model_copy(update=update)


def count_variants(store: Store, baseline: Manifest, candidate: Manifest) -> int:
    """Log a comparison, and count the different variants that were compared with this baseline, this one included.

    A store that can't be written is counted as it is: no answer is withheld for want of a log.
    """
    folder = f"{layout.COMPARISONS}{_key(baseline)}/"
    entry = f"{folder}{_key(candidate)}.json"
    document = {
        "baseline": baseline.result_id,
        "candidate": candidate.result_id,
        "compared_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with suppress(StoreError):
        store.backend.create(entry, sealed(json.dumps(document).encode()))
    try:
        entries = {key for key, _ in store.backend.keys(folder)}
    except StoreError:
        entries = set()
    return len(entries | {entry})


def _key(manifest: Manifest) -> str:
    """What makes two measurements one variant: the same code, or the same measurement."""
    variant = identity_of(manifest).variant
    if variant is None:
        variant = manifest.measurement.id if manifest.measurement else manifest.result_id
    return hashlib.sha256(f"{manifest.bench_name}\0{variant!r}".encode()).hexdigest()[:16]
