"""What mkdocs does for the site beside its own: README is the home page, and links that leave docs/ are plain words."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOME = "index.md"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the home page."""
    from mkdocs.structure.files import File

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, HOME, content=rewritten(text, "../README.md")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A page with its links as the site has them."""
    return markdown if page.file.src_uri == HOME else rewritten(markdown, page.file.src_uri)


def rewritten(markdown: str, page: str) -> str:
    """Links of a page, given by its path below docs/, for the site: README is its home, code is words."""

    def link(found: re.Match[str]) -> str:
        picture, words, target, anchor = found[1], found[2], found[3], found[4] or ""
        place = PurePosixPath(os.path.normpath(PurePosixPath("docs") / PurePosixPath(page).parent / target))
        here = PurePosixPath("docs") if page == "../README.md" else PurePosixPath("docs") / PurePosixPath(page).parent
        if str(place) == "README.md":
            place = PurePosixPath("docs") / HOME
        elif place.parts[0] != "docs" or not (ROOT / place).is_file():
            return words  # code, and folders of it
        return f"{picture}[{words}]({os.path.relpath(place, here)}{anchor})"

    parts = re.split(r"(^```.*?^```)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)
