"""The marker that makes a folder or a prefix a store: its format, and whether its journal is chained."""

from __future__ import annotations

import json

from holobench_mcp.model import STORE_FORMAT
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend

#: What a marker holds.
MARKER_BYTES = json.dumps({"format": STORE_FORMAT}).encode()
CHAINED_MARKER_BYTES = json.dumps({"format": STORE_FORMAT, "chain": True}).encode()


def look_for_chain(backend: Backend) -> bool:
    """Whether a store's journal is chained, also where that was begun since this process opened it."""
    if not backend.is_chained:
        backend.is_chained = backend.get(layout.MARKER) == CHAINED_MARKER_BYTES
    return backend.is_chained
