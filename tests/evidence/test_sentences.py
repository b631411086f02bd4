"""What a sentence says is what the structure says: the same numbers, the deciding interval, and the decision's words."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence_sides import run
from holobench_mcp import digits, judge
from holobench_mcp.model import DECISIONS_WORST_FIRST, Decision, Kind, MetricEvidence

NUMBER = re.compile(r"(?<![\w.=])[+-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
WORDS = [d.value for d in DECISIONS_WORST_FIRST]


@st.composite
def comparisons(draw):
    """Two sides of one to five runs and one to three metrics of several kinds, with shifts, points that moved and holes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, repeats = draw(st.sampled_from([1, 2, 7, 12])), draw(st.integers(1, 8))
    n = draw(st.sampled_from([(1, 1), (2, 2), (3, 3), (1, 3), (5, 5), (5, 5)]))
    kinds = draw(st.lists(st.sampled_from(["time", "signed", "flag", "count"]), min_size=1, max_size=3))
    shift, at_one = draw(st.sampled_from([0.0, 0.02, 0.1, -0.2, 0.7])), draw(st.sampled_from([0.0, 0.0, 0.8]))
    sd, holes = draw(st.sampled_from([0.001, 0.02, 0.2])), draw(st.sampled_from([0.0, 0.0, 0.3]))
    direction = draw(st.sampled_from(["minimize", "maximize", "none"]))

    def samples(kind, side):
        logs = sd * rng.standard_normal((points, repeats)) + side * shift
        logs[-1] += side * at_one
        made = {
            "time": lambda: 50 * np.exp(logs), "signed": lambda: 5 * logs, "count": lambda: np.round(20 + 10 * logs),
            "flag": lambda: (rng.random((points, repeats)) < 0.9 - side * abs(shift)).astype(float),
        }[kind]()  # fmt: skip
        made[rng.random(made.shape) < holes] = rng.choice([np.nan, np.inf])
        return made

    def one(side):
        arrays = [samples(kind, side) for kind in kinds]
        made = run(*arrays, units=draw(st.just("ms")), direction=direction)
        units = {"time": "ms", "signed": "V", "flag": "", "count": ""}
        declared = [
            m.model_copy(update={"units": units[kind], "kind": Kind.bool if kind == "flag" else Kind.float})
            for m, kind in zip(made.metrics, kinds, strict=True)
        ]
        return made.with_(metrics=tuple(declared))

    sides = [[one(side) for _ in range(count)] for side, count in enumerate(n)]
    return sides, {"paired": n[0] == n[1] and n[0] > 1 and draw(st.booleans())}


def numbers_of(e: MetricEvidence) -> set[str]:
    """Every number of the structure, as a sentence may write it."""
    sizes = [e.size, *(e.ci or ()), e.at_least_percent, e.at_least, e.margin, e.can_show_percent, e.can_show]
    if e.effect_percent is not None:
        sizes.append(-100 * e.margin / (100 + e.margin))  # the margin of a decrease
    sizes += [v for p in e.points for v in (p.size, *p.ci)]
    counts = [
        *e.n_runs,
        *e.n_repeats,
        e.points_moved,
        e.points_tested,
        e.missing,
        max(0, e.points_moved - 3),
        max(0, e.missing - 3),
    ]
    counts += [sum(p.decision == word for p in e.points) for word in ("regressed", "improved")]
    counts += [e.n_points + e.missing, e.n_points, 90, 95]
    if e.run_variance is not None and e.run_variance.sd_percent is not None:
        counts.append(e.run_variance.measurements or 0)
        sizes.append(e.run_variance.sd_percent)
    written = {write(v) for v in sizes if v is not None for write in (digits.signed, digits.plain)}
    sd = {f"{e.run_variance.sd_percent:.2g}"} if e.run_variance and e.run_variance.sd_percent is not None else set()
    return written | sd | {f"{v:,}" for v in counts} | ({f"{e.p_value:.2g}"} if e.p_value is not None else set())


@settings(max_examples=250, suppress_health_check=list(HealthCheck))
@given(comparisons())
def test_each_sentence_agrees_with_its_structure(drawn):
    sides, options = drawn
    judgement = judge(*sides, **options)
    assert judgement.decision == judgement.metrics[0].decision
    assert judgement.reason.startswith(judgement.metrics[0].reason)
    for e in judgement.metrics:
        text = re.sub(rf"\b{e.variable}\b", "", e.reason)
        if e.cause != "missing":
            said = set(NUMBER.findall(text))
            assert said <= numbers_of(e), (said - numbers_of(e), e.reason)
            assert e.reason.startswith(e.variable)
            others = {d.value for d in Decision} - {e.decision.value, "regressed", "improved"}
            assert not any(word in e.reason for word in others), e.reason
        _check_numbers(e)


def _check_numbers(e: MetricEvidence) -> None:
    up, down = e.margin, -100 * e.margin / (100 + e.margin) if e.effect_percent is not None else -(e.margin or 0)
    if e.cause in ("missing", "different") or e.ci is None:
        return
    low, high = e.ci
    assert low <= e.size <= high or e.units == "pp"
    match e.decision.value:
        case "unchanged":
            assert e.interval_level == 0.90
            assert down - 1e-9 <= low and high <= up + 1e-9
            assert digits.signed(low) in e.reason or e.size == 0 or low == high
        case "regressed" | "improved":
            assert e.interval_level == 0.95
            deciding = e if e.decided_by == "mean" else e.points[0]
            ends, sure = deciding.ci, e.at_least if e.at_least_percent is None else e.at_least_percent
            assert ends[0] > 0 or ends[1] < 0
            assert sure == min(ends, key=abs) and sure * deciding.size > 0
            assert deciding.size >= up - 1e-9 or deciding.size <= down + 1e-9
            assert digits.signed(deciding.size) in e.reason and digits.signed(ends[0]) in e.reason
            assert all(p.ci[0] > 0 or p.ci[1] < 0 for p in e.points)
        case _:
            assert e.at_least is None and e.at_least_percent is None


@pytest.mark.parametrize(("word", "level"), [("unchanged", 101), ("regressed", 130), ("improved", 70)])
def test_only_the_decisions_words_are_used(word, level):
    rng = np.random.default_rng(3)
    made = [[run(v * np.exp(0.01 * rng.standard_normal((5, 5))), units="ms") for _ in range(5)] for v in (100, level)]
    judgement = judge(*made)
    assert judgement.decision == word
    others = [w for w in WORDS if w != word]
    assert not re.search(
        "|".join([*others, "better", "worse", "higher", "lower", "slower", "faster"]), judgement.reason
    )
