"""Measuring two revisions: what is taken from which, what an improvement is doubted for, and what is left as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from conftest import PYTHON, alive, git, snapshot, until
from holobench_mcp.capture.runner import RUN_MARK, private_folder
from holobench_mcp.config import BenchmarkConfig, cache_folder, load_config
from holobench_mcp.measure.cautions import Seen, kept_answers
from holobench_mcp.measure.revisions import Measured, Recorded, measure_revisions
from holobench_mcp.measure.session import Cancelled, Session
from holobench_mcp.measure.setups import MOST_KEPT
from holobench_mcp.measure.worktrees import as_checked_out, choose_revisions, clean_up_after_crash, protect, worktrees
from holobench_mcp.model import Busy, CaptureError, ComparedMetric, ComparisonDocument, Decision, MetricEvidence
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace
from holobench_mcp.workspace.measuring import _in_rounds

BENCH = Path(__file__).parents[1] / "benches" / "tiny.py"
HONEST = "import time\ndef work(size):\n    time.sleep(0.03)\n    return size\n"
#: Looks fast as its answer is kept where it outlives the process and its folders.
KEPT_ON_DISK = (
    "import atexit, pathlib, time\nkept = pathlib.Path.home() / 'kept'\nthere = kept.exists()\natexit.register(kept.touch)\n"
    "def work(size):\n    if not there: time.sleep(0.1)\n    return size\n"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text(HONEST)
    repository("the benchmark")
    return tmp_path


def measured(
    project: Path, config: dict[str, object] | None = None, **options: object
) -> tuple[Measured, list[Snapshot]]:
    """Measure without a store: the snapshots as they would be recorded."""
    kept: list[Snapshot] = []

    def record(s: Snapshot) -> str:
        kept.append(s)
        return f"{s.bench_name}-{len(kept)}-x"

    benchmark = BenchmarkConfig.model_validate({"command": [PYTHON, "tiny.py"], "timeout_s": 60, **(config or {})})
    given = {"record": record, "settled": lambda *_: False, "rounds": 2, **options}
    return measure_revisions("tiny", benchmark, project, **given), kept  # type: ignore[arg-type]


# ---------------------------------------------------------------------- kept answers


def side(first: Sequence[float], later: Sequence[Sequence[float]], direction: str = "minimize") -> Seen:
    """A side of one metric at three points, alike: the samples of its first run, and of each later one."""
    runs = [[snapshot(np.tile(samples, (3, 1)), direction=direction)] for samples in (first, *later)]
    return Seen(runs[0], runs[1:])


HONEST_SIDE = side([11, 10, 10], [[11, 10, 10]] * 3)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (side([10, 1, 1], [[10, 1, 1]] * 3), "keeps its answers between samples"),
        (side([10, 10, 10], [[1, 1, 1]] * 3), "keeps its answers between runs"),
        (side([5, 5, 5], [[5, 5, 5]] * 3), None),
        (side([6, 5, 5], [[6, 5, 5]] * 3), None),
        (side([30, 20, 20], [[20, 20, 20]] * 3), None),
        (side([9, 5, 5], [[5, 5, 5], [8, 8, 8], [5, 5, 5]]), None),
        (side([10], [[9]] * 3), None),
        (side([0, 0, 0], [[0, 0, 0]] * 3), None),
    ],
    ids=["memory", "disk", "faster", "a little warm-up", "slower", "a busy machine", "one sample", "zeros"],
)
def test_a_head_that_is_fast_only_where_it_has_been_before_is_told_of(head: Seen, says: str | None) -> None:
    base = HONEST_SIDE if len(head.first[0].samples["time_ms"][0]) > 1 else side([10], [[10]] * 3)
    told = " ".join(d.detail for d in kept_answers(base, head))
    assert (says in told) if says else (told == ""), told
    if says:
        assert "time_ms: the head's first" in told and "times as slow" in told


def test_a_rate_is_a_cost_turned_around() -> None:
    base = side([10, 10, 10], [[10, 10, 10]] * 3, "maximize")
    head = side([10, 100, 100], [[10, 100, 100]] * 3, "maximize")
    assert "between samples" in " ".join(d.detail for d in kept_answers(base, head))


def test_a_base_that_keeps_its_answers_too_is_no_reason_for_doubt() -> None:
    base = side([20, 2, 2], [[20, 2, 2]] * 3)
    assert kept_answers(base, side([10, 1, 1], [[10, 1, 1]] * 3)) == ()


# ---------------------------------------------------------------------- what is measured


def test_a_product_that_keeps_its_answers_on_disk_is_told_of_and_rounds_alternate(project: Path) -> None:
    (project / "product.py").write_text(KEPT_ON_DISK)
    told: list[str] = []
    home = project / "cache" / "home"
    home.mkdir(parents=True)
    report, kept = measured(project, {"env": {"HOME": str(home)}}, progress=lambda what, *_: told.append(what))
    assert any("between runs" in d.detail and d.variable == "time_ms" for d in report.seen), report.seen
    warm = [what.split("(")[1].split(")")[0] for what in told if what.startswith("warming")]
    assert warm == ["base", "head"]
    marks = [s.measurement for s in kept]
    assert [(m.side, m.run) for m in marks if m] == [("base", 0), ("head", 0), ("head", 1), ("base", 1)]
    assert all(m and m.measured_by == "server" and m.id == report.measurement for m in marks)
    assert [s.source_revision for s in kept] == [getattr(report.revisions, m.side) for m in marks if m and m.side]


def test_a_benchmark_that_is_new_is_measured_on_both_sides(tmp_path: Path, repository: Callable[..., str]) -> None:
    (tmp_path / "product.py").write_text(HONEST)
    base = repository("no benchmark yet")
    shutil.copy(BENCH, tmp_path / "tiny.py")
    report, kept = measured(tmp_path, {"env": {"REPEATS": "1"}}, base=base)
    assert len(kept) == 4
    assert "The base has no tiny.py: the head's version was measured on both sides." in report.notes
    assert report.protected_changed == () and report.seen == ()
    told = [s.measurement.cautions for s in kept if s.measurement and s.measurement.side == "head"]
    assert all("the base has no tiny.py" in cautions[0].detail for cautions in told)


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """Measure without processes: each run records one result of 'tiny'. The sides and folders of the runs."""
    ran: list[tuple[str, Path]] = []

    def run(self: Session, folder: Path, *, side: str, keep: bool = True, **_: object) -> list[str]:
        ran.append((side, folder))
        assert folder.is_dir()
        return [f"tiny-{len(ran)}-x"] if keep else []

    monkeypatch.setattr(Session, "run", run)
    return ran


def test_what_the_early_look_finds_settled_is_not_measured_further(project: Path, folders: list) -> None:
    looks: list[tuple[list[int], list[int], float]] = []

    def settled(ours: Recorded, theirs: Recorded, alpha: float) -> bool:
        looks.append(([len(ids) for ids in ours], [len(ids) for ids in theirs], alpha))
        return True

    report, _ = measured(project, rounds=5, settled=settled)
    assert looks == [([3], [3], 0.01)]
    assert (report.rounds, len(report.base_ids[0]), len(report.head_ids[0])) == (3, 3, 3)
    assert report.stopped is not None and "early look" in report.stopped
    assert [side for side, _ in folders] == ["base", "head", "base", "head", "head", "base", "base", "head"]


def test_an_early_look_has_to_settle_every_sweep(project: Path) -> None:
    """Each has its share of the error rate: two sweeps are two chances to be called changed."""
    space = Workspace(load_config(project=project, environ={}))
    rng = np.random.default_rng(3)

    def runs(factor: float, at: int) -> list[str]:
        made = [factor * 100 * np.exp(0.01 * rng.standard_normal((6, 5))) for _ in range(4)]
        return [space.record(snapshot(values, at=at + i)) for i, values in enumerate(made)]

    base, slower, same = runs(1, 0), runs(1.5, 10), runs(1, 20)
    settled = space.measuring._settled
    assert settled([base], [slower], 0.01)
    assert settled([base, base], [slower, slower], 0.01)
    assert not settled([base, base], [slower, same], 0.01)


def test_max_seconds_stops_after_the_round_that_passes_it(project: Path, folders: list) -> None:
    report, _ = measured(project, rounds=5, max_seconds=1e-9)
    assert report.rounds == 1 and report.stopped is not None and "max_seconds" in report.stopped


def test_sides_that_record_different_benchmarks_are_a_clear_error(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_: Session, folder: Path, *, side: str, keep: bool = True, **__: object) -> list[str]:
        return ["tiny-1-x" if side == "base" else "other-1-x"] if keep else []

    monkeypatch.setattr(Session, "run", run)
    with pytest.raises(CaptureError, match="does not record the same benchmarks each time: tiny before, other now"):
        measured(project)
    assert nothing_is_left(project)


def test_what_the_head_did_to_the_benchmark_is_recorded_with_its_results(project: Path) -> None:
    """Not with the report alone: an agent may compare the same results again, and call that the answer."""
    (project / "tiny.py").write_text((project / "tiny.py").read_text() + "# edited\n")
    (project / "product.py").write_text(HONEST.replace("time.sleep(0.03)", "pass") + "import gc\ngc.disable()\n")
    space = Workspace(load_config(project=project, environ={}))
    given = BenchmarkConfig.model_validate({"command": [PYTHON, "tiny.py"], "timeout_s": 60})
    document = space.measuring.compare_revisions("tiny", rounds=3, config=given).comparisons[0]
    again = space.compare(document.baseline.result_id or "", document.candidate.result_id or "")
    for told in (document, again):
        assert told.decision == "improved", told.reason
        assert {"benchmark_source", "measurement_touched"} <= {d.what for d in told.comparability}
        assert told.next_step and told.next_step.startswith("Before believing it, check that the benchmark still")
    assert {
        d.what for d in space.compare(again.candidate.result_id or "", again.baseline.result_id or "").comparability
    } <= {"benchmark_source"}, "what a change looks like is told of one that made something faster"


def test_an_open_question_is_answered_in_rounds() -> None:
    evidence = MetricEvidence(variable="t", decision=Decision.inconclusive, reason="", runs_needed=8)
    metric = ComparedMetric.model_construct(variable="t", evidence=evidence)
    document = ComparisonDocument.model_construct(decision=Decision.inconclusive, next_step="Record", metrics=[metric])
    assert _in_rounds(document).next_step == "Measure both revisions again with rounds=8."
    too_many = evidence.model_copy(update={"runs_needed": 80})
    document = document.model_copy(update={"metrics": [metric.model_copy(update={"evidence": too_many})]})
    assert _in_rounds(document).next_step == "Record"


def test_a_benchmark_that_becomes_a_link_is_still_the_bases(project: Path, folders: list) -> None:
    """Where the head's link leads is the head's word: what the base has in its place is measured."""
    (project / "real.py").write_text("x = 1\n")
    (project / "tiny.py").unlink()
    (project / "tiny.py").symlink_to("real.py")
    report, _ = measured(project, base="HEAD")
    assert report.protected_changed == ("tiny.py",)


def test_what_a_link_of_the_bases_leads_to_is_protected(project: Path, folders: list) -> None:
    git(project, "mv", "tiny.py", "real.py")
    (project / "tiny.py").symlink_to("real.py")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a change")
    (project / "real.py").write_text("x = 1\n")
    report, _ = measured(project, base="HEAD")
    assert report.protected_changed == ("real.py",)


def test_a_benchmark_that_the_working_tree_lacks_is_protected(project: Path, folders: list) -> None:
    base = git(project, "rev-parse", "HEAD")
    (project / "tiny.py").write_text("x = 1\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a change")
    (project / "tiny.py").unlink()
    report, _ = measured(project, base=base, head="HEAD")
    assert report.protected_changed == ("tiny.py",)


def test_answers_that_are_kept_on_disk_are_told_whenever_the_results_are_compared(project: Path) -> None:
    (project / "product.py").write_text(KEPT_ON_DISK)
    home = project / "cache" / "home"
    home.mkdir(parents=True)
    space = Workspace(load_config(project=project, environ={}))
    given = {"command": [PYTHON, "tiny.py"], "timeout_s": 60, "env": {"HOME": str(home)}}
    config = BenchmarkConfig.model_validate(given)
    document = space.measuring.compare_revisions("tiny", rounds=2, config=config).comparisons[0]
    again = space.compare(document.baseline.result_id or "", document.candidate.result_id or "")
    for told in (document, again):
        assert [d.what for d in told.comparability if "between runs" in d.detail] == ["cached_answers"]


def test_an_improvement_that_keeps_its_answers_is_not_clean(project: Path) -> None:
    """The best of several calls is what counts in this benchmark, so that its samples show no cache at all."""
    bench = (project / "tiny.py").read_text()
    (project / "tiny.py").write_text(
        bench.replace(
            "answer = product.work", "product.work(self.size); start = time.perf_counter(); answer = product.work"
        )
    )
    git(project, "commit", "--quiet", "--all", "--message", "warm up before each sample")
    (project / "product.py").write_text(HONEST.replace("def work", "import functools\n@functools.cache\ndef work"))
    space = Workspace(load_config(project=project, environ={}))
    given = BenchmarkConfig.model_validate({"command": [PYTHON, "tiny.py"], "timeout_s": 60})
    report = space.measuring.compare_revisions("tiny", rounds=3, config=given)
    document = report.comparisons[0]
    assert document.decision == "improved", document.reason
    assert [d.what for d in document.comparability if "product.py" in d.detail] == ["cached_answers"]
    assert "merely cached" in (document.next_step or "")


# ---------------------------------------------------------------------- setup


def test_setup_prepares_each_tree_in_its_own_folder(project: Path, folders: list) -> None:
    make = "import pathlib; pathlib.Path('built').write_text(str(pathlib.Path.cwd()))"
    built: list[str] = []

    def seen(what: str, *_: object) -> None:
        if what.startswith("setting up"):
            built.append(what)

    def settled(*_: object) -> bool:
        return all((folder / "built").read_text() == str(folder.resolve()) for _, folder in folders)

    report, _ = measured(
        project, {"setup": [PYTHON, "-c", make]}, base="HEAD", rounds=5, settled=settled, progress=seen
    )
    assert report.rounds == 3, "what the setup made is not where the runs are"
    assert built == ["setting up tiny (base)", "setting up tiny (head)"]
    assert not (project / "built").exists()


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (
            "import sys; print('\x1b[31mno compiler\x1b[0m'); sys.exit(2)",
            "exit status 2 (base). The end of its output:\nno comp",
        ),
        ("import os\nfor _ in range(1000): os.write(1, b'x' * 65536)\nos._exit(1)", "exit status 1"),
        ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(99)", "took more than 1 s"),
    ],
    ids=["fails", "floods", "hangs"],
)
def test_a_setup_that_fails_says_so_and_leaves_nothing(project: Path, program: str, says: str) -> None:
    with pytest.raises(CaptureError) as told:
        measured(
            project, {"setup": [PYTHON, "-c", program], "setup_timeout_s": 1 if "sleep" in program else 60}, base="HEAD"
        )
    assert says in str(told.value)
    assert "\x1b" not in str(told.value) and len(str(told.value)) < 100_000
    assert nothing_is_left(project)


def test_cancelling_ends_a_setup_with_its_children(project: Path) -> None:
    marker = project / "cache" / "child.pid"
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        f"open({str(marker)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(300)\n"
    )
    cancel = threading.Event()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            measured(project, {"setup": [PYTHON, "-c", program]}, base="HEAD", cancel=cancel)
        except CaptureError as problem:
            problems.append(problem)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: marker.exists() and marker.read_text())
    cancel.set()
    thread.join(60)
    assert not thread.is_alive()
    assert isinstance(problems[0], Cancelled)
    until(lambda: not alive(int(marker.read_text())))
    assert nothing_is_left(project)


def test_a_setup_is_made_once_for_a_revision(project: Path, folders: list, repository: Callable[..., str]) -> None:
    """Agents change the head again and again; what it is compared with need not be built each time."""
    counter = project / "cache" / "made"
    make = (
        "import os, pathlib; pathlib.Path('built').mkdir(); pathlib.Path('built/where').write_text(os.getcwd())\n"
        "pathlib.Path('link').symlink_to('built/where')\n"
        f"open({str(counter)!r}, 'a').write('x')\n"
    )
    setup = {"setup": [PYTHON, "-c", make]}

    def builds() -> int:
        return len(counter.read_text())

    def settled(*_: object) -> bool:
        return all((folder / "link").read_text() == str(folder.resolve()) for _, folder in folders)

    counter.parent.mkdir(exist_ok=True)
    for i in range(3):
        (project / "product.py").write_text(f"{HONEST}x = {i}\n")
        folders.clear()
        report, _ = measured(project, setup, base="HEAD", rounds=5, settled=settled)
        assert report.rounds == 3, "what was kept is not where the runs are"
        assert builds() == 2 + i
    measured(project, setup, base="HEAD")
    assert builds() == 4
    measured(project, {**setup, "env": {"OPTIMISE": "1"}}, base="HEAD")
    assert builds() == 6, "what goes into a build has changed"
    repository("a new base")
    measured(project, setup, base="HEAD")
    assert builds() == 8
    assert nothing_is_left(project)
    assert len(list((cache_folder() / "setups").iterdir())) == MOST_KEPT


def test_what_can_not_be_kept_is_built_again(project: Path, folders: list, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = project / "cache" / "made"
    counter.parent.mkdir(exist_ok=True)
    setup = {"setup": [PYTHON, "-c", f"open({str(counter)!r}, 'a').write('x')"]}
    monkeypatch.setattr("holobench_mcp.measure.setups.MAX_BYTES", 10)
    measured(project, setup, base="HEAD")
    measured(project, setup, base="HEAD")
    assert counter.read_text() == "xxxx"


# ---------------------------------------------------------------------- the user's own files


def test_protecting_a_path_removes_nothing_outside_the_worktree(tmp_path: Path, repository: Callable[..., str]) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "b.py").write_text("base")
    base = repository("a benchmark in a folder")
    precious = tmp_path / "cache" / "precious"
    precious.mkdir(parents=True)
    (precious / "b.py").write_text("precious")
    shutil.rmtree(tmp_path / "bench")
    (tmp_path / "bench").symlink_to(precious)
    repository("the folder is a link now")
    chosen = choose_revisions(tmp_path, base, "HEAD")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        protect(chosen, head, ["bench/b.py"])
        as_checked_out(head)
        assert (head / "bench" / "b.py").read_text() == "base"
        assert not (head / "bench").is_symlink()
    assert (precious / "b.py").read_text() == "precious"


def test_protected_files_stay_the_bases_when_a_tree_is_put_back(project: Path, repository: Callable[..., str]) -> None:
    (project / "data").mkdir()
    (project / "data" / "a.txt").write_text("base")
    base = repository("data")
    (project / "data" / "a.txt").write_text("head")
    (project / "data" / "sitecustomize.py").write_text("added by the head")
    chosen = choose_revisions(project, base, "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        assert protect(chosen, head, ["data"]) == ["data/a.txt", "data/sitecustomize.py"]
        (head / "made.txt").touch()
        as_checked_out(head)
        assert [p.name for p in (head / "data").iterdir()] == ["a.txt"]
        assert (head / "data" / "a.txt").read_text() == "base"
        assert not (head / "made.txt").exists()


def test_a_folder_that_the_project_tracks_is_the_projects_whatever_its_name(project: Path) -> None:
    (project / "reports").mkdir()
    (project / "reports" / "code.py").write_text("old")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a package called reports")
    (project / "reports" / "code.py").write_text("new")
    chosen = choose_revisions(project, "HEAD", "worktree")
    assert chosen.head != chosen.base
    assert git(project, "show", f"{chosen.head}:reports/code.py") == "new"


def changed_in(project: Path) -> list[str]:
    """What the working tree, as it is measured, changes of the last commit; the user's own index stays as it was."""
    before = git(project, "ls-files", "--stage"), git(project, "status", "--porcelain", "-z")
    chosen = choose_revisions(project, "HEAD", "worktree")
    assert (git(project, "ls-files", "--stage"), git(project, "status", "--porcelain", "-z")) == before
    listed = git(project, "diff", "--name-status", "--no-renames", "-z", chosen.base, chosen.head).split("\0")
    return sorted(map("".join, zip(listed[::2], listed[1::2], strict=False)))


