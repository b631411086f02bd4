"""Looks for patterns in a text, line by line. Run as a script with `python -I -S`, and ended where it takes too long.

Python's regular expressions may take longer than the universe has left, and nothing stops one in its own process. From
standard input: the patterns as one line of JSON, then the text. To standard output: by name, what their group matched.
"""

import json
import re
import sys

_LONGEST_LINE, _MOST_MATCHES = 10_000, 100_000
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def main() -> None:
    """Search and tell."""
    patterns = {name: re.compile(text) for name, text in json.loads(sys.stdin.buffer.readline()).items()}
    found: dict[str, list[str]] = {name: [] for name in patterns}
    text = _ESCAPES.sub("", sys.stdin.buffer.read().decode("utf-8", "replace"))
    for line in text.replace("\r", "\n").split("\n"):
        for name, pattern in patterns.items():
            if len(found[name]) <= _MOST_MATCHES:
                found[name] += [match[1] or "" for match in pattern.finditer(line[:_LONGEST_LINE])]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
