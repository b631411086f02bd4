"""What mkdocs does for the site beside its own: README is the home page, links that leave docs/ are plain words, and
what a search engine shows of a page is its first sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOME = "index.md"
#: Characters of a page that search engines show.
_DESCRIPTION = 160
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the home page."""
    from mkdocs.structure.files import File

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, HOME, content=rewritten(text, "../README.md")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A page with its links as the site has them, and its description."""
    page.meta.setdefault("description", description(markdown))
    return markdown if page.file.src_uri == HOME else rewritten(markdown, page.file.src_uri)


def description(markdown: str) -> str:
    """What a page says first below its title, some 160 characters of it; nothing where it does not begin with words."""
    text = re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)
    _, _, below = text.partition("\n# ") if not text.lstrip().startswith("# ") else ("", "", text.lstrip()[2:])
    paragraphs = [part for part in below.split("\n\n")[1:] if part.strip()]
    if not paragraphs or paragraphs[0].lstrip().startswith(("#", "|", "```", "-")):
        return ""
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(paragraphs[0].split()))
    first, *further = re.split(r"(?<=[.?!])\s", re.sub(r"[*`]", "", words))
    for sentence in further:
        if len(first) + len(sentence) >= _DESCRIPTION:
            break
        first += f" {sentence}"
    return first.rstrip(":")


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
