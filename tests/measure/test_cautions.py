"""What is said of a head whose change looks like a way to seem fast, or that edits what measures it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.measure.cautions import change_cautions, configuration_cautions, harness_cautions
from holobench_mcp.measure.change import read_change

BENCH = Path(__file__).parents[1] / "benches" / "tiny.py"
HONEST = "import time\ndef work(size):\n    time.sleep(0.03)\n    return size\n"


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text(HONEST)
    repository("the benchmark")
    return tmp_path


@pytest.mark.parametrize(
    ("protected", "changed", "says"),
    [
        ([], [], "nothing of tiny is protected"),
        (["tiny.py"], [], None),
        (["tiny.py"], ["tiny.py"], "the head changed protected files (tiny.py): the base's version was measured"),
        (["data"], [f"data/{i}" for i in range(9)], "data/4 and 4 more)"),
    ],
)
def test_a_benchmark_that_may_not_be_the_bases_is_told(protected: list, changed: list, says: str | None) -> None:
    found = harness_cautions("tiny", protected, changed)
    assert [d.what for d in found] == ["benchmark_source"] * (says is not None)
    assert says is None or says in found[0].detail


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("@functools.lru_cache(maxsize=None)", "cached_answers"),
        ("@cache", "cached_answers"),
        ("_x = {}\ndef quick(n):\n    return _x.get(n) or _x.setdefault(n, work(n))", "cached_answers"),
        ("cache = {}", None),
        ("def work(size, kept={}):", "cached_answers"),
        ("time.perf_counter = lambda: 0.0", "measurement_touched"),
        ("setattr(time, 'perf_counter', fast)", "measurement_touched"),
        ("bencher.BenchRunCfg.repeats = 1", "measurement_touched"),
        ("gc.disable()", "measurement_touched"),
        ("vars(clock)['perf_counter'] = half", "measurement_touched"),
        ("clock.__dict__.update(half)", "measurement_touched"),
        ("kept = open('/dev/shm/kept')", "cached_answers"),
        ("kept = Path.home() / 'kept'", "cached_answers"),
        ("memory = bytearray(size)", None),
        ("total = self.time.total == 3", None),
        ("# a cache = would be wrong here", None),
        ("cache == other", None),
    ],
)
def test_a_change_that_looks_like_a_trick_is_told(
    project: Path, repository: Callable[..., str], line: str, what: str | None
) -> None:
    (project / "product.py").write_text(f"{HONEST}{line}\n")
    (project / "notes.md").write_text("cache = {}\n")
    (project / "tiny.py").write_text("cache = {}  # protected: the base's is measured\n")
    head = repository("a change")
    found = change_cautions(read_change(project, f"{head}~1", head), protected=["tiny.py"], import_folders=["."])
    assert [d.what for d in found] == ([what] if what else [])
    assert all("product.py" in d.detail and d.severity == "caution" for d in found)


@pytest.mark.parametrize(
    ("name", "cautioned"),
    [
        ("timeit.py", True),
        ("bencher/__init__.py", True),
        ("deep/sitecustomize.py", True),
        ("x.pth", True),
        ("src/random.py", True),
        ("pandas.py", True),
        ("tiny/__init__.py", True),
        ("__pycache__/tiny.cpython-311.pyc", True),
        ("timeit.cpython-311-x86_64-linux-gnu.so", True),
        ("package/time.py", False),
        ("faster.py", False),
    ],
)
def test_a_module_that_takes_anothers_place_is_told(
    project: Path, repository: Callable[..., str], name: str, cautioned: bool
) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("x = 1\n")
    git(project, "add", "--force", name)
    head = repository("a new file")
    found = change_cautions(read_change(project, f"{head}~1", head), protected=["tiny.py"], import_folders=[".", "src"])
    assert [d.what for d in found] == ["measurement_touched"] * cautioned
    assert not cautioned or name in found[0].detail


def cautions_of(project: Path, *, protected: Sequence[str] = ("tiny.py",)) -> str:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a change")
    found = change_cautions(read_change(project, "HEAD~1", "HEAD"), protected=protected, import_folders=["."])
    return "; ".join(f"{d.what}: {d.detail}" for d in found)


def test_a_module_that_starts_by_itself_is_told_when_it_is_edited_too(project: Path) -> None:
    (project / "sitecustomize.py").write_text("x = 1\n")
    cautions_of(project)
    (project / "sitecustomize.py").write_text("x = 2\n")
    assert "sitecustomize.py" in cautions_of(project)


def test_a_clock_that_is_no_longer_read_is_told(project: Path) -> None:
    (project / "helper.py").write_text("import time\ndef timed(f):\n    return time.perf_counter()\n")
    cautions_of(project)
    (project / "helper.py").write_text("import time\ndef timed(f):\n    return 0.001\n")
    assert "'perf_counter' in helper.py" in cautions_of(project)


@pytest.mark.parametrize(
    ("name", "cautioned"),
    [("bench/util.py", True), ("timing.py", True), ("tests/test_perf.py", True), ("bencher/core.py", False),
     ("perform.py", False), ("bench/notes.md", False)],
)  # fmt: skip
def test_a_helper_of_the_benchmark_that_is_not_protected_is_told(project: Path, name: str, cautioned: bool) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("half = 0.5\n")
    assert ("benchmark_source" in cautions_of(project)) is cautioned


def test_attributes_of_the_head_do_not_hide_its_change(project: Path) -> None:
    (project / ".gitattributes").write_text("*.py -diff\n")
    (project / "product.py").write_text(f"{HONEST}gc.disable()\n")
    assert "'gc.disable' in product.py" in cautions_of(project)


def test_a_change_that_is_not_read_whole_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holobench_mcp.measure.change._MAX_BYTES", 1000)
    (project / "a.py").write_text("x = 1\n" * 1000)
    assert "too long to be read whole" in cautions_of(project)


@pytest.mark.parametrize("source", ["x = 1\n" * 200_000, f"x = {'-' * 50_000}1\n", f"x = a{'.b' * 50_000}\n"])
def test_a_file_that_takes_too_long_to_read_is_told(project: Path, source: str) -> None:
    (project / "a.py").write_text(source)
    assert "too long to be read whole" in cautions_of(project)


def test_a_change_of_what_is_run_or_protected_is_told(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.holobench-mcp]\nmargin_percent = 3\n[tool.other]\nx = 1\n")
    cautions_of(project)
    (project / "pyproject.toml").write_text("[tool.holobench-mcp]\nmargin_percent = 3\n[tool.other]\nx = 2\n")
    cautions_of(project)
    (project / "pyproject.toml").write_text("[tool.holobench-mcp]\nmargin_percent = 9\n")
    cautions_of(project)
    sides = [configuration_cautions(project, f"HEAD~{i + 1}", f"HEAD~{i}", "pyproject.toml") for i in range(3)]
    assert [[d.what for d in side] for side in sides] == [["benchmark_source"], [], []]


@pytest.mark.parametrize(
    ("before", "after", "edited"),
    [
        ("", 'a.command = ["x"]', False),  # nobody had configured it
        ('a.command = ["x"]', 'a.command = ["x"]\nb.command = ["y"]', False),
        ('a.command = ["x"]\nb.command = ["y"]', 'a.command = ["x"]', False),
        ('a.command = ["x"]', 'a.command = ["y"]', True),
        ('a.command = ["x"]', "", True),
        ('a.command = ["x"]', 'a.command = ["x"]\na.runs = 9', True),
    ],
)
def test_what_is_configured_of_other_benchmarks_is_no_edit_of_this_one(
    project: Path, before: str, after: str, edited: bool
) -> None:
    for table in (before, after):
        (project / "pyproject.toml").write_text(f"[tool.holobench-mcp.benchmarks]\n{table}\n")
        cautions_of(project)
    found = configuration_cautions(project, "HEAD~1", "HEAD", "pyproject.toml", "a")
    assert [d.what for d in found] == (["benchmark_source"] if edited else [])
    assert all("commit it alone first" in (d.next_step or "") for d in found)
    assert configuration_cautions(project, "HEAD~1", "HEAD", "pyproject.toml", None) == ()
