"""A validation error is told as one sentence: where, what is wrong, what would be right."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from holobench_mcp.config import FileConfig
from holobench_mcp.model import Manifest, fault_in


def sentence(model: type, document: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(document)
    return str(fault_in(raised.value, model, document))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"stroe": "x"}, "stroe: there is no such key; did you mean 'store'?"),
        (
                {"quux": 1},
                "quux: there is no such key; keys are store, margin_percent, patience_s, import_roots, keep, chain, "
                "metrics, benchmarks, http.",
            ),
        ({"metrics": {"t": {"marginpercent": 1}}}, "metrics.t.marginpercent: there is no such key; did you mean 'margin_percent'?"),
        ({"benchmarks": {"a": {"command": ["x"], "timeout": 3}}}, "benchmarks.a.timeout: there is no such key; did you mean 'timeout_s'?"),
        (
            {"benchmarks": {"parameters": {"command": ["x"], "parameters": {"n": {"default": 1, "minn": 3}}}}},
            "benchmarks.parameters.parameters.n.minn: there is no such key; did you mean 'min'?",
        ),
        ({"benchmarks": {"a": {}}}, "benchmarks.a.command: a value is needed."),
        ({"benchmarks": {"a": {"command": "x y"}}}, 'benchmarks.a.command: must be a list of words, such as ["python", "bench.py"]: no shell reads it.'),
        ({"benchmarks": {"../a": {"command": ["x"]}}}, "benchmarks.../a: a name is 1 to 64 letters, digits, '.', '_' and '-', a letter or a digit first."),
        ({"margin_percent": "much"}, "margin_percent: it should be a valid number, unable to parse string as a number, not 'much'."),
        ({"margin_percent": -1}, "margin_percent: it should be greater than 0, not -1."),
        (
            {"benchmarks": {"a": {"command": ["x"], "parameters": {"n": {"default": [1], "min": 1, "max": 2}}}}},
            "benchmarks.a.parameters.n.default: it should be a valid string, not [1].",
        ),
        ("text", "it should be a valid dictionary or instance of FileConfig, not 'text'."),
    ],
)  # fmt: skip
def test_the_first_fault_is_a_sentence(document: Any, says: str) -> None:
    assert sentence(FileConfig, document) == says


def test_bytes_that_are_no_json_are_not_shown() -> None:
    with pytest.raises(ValidationError) as raised:
        Manifest.model_validate_json(b"\x00" * 500)
    fault = fault_in(raised.value)
    assert fault.path == ()
    assert "Invalid JSON" in fault.what
    assert len(fault.what) < 200
