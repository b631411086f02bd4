"""Damage a small store at random, thousands of times: is each damage found, and is the rest whole after a repair?

    python benchmarks/damages.py [N] [--chain]        # 1000 unless given: some two minutes

--chain: of a store whose journal is chained, where documents that change are edited too, and the journal itself.

Prints, for every kind of damage, how often it was done and found, and what repair came to.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from damages import copy_of, damage, small_store
from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.store import open_store
from holobench_mcp.store.chain_check import newest_head
from holobench_mcp.store.repair import repair
from holobench_mcp.store.verify import verify


def found(folder: Path, head: str | None) -> bool:
    """Whether anything is said of a store that is damaged. head: of its journal, kept elsewhere, where it is chained."""
    try:
        said = list(verify(open_store(folder), head=head))
        return any(f.damage or (head is None and "journal does not know" in f.sentence) for f in said)
    except HolobenchMcpError:
        return True


def main(n: int, *, chain: bool) -> int:
    """Damage stores, look, repair, and print what came of it. Gives back how many damages were not found."""
    done, seen, right, lost = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOLOBENCH_MCP_CACHE"] = str(Path(place) / "cache")
        original = small_store(Path(place), chain=chain)
        head = newest_head(open_store(original))
        for seed in range(n):
            folder = copy_of(original, Path(place) / "damaged")
            what = damage(folder, seed)
            if what is not None:
                kind = what.split()[0]
                done[kind] += 1
                seen[kind] += found(folder, head)
                if not found(folder, head):
                    print(f"NOT FOUND: {what} (seed {seed})")
                status = repair(open_store(folder), dry_run=False).status
                right[kind] += status in ("done", "nothing")
                lost[kind] += status == "incomplete"
                if any(f.damage and f.key is not None for f in verify(open_store(folder))):
                    print(f"STILL DAMAGED: {what} (seed {seed})")
            shutil.rmtree(folder)
    print("| damage | done | found | put right | set aside |\n| --- | --- | --- | --- | --- |")
    for kind in sorted(done):
        print(f"| {kind} | {done[kind]} | {seen[kind]} | {right[kind]} | {lost[kind]} |")
    return done.total() - seen.total()


if __name__ == "__main__":
    asked = [word for word in sys.argv[1:] if word != "--chain"]
    sys.exit(min(main(int(asked[0]) if asked else 1000, chain="--chain" in sys.argv), 1))
