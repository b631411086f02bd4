"""Text that others wrote: names and labels that came with a file, reasons that were given, what a benchmark printed.

Whoever can write a result can write text that a terminal obeys, that hides in a line or turns it around, or that begins
a line of its own in an answer. Whatever shows such text shows it by one of these two.
"""

from __future__ import annotations

import re

#: Characters of one line: more than any sentence of ours has.
MOST = 4000
#: What commands a terminal: colours, titles, links, the cursor.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
#: Characters that Python calls printable and that show nothing: fillers, blanks, and selectors of a glyph's variant,
#: in which a whole hidden text can be spelt. The one that makes an emoji of a sign stays.
_SHOWS_NOTHING = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE0F),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
_MARK = "\N{REPLACEMENT CHARACTER}"


def plain(line: str, most: int | None = MOST) -> str:
    """A text as one line that shows all that it is: what can't be seen, or begins a line, is marked by U+FFFD.

    most: the characters that it may have; one that is cut ends in an ellipsis.
    """
    if most is not None and len(line) > most:
        line = line[: most - 1] + "…"
    if line.isprintable() and (line.isascii() or _SHOWS_NOTHING.isdisjoint(line)):
        return line
    return "".join(_shown(c, _MARK) for c in line)


def plain_lines(text: str) -> str:
    """A program's output as lines of plain text. What can't be seen is left out: programs colour, and draw bars."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c if c in "\n\t" else _shown(c, "") for c in text)


def with_output(text: str, most: int | None = None) -> str:
    """A sentence that may end with the lines of a program's output: indented, so that none of them passes for ours."""
    first, *output = (text if most is None or len(text) <= most else f"{text[: most - 1]}…").splitlines() or [""]
    return "\n".join([plain(first), *(f"    {plain(line)}" for line in output)])


def _shown(sign: str, otherwise: str) -> str:
    if sign.isprintable():
        return otherwise if sign in _SHOWS_NOTHING else sign
    # What is left of the spaces: no-break, thin and wide ones.
    return " " if sign.isspace() and sign not in "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029" else otherwise
