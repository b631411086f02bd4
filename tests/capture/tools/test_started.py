"""What a command starts is found behind everything that only starts something else; what can't be told is nothing."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from holobench_mcp.capture.tools.started import started

CWD = Path("/project")

#: A command line, and what it starts: a program, `-m module` or `./script`, with the words that this gets.
COMMANDS = [
    ("pytest", "pytest", ""),
    ("pytest bench/ -x", "pytest", "bench/ -x"),
    ("py.test bench", "py.test", "bench"),
    (".venv/bin/pytest bench/", "pytest", "bench/"),
    ("/opt/env/bin/pytest", "pytest", ""),
    (r"'C:\env\Scripts\pytest.exe' bench", "pytest", "bench"),
    ("python -m pytest bench/", "-m pytest", "bench/"),
    ("python3.12 -m pytest", "-m pytest", ""),
    ("python3.13t -mpytest -q", "-m -mpytest", "-q"),
    ("/usr/bin/python3 -X dev -W error -u -m pytest -q", "-m pytest", "-q"),
    ("python -Im pytest", "-m pytest", ""),
    ("pypy3 bench.py --fast", "./bench.py", "--fast"),
    ("python -O bench.py -o x", "./bench.py", "-o x"),
    ("python -- bench.py", "./bench.py", ""),
    ("py bench.py", "./bench.py", ""),
    ("python -c 'import pytest; pytest.main()'", None, ""),
    ("python -Bc 'import pytest'", None, ""),
    ("python -", None, ""),
    ("python", None, ""),
    ("python -m", None, ""),
    ("uv run pytest bench/", "pytest", "bench/"),
    ("uv run --with pytest-benchmark --python 3.12 pytest bench/", "pytest", "bench/"),
    ("uv run --with=pytest-benchmark -- pytest -- bench", "pytest", "-- bench"),
    ("uv --directory sub run --frozen pytest", "pytest", ""),
    ("uv run -m pytest -x", "-m pytest", "-x"),
    ("uv run --module pytest", "-m pytest", ""),
    ("uv run python -m pytest", "-m pytest", ""),
    ("uv run bench.py -p 3", "./bench.py", "-p 3"),
    ("uv run --script bench.py", "uv", "run --script bench.py"),
    ("uv pip install pytest", "uv", "pip install pytest"),
    ("uv tool run --from pytest --with pytest-benchmark pytest b", "pytest", "b"),
    ("uvx --with pytest-benchmark pytest@9.2 b", "pytest", "b"),
    ("pipx run --spec pytest pytest b", "pytest", "b"),
    ("poetry run pytest", "pytest", ""),
    ("poetry -C sub run python bench.py", "./bench.py", ""),
    ("poetry add pytest", "poetry", "add pytest"),
    ("pdm run -p sub pytest", "pytest", ""),
    ("hatch run test:pytest bench", "pytest", "bench"),
    ("hatch -e bench run python -m pytest", "-m pytest", ""),
    ("pipenv run pytest", "pytest", ""),
    ("rye run pytest", "pytest", ""),
    ("pixi run -e bench pytest", "pytest", ""),
    ("conda run -n bench --no-capture-output pytest b", "pytest", "b"),
    ("micromamba run -p /opt/env hyperfine ls", "hyperfine", "ls"),
    ("coverage run -m pytest b", "-m pytest", "b"),
    ("coverage run --source src bench.py", "./bench.py", ""),
    ("python -m coverage run --source=src -m pytest b", "-m pytest", "b"),
    ("env pytest", "pytest", ""),
    ("env -u A -i B=1 C='a b' pytest b", "pytest", "b"),
    ("env -C sub A=1 -- pytest", "pytest", ""),
    ("env -S 'pytest -q'", "env", "-S 'pytest -q'"),
    ("nice pytest", "pytest", ""),
    ("nice -n 5 pytest b", "pytest", "b"),
    ("nice -5 pytest", "pytest", ""),
    ("nice --adjustment=5 taskset -c 0,2 pytest b", "pytest", "b"),
    ("taskset 0x3 ./bench --x", "bench", "--x"),
    ("chrt -f 50 ./bench", "bench", ""),
    ("ionice -c 2 -n 0 hyperfine ls", "hyperfine", "ls"),
    ("setarch x86_64 -R ./bench", "bench", ""),
    ("setarch -R ./bench", "bench", ""),
    ("numactl -C 0 --membind=0 ./bench", "bench", ""),
    ("time -v hyperfine ls", "hyperfine", "ls"),
    ("/usr/bin/time -o t.txt -f %e pytest", "pytest", ""),
    ("timeout -k 5 60 go test -bench .", "go", "test -bench ."),
    ("stdbuf -oL go test -bench=.", "go", "test -bench=."),
    ("sudo -u me nice -n -20 ./bench", "bench", ""),
    ("direnv exec . pytest", "pytest", ""),
    ("mise exec node@22 -- npx vitest bench", "vitest", "bench"),
    ("npx vitest bench --run", "vitest", "bench --run"),
    ("npx --yes -p vitest@5 vitest@5.1 bench", "vitest", "bench"),
    ("npx -c 'vitest bench'", "npx", "-c 'vitest bench'"),
    ("npm exec --yes -- vitest bench", "vitest", "bench"),
    ("npm install vitest", "npm", "install vitest"),
    ("pnpm exec vitest bench", "vitest", "bench"),
    ("pnpm vitest bench", "vitest", "bench"),
    ("pnpm --filter web dlx vitest@5 bench", "vitest", "bench"),
    ("yarn vitest bench", "vitest", "bench"),
    ("yarn run vitest bench", "vitest", "bench"),
    ("bun x vitest bench", "vitest", "bench"),
    ("bunx vitest bench", "vitest", "bench"),
    ("node_modules/.bin/vitest bench", "vitest", "bench"),
    ("nice -n 5 env A=1 uv run --frozen time poetry run pytest b", "pytest", "b"),
    ("cat pytest", "cat", "pytest"),
    ("./pytest", "pytest", ""),
    ("python pytest", "./pytest", ""),
    ("sh -c 'pytest bench/'", "sh", "-c 'pytest bench/'"),
    ("make bench", "make", "bench"),
    ("'' pytest", None, ""),
    ("'  '", None, ""),
    ("'pytest bench/'", "pytest bench", ""),
    ("-- pytest", "--", "pytest"),
    ("nice", None, ""),
    ("nice -n", None, ""),
    ("nice -n 5 --", None, ""),
    ("env A=1", None, ""),
    ("uv run", None, ""),
    ("uv run --", None, ""),
    ("taskset", None, ""),
    ("timeout 5", None, ""),
    ("env A=1 ''", None, ""),
    ("npx vitest@", "vitest", ""),
    ("@", "@", ""),
    ("/", "", ""),
    ("test:", "test:", ""),
    ("'\u202epytest' b", "\u202epytest", "b"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "what", "words"), COMMANDS, ids=[line for line, _, _ in COMMANDS])
def test_the_program_is_found_behind_its_wrappers(line: str, what: str | None, words: str) -> None:
    command = shlex.split(line)
    found = started(command, CWD)
    if what is None:
        assert found is None
        return
    assert found is not None
    named = command[found.at]
    shown = {"program": found.name, "module": f"-m {named}", "script": f"./{named}"}[found.kind]
    assert (shown, list(found.words)) == (what, shlex.split(words))


@pytest.mark.parametrize("command", [[], [""], ["\0"], ["pytest", "a\0b"], ["nice"] * 5000, ["env", *["A=1"] * 5000]])
def test_what_starts_nothing_is_nothing(command: list[str]) -> None:
    assert started(command, CWD) is None


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("uv --directory sub run pytest", "/project/sub"),
        ("uv run --directory=/other pytest", "/other"),
        ("poetry -C a run env -C b pytest", "/project/a/b"),
        ("yarn --cwd web vitest bench", "/project/web"),
        ("env A=1 pytest", "/project"),
    ],
)
def test_a_wrappers_folder_is_where_the_program_starts(line: str, folder: str) -> None:
    found = started(shlex.split(line), CWD)
    assert found is not None
    assert found.cwd == Path(folder)


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("bench.py -o a.json", "a.json"),
        ("bench.py -oa.json", "a.json"),
        ("bench.py --output a.json -q", "a.json"),
        ("bench.py --output=a.json --output=b.json", "b.json"),
        ("bench.py -- -o a.json", None),
        ("bench.py -o", None),
        ("bench.py --outputs a", None),
    ],
)
def test_what_was_asked_for_by_the_command_itself_is_found(line: str, given: str | None) -> None:
    found = started(["python", *shlex.split(line)], CWD)
    assert found is not None
    assert found.option("--output", short="-o") == given
