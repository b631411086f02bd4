"""Which versions of holobench this project's contract agrees with: each in an environment of its own, tried.

`python tools/holobench_versions.py --write-docs 1.148.0 1.147.0 …` installs each (uv, from its cache), runs the tests
that hold our contract against holobench's own on the same pairs, measures a sweep with it, and writes the table of
docs/versions.md with what differs. Without versions: the newest ten that the index has. The bounds in
`holobench_versions.py` and in pyproject.toml are what the table shows.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "versions.md"
BEGIN, END = "<!-- holobench: begin -->", "<!-- holobench: end -->"
#: What holds ours against holobench's own: the contract's keys and values, its detectors, its sweeps, its claims.
CONTRACT = (
    "tests/result/test_contract.py",
    "tests/result/test_bench_result.py",
    "tests/result/test_stacked.py",
    "tests/evidence/test_detectors.py",
    "tests/evidence/test_contract_comparison.py",
)
_TOOLS = ("pytest>=8.4", "pytest-timeout>=2.4", "pytest-xdist>=3.7", "hypothesis>=6.130", "jsonschema>=4.23")
_NEWEST = 10
_ERROR = re.compile(r"[ |]*E ")


#: A sweep, as somebody measures it.
SWEEP = """
import bencher as bn


class Sweep(bn.ParametrizedSweep):
    size = bn.IntSweep(default=1, sample_values=[1, 2])
    time = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize)

    def benchmark(self):
        self.time = float(self.size)


if __name__ == "__main__":
    bn.run(Sweep(), repeats=2, show=False)
"""
_LONGEST_REASON = 160


@dataclass(frozen=True)
class Trial:
    """What the contract's tests said of one version, and whether its sweeps come in."""

    version: str
    passed: int
    failed: int
    recorded: bool
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether every test passed."""
        return self.passed > 0 and not self.failed and not self.differences


def released() -> list[str]:
    """The versions that the index has, the newest first."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "index", "versions", "holobench"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"^Available versions: (.*)$", listed, re.MULTILINE)
    return found[1].split(", ") if found else []


def tried(version: str, cache: Path, python: str) -> Trial:
    """Install a version beside this project, and run the contract's tests with it."""
    environment = cache / f"holobench-{version}"
    interpreter = environment / "bin" / "python"
    override = cache / f"{version}.txt"
    override.write_text(f"holobench=={version}\n", encoding="utf-8")
    if not interpreter.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", python, str(environment)], check=True)
    installing = ["uv", "pip", "install", "--quiet", "--python", str(interpreter), "--override", str(override)]
    installed = subprocess.run([*installing, "-e", ".", *_TOOLS], cwd=ROOT, capture_output=True, text=True, check=False)
    if installed.returncode:
        return Trial(version, 0, 0, False, (f"can't be installed: {installed.stderr.strip().splitlines()[-1]}",))
    report = cache / f"{version}.xml"
    report.unlink(missing_ok=True)
    options = ["--import-mode=importlib", "-q", f"--junit-xml={report}", "-o", "addopts=", "-p", "no:cacheprovider"]
    testing = [str(interpreter), "-m", "pytest", *CONTRACT, *options, "--timeout=240", "-p", "any_holobench"]
    testing.append("--continue-on-collection-errors")
    tools = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    subprocess.run(testing, cwd=ROOT, env=tools, capture_output=True, text=True, check=False)
    return read(version, report, recorded=records(interpreter))


def records(interpreter: Path) -> bool:
    """Whether a sweep that this Python collects comes into a store, by the program as it is developed."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bench.py").write_text(SWEEP, encoding="utf-8")
        command = ["-m", "holobench_mcp", "--store", folder, "run", "--tool", "holobench", "--"]
        ran = subprocess.run(
            [sys.executable, *command, str(interpreter), "bench.py"], cwd=folder, capture_output=True, check=False
        )
        return ran.returncode == 0


def read(version: str, report: Path, *, recorded: bool) -> Trial:
    """What a report of pytest comes to: how many passed, and what the failures say."""
    if not report.exists():
        return Trial(version, 0, 0, recorded, ("the tests could not be started",))
    cases = list(Xml.parse(report).getroot().iter("testcase"))
    problems = [(case, found) for case in cases for found in case if found.tag in ("failure", "error")]
    skipped = sum(case.find("skipped") is not None for case in cases)
    differences: dict[str, str] = {}
    for case, found in problems:
        where = case.get("name", "").partition("[")[0]
        differences.setdefault(reason(found), where)
    said = tuple(f"{why} (`{where}`)" if where else why for why, where in differences.items())
    return Trial(version, len(cases) - len(problems) - skipped, len(problems), recorded, said)


def reason(found: Xml.Element) -> str:
    """Why a test failed: the first of the errors that its report shows, or the last one of an import."""
    lines = [line.lstrip(" |")[1:].strip() for line in (found.text or "").splitlines() if _ERROR.match(line)]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Holobench)\b", line)] or lines
    text = errors[0] if errors else (found.get("message") or "").partition("\n")[0]
    if (inner := re.search(r"can't be imported \((.*?)\)", text)) is not None:  # as our own error has it
        text = inner[1]
    return text[:_LONGEST_REASON].replace("|", "/").replace("`", "'").replace("<", "‹").replace(">", "›")


def table(trials: list[Trial]) -> str:
    """The trials as a table of Markdown, the newest first."""
    rows = [
        f"| {t.version} | {'agrees' if t.agrees else 'does not'} | {'recorded' if t.recorded else 'not recorded'} "
        f"| {t.passed} of {t.passed + t.failed} | {'; '.join(t.differences[:2]) or '–'} |"
        for t in trials
    ]
    head = "| holobench | the contract | its sweeps | tests passed | what differs first |"
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *rows])


def write(text: str) -> None:
    """Put a table where the page has one."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Try versions, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="*")
    parser.add_argument("--python", default=f"{sys.version_info.major}.{sys.version_info.minor}")
    parser.add_argument("--cache", type=Path, default=ROOT / ".venv" / "holobench-versions")
    parser.add_argument("--write-docs", action="store_true")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    trials = []
    for version in arguments.versions or released()[:_NEWEST]:
        trials.append(tried(version, arguments.cache, arguments.python))
        print(trials[-1], file=sys.stderr)
    text = table(trials)
    if arguments.write_docs:
        write(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
