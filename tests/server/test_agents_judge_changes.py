"""Nine changes whose truth is known, judged by agents that see one form of the answers only.

Each has a minute of patience a call and 4,000 tokens a change. Agents and repositories are those of `examples/`.
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


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_either_form_alone_tells_what_became_of_a_change(change: Change, tmp_path: Path) -> None:
    project = tmp_path / "project"
    make_repository(change, project)
    for form in ("text", "structure"):
        conclusion, purse = asyncio.run(judge(project, by=form, rounds=ROUNDS))
        assert conclusion == change.conclusion, form
        assert purse.tokens <= PURSE, (form, purse)
    assert purse.calls == ["compare_revisions"]  # nothing changed since: measured once, answered again
