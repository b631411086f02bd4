"""The style of what is on pages of many benches: their cards and lines, the way between pages, and signing in."""

OVERVIEW = """
.hb-page a { color: inherit; text-decoration-color: var(--hb-soft); text-underline-offset: 0.2em; }
.hb-page a:hover { text-decoration-thickness: 2px; }
.hb-page a:focus-visible, .hb-page button:focus-visible { outline: 2px solid var(--hb-focus); outline-offset: 3px; }
.hb-bar { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; align-items: baseline; justify-content: space-between; }
.hb-bar { margin-bottom: 0.9rem; font-size: 0.88rem; color: var(--hb-soft); }
.hb-bar nav { display: flex; flex-wrap: wrap; gap: 0.2rem 0.5rem; min-width: 0; }
.hb-bar > span { margin-left: auto; }
.hb-bar form { display: inline; }
.hb-bar button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
.hb-bar button { text-decoration: underline; text-decoration-color: var(--hb-soft); text-underline-offset: 0.2em; }
.hb-counts { list-style: none; display: flex; flex-wrap: wrap; gap: 0.4rem 1.5rem; }
section[class^="hb-"] .hb-counts { padding: 0; margin: 0 0 0.2rem; }
section[class^="hb-"] .hb-counts li { display: inline-flex; align-items: center; gap: 0.4em; margin: 0; }
.hb-counts strong { font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
section[class^="hb-"] .hb-warnings { list-style: none; padding: 0.5rem 0.8rem; border: 1px solid var(--hb-line); }
section[class^="hb-"] .hb-warnings { border-left: 5px solid var(--hb-regressed); border-radius: 6px; }
section[class^="hb-"] .hb-benches { list-style: none; padding: 0; margin: 1.2rem 0 0; }
section[class^="hb-"] .hb-bench { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 31rem); margin: 0; }
.hb-bench { gap: 0.6rem 2rem; padding: 0.9rem 0 0.9rem 0.9rem; border-top: 1px solid var(--hb-line); }
.hb-bench { box-shadow: inset 4px 0 0 -1px currentcolor; }
.hb-bench > * { color: var(--hb-ink); min-width: 0; }
section[class^="hb-"] .hb-bench h2 { font-size: 1.05rem; margin: 0; }
section[class^="hb-"] .hb-bench p { margin: 0.2rem 0; }
.hb-compared .hb-remark { display: inline; margin-left: 0.6rem; }
.hb-flagged::before { content: "! "; font-weight: 700; }
.hb-lines { max-width: 34rem; }
section[class^="hb-"] .hb-benches + p { margin-top: 1rem; }
.hb-metric-line { display: grid; grid-template-columns: minmax(0, 1fr) 150px minmax(9.5rem, auto); gap: 0 0.9rem; }
.hb-metric-line { align-items: center; padding: 0.15rem 0; font-size: 0.92rem; }
.hb-metric { overflow-wrap: anywhere; }
.hb-newest-value { font-variant-numeric: tabular-nums; white-space: nowrap; }
.hb-spark { display: block; max-width: 100%; }
.hb-line { fill: none; stroke: var(--hb-soft); stroke-width: 1.6; stroke-linejoin: round; }
.hb-band + .hb-line { stroke: var(--hb-ink); }
.hb-log { list-style: none; padding: 0; }
section[class^="hb-"] .hb-log { padding: 0; }
section[class^="hb-"] .hb-log li { margin: 0; padding: 0.35rem 0; border-top: 1px solid var(--hb-line); }
.hb-sign-in { max-width: 26rem; }
.hb-sign-in label { display: block; font-weight: 600; margin: 1rem 0 0.3rem; }
.hb-sign-in input { box-sizing: border-box; width: 100%; font: inherit; padding: 0.55rem 0.7rem; border-radius: 6px; }
.hb-sign-in input { color: var(--hb-ink); background: var(--hb-ground); border: 1px solid var(--hb-soft); }
.hb-sign-in button { font: inherit; font-weight: 650; margin-top: 0.9rem; padding: 0.55rem 1.2rem; border: 0; }
.hb-sign-in button { border-radius: 6px; background: var(--hb-ink); color: var(--hb-ground); cursor: pointer; }
.hb-sign-in input:focus-visible { outline: 2px solid var(--hb-focus); outline-offset: 1px; }
@media (max-width: 60rem) {
  section[class^="hb-"] .hb-bench { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 30rem) {
  .hb-metric-line { grid-template-columns: minmax(0, 1fr) minmax(0, auto); padding: 0.35rem 0; }
  .hb-metric-line .hb-metric { grid-column: 1 / -1; }
  .hb-compared .hb-remark { display: block; margin-left: 0; }
}
@media print { .hb-bar form, #hb-live { display: none; } .hb-bench { break-inside: avoid; } }
"""
