"""The one stylesheet of pages, fragments and pictures: what things look like, in the colours of `palette`.

Light unless the reader's system is dark; `data-theme` on the root element wins over both. Fonts are the system's own,
as nothing is loaded from anywhere.
"""

from __future__ import annotations

import re

from holobench_mcp.report.palette import DARK, LIGHT, variables
from holobench_mcp.report.style_overview import OVERVIEW

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

#: What is drawn, inside a page and in a file of its own alike.
_DRAWN = """
.hb-at { overflow: visible; }
.hb-label { fill: var(--hb-ink); font-size: 13px; }
.hb-word { font-size: 12px; font-weight: 700; }
.hb-title .hb-word { font-size: 19px; }
.hb-ground { fill: var(--hb-ground); }
.hb-title { font-size: 19px; font-weight: 700; }
.hb-strong { font-weight: 700; }
.hb-number { fill: var(--hb-soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.hb-band { fill: var(--hb-band); }
.hb-zero { stroke: var(--hb-soft); stroke-width: 1.2; }
.hb-tick { stroke: var(--hb-line); stroke-width: 1; }
.hb-axis-line { stroke: var(--hb-soft); stroke-width: 1; }
.hb-interval { stroke-width: 3; }
.hb-mean { stroke: var(--hb-unchanged); stroke-width: 3; }
.hb-cap { fill: none; stroke-width: 2; }
.hb-series { stroke: var(--hb-soft); stroke-width: 1.4; }
.hb-level { stroke: var(--hb-ink); stroke-width: 2; stroke-dasharray: 6 4; opacity: 0.55; }
.hb-step { stroke: var(--hb-ink); stroke-width: 1.2; stroke-dasharray: 3 3; }
.hb-flag { fill: var(--hb-ink); }
.hb-flag-number { fill: var(--hb-ground); font-size: 11px; font-weight: 700; }
.hb-spread { stroke: var(--hb-soft); stroke-width: 1.2; opacity: 0.7; }
.hb-value { fill: var(--hb-soft); stroke: var(--hb-ground); stroke-width: 1; }
.hb-many path { fill: none; stroke: var(--hb-soft); vector-effect: non-scaling-stroke; }
.hb-many .hb-spread { opacity: 0.35; }
.hb-many .hb-value { stroke-width: 4; stroke-linecap: round; }
.hb-newest { fill: var(--hb-ink); stroke: var(--hb-ground); stroke-width: 1.5; }
.hb-before { fill: var(--hb-ground); stroke: var(--hb-soft); stroke-width: 2; }
.hb-after { fill: var(--hb-ink); stroke: var(--hb-ground); stroke-width: 1; }
.hb-join { stroke: var(--hb-soft); stroke-width: 1.5; }
.hb-rug { stroke: var(--hb-ink); stroke-width: 1.5; opacity: 0.3; }
.hb-filled { stroke: var(--hb-ground); stroke-width: 1.5; paint-order: stroke; }
.hb-stroked { stroke-width: 2.6; }
.hb-mark.hb-stroked { fill: var(--hb-ground); }
"""

