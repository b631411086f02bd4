"""The log of what was compared with what: how many variants were tried against one baseline.

Whoever tries twenty variants and keeps the best has given luck twenty chances; a decision that does not count them is
too sure of itself. Below the baseline's code stands one entry a variant, written once.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime

from holobench_mcp.model import Manifest, StoreError
from holobench_mcp.store import layout
from holobench_mcp.store.bundle import Store
from holobench_mcp.store.replicates import code_of


def count_variants(store: Store, baseline: Manifest, candidate: Manifest) -> int:
    """Log a comparison, and count the different variants that were compared with this baseline, this one included.

    A store that can't be written is counted as it is: no answer is withheld for want of a log.
    """
    folder = f"{layout.COMPARISONS}{_key(baseline)}/"
    entry = f"{folder}{_key(candidate)}.json"
    told = {
        "baseline": baseline.result_id,
        "candidate": candidate.result_id,
        "compared_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with suppress(StoreError):
        store.backend.create(entry, json.dumps(told).encode())
    try:
        seen = {key for key, _ in store.backend.keys(folder)}
    except StoreError:
        seen = set()
    return len(seen | {entry})


def _key(manifest: Manifest) -> str:
    """What makes two measurements one variant: the same code, or the same measurement."""
    code = code_of(manifest)
    if code is None:
        code = manifest.measurement.id if manifest.measurement else manifest.result_id
    return hashlib.sha256(f"{manifest.bench_name}\0{code!r}".encode()).hexdigest()[:16]
