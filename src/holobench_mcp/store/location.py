"""Where a store is: a folder, or a prefix of a bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from holobench_mcp.config import check_store
from holobench_mcp.model import ConfigError

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


@dataclass(frozen=True)
class Location:
    """Where a store is: a folder, or a prefix of a bucket. `url` names it to people and to the index."""

    url: str
    folder: Path | None

    @classmethod
    def parse(cls, text: str | Path) -> Location:
        """A path, `file://`, `s3://`, `gs://`, `az://` or `memory://`. Raises ConfigError for another scheme."""
        text = str(text)
        check_store(text)
        scheme = _URL.match(text)
        if scheme is None:
            try:
                folder = Path(text).expanduser().absolute()
            except (OSError, RuntimeError) as problem:
                raise ConfigError(f"store: {text!r:.200} can't be used: {problem}.") from problem
            return cls(str(folder), folder)
        if scheme[1].lower() == "file":
            path = text[len("file://") :]
            if not path.startswith("/"):
                raise ConfigError(f"store: {text!r:.200} names no folder of this machine; write file:///path/to/it.")
            return cls.parse(path)
        return cls(text.rstrip("/"), None)
