"""The docs as a site: every page has its place, every link leads somewhere, and a reader's browser asks nobody else."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import PYTHON
from house_scripts import script

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
hooks = script("site_hooks")
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def places(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    return [place for part in (nav.values() if isinstance(nav, dict) else nav) for place in places(part)]


def test_every_page_stands_in_the_navigation_once() -> None:
    assert sorted(places(CONFIG["nav"])) == sorted([*PAGES, "index.md"])


def test_every_guide_is_found_from_a_question() -> None:
    index = (DOCS / "how-to.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w/.-]+\.md)", index))
    assert linked == PAGES - {"how-to.md"}


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_page_begins_with_what_it_is(page: str) -> None:
    """Search engines and the site's own search show it; a title that is asked for stands above it."""
    text = (DOCS / page).read_text(encoding="utf-8")
    said = hooks.description(text)
    assert 20 < len(said) < 240 and said == said.strip() and not set("*`") & set(said), said
    assert len(re.findall(r"^# ", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# T\n\nOne *word* and `code`. Two.\n\nThree.", "One word and code. Two."),
        ("<!-- made -->\n# T\n\nA [link](x.md): here:\n\n```text\n```", "A link: here"),
        (f"# T\n\nShort. {'long ' * 40}.", "Short."),
        ("# T\n\n## Part\n\nWords.", ""),
        ("# T\n\n```text\nx\n```\n\nWords.", ""),
        ("# T\n", ""),
    ],
)
def test_a_description_is_the_first_thing_that_is_said(text: str, said: str) -> None:
    assert hooks.description(text) == said


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    if importlib.util.find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed")
    done = subprocess.run(
        [PYTHON, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    built = {path.relative_to(tmp_path / "site").with_suffix(".md").as_posix() for path in tmp_path.rglob("*.html")}
    assert built - {"404.md"} == {*PAGES, "index.md"}
    assert (tmp_path / "site" / "search" / "search_index.json").stat().st_size > 100_000
    for page in (tmp_path / "site").rglob("*.html"):
        fetched = re.findall(
            r"<(?:script|link|img)[^>]*(?:src|href)=\"(https?://[^\"]+)", page.read_text(encoding="utf-8")
        )
        assert not fetched, page.name


@pytest.mark.parametrize(
    ("page", "text", "there"),
    [
        ("../README.md", "[a](docs/ci.md#x) [b](docs/tools) [c](CONTRIBUTING.md)", "[a](ci.md#x) b c"),
        ("tools/go.md", "[e](../../examples/tools/go) [r](../../README.md)", "e [r](../index.md)"),
        ("ci.md", "[g](ci/github.md) ![p](architecture.svg)", "[g](ci/github.md) ![p](architecture.svg)"),
        ("ci.md", "[g](https://a.b/c) [h](#here)", "[g](https://a.b/c) [h](#here)"),
        ("ci.md", "```text\n[a](../x.py)\n```\n", "```text\n[a](../x.py)\n```\n"),
    ],
)
def test_links_that_leave_the_docs_are_words(page: str, text: str, there: str) -> None:
    assert hooks.rewritten(text, page) == there
