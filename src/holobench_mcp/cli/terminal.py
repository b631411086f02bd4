"""The terminal that stdout is, where it is one: how wide it is, what it can show, and lines as they go there.

Everything else of the command line asks here, so that a table, a sentence and a test see one width. Lines are laid out
before they come here; nothing is wrapped again or cropped.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from holobench_mcp import digest
from holobench_mcp.cli import output

if TYPE_CHECKING:
    from rich.text import Text

#: Less can't be laid out: a terminal that is narrower wraps by itself.
_NARROWEST = 24


def is_there() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def size() -> tuple[int, int]:
    """Columns and lines: what COLUMNS and LINES say, else the terminal's own, else 80 by 24."""
    columns, lines = shutil.get_terminal_size()
    return max(_NARROWEST, columns), lines


def shown(text: str) -> str:
    """One line of anybody's text as this terminal shows it: nothing hidden, nothing that it can't write.

    Done before the layout, since what stands for a sign can be longer than the sign.
    """
    return output.writable(digest.plain(text), sys.stdout)


def show(lines: Iterable[Text]) -> None:
    """Write lines, coloured where the terminal can and may be (NO_COLOR, TERM=dumb). Raises OutputError."""
    if sys.stdout is None:
        return
    from rich.console import Console

    console = Console(width=size()[0], highlight=False, emoji=False, markup=False)
    with output.until_reader_goes():
        for line in lines:
            line.rstrip()
            console.print(line, soft_wrap=True)


def draws_over_itself() -> bool:
    """Whether stderr is a terminal on which a line can be written over: where a bar can stand, and go."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown", "")
