"""The kinds of saved results that benches/kinds.py writes."""

from __future__ import annotations

KINDS = (
    "dims0", "repeats", "dims2", "dims3", "strings", "enums", "numbered", "files", "yaml", "others", "over_time",
    "events", "adaptive", "zoned", "in_utc",
)  # fmt: skip
