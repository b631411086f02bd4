"""A whole HTML document: it loads nothing, needs no script, and looks right in either theme and at any width."""

from __future__ import annotations

from holobench_mcp._version import __version__
from holobench_mcp.report.markup import Markup, element, joined
from holobench_mcp.report.style import stylesheet

#: Nothing may be loaded or run, whatever a page is made of.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def page(title: str, *fragments: str) -> str:
    """A document with fragments of this package, one below the other. title: any text; the fragments are markup."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", title),
        element("style", Markup(stylesheet())),
    )
    main = element(
        "div",
        element("header", element("h1", title)),
        element("main", *map(Markup, fragments)),
        element("footer", f"holobench-mcp {__version__}", class_="hb-soft"),
        class_="hb-page",
    )
    return joined([Markup("<!doctype html>\n"), element("html", head, element("body", main), lang="en"), Markup("\n")])
