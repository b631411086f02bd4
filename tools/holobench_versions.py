"""Which versions of holobench this project's contract agrees with: each in an environment of its own, tried.

`python tools/holobench_versions.py --write-docs 1.148.0 1.147.0 …` installs each (uv, from its cache), runs the tests
that hold our contract against holobench's own on the same pairs, and writes the table of docs/versions.md.
Without versions: the newest ten that the index has. The lower bound in pyproject.toml is what the table shows.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
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


@dataclass(frozen=True)
class Trial:
    """What the contract's tests said of one version."""

    version: str
    passed: int
    failed: int
    why: str

    @property
    def agrees(self) -> bool:
        """Whether every test passed."""
        return self.passed > 0 and not self.failed and not self.why


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
        return Trial(version, 0, 0, f"can't be installed: {installed.stderr.strip().splitlines()[-1]}")
    report = cache / f"{version}.xml"
    report.unlink(missing_ok=True)
    options = [
        "--import-mode=importlib",
        "-q",
        f"--junit-xml={report}",
        "-o",
        "addopts=",
        "-p",
        "no:cacheprovider",
        "--timeout=240",
        "-x",
    ]
    testing = [str(interpreter), "-m", "pytest", *CONTRACT, *options]
    subprocess.run(testing, cwd=ROOT, capture_output=True, text=True, check=False)
    return read(version, report)


def read(version: str, report: Path) -> Trial:
    """What a report of pytest comes to: how many passed, and what the first failure says."""
    if not report.exists():
        return Trial(version, 0, 0, "the tests could not be started")
    cases = list(Xml.parse(report).getroot().iter("testcase"))
    problems = [(case, found) for case in cases for found in case if found.tag in ("failure", "error")]
    skipped = sum(case.find("skipped") is not None for case in cases)
    why = ""
    if problems:
        case, found = problems[0]
        message = (found.get("message") or "").splitlines() or [""]
        why = f"`{case.get('name', '').partition('[')[0]}`: {message[0][:140].replace('|', '/').replace('`', chr(39))}"
    return Trial(version, len(cases) - len(problems) - skipped, len(problems), why)


def table(trials: list[Trial]) -> str:
    """The trials as a table of Markdown, the newest first."""
    rows = [
        f"| {t.version} | {'agrees' if t.agrees else 'does not'} | {t.passed} | {t.failed} | {t.why or '–'} |"
        for t in trials
    ]
    return "\n".join(
        ["| holobench | the contract | passed | failed | the first failure |", "| --- | --- | --- | --- | --- |", *rows]
    )


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
