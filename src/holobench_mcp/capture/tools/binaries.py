"""What a compiled program is built with, as a text in its file says."""

from __future__ import annotations

import mmap
import shutil
from pathlib import Path

from holobench_mcp.capture.tools.started import Started

#: The first bytes of programs of Linux, of macOS (of one kind of processor, or several) and of Windows.
_MAGIC = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
#: So much of a file is looked through: a second's work.
_MOST_BYTES = 512 << 20


def is_built_with(found: Started, *texts: bytes) -> bool:
    """Whether the program is a compiled one whose file has one of some texts in it."""
    if found.kind != "program":
        return False
    word = found.word
    path = None if found.env is None else found.env.get("PATH")
    file = found.path if "/" in word or "\\" in word else Path(shutil.which(word, path=path) or "")
    try:
        if not file.is_file():
            return False
        with file.open("rb") as stream:
            if not stream.read(4).startswith(_MAGIC):
                return False
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return any(content.find(text, 0, _MOST_BYTES) >= 0 for text in texts)
    except (OSError, ValueError):
        return False
