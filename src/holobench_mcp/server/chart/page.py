"""The page `ui://holobench/chart.html`: static, the same for every answer, and sealed by a policy of its own.

The host seals the frame already. The page's policy allows its one script and its one stylesheet, by their digests, and
nothing else: no script that came in with an answer could run, no address could be reached.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib.resources import files

from holobench_mcp import report
from holobench_mcp._version import __version__

_PAGE = """<!doctype html>
<html lang="en" data-version="{version}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Benchmark chart</title>
<style>{style}</style>
</head>
<body>
<main id="chart" aria-label="Benchmark chart"></main>
<p id="news" role="status">The chart comes here with the answer.</p>
<nav aria-label="Size"><button type="button" id="wider" hidden>Show larger</button></nav>
<script>{script}</script>
</body>
</html>
"""


@functools.cache
def page() -> str:
    """The page as it is served."""
    style = report.stylesheet() + _text("page.css")
    script = _text("page.js")
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(version=__version__, policy=policy, style=style, script=script)


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    """The name by which a policy allows an element with this content."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
