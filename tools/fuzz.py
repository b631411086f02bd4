"""Run every property of the tests with random examples, again and again, and print the seeds.

python tools/fuzz.py [MINUTES] [PYTEST ARGUMENTS]
python tools/fuzz.py 0 --hypothesis-seed=SEED    once more what a seed found

`make test` draws the same examples each time, so that it fails for a change and not by chance; this is where chance is
looked for. It ends after the round in which the minutes are over, or at the first failure.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Hypothesis marks its tests so. A round has no failures of another kind to tell, and none of its tests is timed.
PROPERTIES = ["-m", "hypothesis", "--hypothesis-profile=fuzz", "-x"]


def main() -> None:
    minutes, *arguments = sys.argv[1:] or ["10"]
    end = time.monotonic() + 60 * float(minutes)
    rounds = 0
    while True:
        # A seed that is named stands behind, and wins.
        seed = [f"--hypothesis-seed={secrets.randbelow(2**32)}"]
        command = [sys.executable, "-m", "pytest", *PROPERTIES, *seed, *arguments]
        print(f"round {rounds + 1}:", *command[2:], flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            sys.exit(code)
        rounds += 1
        if time.monotonic() > end:
            break
    print(f"{rounds} rounds, nothing found")


if __name__ == "__main__":
    main()
