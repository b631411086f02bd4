"""The pages themselves, made of what the store has now: each is made again only when something was recorded.

They are made one after another in threads, and looked for news at most once a second, however many look at them.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cachetools import LRUCache

from holobench_mcp import report
from holobench_mcp.answers import SingleRuns
from holobench_mcp.model import ComparisonDocument
from holobench_mcp.report.links import ServerLinks
from holobench_mcp.report.markup import Markup, element
from holobench_mcp.report.overview import TITLE, named
from holobench_mcp.report.page import Frame
from holobench_mcp.server.http.live_script import SCRIPT
from holobench_mcp.server.services import Services
from holobench_mcp.workspace import Workspace

#: Seconds between two looks for news: at a folder, and at a bucket, where a look takes requests.
_LOOK_S, _LOOK_S_REMOTE = 1.0, 10.0
#: Pages in memory: of hundreds of benches each is some hundred kilobytes.
_MAX_PAGES = 32
#: A browser without script loads a page again so often.
_REFRESH_S = 60
_NAME = 60
_LINKS = ServerLinks()
#: A page by what it shows: all benches, a bench by its name, a comparison by its sides.
View = tuple[Literal["overview"]] | tuple[Literal["bench"], str] | tuple[Literal["comparison"], str, str]


@dataclass(frozen=True)
class Content:
    """What a page shows. version: of what it is made of, the same wherever it is made."""

    title: str
    fragments: tuple[str, ...]
    version: str


class PageViews:
    """Makes pages. Thread-safe."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._contents: LRUCache[View, tuple[Hashable, Content]] = LRUCache(_MAX_PAGES)
        self._state: tuple[float, Hashable] = (float("-inf"), None)

    def content(self, view: View) -> Content:
        """What a page shows now. Raises UnknownResult and the other errors of the workspace."""
        state = self._newest_state()
        with self._lock:
            known = self._contents.get(view)
            if known is not None and known[0] == state:
                return known[1]
            made = self._made(view)
            self._contents[view] = state, made
            return made

    def _newest_state(self) -> Hashable:
        with self._looking:
            config = self._services.config
            pause = _LOOK_S_REMOTE if config is not None and "://" in str(config.store) else _LOOK_S
            if time.monotonic() - self._state[0] >= pause:
                state = self._services.workspace.overview_state()
                self._state = time.monotonic(), state
            return self._state[1]

    def _made(self, view: View) -> Content:
        workspace = self._services.workspace
        match view:
            case ("overview",):
                title, fragments = TITLE, [report.overview_fragment(workspace.overview(), _LINKS)]
            case ("bench", name):
                found = workspace.bench_report(name)
                runs = _single_runs(workspace, found.comparison)
                title, fragments = name, report.bench_fragments(found, _LINKS, runs)
            case (_, baseline, candidate):
                document = workspace.comparison_again(baseline, candidate)
                runs = _single_runs(workspace, document)
                title, fragments = document.candidate.bench_name, [report.comparison_fragment(document, runs)]
        digest = hashlib.sha256("\0".join((report.stylesheet(), title, *fragments)).encode(errors="backslashreplace"))
        return Content(title, tuple(fragments), digest.hexdigest()[:32])


def _single_runs(workspace: Workspace, document: ComparisonDocument | None) -> list[SingleRuns]:
    runs = None if document is None else workspace.single_runs(document, report.detailed_metrics(document))
    return [] if runs is None else [runs]


def whole_page(content: Content, view: View, *, signed_in: bool) -> str:
    """A page with its way back, its version, and what keeps it up to date. signed_in: whether by a session."""
    refresh = element("meta", http_equiv="refresh", content=str(_REFRESH_S))
    head = (
        element("meta", name="hb-version", content=content.version),
        element("noscript", refresh),
        element("script", "", src=asset("page.js"), defer=""),
    )
    return report.page(content.title, *content.fragments, frame=_frame(head, _bar(view, content.title, signed_in)))


def plain_page(title: str, *fragments: str, head: tuple[Markup, ...] = ()) -> str:
    """A page that is what it is: an error, or a form."""
    return report.page(title, *fragments, frame=_frame(head, None))


def asset(name: str) -> str:
    """The address of the stylesheet or the script, which is another as soon as they are."""
    return f"/assets/{name}?v={hashlib.sha256(ASSETS[name][0]()).hexdigest()[:12]}"


def _frame(head: tuple[Markup, ...], bar: Markup | None) -> Frame:
    return Frame(stylesheet=asset("style.css"), head=head, bar=bar)


def _bar(view: View, title: str, signed_in: bool) -> Markup:
    """The way to the overview, whether the page is up to date, and the way out."""
    steps = [element("a", TITLE, href=_LINKS.home)] if view != ("overview",) else []
    if view[0] == "comparison":
        steps += [element("span", "/", aria_hidden="true"), element("a", named(title, _NAME), href=_LINKS.bench(title))]
    out = element("form", element("button", "Sign out"), method="post", action="/logout") if signed_in else None
    live = element("span", "", id="hb-live", role="status")
    return element(
        "div",
        element("nav", *steps, aria_label="Pages") if steps else None,
        element("span", live, " " if out is not None else None, out),
        class_="hb-bar",
    )


@lru_cache(1)
def _style() -> bytes:
    return report.stylesheet().encode()


#: What pages load, with its type.
ASSETS: dict[str, tuple[Callable[[], bytes], str]] = {
    "style.css": (_style, "text/css; charset=utf-8"),
    "page.js": (SCRIPT.encode, "text/javascript; charset=utf-8"),
}
