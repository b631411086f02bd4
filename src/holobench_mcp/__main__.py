"""The console script. Serving on stdio takes the short way, past the command line's own imports."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main() -> None:
    """Run `holobench-mcp`."""
    options = serving(sys.argv[1:])
    if options is not None:
        from holobench_mcp.server.app import serve

        serve(**options)
        return
    from holobench_mcp.cli import main as command_line

    command_line()


def serving(arguments: Sequence[str]) -> dict[str, str] | None:
    """The options of a call that only serves, such as `--project DIR serve`; None for any other."""
    options: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in ("--store", "--project"):
            options[name[2:]] = value if equals else next(words, "")
            if not options[name[2:]]:
                return None
        elif word != "serve" or next(words, None) is not None:
            return None
    return options


if __name__ == "__main__":
    main()
