"""Nine changes whose truth is known, judged by agents that see one form of the answers only.

Each has 4,000 tokens a change. Agents and repositories are those of `examples/`; what the benchmark measures by is a
clock that counts calls, for a real one says what is wrong now and then, and more of it where the machine is busy.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from hidden_changes import CHANGES, PURSE, Change, judge, make_repository

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")
#: The differences are large: what is tested is what an agent reads, not what few rounds can show.
ROUNDS = 3
#: Only what hangs takes as long.
PATIENCE_S = 500
#: Read before and after what is measured, it counts the calls between, of Python and of C, each a microsecond long.
#: Its noise is far within the margin of 3 %.
CLOCK = """
import cProfile
import random

calls, counting = cProfile.Profile(), False


def process_time():
    global calls, counting
    counting = not counting
    if counting:
        calls = cProfile.Profile()
        calls.enable()
        return 0.0
    calls.disable()
    return sum(entry.callcount for entry in calls.getstats()) * random.uniform(0.998, 1.002) * 1e-6
"""


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_either_form_alone_tells_what_became_of_a_change(change: Change, tmp_path: Path) -> None:
    project = tmp_path / "project"
    make_repository(change, project, CLOCK)
    for form in ("text", "structure"):
        conclusion, purse = asyncio.run(judge(project, by=form, rounds=ROUNDS, patience_s=PATIENCE_S))
        assert conclusion == change.conclusion, form
        assert purse.tokens <= PURSE, (form, purse)
    assert purse.calls == ["compare_revisions"]  # nothing changed since: measured once, answered again
