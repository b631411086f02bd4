"""Whatever was recorded, in whatever order: a history is strict JSON, mixes nothing, and says the same again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histories import history_of, measured, opened
from holobench_mcp import Snapshot
from holobench_mcp.answers import History
from holobench_mcp.model import InvalidArgument, Manifest, Measurement
from holobench_mcp.result.identity import identity_of

NUMBERS = [1.0, 2.0, 100.0, -1.0, 0.0, 1e308, -1e308, 5e-324, 1e-300, math.nan, math.inf, -math.inf]
SIZES = [(1,), (1, 2), (2, 3), (1.0, 2.0), ("1", "2"), (1, 2, 3)]


@st.composite
def result(draw: st.DrawFn, second: int) -> Snapshot:
    sizes = draw(st.sampled_from(SIZES))
    kind = draw(st.sampled_from(["float", "float", "float", "bool"]))
    values = st.sampled_from(NUMBERS if kind == "float" else [0.0, 1.0, math.nan])
    samples = draw(st.lists(st.lists(values, min_size=3, max_size=3), min_size=len(sizes), max_size=len(sizes)))
    measurement = st.builds(
        Measurement,
        id=st.sampled_from("ab"),
        side=st.sampled_from(["base", "head", None]),
        run=st.integers(0, 2),
        sweep=st.integers(0, 1),
    )
    environment: dict[str, Any] = {
        "cpu_model": draw(st.sampled_from(["A", "A", "A", "B", None])),
        "git_dirty": draw(st.sampled_from([False, False, None, True])),
        "command": draw(st.sampled_from([["p", "x"], ["q", "x"], ["p", "y"]])),
    }
    return measured(
        0,
        second,
        draw(st.sampled_from([None, *(f"{i:040x}" for i in range(6))])),
        sizes=sizes,
        samples=samples,
        kind=kind,
        units=draw(st.sampled_from(["ms", "ms", "ms", ""])),
        label=draw(st.sampled_from([None, None, "worktree", "x"])),
        constants=draw(st.sampled_from([{}, {}, {"n": 1}])),
        measurement=draw(st.none() | measurement),
        **environment,
    )


@st.composite
def results(draw: st.DrawFn) -> list[Snapshot]:
    return [draw(result(second)) for second in range(draw(st.integers(1, 14)))]


def history(snapshots: list[Snapshot], *, uncommitted: bool) -> tuple[History, dict[str, Manifest]]:
    with TemporaryDirectory() as folder:
        space = opened(Path(folder))
        answer = history_of(space, snapshots, uncommitted=uncommitted)
        return answer, {m.result_id: m for m in space.library.index().select()}


@settings(max_examples=25)
@given(results(), st.randoms(use_true_random=False), st.booleans())
def test_a_history_is_whole_and_the_same_in_any_order_of_recording(
    snapshots: list[Snapshot], random: Any, uncommitted: bool
) -> None:
    first, manifests = history(snapshots, uncommitted=uncommitted)
    text = json.dumps(first.model_dump(mode="json"), allow_nan=False)
    shuffled = list(snapshots)
    random.shuffle(shuffled)
    again, _ = history(shuffled, uncommitted=uncommitted)
    assert json.dumps(again.model_dump(mode="json"), allow_nan=False) == text
    shown = [identity_of(manifests[p.result_id]) for p in first.series]
    assert len({(one.machine, one.arguments) for one in shown}) <= 1
    codes = [one.code for one in shown if one.code is not None]
    assert len(codes) == len(set(codes)), "one level a code"
    assert uncommitted or not any(p.dirty for p in first.series)
    assert all((p.estimate is None) == (p.n_runs == 0) for p in first.series)
    assert all(p.estimate is None or math.isfinite(p.estimate) for p in first.series)


@pytest.mark.parametrize("level", [1e308, -1e308, 5e-324, -5e-324, 1e-300])
def test_numbers_at_the_ends_of_what_a_float_holds_are_shown_as_they_are(tmp_path: Path, level: float) -> None:
    snapshots = [measured(0, i, f"{i:040x}", samples=[[level, level / 2, level]]) for i in range(7)]
    answer = history_of(opened(tmp_path), snapshots)
    assert [p.estimate for p in answer.series] == pytest.approx([level] * 7, rel=1e-9)
    assert not answer.change_points and answer.drift is None


def test_another_metric_is_an_error_that_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="sort has no 'time'; it has other"):
        history_of(opened(tmp_path), [measured(1, 0, None, metric="other")])
