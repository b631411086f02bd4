"""How often an honest change is cautioned for keeping answers: by its code, in real commits, and by its samples, simulated.

    python benchmarks/cached_answers_calibration.py [--commits N] [--list] [REPOSITORY ...]

REPOSITORY: a git repository, bare or not; its last N commits that touch a Python file are read as one change each.
--list says which were cautioned and for what, to be read by a person.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.measure.cautions import change_cautions
from holobench_mcp.measure.change import read_change


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("repositories", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.repositories:
        print("## Cached answers: cautions of real commits, by their code\n")
        print(
            "| repository | newest commit | commits that touch Python | cautioned | of them, by words | ms a commit |"
        )
        print("| --- | --- | ---: | ---: | ---: | ---: |")
    for repository in arguments.repositories:
        read_commits(repository, arguments.commits, listing=arguments.list)


def read_commits(repository: Path, most: int, *, listing: bool) -> None:
    """One row of the table: how many of a repository's commits are cautioned."""
    log = gitinfo.git(
        repository, "log", "--no-merges", f"--max-count={most}", "--format=%H", "--", "*.py", timeout_s=60
    )
    commits = (log or "").split()
    cautioned: list[tuple[str, str]] = []
    by_words = 0
    start = time.perf_counter()
    for commit in commits:
        if gitinfo.git(repository, "rev-parse", "--verify", "--quiet", f"{commit}~1") is None:
            continue
        change = read_change(repository, f"{commit}~1", commit)
        found = [c for c in change_cautions(change, protected=(), import_folders=()) if c.what == "cached_answers"]
        if found:
            cautioned.append((commit, "; ".join(c.detail for c in found)))
            by_words += all("looks as if" in c.detail for c in found)
    took = 1e3 * (time.perf_counter() - start) / max(len(commits), 1)
    name = (
        "/".join(p for p in repository.resolve().parent.name.split("+"))
        if repository.name == "repo"
        else repository.name
    )
    share = 100 * len(cautioned) / max(len(commits), 1)
    newest = commits[0][:10] if commits else "none"
    print(
        f"| {name} | {newest} | {len(commits)} | {len(cautioned)} ({share:.1f} %) | {by_words} | {took:.0f} |",
        flush=True,
    )
    for commit, detail in cautioned if listing else ():
        subject = gitinfo.git(repository, "log", "-1", "--format=%s", commit)
        print(f"    {commit[:10]} {subject}\n        {detail}")


if __name__ == "__main__":
    main()
