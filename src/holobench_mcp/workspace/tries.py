"""How many variants were tried against one baseline.

Whoever tries twenty variants and keeps the best has given luck twenty chances; a decision that does not count them is
too sure of itself. Below the baseline's code stands one entry a variant, written once.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime

from holobench_mcp.model import Manifest, StoreError
from holobench_mcp.result.identity import identity_of
from holobench_mcp.store import Store, layout


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
        store.backend.create(entry, json.dumps(document).encode())
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
