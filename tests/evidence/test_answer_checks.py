"""Whether anything says that a benchmark's answers are right."""

from __future__ import annotations

import pytest

from holobench_mcp.evidence.answer_checks import checks_answers, unchecked_answers
from holobench_mcp.model import Metric, MetricSettings

TIME = {"variable": "time_ms", "units": "ms"}
RIGHT = MetricSettings(correctness=True)


@pytest.mark.parametrize(
    ("metrics", "settings", "guarded", "checked"),
    [
        ([TIME], {}, False, False),
        ([TIME, {"variable": "right", "kind": "bool", "direction": "maximize"}], {}, False, True),
        ([TIME, {"variable": "wrong", "kind": "bool", "direction": "minimize"}], {}, False, True),
        ([TIME, {"variable": "cached", "kind": "bool", "direction": "none"}], {}, False, False),
        ([{**TIME, "claim": "<= 5"}], {}, False, True),
        ([TIME, {"variable": "error"}], {"error": RIGHT}, False, True),
        ([TIME, {"variable": "error"}], {"error": MetricSettings()}, False, False),
        ([TIME], {"gone": RIGHT}, False, False),
        ([TIME], {}, True, True),
        ([], {}, False, False),
    ],
)
def test_a_benchmark_checks_its_answers_or_not(metrics: list, settings: dict, guarded: bool, checked: bool) -> None:
    assert checks_answers([Metric.model_validate(m) for m in metrics], settings, guarded=guarded) is checked


def test_what_is_unchecked_says_what_would_check_it() -> None:
    caution = unchecked_answers("sort")
    assert (caution.what, caution.severity) == ("unchecked_answers", "caution")
    assert "nothing checks the answers of sort" in caution.detail and "correctness = true" in caution.detail
