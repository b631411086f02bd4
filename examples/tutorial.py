"""Follow docs/tutorial.md to the letter, in an empty folder, and write what came of it behind each step that measures.

    python examples/tutorial.py [--write-docs]

Its Python blocks are written into the files that their first lines name, and its lines are typed as they stand: but for
pip's, as this environment has the package, and the client's, whose configuration is nobody's to change.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tutorial.md"
BEGIN, END = "<!-- output: examples/tutorial.py --write-docs -->", "<!-- end of output -->"
_BLOCK = re.compile(r"^```(python|console|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LEFT_OUT = ("pip ", "holobench-mcp install ")
#: Seconds that a line may take, which measures for two minutes at most.
_PATIENCE_S = 600


@dataclass(frozen=True)
class Step:
    """A file that is written, or a line that is typed."""

    file: str | None
    text: str


def steps(page: str) -> Iterator[Step]:
    """What a reader of the page does, in order."""
    for language, block in _BLOCK.findall(page):
        if language == "python":
            first = block.partition("\n")[0]
            yield Step(first.removeprefix("# "), block)
        elif language == "toml":
            yield Step("pyproject.toml", block)
        else:
            yield from (Step(None, line) for line in block.splitlines() if not line.startswith(_LEFT_OUT))


def follow(page: str, folder: Path, *, most: int | None = None) -> list[str]:
    """What each line that measures prints. most: how many of these to come to. Ends the script where a line fails."""
    printed: list[str] = []
    for step in steps(page):
        if step.file is not None:
            (folder / step.file).write_text(step.text, encoding="utf-8")
            continue
        said = typed(step.text, folder)
        if step.text.startswith("holobench-mcp ab "):
            printed.append(said)
            if len(printed) == most:
                break
    return printed


def typed(line: str, folder: Path) -> str:
    """What a line prints to stdout."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("HOLOBENCH_MCP_", "BENCHER_", "GIT_", "PYTEST_"))}
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
           for part, value in (("NAME", "demo"), ("EMAIL", "demo@example.invalid"))}  # fmt: skip
    environment = {
        **ours,
        **who,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOLOBENCH_MCP_CACHE": str(folder.parent / "cache"),
    }
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode != 0:
        sys.exit(f"{line!r} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.replace(str(folder), "/path/to/project").strip()


def written(page: str, printed: list[str]) -> str:
    """The page with what was printed between its marks, in order."""
    parts = re.split(f"{BEGIN}.*?{END}", page, flags=re.DOTALL)
    if len(parts) != len(printed) + 1:
        raise SystemExit(f"the page has {len(parts) - 1} pairs of marks for {len(printed)} lines that measure.")
    shown = [f"{BEGIN}\n```text\n{text}\n```\n{END}" for text in printed]
    return "".join(part for pair in zip(parts, [*shown, ""], strict=True) for part in pair)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-docs", action="store_true", help="put what was printed into docs/tutorial.md")
    given = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as empty:
        folder = Path(empty) / "project"
        folder.mkdir()
        printed = follow(page, folder)
    if given.write_docs:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), printed), encoding="utf-8")
    else:
        print("\n\n".join(printed))


if __name__ == "__main__":
    main()
