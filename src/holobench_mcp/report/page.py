"""A whole HTML document: it loads nothing, needs no script, and looks right in either theme and at any width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from holobench_mcp._version import __version__
from holobench_mcp.report.markup import Markup, element, joined
from holobench_mcp.report.style import stylesheet

#: Nothing may be loaded or run, whatever a page is made of.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


#: Better, worse, and the line between them; without one, browsers ask a server for /favicon.ico.
_ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#18202b"/>'
    '<path d="M21 4 28 11 21 18 14 11Z" fill="#ff9a5c"/><circle cx="11" cy="22" r="6" fill="#61b6f5"/></svg>',
    safe="",
)


@dataclass(frozen=True)
class Frame:
    """What is around the fragments of a page that is one of several.

    stylesheet: the address of the stylesheet, which stands in the page itself where there is none. head: further
    elements of the head. bar: what stands above the title, such as the way to other pages.
    """

    stylesheet: str | None = None
    head: tuple[Markup, ...] = ()
    bar: Markup | None = None


def page(title: str, *fragments: str, frame: Frame = Frame()) -> str:
    """A document with fragments of this package, one below the other. title: any text; the fragments are markup."""
    alone = frame.stylesheet is None
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY) if alone else None,
        element("title", title),
        element("style", Markup(stylesheet())) if alone else element("link", rel="stylesheet", href=frame.stylesheet),
        None if alone else element("link", rel="icon", href=_ICON),
        *frame.head,
    )
    main = element(
        "div",
        element("header", frame.bar, element("h1", title)),
        element("main", *map(Markup, fragments)),
        element("footer", f"holobench-mcp {__version__}", class_="hb-soft"),
        class_="hb-page",
    )
    return joined([Markup("<!doctype html>\n"), element("html", head, element("body", main), lang="en"), Markup("\n")])


def notes_fragment(notes: Sequence[str]) -> str:
    """What is not on a page, and why: `<section class="hb-notes">`; nothing where there is nothing to say."""
    if not notes:
        return ""
    return element("section", element("ul", *(element("li", note) for note in notes)), class_="hb-notes hb-soft")
