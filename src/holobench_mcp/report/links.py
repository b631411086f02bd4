"""Where pages of one publication are to each other: in a folder of files, and at a server.

Bench names are any text. As a file a bench has a name that no other has, on disks that ignore case too, and that leads
nowhere else; at a server its name stands in the address.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

#: Characters of a name that are readable in a file's; its digest tells twins apart.
_READABLE = 48


class Links(Protocol):
    """The addresses of pages."""

    @property
    def home(self) -> str:
        """The overview."""

    def bench(self, bench_name: str) -> str | None:
        """The page of a bench; None where it has none."""

    def comparison(self, baseline: str, candidate: str) -> str | None:
        """The page of a comparison of two results; None where it has none."""


@dataclass(frozen=True)
class NoLinks:
    """Of a page that stands alone."""

    home: str = ""

    def bench(self, bench_name: str) -> str | None:  # noqa: ARG002 - as Links has it
        """None: there is no other page."""
        return None

    def comparison(self, baseline: str, candidate: str) -> str | None:  # noqa: ARG002 - as Links has it
        """None: there is no other page."""
        return None


@dataclass(frozen=True)
class SiteLinks:
    """Of a page in a folder. up: the way to the folder's top; pages: the comparisons that have a page there."""

    up: str = ""
    pages: frozenset[tuple[str, str]] = frozenset()

    @property
    def home(self) -> str:
        """The overview."""
        return f"{self.up}index.html"

    def bench(self, bench_name: str) -> str | None:
        """The page of a bench."""
        return f"{self.up}{bench_file(bench_name)}"

    def comparison(self, baseline: str, candidate: str) -> str | None:
        """The page of a comparison, where there is one."""
        has_one = (baseline, candidate) in self.pages
        return f"{self.up}{comparison_file(baseline, candidate)}" if has_one else None


@dataclass(frozen=True)
class ServerLinks:
    """At a server."""

    home: str = "/"

    def bench(self, bench_name: str) -> str | None:
        """The page of a bench. Browsers take one or two dots for a step, escaped too, so these go another way."""
        if bench_name.strip(".") == "":
            return f"/bench/?name={quote(bench_name, safe='')}"
        return f"/bench/{quote(bench_name, safe='')}"

    def comparison(self, baseline: str, candidate: str) -> str | None:
        """The page of a comparison."""
        return f"/comparison/{quote(baseline, safe='')}/{quote(candidate, safe='')}"


def bench_file(bench_name: str) -> str:
    """The file of a bench's page, relative to the top."""
    readable = re.sub(r"[^a-z0-9]+", "-", bench_name.lower())[:_READABLE].strip("-") or "bench"
    return f"bench/{readable}-{_digest(bench_name)}.html"


def comparison_file(baseline: str, candidate: str) -> str:
    """The file of a comparison's page, relative to the top."""
    return f"comparison/{_digest(f'{baseline}/{candidate}')}.html"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
