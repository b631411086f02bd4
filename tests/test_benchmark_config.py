"""A benchmark of any command: what a person may write of it, and that what is written is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from holobench_mcp.config import KNOWN_TOOLS, BenchmarkConfig, OutputMetric, load_config
from holobench_mcp.model import ConfigError, fault_in

BENCH = "[tool.holobench-mcp.benchmarks.a]\ncommand = ['x']\n"


def test_a_benchmark_of_any_command_can_be_written_whole(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        BENCH + "tool = 'command'\nguard = ['make', 'test']\nprocess_metrics = ['max_rss_mb']\n"
        "[tool.holobench-mcp.benchmarks.a.output.score]\n"
        "pattern = 'score: ([0-9.]+)'\nunits = 'points'\ndirection = 'maximize'\n"
    )
    read = load_config(project=tmp_path, environ={}).benchmarks["a"]
    assert (read.tool, read.guard, read.process_metrics) == ("command", ("make", "test"), ("max_rss_mb",))
    assert read.output["score"] == OutputMetric(pattern="score: ([0-9.]+)", units="points", direction="maximize")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tool = 'pytest'", "did you mean 'pytest-benchmark'"),
        ("tool = 'gotest'", "did you mean 'go-test'"),
        ("tool = ''", "is none of auto, holobench, command"),
        ("guard = 'make test'", "list of words"),
        ("guard = []", "guard"),
        ("guard = ['{n}']", "guard of a has {n}, which it does not declare"),
        ("results = '../r.json'", "inside the project"),
        ("results = '/tmp/r.json'", "inside the project"),
        ("results = '{n}.json'", "results of a has {n}"),
        ("results = '.'", "name a file, a folder or a pattern"),
        ("results = 'a\\u0000b'".replace("'", '"'), "name a file, a folder or a pattern"),
        ("results = 'r.json'\ntool = 'command'", "results: it is read where tool is"),
        ("results = 'r.json'\noutput.m = {pattern = '(.)'}", "results and output: a benchmark has one of them"),
        ("tool = 'holobench'\noutput.m = {pattern = '(.)'}", "output: it is read where tool is"),
        ("output.m = {pattern = 'score: [0-9]+'}", "has 0 groups; it needs one"),
        ("output.m = {pattern = '(a)(b)'}", "has 2 groups"),
        ("output.m = {pattern = '(a'}", "is no regular expression"),
        ("output.m = {pattern = '(a)', directon = 'maximize'}", "did you mean 'direction'"),
        ("output.wall_s = {pattern = '(a)'}", "wall_s is what the process used"),
        ("output.'two words' = {pattern = '(a)'}", "a metric's name is"),
        ("process_metrics = ['wall']", "process_metrics"),
        ("process_metrics = []\ntool = 'command'", "nothing is measured"),
    ],
)
def test_what_would_not_be_used_or_can_not_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "pyproject.toml").write_text(BENCH + text)
    with pytest.raises(ConfigError, match=re.escape(says)):
        load_config(project=tmp_path, environ={})


_TEXT = st.text(max_size=30)
_ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXT, st.lists(_TEXT, max_size=3))


@given(
    st.fixed_dictionaries(
        {"command": st.just(["x"])},
        optional={
            "tool": st.one_of(st.sampled_from(("auto", "holobench", "command", *KNOWN_TOOLS)), _ANY),
            "results": _ANY,
            "guard": _ANY,
            "process_metrics": st.one_of(st.lists(st.sampled_from(["wall_s", "cpu_s", "max_rss_mb"])), _ANY),
            "output": st.one_of(
                st.dictionaries(_TEXT, st.fixed_dictionaries({"pattern": _TEXT}, optional={"units": _ANY}), max_size=2),
                _ANY,
            ),
        },
    )
)
def test_whatever_is_written_is_taken_whole_or_refused_in_a_sentence(written: dict) -> None:
    try:
        config = BenchmarkConfig.model_validate(written)
    except ValidationError as problem:
        assert str(fault_in(problem, BenchmarkConfig, written)).endswith(".")
        return
    assert all(re.compile(metric.pattern).groups == 1 for metric in config.output.values())
    assert not (config.results or "").startswith("/")
    assert ".." not in Path(config.results or "").parts
    assert BenchmarkConfig.model_validate(config.model_dump(mode="json")) == config
