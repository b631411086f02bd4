"""Whether the lower bounds in pyproject.toml hold: every direct dependency at its lowest, and the core's tests.

`make lowest` installs them into an environment of its own (uv, `--resolution lowest-direct`) and runs what imports each
of them: results, stores, evidence, exporters, the command line, and the server over its wire.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORE = (
    "tests/model",
    "tests/result",
    "tests/store/test_recording.py",
    "tests/store/test_index.py",
    "tests/evidence",
    "tests/exporters",
    "tests/cli/test_layout.py",
    "tests/server/test_wire.py",
    "tests/server/http/test_serving.py",
    "tests/test_config.py",
)
_TOOLS = (
    "pytest",
    "pytest-timeout",
    "pytest-xdist",
    "hypothesis",
    "jsonschema",
    "moto[s3,server]",
    "pyyaml",
    "ruptures",
)


def main() -> None:
    """Install the lowest versions, and exit with what the tests exit with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=f"{sys.version_info.major}.{sys.version_info.minor}")
    parser.add_argument("tests", nargs="*", default=CORE)
    arguments = parser.parse_args()
    environment = ROOT / ".venv" / "lowest"
    interpreter = environment / "bin" / "python"
    install = ["uv", "pip", "install", "--quiet", "--python", str(interpreter)]
    subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", arguments.python, str(environment)], check=True)
    subprocess.run([*install, "--resolution", "lowest-direct", "-e", "."], cwd=ROOT, check=True)
    subprocess.run([*install, *_TOOLS], cwd=ROOT, check=True)
    subprocess.run(["uv", "pip", "list", "--python", str(interpreter)], check=True)
    command = [
        str(interpreter),
        "-m",
        "pytest",
        *arguments.tests,
        "-m",
        "not slow",
        "-o",
        "addopts=--import-mode=importlib -q",
    ]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
