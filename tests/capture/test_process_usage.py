"""What a process and all below it used is known, as far as the operating system tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import need
from holobench_mcp.capture.runner import run_command
from holobench_mcp.capture.usage import read_usage
from holobench_mcp.model import ProcessUsage

#: Without its own start-up, a Python is too large for small numbers.
SPIN = "import time; end = time.process_time() + {s}\nwhile time.process_time() < end: pass"
HOLD = "b = bytearray({mb} << 20)\nfor i in range(0, len(b), 4096): b[i] = 1"
MIB = 1.048576


def used(*command: str) -> ProcessUsage:
    outcome = run_command(command, on_output=lambda _: None, probe=None)
    assert outcome.returncode == 0, outcome.output_tail
    assert outcome.usage is not None
    assert outcome.environment.process == outcome.usage
    return outcome.usage


def test_time_is_that_of_the_command_and_not_of_what_surrounds_it() -> None:
    usage = used("sleep", "0.2")
    assert 0.2 <= usage.wall_s < 0.3
    assert usage.cpu_s < 0.1


@pytest.mark.parametrize(
    "program",
    [
        SPIN.format(s=0.3),
        # A child that has ended before its parent does, and one of a child.
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPIN.format(s=0.3)!r}])",
        f"import subprocess, sys; subprocess.run(['sh', '-c', sys.executable + ' -c ' + repr({SPIN.format(s=0.3)!r}).replace('\\\\n', chr(10)) + ' | cat'])",
        f"import threading\ndef spin():\n  exec({SPIN.format(s=0.3)!r})\nt = threading.Thread(target=spin); t.start(); t.join()",
    ],
    ids=["itself", "a child", "a child's pipeline", "a thread"],
)
def test_the_cpu_time_of_children_that_have_ended_counts(program: str) -> None:
    assert 0.3 <= used(sys.executable, "-c", program).cpu_s < 0.9


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", HOLD.format(mb=80)],
        ["sh", "-c", f'{sys.executable} -c "{HOLD.format(mb=80)}" | cat'],
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD.format(mb=80)!r}])",
        ],
    ],
    ids=["itself", "a part of a pipeline", "a child"],
)
def test_the_peak_of_the_largest_process_is_found_though_it_ended(command: list[str]) -> None:
    usage = used(*command)
    assert 80 * MIB <= usage.max_rss_mb < 80 * MIB + 60
    assert not usage.rss_is_bound


@pytest.mark.skipif(sys.platform != "linux", reason="what several processes hold at one time is looked up in /proc")
def test_what_processes_hold_at_one_time_is_added_up() -> None:
    both = f"{HOLD.format(mb=60)}\nimport time; time.sleep(0.4)"
    usage = used("sh", "-c", f'{sys.executable} -c "{both}" | {sys.executable} -c "{both}"')
    assert usage.max_rss_mb > 2 * 60 * MIB


def test_a_small_program_is_not_told_the_memory_of_what_started_it(tmp_path: Path) -> None:
    source = tmp_path / "small.c"
    source.write_text(
        "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
        "int main(int n, char **a) { size_t s = atoi(a[1]) << 20; char *p = malloc(s); memset(p, 1, s);"
        " usleep(atoi(a[2]) * 1000); return p[s - 1] - 1; }\n"
    )
    subprocess.run([need("gcc", "gcc libc6-dev"), "-O0", "small.c", "-o", "small"], cwd=tmp_path, check=True)
    program = str(tmp_path / "small")
    small, double, short, large = (
        used(program, "2", "80"),
        used(program, "4", "80"),
        used(program, "1", "0"),
        used(program, "40", "0"),
    )
    assert 2 * MIB < small.max_rss_mb < 2 * MIB + 3
    assert double.max_rss_mb - small.max_rss_mb > 1.5
    assert short.rss_is_bound or short.max_rss_mb < 4
    assert 40 * MIB < large.max_rss_mb < 40 * MIB + 4


@pytest.mark.parametrize("said", [b"", b"wall_s", b"wall_s x", b"wall_s 1\ncpu_s 2\n", b"\xff\xfe 1"])
def test_what_a_guard_did_not_say_whole_is_nothing(said: bytes) -> None:
    assert read_usage(said) is None
