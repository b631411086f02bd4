"""Nothing that data says becomes markup: pages have the same elements whatever the text is."""

from __future__ import annotations

import html5lib
from hypothesis import example, given
from hypothesis import strategies as st

from drawn_answers import hostile
from holobench_mcp.model import MeasurementDocument
from holobench_mcp.report import (
    comparison_fragment,
    comparison_picture,
    history_fragment,
    history_picture,
    measurement_fragment,
    page,
)

#: What begins a line is kept as it is: the lines of a reason are elements of their own.
_LINES = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
ATTACKS = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x", "</style><b>", "</title><b>", "]]>",
    "<!-- ", "--><b>", "&lt;b&gt;&#60;", "</svg><b>", "<foreignObject>", "javascript:alert(1)", "\x00<b>", "\x1b[2J",
    "\u202e<b>", "\u2066x\u2069", "<math><mi>", "<b\n>", "{}%s${x}", "`<b>`", "\ud800<b>",
)  # fmt: skip


def drawn(text: str) -> str:
    answer, runs, over_time = hostile(text)
    measured = MeasurementDocument.model_validate(
        {
            "id": "m", "kind": "revisions", "benchmark": text, "head": {"label": text}, "started_at": "2026",
            "command": ("run", "x"), "roles": ({"result_id": text, "bench_name": text, "side": "base"},),
            "stopped": text, "notes": (text,), "parameters": {text: text},
            "cautions": ({"severity": "caution", "what": text, "detail": text},),
        }
    )  # fmt: skip
    fragments = [comparison_fragment(answer, [runs]), history_fragment(over_time), measurement_fragment(measured)]
    return page(text, *fragments, comparison_picture(answer), history_picture(over_time))


def structure(document: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, in order, as a browser reads them."""
    tree = html5lib.parse(document, namespaceHTMLElements=False)
    return [(str(e.tag), tuple(sorted(map(str, e.keys())))) for e in tree.iter() if isinstance(e.tag, str)]


def harmless(text: str) -> str:
    return "".join(sign if sign in _LINES or sign.isspace() else "x" for sign in text)


def check(text: str) -> None:
    document = drawn(text)
    assert structure(document) == structure(drawn(harmless(text)))
    shown = document.replace("\n", "")
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u2069\u2028" for c in shown)


def test_attacks_stay_text() -> None:
    for attack in ATTACKS:
        check(attack)


@example("<")
@given(
    st.text(min_size=1, max_size=30, alphabet=st.one_of(st.sampled_from("<>&\"'/=-! \n\x1b\u202eab"), st.characters()))
)
def test_any_text_stays_text(text: str) -> None:
    check(text)
