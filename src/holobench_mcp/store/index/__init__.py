"""The index: a local cache of a store's manifests, so that listing a hundred thousand results parses those it shows.

It is only ever a cache: never wrong, at worst late. When it is missing, broken, or of another version it is built again
from the store, and when the cache folder can't be written it is a temporary file, or lives in memory.

file     the SQLite file: its tables, where it is, how it is opened
rows     results as rows, and the groups of them that names and counts are read from
query    conditions as SQL, each by the one index that fits
refresh  what was recorded and removed since the last time: by the journal, and by listings
cache    the face of it all
"""

from holobench_mcp.store.index.cache import Index
from holobench_mcp.store.index.query import Column, Conditions
from holobench_mcp.store.index.rows import ResultRow

__all__ = ["Column", "Conditions", "Index", "ResultRow"]
