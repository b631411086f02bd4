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

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
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
    assert linked == PAGES - {"how-to.md", "tutorial.md"}


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
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "tools" / "site_hooks.py")
    assert spec is not None and spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    assert hooks.rewritten(text, page) == there