def test_what_was_added_to_the_index_is_of_the_working_tree(project: Path) -> None:
    (project / "staged.py").write_text("x = 1\n")
    (project / "meant.py").write_text("x = 1\n")
    git(project, "add", "staged.py")
    git(project, "add", "--intent-to-add", "meant.py")
    git(project, "mv", "product.py", "renamed.py")
    (project / "cachedir").mkdir()
    (project / "cachedir" / "ignored.py").write_text("x = 1\n")
    git(project, "add", "--force", "cachedir/ignored.py")
    assert changed_in(project) == ["Acachedir/ignored.py", "Ameant.py", "Arenamed.py", "Astaged.py", "Dproduct.py"]


@pytest.mark.parametrize(
    "name", [b" leading", b"\nline", b"trailing ", b"no\xff\xfetext.py", b"--all", b":(top)x", b"*"]
)
def test_a_file_may_have_any_name(project: Path, name: bytes) -> None:
    (project / os.fsdecode(name)).write_text("x = 1\n")
    chosen = choose_revisions(project, "HEAD", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        assert (head / os.fsdecode(name)).is_file()


def test_line_ends_that_git_would_refuse_are_measured(project: Path) -> None:
    git(project, "config", "core.autocrlf", "true")
    git(project, "config", "core.safecrlf", "true")
    (project / "product.py").write_bytes(HONEST.replace("\n", "\r\n", 1).encode() + b"x = 1\n")
    assert changed_in(project) == ["Mproduct.py"]


def test_a_worktree_is_put_back_in_a_git_hook_too(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Git tells a hook's programs where its repository is: a worktree would be left as a run has made it."""
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path_factory.mktemp("outside")))  # as a user's cache is
    (project / "precious.txt").write_text("untracked")
    (project / "product.py").write_text("changed")
    monkeypatch.setenv("GIT_DIR", str(project / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(project))
    monkeypatch.setenv("GIT_INDEX_FILE", str(project / ".git" / "index"))
    chosen = choose_revisions(project, "HEAD", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (base, head):
        (head / "made.txt").touch()
        as_checked_out(head)
        assert not (head / "made.txt").exists()
        assert (base / "product.py").read_text() == HONEST
    assert (project / "precious.txt").read_text() == "untracked"
    assert (project / "product.py").read_text() == "changed"


def test_a_shallow_clone_without_an_earlier_commit_says_what_brings_it(project: Path) -> None:
    clone = project / "cache" / "clone"
    git(project, "clone", "--quiet", "--depth", "1", f"file://{project}", str(clone))
    with pytest.raises(CaptureError, match="git fetch --deepen=1"):
        choose_revisions(clone, "merge-base", "worktree")


def test_a_repository_that_git_does_not_open_is_not_called_none(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: gone\n")
    with pytest.raises(CaptureError, match=r"git does not open the repository .* safe\.directory"):
        choose_revisions(tmp_path, "merge-base", "worktree")


@pytest.mark.parametrize("ignored", ["", ".holobench/\ncachedir/\n", "reports\n.holobench/*\n", "*\n"])
def test_what_holobench_writes_is_no_change_ignored_or_not(project: Path, ignored: str) -> None:
    (project / ".gitignore").write_text(ignored)
    git(project, "commit", "--quiet", "--all", "--message", "ignored")
    for folder in ("reports", "cachedir", ".holobench"):
        (project / folder).mkdir()
        (project / folder / "out").write_text("x")
    assert choose_revisions(project, "HEAD", "worktree").head == git(project, "rev-parse", "HEAD")
    (project / "product.py").write_text("changed")
    chosen = choose_revisions(project, "HEAD", "worktree")
    assert git(project, "diff", "--name-only", chosen.base, chosen.head) == "product.py"


def with_submodule(project: Path, library: Path) -> None:
    library.mkdir(parents=True)
    git(library, "init", "--quiet", "--initial-branch=main")
    (library / "fast.py").write_text("fast = True\n")
    git(library, "add", "--all")
    git(library, "commit", "--quiet", "--message", "library")
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", f"file://{library}", "lib")
    git(project, "commit", "--quiet", "--message", "a submodule")


def test_a_submodule_is_checked_out_from_the_users_own_copy(project: Path) -> None:
    library = project / "cache" / "library"
    with_submodule(project, library)
    shutil.rmtree(library)  # what it was cloned from is out of reach, as a network may be
    settings = (project / ".git" / "config").read_text()
    chosen = choose_revisions(project, "HEAD", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as trees:
        assert all((tree / "lib" / "fast.py").read_text() == "fast = True\n" for tree in trees)
    assert (project / ".git" / "config").read_text() == settings
    assert nothing_is_left(project)


def test_a_submodule_that_is_not_there_is_told_and_no_setting_is_changed(project: Path, folders: list) -> None:
    with_submodule(project, project / "cache" / "library")
    clone = project / "cache" / "clone"
    git(project, "clone", "--quiet", str(project), str(clone))
    settings = (clone / ".git" / "config").read_text()
    report, _ = measured(clone, base="HEAD")
    assert len(folders) == 6
    assert "Submodules that are not checked out, and empty on both sides: lib." in report.notes
    assert (clone / ".git" / "config").read_text() == settings


# ---------------------------------------------------------------------- after a crash


def test_a_worktree_that_is_being_made_by_a_living_process_is_left_alone(tmp_path: Path) -> None:
    ours, dead = (cache_folder() / "worktrees" / f"{pid}-abcd" for pid in (os.getpid(), ended_pid()))
    for home in (ours, dead):
        home.mkdir(parents=True)
    assert clean_up_after_crash() == [str(dead)]
    assert ours.exists() and not dead.exists()


def test_two_processes_do_not_share_worktrees(project: Path) -> None:
    tip = git(project, "rev-parse", "HEAD")
    with worktrees(project, [tip, tip]) as trees:
        with pytest.raises(Busy, match="Another process is measuring"), worktrees(project, [tip, tip]):
            pass
        assert all(tree.is_dir() for tree in trees)
        assert clean_up_after_crash() == []
    assert nothing_is_left(project)


def test_indexes_of_dead_processes_are_removed(tmp_path: Path) -> None:
    cache_folder().mkdir(parents=True)
    ours, dead = (cache_folder() / f"index-{pid}-abcd" for pid in (os.getpid(), ended_pid()))
    ours.touch()
    dead.touch()
    clean_up_after_crash()
    assert ours.exists() and not dead.exists()


def test_temporary_folders_of_dead_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with private_folder() as ours:
        dead = tmp_path / Path(ours).name.replace(str(os.getpid()), str(ended_pid()))
        dead.mkdir()
        (dead / "large").touch()
        assert clean_up_after_crash() == [str(dead)]
        assert Path(ours).is_dir() and not dead.exists()


def test_a_worktree_that_was_half_made_is_forgotten(project: Path) -> None:
    """Git locks a worktree while it makes it, and removes none that has no `.git` yet."""
    home = cache_folder() / "worktrees" / "abcd"
    home.mkdir(parents=True)
    git(project, "worktree", "add", "--quiet", "--detach", "--lock", str(home / "base"))
    (home / "base" / ".git").unlink()
    (home / "owner.json").write_text(json.dumps({"pid": ended_pid(), "repository": str(project)}))
    assert clean_up_after_crash() == [str(home)]
    assert nothing_is_left(project)


def test_the_git_of_a_killed_server_can_be_found(project: Path) -> None:
    """It would go on to write a worktree that the next start has removed."""
    told = project / "cache" / "told"
    told.parent.mkdir(exist_ok=True)
    git(project, "config", "filter.tell.smudge", f'printf %s "${RUN_MARK}" > "{told}"; cat')
    (project / ".gitattributes").write_text("product.py filter=tell\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a filter")
    tip = git(project, "rev-parse", "HEAD")
    with worktrees(project, [tip]):
        assert told.read_text().partition("-")[0] == str(os.getpid())


@pytest.mark.skipif(sys.platform != "linux", reason="finding stray processes needs /proc")
def test_a_daemon_of_a_killed_server_is_ended_at_the_next_start(tmp_path: Path) -> None:
    def sleeper(owner: int) -> subprocess.Popen[bytes]:
        env = {**os.environ, RUN_MARK: f"{owner}-1"}
        return subprocess.Popen([PYTHON, "-c", "import time; time.sleep(300)"], env=env, start_new_session=True)

    orphan, ours = sleeper(ended_pid()), sleeper(os.getpid())
    try:
        until(lambda: f"process {orphan.pid}" in clean_up_after_crash())
        assert orphan.wait(30) == -9
        assert ours.poll() is None
    finally:
        for child in (orphan, ours):
            child.kill()
            child.wait()


# ---------------------------------------------------------------------- parts


def ended_pid() -> int:
    child = subprocess.Popen([PYTHON, "-c", ""])
    child.wait()
    return child.pid


def nothing_is_left(project: Path) -> bool:
    return git(project, "worktree", "list").count("\n") == 0 and not list((cache_folder() / "worktrees").glob("*"))
