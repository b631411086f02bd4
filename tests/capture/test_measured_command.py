"""What a command gives comes in one way or another, and what was asked for and is not there is never replaced."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from holobench_mcp.capture.measured_command import Wanted, command_name, measure_command
from holobench_mcp.capture.runner import Keep, RunOutcome, run_command
from holobench_mcp.capture.tools import TOOLS
from holobench_mcp.config import KNOWN_TOOLS, OutputMetric
from holobench_mcp.model import InvalidArgument

GENERIC = '{"bench": "sort", "inputs": {"n": 10}, "metrics": {"time": {"values": [1.0, 1.1], "units": "s"}}}\n'


def measure(folder: Path, *command: str, **wanted: object) -> RunOutcome:
    def run(words: Sequence[str], extra: Mapping[str, str], written_as: Sequence[str], keep: Keep) -> RunOutcome:
        return run_command(
            words,
            cwd=folder,
            extra_env=extra,
            on_output=lambda _: None,
            written_as=written_as,
            keep=keep,
            code_is_known=True,
        )

    return measure_command(command, Wanted("the command", **wanted), run, folder=folder)


def python(text: str) -> tuple[str, ...]:
    return sys.executable, "-c", text


def writes(text: str, name: str = "out.json") -> tuple[str, ...]:
    return python(f"open({name!r}, 'w').write({text!r})")


def test_without_anything_else_the_command_itself_is_measured(tmp_path: Path) -> None:
    outcome = measure(tmp_path, "sleep", "0.1")
    [result] = outcome.snapshots
    assert result.bench_name == "the command"
    assert [m.variable for m in result.metrics] == ["wall_s", "cpu_s", "max_rss_mb"]
    assert result.samples["wall_s"].tolist() == [outcome.usage.wall_s]
    assert result.environment.command == ("sleep", "0.1")
    assert (outcome.problems, outcome.notes) == ([], [])


def test_what_it_prints_stands_beside_what_it_used(tmp_path: Path) -> None:
    metrics = {
        "score": OutputMetric(pattern=r"score=(\S+)", units="points", direction="maximize"),
        "lap": OutputMetric(pattern=r"lap (\S+) s", units="s"),
    }
    prints = "import sys; print('score=7'); print('lap 1.5 s\\nlap 2 s', file=sys.stderr)"
    [result] = measure(
        tmp_path, *python(prints), output=metrics, process_metrics=("wall_s",), constants={"n": 3}
    ).snapshots
    assert [(m.variable, m.units, m.direction) for m in result.metrics] == [
        ("wall_s", "s", "minimize"), ("score", "points", "maximize"), ("lap", "s", "minimize"),
    ]  # fmt: skip
    assert result.stats()["score"].mean == 7
    assert (result.stats()["lap"].n, result.stats()["wall_s"].n) == (2, 1)
    assert not result.missing("score").any()
    assert result.constants == {"n": 3}


def test_files_that_are_configured_come_before_the_command_itself(tmp_path: Path) -> None:
    outcome = measure(tmp_path, *writes(GENERIC), results="*.json")
    [result] = outcome.snapshots
    assert (result.bench_name, result.stats()["time"].n) == ("sort", 2)
    assert result.environment.process == outcome.usage
    assert result.environment.hostname_hash == outcome.environment.hostname_hash
    assert result.executed_at.year >= 2024


def test_a_tool_that_is_started_comes_before_files(tmp_path: Path) -> None:
    (tmp_path / "bench_a.py").write_text("import pyperf\npyperf.Runner().timeit('a', 'pass')\n")
    pytest.importorskip("pyperf")
    fast = ("--processes", "1", "--values", "2", "--warmups", "1", "--loops", "8")
    outcome = measure(tmp_path, sys.executable, "bench_a.py", *fast, results="none.json")
    assert [s.bench_name for s in outcome.snapshots] == ["a"]
    assert outcome.snapshots[0].environment.command[-1] == "8"
    assert outcome.notes


@pytest.mark.parametrize(
    ("command", "wanted", "says"),
    [
        (python("pass"), {"results": "out.json"}, "wrote no file that 'out.json' finds"),
        (writes("{}"), {"results": "out.json"}, "out.json is of no format that is known"),
        (writes("x" * 10, "stale.json"), {"results": "*.json"}, "stale.json"),
        (python("pass"), {"results": "stale.json"}, "stale.json was not written by this run"),
        (python("print('x')"), {"output": {"m": OutputMetric(pattern="y(.)")}}, "output.m: 'y(.)' matches nothing in the 1 lines"),
        (python("pass"), {"process_metrics": ()}, "process_metrics is empty"),
        (python("pass"), {"tool": "holobench"}, "It collected no holobench sweep"),
        (python("import bencher"), {}, "It imports holobench, and collected no sweep"),
    ],
)  # fmt: skip
def test_what_was_asked_for_and_is_not_there_is_a_problem(tmp_path: Path, command, wanted, says: str) -> None:
    (tmp_path / "stale.json").write_text(GENERIC)
    outcome = measure(tmp_path, *command, **wanted)
    assert outcome.snapshots == []
    assert says in " ".join(outcome.problems)


def test_the_command_itself_is_measured_where_a_person_says_so(tmp_path: Path) -> None:
    [result] = measure(tmp_path, *python("import bencher"), tool="command", process_metrics=("cpu_s",)).snapshots
    assert [m.variable for m in result.metrics] == ["cpu_s"]


def test_a_named_tool_that_is_not_started_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="the command does not give results of pyperf"):
        measure(tmp_path, "sleep", "0", tool="pyperf")


def test_a_failed_command_gives_nothing(tmp_path: Path) -> None:
    failing = python(f"open('out.json', 'w').write({GENERIC!r}); raise SystemExit(3)")
    outcome = measure(tmp_path, *failing, results="out.json")
    assert (outcome.returncode, outcome.snapshots) == (3, [])


def test_the_process_decides_beside_other_results_where_that_is_configured(tmp_path: Path) -> None:
    outcome = measure(tmp_path, *writes(GENERIC), results="out.json", process_metrics=("max_rss_mb",))
    assert [(s.bench_name, [m.variable for m in s.metrics]) for s in outcome.snapshots] == [
        ("sort", ["time"]),
        ("the command (process)", ["max_rss_mb"]),
    ]


def test_numbers_that_are_not_finite_are_kept_as_they_are(tmp_path: Path) -> None:
    loss = {"loss": OutputMetric(pattern=r"loss (\S+)")}
    [result] = measure(tmp_path, *python("print('loss nan'); print('loss 2')"), output=loss).snapshots
    assert result.stats()["loss"].n == 1
    assert result.missing("loss").tolist() == [True, False]


def test_a_number_is_found_behind_megabytes_of_output(tmp_path: Path) -> None:
    score = {"score": OutputMetric(pattern=r"score (\d+)")}
    prints = "import os\nfor i in range(40): os.write(1, b'\\xff' * (1 << 20))\nprint('\\nscore 5')"
    outcome = measure(tmp_path, *python(prints), output=score)
    assert outcome.output_is_cut
    assert outcome.snapshots[0].stats()["score"].mean == 5


def test_results_files_of_several_benches_are_all_taken(tmp_path: Path) -> None:
    both = GENERIC + json.dumps({**json.loads(GENERIC), "bench": "merge"}) + "\n"
    assert [s.bench_name for s in measure(tmp_path, *writes(both), results="out.json").snapshots] == ["merge", "sort"]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["./prog"], "./prog"),
        (["sh", "-c", "a | b\n  c"], "sh -c 'a | b c'"),
        (["prog", "a b", "--n=3"], "prog 'a b' --n=3"),
        (["x", "\x1b[1m\u202e"], "x '[1m'"),
    ],
)
def test_a_command_without_a_name_is_called_by_its_words(command: list[str], name: str) -> None:
    assert command_name(command) == name


def test_long_commands_have_names_of_their_own() -> None:
    one, other = (command_name(["sh", "-c", "x" * 200 + end]) for end in "ab")
    assert one != other
    assert max(len(one), len(other)) <= 100


def test_every_tool_that_may_be_configured_is_known_and_the_other_way_round() -> None:
    assert set(TOOLS) <= set(KNOWN_TOOLS)
