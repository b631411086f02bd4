"""The page that somebody gets who may not look yet."""

from __future__ import annotations

from holobench_mcp.report.markup import Markup, element
from holobench_mcp.server.http.page_views import plain_page

TITLE = "Sign in"
_HOW = (
    "These benchmarks are shown to who has a token for this server: the one that agents and CI send as "
    "Authorization: Bearer. Reading is enough."
)
_BY_BEARER = (
    "This server asks an authorization server about tokens, and a browser can't sign in here. Send one that was issued "
    "for this server, with the scope read, as the header Authorization: Bearer TOKEN."
)


def sign_in_form(to: str, *, oauth: bool, said: str | None = None, again: bool = False) -> str:
    """The form. to: where it leads; said: why the last try failed; again: whether the page loads itself once more."""
    fields = (
        element("label", "Token", for_="hb-token"),
        element(
            "input",
            id="hb-token",
            name="token",
            type="password",
            autocomplete="current-password",
            required="",
            autofocus="",
            aria_describedby="hb-said" if said else None,
        ),
        element("input", type="hidden", name="to", value=to),
        element("button", TITLE, type="submit"),
    )
    section = element(
        "section",
        element("p", _HOW),
        element("p", said, id="hb-said", role="alert", class_="hb-flagged hb-regressed") if said else None,
        element("form", *fields, method="post", action="/login"),
        element("p", f"Or: {_BY_BEARER[0].lower()}{_BY_BEARER[1:]}", class_="hb-soft hb-remark") if oauth else None,
        class_="hb-sign-in",
    )
    refresh = (element("meta", http_equiv="refresh", content="0"),) if again else ()
    return plain_page(TITLE, section, head=refresh)


def no_sign_in() -> str:
    """What stands in its place where a browser can't sign in."""
    return plain_page(TITLE, sentence(_BY_BEARER))


def sentence(said: str) -> Markup:
    """A sentence as all that a page has, with the way back."""
    return element(
        "section", element("p", said), element("p", element("a", "To the overview", href="/")), class_="hb-said"
    )
