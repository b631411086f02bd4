"""Results on an object store: immutable, content-addressed, append-only, on a folder or a bucket alike."""

from holobench_mcp.store.bundle import Store, open_store

__all__ = ["Store", "open_store"]
