"""Pages in Chromium at three widths in both themes: nothing is wider than the page, no two numbers of a picture overlap."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape

import pytest

from conftest import need
from drawn_answers import compared, document, evidence, history, hostile, point, runs_of
from holobench_mcp.report import comparison_fragment, history_fragment, page

WIDTHS, THEMES = (360, 768, 1280), ("light", "dark")
#: What is measured of a page in a frame: how much wider its content is, texts that overlap in one picture or stand
#: outside of the page, the colour of its ground, and how many pictures a keyboard reaches.
MEASURE = """
const wait = frame => new Promise(done => frame.onload = done);
const box = e => e.getBoundingClientRect();
function measured(doc) {
  const root = doc.documentElement, width = root.clientWidth, over = [], out = [];
  for (const svg of doc.querySelectorAll("svg")) {
    const texts = [...svg.querySelectorAll("text")].map(t => [t.textContent, box(t)]).filter(([, b]) => b.width);
    for (const [name, b] of texts) if (b.left < -1 || b.right > width + 1) out.push(name);
    texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 3) over.push([one, other]);
    }));
  }
  const reached = doc.querySelectorAll("svg[role=img][tabindex='0']").length;
  return {wider: root.scrollWidth - width, over, out, ground: getComputedStyle(root).backgroundColor, reached};
}
(async () => {
  const found = {};
  for (const [name, width, html] of PAGES) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    const loaded = wait(frame);
    frame.srcdoc = html;
    document.body.append(frame);
    await loaded;
    found[name] = measured(frame.contentDocument);
    frame.remove();
  }
  document.body.textContent = "FOUND" + JSON.stringify(found) + "END";
})();
"""
LONG = "a_name_of_two_hundred_characters_" * 6


def pages() -> dict[str, str]:
    """Pages of all kinds: small, wide, of long and hostile names, with effects of every size."""
    far = evidence("far", points=tuple(point(size=10**i, effect=5.0 * 4**i) for i in range(6)), points_tested=900,
                   points_moved=6, n_points=900)  # fmt: skip
    kinds = [
        far,
        evidence(LONG, "unchanged", 0.3, ci=(-1.2, 1.9), interval_level=0.9),
        evidence("زمن التنفيذ", "improved", -15.0),
        evidence(
            "score", "inconclusive", None, effect=-123456.0, units="a unit of some length", ci=(-9e6, 5e6), margin=1e5
        ),
        evidence("tiny", "incomparable", None, ci=None),
        compared(None, "not judged"),
    ]
    answer = document(
        kinds, reason="a reason " * 40, also=[{"bench_name": LONG, "decision": "unchanged", "reason": LONG}]
    )
    steps = history([10.0 + (i > 20) * 3 + 0.1 * (i % 5) for i in range(60)], [21, 40, 41], metric=LONG)
    extremes = document([evidence("vast", percent=1e306), evidence("least", percent=1e-9, margin=1e-12)])
    apart = document(
        [evidence("share", percent=-33.3, ci=(-73.1, 6.4)), evidence("exact", percent=-12345.678, margin=None)]
    )
    attacked, runs, over_time = hostile("<i>x</i> " + "y" * 50)
    return {
        "comparison": page("A comparison", comparison_fragment(answer, [runs_of(far)])),
        "history": page(LONG, history_fragment(steps), history_fragment(history([1e-9, 2e7]))),
        "extremes": page("Extremes", *(comparison_fragment(d) for d in (extremes, apart))),
        "hostile": page("x" * 300, comparison_fragment(attacked, [runs]), history_fragment(over_time)),
    }


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    chromium = need("chromium", "chromium")
    folder = tmp_path_factory.mktemp("pages")
    cases = [
        [f"{name} {width} {theme}", width, html.replace("<html", f'<html data-theme="{theme}"', 1)]
        for name, html in pages().items()
        for width in WIDTHS
        for theme in THEMES
    ]
    listed = json.dumps(cases).replace("</", "<\\/")
    (folder / "frames.html").write_text(
        f"<!doctype html><meta charset=utf-8><body><script>const PAGES = {listed};{MEASURE}</script>"
    )
    done = subprocess.run(
        [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=20000", "--dump-dom", (folder / "frames.html").as_uri()],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    found = re.search(r"FOUND(.*)END", done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]))


def test_nothing_is_wider_than_the_page(measured: dict[str, dict[str, object]]) -> None:
    assert len(measured) == 4 * len(WIDTHS) * len(THEMES)
    assert {name: found["wider"] for name, found in measured.items() if found["wider"]} == {}
    assert {name: found["out"] for name, found in measured.items() if found["out"]} == {}


def test_no_two_texts_of_a_picture_overlap(measured: dict[str, dict[str, object]]) -> None:
    assert {name: found["over"] for name, found in measured.items() if found["over"]} == {}


def test_each_theme_has_its_ground_and_a_keyboard_reaches_every_picture(measured: dict[str, dict[str, object]]) -> None:
    grounds = {theme: {found["ground"] for name, found in measured.items() if name.endswith(theme)} for theme in THEMES}
    assert grounds == {"light": {"rgb(255, 255, 255)"}, "dark": {"rgb(16, 21, 28)"}}
    assert all(found["reached"] for found in measured.values())