_PAGE = """
.hb-page { box-sizing: border-box; max-width: 68rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
.hb-page > header { margin-bottom: 1.5rem; }
.hb-page h1 { font-size: 1.45rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; letter-spacing: -0.01em; }
.hb-page > footer { margin-top: 3rem; padding-top: 0.75rem; border-top: 1px solid var(--hb-line); font-size: 0.8rem; }
[class^="hb-"] section, section[class^="hb-"] { margin: 0 0 2.5rem; }
section[class^="hb-"] { color: var(--hb-ink); font: 15px/1.5 FONT; overflow-wrap: anywhere; }
section[class^="hb-"] h2 { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.15rem 0.6rem; }
section[class^="hb-"] h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 0.4rem; font-weight: 700; }
section[class^="hb-"] h3 { font-size: 1rem; margin: 1.8rem 0 0.5rem; font-weight: 700; }
section[class^="hb-"] p { margin: 0.35rem 0; }
section[class^="hb-"] ul { margin: 0.35rem 0; padding-left: 1.15rem; }
section[class^="hb-"] li { margin: 0.25rem 0; }
section[class^="hb-"] code, section[class^="hb-"] pre { font-family: MONO; font-size: 0.9em; }
section[class^="hb-"] pre { background: var(--hb-panel); border: 1px solid var(--hb-line); border-radius: 6px; }
section[class^="hb-"] pre { margin: 0.5rem 0; padding: 0.6rem 0.8rem; white-space: pre-wrap; max-height: 22rem; }
section[class^="hb-"] pre { overflow: auto; }
.hb-decision { background: var(--hb-panel); border-radius: 8px; padding: 0.9rem 1.1rem; border-left: 5px solid; }
.hb-decision > * { color: var(--hb-ink); }
.hb-decision h2 .hb-badge { font-size: 1.3rem; }
.hb-decision h2 .hb-icon { width: 1.15rem; height: 1.15rem; }
.hb-of { font-weight: 500; }
.hb-soft { color: var(--hb-soft); }
.hb-decision h2 .hb-soft { font-weight: 400; font-size: 1rem; }
.hb-badge { display: inline-flex; align-items: center; gap: 0.35em; font-weight: 650; white-space: nowrap; }
.hb-icon { flex: none; overflow: visible; }
.hb-name { font-weight: 600; }
.hb-remark { display: block; font-size: 0.85rem; }
.hb-id { font-size: 0.85rem; }
.hb-facts { margin: 0.9rem 0; display: grid; gap: 0.3rem; }
.hb-facts > div { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0.75rem; }
.hb-facts dt { color: var(--hb-soft); }
.hb-facts dd { margin: 0; }
.hb-figure { margin: 0.5rem 0 1.5rem; }
.hb-row { display: grid; grid-template-columns: minmax(9rem, 15rem) minmax(12rem, 1fr) minmax(9rem, 15rem); }
.hb-row { gap: 0 1.1rem; border-top: 1px solid var(--hb-line); }
.hb-head { color: var(--hb-soft); font-size: 0.82rem; border-top: 0; }
.hb-cell { min-width: 0; padding: 0.5rem 0; }
.hb-head .hb-cell { padding: 0 0 0.25rem; }
.hb-cell .hb-name { display: block; }
.hb-cell .hb-badge { font-size: 0.9rem; }
.hb-compact { border-top: 0; }
.hb-compact .hb-cell { padding: 0.3rem 0; }
.hb-head + .hb-compact, .hb-detail .hb-axis { border-top: 1px solid var(--hb-line); }
.hb-compact .hb-cell:first-child { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 0.6rem; }
.hb-compact .hb-cell:first-child { align-items: baseline; align-content: start; line-height: 1.45; }
.hb-compact .hb-figures { display: flex; flex-wrap: wrap; gap: 0 0.7rem; align-items: baseline; }
.hb-swatch { display: inline-block; width: 1.3em; height: 0.85em; background: var(--hb-band); }
.hb-swatch { forced-color-adjust: none; }
.hb-row .hb-drawn { padding: 0; }
.hb-rows .hb-drawn > .hb-plot { height: calc(100% + 1px); min-height: 44px; }
.hb-rows .hb-compact .hb-drawn > .hb-plot, .hb-rows .hb-axis .hb-drawn > .hb-plot { min-height: 32px; }
.hb-figures > * { display: block; font-variant-numeric: tabular-nums; }
.hb-figures .hb-soft, .hb-axis .hb-figures { font-size: 0.85rem; line-height: 1.4; }
.hb-axis .hb-cell { padding: 0.2rem 0; }
.hb-plot { display: block; overflow: visible; font-family: FONT; }
.hb-also { list-style: none; padding: 0; columns: 20rem 2; column-gap: 2rem; }
.hb-also li { break-inside: avoid; padding: 0.3rem 0; margin: 0; border-top: 1px solid var(--hb-line); }
.hb-folded { border-top: 1px solid var(--hb-line); padding: 0.6rem 0; }
section[class^="hb-"] summary { cursor: pointer; padding: 0.2rem 0; }
.hb-scroll { overflow-x: auto; }
.hb-table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; width: 100%; }
.hb-table th { text-align: left; color: var(--hb-soft); font-weight: 500; }
.hb-table th, .hb-table td { padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid var(--hb-line); }
.hb-table th, .hb-table td { vertical-align: top; }
.hb-table .hb-right { text-align: right; }
.hb-legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.1rem; font-size: 0.85rem; color: var(--hb-soft); }
.hb-legend { margin: 0.35rem 0; align-items: center; }
.hb-legend > span { display: inline-flex; align-items: center; gap: 0.4em; }
:is([class^="hb-"]):focus-visible, .hb-plot [tabindex]:focus-visible { outline: 2px solid var(--hb-focus); }
:is([class^="hb-"]):focus-visible { outline-offset: 3px; border-radius: 3px; }
summary:focus-visible { outline: 2px solid var(--hb-focus); outline-offset: 3px; }
@media (max-width: 54rem) {
  .hb-row { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 1.1rem; }
  .hb-drawn { grid-row: 2; grid-column: 1 / -1; }
  .hb-head { display: none; }
  .hb-axis .hb-cell:first-child { display: none; }
  .hb-axis .hb-figures:empty { display: none; }
  .hb-axis { border-top: 0; }
  .hb-rows .hb-drawn > .hb-plot { min-height: 40px; }
  .hb-cell:first-child { padding-bottom: 0; }
}
@media (max-width: 36rem) {
  .hb-page { padding: 1rem 0.9rem 2rem; }
  .hb-row { grid-template-columns: minmax(0, 1fr); gap: 0.2rem; }
  .hb-drawn { grid-row: auto; grid-column: auto; }
  .hb-figures { padding-top: 0; }
  .hb-figures { display: flex; flex-wrap: wrap; gap: 0 0.75rem; align-items: baseline; }
  .hb-facts > div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .hb-facts dt { font-size: 0.85rem; }
}
@media print {
  .hb-page { max-width: none; padding: 0; }
  .hb-row, .hb-figure, .hb-also li { break-inside: avoid; }
  .hb-decision { border: 1px solid; border-left-width: 5px; }
  section[class^="hb-"] pre { max-height: none; }
}
"""

