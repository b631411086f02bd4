"""Which lines have to run before a change counts as run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON
from holobench_mcp.capture.loaded_files import LoadedFiles, read_loaded_files, write_wanted_lines
from holobench_mcp.capture.loaded_files import probe_environment as environment_of_probe
from holobench_mcp.measure.change import read_change
from holobench_mcp.measure.changed_lines import ChangedLines, changed_lines, not_run, wanted_paths
from holobench_mcp.measure.measured_change import footprint

BASE = '''\
"""The product."""
import functools

LIMIT = 3


@functools.wraps(print)
def work(size, twice=2):
    """Do it."""
    total = 0
    for i in range(size):
        total += (
            i
            * twice
        )
    if size > 100:
        total = -1
    else:
        total += 1
    return total


class Tool:
    speed = 1

    def used(self):
        return [i for i in range(3)]

    def unused(self):
        value = 1
        return value


def never():
    first = 1
    return first


double = lambda x: 2 * x
'''
RUNS = "import product; product.work(3); product.Tool().used()"


@pytest.fixture
def edited(tmp_path: Path, repository: Callable[..., str]) -> Callable[..., ChangedLines | None]:
    def change(*edits: tuple[str, str], base: str = BASE) -> ChangedLines | None:
        for top in ("base", "head"):
            (tmp_path / top).mkdir(exist_ok=True)
        (tmp_path / "head" / "product.py").write_text(base)
        repository("base")
        text = base
        for old, new in edits:
            assert text.count(old) >= 1
            text = text.replace(old, new, 1)
        (tmp_path / "base" / "product.py").write_text(base)
        (tmp_path / "head" / "product.py").write_text(text)
        (tmp_path / "product.py").write_text(base)
        before = repository("as it is")
        (tmp_path / "product.py").write_text(text)
        after = repository("a change")
        prints = [
            footprint(
                tmp_path / side, LoadedFiles(modules={"product": frozenset({str(tmp_path / side / "product.py")})})
            )
            for side in ("base", "head")
        ]
        return changed_lines(read_change(tmp_path, before, after), *prints)

    return change


def runs(folder: Path, changed: ChangedLines, text: str = RUNS) -> bool:
    records = folder / "records"
    records.mkdir(exist_ok=True)
    wanted = folder / "wanted"
    write_wanted_lines(wanted, wanted_paths(changed, folder / "head"))
    subprocess.run([PYTHON, "-c", text], cwd=folder / "head", env=environment_of_probe({}, records, wanted), check=True)
    lines = read_loaded_files(records).lines
    assert lines is not None
    return bool(lines)


@pytest.mark.parametrize(
    ("old", "new", "ran"),
    [
        ("total = 0", "total = 0 + 0", True),
        ("            * twice\n", "            * twice * 1\n", True),  # the middle of a statement
        ("range(3)]", "range(4)]", True),
        ("def work(size, twice=2):", "def work(size, twice=3):", True),
        ("@functools.wraps(print)\n", "@functools.wraps(len)\n", True),
        ("LIMIT = 3", "LIMIT = 4", True),
        ("speed = 1", "speed = 2", True),
        ("    else:\n", "    else:  # otherwise\n", True),
        ("        total = -1\n", "        total = -2\n", False),
        ("value = 1", "value = 2", False),
        ("first = 1", "first = 2", False),
        ("def never():", "def never(x=1):", False),
        ("    def unused(self):", "    def unused(self, x=1):", False),
        ("2 * x", "3 * x", False),
        ("def never():\n", "@functools.cache\ndef never():\n", False),
        ("def never():\n", "def new():\n    return 1\n\n\ndef never():\n", False),
        # What was deleted is shown by the function that it stood in.
        ("    else:\n        total += 1\n", "", True),
        ("        value = 1\n", "", False),
        ("    first = 1\n", "", False),
        ("@functools.wraps(print)\n", "", True),
        ("LIMIT = 3\n", "", True),
    ],
)
def test_a_change_is_run_when_its_code_is(
    tmp_path: Path, edited: Callable[..., ChangedLines | None], old: str, new: str, ran: bool
) -> None:
    changed = edited((old, new))
    assert changed is not None and runs(tmp_path, changed) is ran


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Do it."""', '"""Do it better."""'),
        ("    total = 0\n", "    # from nothing\n    total = 0\n"),
        ("LIMIT = 3\n", "LIMIT = 3\n\n\n"),
        ('"""The product."""', '"""The whole\n\nproduct."""'),
    ],
)
def test_of_what_nothing_executes_nothing_is_said(
    edited: Callable[..., ChangedLines | None], old: str, new: str
) -> None:
    assert edited((old, new)) is None


def test_an_import_beside_the_change_is_not_the_change(
    tmp_path: Path, edited: Callable[..., ChangedLines | None]
) -> None:
    changed = edited(("import functools\n", "import functools\nimport math\n"), ("first = 1", "first = math.pi"))
    assert changed is not None and not runs(tmp_path, changed)
    alone = edited(("import functools\n", "import functools\nimport math\n"))
    assert alone is not None and runs(tmp_path, alone)


@pytest.mark.parametrize("decorator", ["numba.njit", "jit(nopython=True)", "torch.compile", "cuda.jit", "triton.jit"])
def test_of_what_is_compiled_nothing_is_known(edited: Callable[..., ChangedLines | None], decorator: str) -> None:
    base = f"@{decorator}\ndef fast():\n    x = 1\n    return x\n"
    assert edited(("x = 1", "x = 2"), base=base) is None


def test_one_part_of_a_change_is_enough(tmp_path: Path, edited: Callable[..., ChangedLines | None]) -> None:
    changed = edited(("first = 1", "first = 2"), ("total = 0", "total = 0 + 0"))
    assert changed is not None and runs(tmp_path, changed)


def test_what_never_runs_is_named(edited: Callable[..., ChangedLines | None]) -> None:
    changed = edited(("first = 1", "first = 2"), ("value = 1", "value = 3"))
    assert changed is not None
    caution = not_run(changed)
    assert caution.what == "change_not_run"
    assert "none of the changed lines, in unused of product.py, never of product.py" in caution.detail
