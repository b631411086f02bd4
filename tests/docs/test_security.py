"""Every threat has what stops it, what is left, and tests that show it: ones that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?(?:def )?(test_\w+)(?:\(| = )", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_the_tests_that_the_page_names_exist() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE)
    assert len(named) > 50 and len(set(named)) == len(named)
    assert set(named) <= TESTS, set(named) - TESTS


def test_every_threat_says_what_shows_that_it_is_stopped_and_what_is_left() -> None:
    threats = PAGE.split("\n## ")[1:]
    assert len(threats) == 11
    for threat in threats:
        assert re.search(r"^- ", threat, re.MULTILINE), threat
        assert re.search(r"^Shown by `test_", threat, re.MULTILINE), threat
        assert re.search(r"^Left: .", threat, re.MULTILINE), threat