_DECISIONS = ("improved", "regressed", "unchanged", "inconclusive", "incomparable")


def stylesheet() -> str:
    """The stylesheet of pages and fragments, light and dark."""
    dark = variables(DARK)
    return _tidy(
        f":root {{ {variables(LIGHT)} color-scheme: light; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} color-scheme: dark; }} }}\n"
        f":root[data-theme=light] {{ {variables(LIGHT)} color-scheme: light; }}\n"
        f":root[data-theme=dark] {{ {dark} color-scheme: dark; }}\n"
        "@media print { :root, :root[data-theme] { " + variables(LIGHT) + " color-scheme: light; } }\n"
        "html:has(.hb-page), body:has(> .hb-page) { background: var(--hb-ground); color: var(--hb-ink); margin: 0; }\n"
        "body:has(> .hb-page) { font: 15px/1.5 FONT; }\n" + _coloured() + _DRAWN + _PAGE + OVERVIEW
    )


def picture_style(*, dark: bool | None = None) -> str:
    """The style of a picture in a file of its own, colours spelt out: one theme's, or the reader's."""
    drawn = _coloured() + _DRAWN
    if dark is not None:
        return _tidy(_spelt(drawn, dark=dark))
    return _tidy(_spelt(drawn, dark=False) + "@media (prefers-color-scheme: dark) {" + _spelt(drawn, dark=True) + "}")


def _coloured() -> str:
    """What each decision's marks and words are coloured with."""
    return "".join(
        f".hb-{name} {{ color: var(--hb-{name}); }} "
        f".hb-filled.hb-{name}, .hb-word.hb-{name} {{ fill: var(--hb-{name}); }} "
        f".hb-stroked.hb-{name}, .hb-interval.hb-{name}, .hb-cap.hb-{name} {{ stroke: var(--hb-{name}); }}\n"
        for name in _DECISIONS
    )


def _spelt(style: str, *, dark: bool) -> str:
    colours = DARK if dark else LIGHT
    return re.sub(r"var\(--hb-([a-z]+)\)", lambda found: colours[found[1]], style)


def _tidy(style: str) -> str:
    return style.replace("FONT", FONT).replace("MONO", MONO).strip() + "\n"
