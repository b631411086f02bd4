"""A head that does not do what its base does is an answer; a base that does not work is an error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, git
from holobench_mcp.answers import RevisionReport
from holobench_mcp.config import BenchmarkConfig, load_config
from holobench_mcp.model import CaptureError, Decision, MeasurementDocument
from holobench_mcp.workspace import Workspace
from revisions import nothing_is_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")

#: Collects the sweeps that `product.SWEEPS` names, without importing anything heavy: saved results stand in for them.
BENCH = """
import os, pathlib, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import product
product.before()
for name in product.SWEEPS:
    open(os.environ["BENCHER_RESULT_PATH"], "wb").write((pathlib.Path(os.environ["SAVED"]) / (name + ".pkl")).read_bytes())
    time.sleep(0.2)
product.after()
"""
PRODUCT = "SWEEPS = {sweeps!r}\ndef before():\n    {before}\ndef after():\n    {after}\n"


def product(sweeps: tuple[str, ...] = ("one", "two"), before: str = "pass", after: str = "pass") -> str:
    return PRODUCT.format(sweeps=sweeps, before=before, after=after)


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real results of three sweeps, to be collected by whoever wants them."""
    import subprocess

    folder = tmp_path_factory.mktemp("saved")
    bench = Path(__file__).parents[1] / "benches" / "two_sweeps.py"
    program = (
        f"import sys, os; sys.path.insert(0, {str(bench.parent)!r})\nimport bencher as bn, two_sweeps\n"
        "cfg = bn.BenchRunCfg(repeats=3, auto_plot=False)\n"
        "for name in ('one', 'two', 'three'):\n"
        f"    os.environ['BENCHER_RESULT_PATH'] = os.path.join({str(folder)!r}, name + '.pkl')\n"
        "    bn.Bench(name, two_sweeps.Sort(), run_cfg=cfg).plot_sweep(name, ['size'], ['time_ms'], run_cfg=cfg, plot_callbacks=False)\n"
    )
    program += (
        "class Other(bn.ParametrizedSweep):\n"
        "    size = bn.IntSweep(default=10, sample_values=[10, 20])\n"
        "    count = bn.ResultFloat(units='items', direction=bn.OptDir.minimize)\n"
        "    def benchmark(self): self.count = 1.0\n"
        f"os.environ['BENCHER_RESULT_PATH'] = os.path.join({str(folder)!r}, 'other.pkl')\n"
        "bn.Bench('one', Other(), run_cfg=cfg).plot_sweep('one', ['size'], ['count'], run_cfg=cfg, plot_callbacks=False)\n"
    )
    subprocess.run([PYTHON, "-c", program], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def space(tmp_path: Path, repository: Callable[..., str]) -> Workspace:
    (tmp_path / "bench.py").write_text(BENCH)
    (tmp_path / "product.py").write_text(product())
    repository("the benchmark")
    return Workspace(load_config(project=tmp_path, environ={}))


def compared(space: Workspace, saved: Path, head: str, **config: object) -> tuple[RevisionReport, MeasurementDocument]:
    """Measure the working tree with another product, as a person does by hand."""
    (space.config.root / "product.py").write_text(head)
    given = {"command": [PYTHON, "bench.py"], "env": {"SAVED": str(saved)}, "timeout_s": 20, **config}
    report = space.measuring.compare_revisions("bench", rounds=3, config=BenchmarkConfig.model_validate(given))
    document = space.store.measurement(report.measurement)
    assert document is not None and document.outcome is not None
    assert document.outcome.reason == report.reason and document.outcome.decision == report.decision
    assert nothing_is_left(space.config.root)
    return report, document


@pytest.mark.parametrize(
    ("head", "what", "says"),
    [
        (product(before="print('no such thing'); raise SystemExit(3)"), "crash", "exit status 3, in all of its 2 runs"),
        (product(after="raise SystemExit(3)"), "crash", "exit status 3, in all of its 2 runs"),
        ("def broken(:\n", "crash", "exit status 1"),
        (product(before="import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), "crash", "exit status 137"),
        (product(sweeps=()), "nothing", "recorded nothing"),
    ],
    ids=["at once", "at the end", "no syntax", "killed", "nothing"],
)
def test_a_head_that_does_not_work_is_an_answer(space: Workspace, saved: Path, head: str, what: str, says: str) -> None:
    report, document = compared(space, saved, head)
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert says in report.reason and "the base's did not" in report.reason
    assert report.next_step is not None and "holobench-mcp ab --rounds 3" in report.next_step
    assert document.status in ("finished", "stopped") and document.head_failure == report.head_failure
    assert report.head_failure is not None and report.head_failure.what == what
    assert report.head_failure.missing_benches == ("one", "two")
    assert report.comparisons == ()
    if "no such thing" in head:
        assert report.reason.endswith("It ended with: no such thing")


@pytest.mark.parametrize(
    ("sweeps", "missing", "compared_benches"),
    [(("two",), "one", ["two"]), (("one", "three"), "two", ["one"]), (("three", "two"), "one", ["two"])],
)
def test_a_head_that_lacks_a_benchmark_is_regressed_and_the_others_are_compared_all_the_same(
    space: Workspace, saved: Path, sweeps: tuple[str, ...], missing: str, compared_benches: list[str]
) -> None:
    report, document = compared(space, saved, product(sweeps=sweeps))
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert f"no longer records what the base does: {missing} is missing, in all of its 4 runs" in report.reason
    assert f"What both sides gave is unchanged: {compared_benches[0]}: time_ms" in report.reason
    assert document.head_failure is not None and document.head_failure.missing_benches == (missing,)
    assert [c.candidate.bench_name for c in report.comparisons] == compared_benches
    assert all(c.baseline.bench_name == c.candidate.bench_name for c in report.comparisons)
    assert document.rounds == 3


def test_a_head_that_hangs_is_an_answer_after_one_timeout(space: Workspace, saved: Path) -> None:
    report, document = compared(space, saved, product(before="import time; time.sleep(99)"), timeout_s=4)
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert "took more than 4 s" in report.reason
    assert document.head_failure is not None and document.head_failure.rounds == 1


def test_a_head_that_fails_now_and_then_says_how_often(space: Workspace, saved: Path, tmp_path: Path) -> None:
    counter = tmp_path / "cache" / "runs"
    counter.parent.mkdir(exist_ok=True)
    count = f"f = open({str(counter)!r}, 'a+'); f.write('x'); f.seek(0); n = len(f.read()); f.close()"
    flaky = f"{count}\n    if n == 4: raise SystemExit(7)"  # after a warm-up, one that follows lines, and a round
    report, document = compared(space, saved, product(before=flaky))
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert "exit status 7, in 1 of its 4 runs; the base's did not" in report.reason
    assert [(r.side, r.run) for r in document.runs_of("head") if r.sweep == 0] == [("head", 0), ("head", 2)]
    assert len(document.runs_of("base")) == 6
    assert len(report.comparisons) == 2


def test_a_warm_up_that_fails_once_is_told_as_well(space: Workspace, saved: Path, tmp_path: Path) -> None:
    marker = tmp_path / "cache" / "ran"
    marker.parent.mkdir(exist_ok=True)
    first = f"import os\n    if not os.path.exists({str(marker)!r}): open({str(marker)!r}, 'w'); raise SystemExit(7)"
    report, document = compared(space, saved, product(before=first))
    assert report.decision == "regressed" and "in 1 of its 5 runs" in report.reason
    assert document.rounds == 3


@pytest.mark.parametrize(
    ("failing", "tool"), [(product(before="raise SystemExit(4)"), "auto"), (product(sweeps=()), "holobench")]
)
def test_a_base_that_does_not_work_is_an_error_that_says_nothing_of_the_head(
    space: Workspace, saved: Path, failing: str, tool: str
) -> None:
    root = space.config.root
    (root / "product.py").write_text(failing)
    git(root, "commit", "--quiet", "--all", "--message", "broken")
    with pytest.raises(CaptureError, match="On the base revision, bench") as error:
        compared(space, saved, product(), tool=tool)
    assert "head" not in str(error.value)
    [document] = space.store.measurements()
    assert (document.status, document.head_failure, document.outcome) == ("failed", None, None)
    assert document.stopped is not None and "On the base revision" in document.stopped


def test_a_base_that_gives_nothing_of_its_own_is_not_compared_with_a_head_that_does(
    space: Workspace, saved: Path
) -> None:
    (space.config.root / "product.py").write_text(product(sweeps=()))
    git(space.config.root, "commit", "--quiet", "--all", "--message", "none yet")
    with pytest.raises(CaptureError, match="no results of its own on the base, and one, two on the head"):
        compared(space, saved, product())


def test_a_setup_that_fails_on_the_head_alone_is_an_answer(space: Workspace, saved: Path) -> None:
    setup = [PYTHON, "-c", "import product; print('building'); assert len(product.SWEEPS) == 2, 'no such part'"]
    report, document = compared(space, saved, product(sweeps=("one",)), setup=setup)
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert "its setup failed with exit status 1 (head)" in report.reason and "no such part" in report.reason
    assert document.head_failure is not None and document.head_failure.what == "setup"
    assert document.roles == ()


@pytest.mark.parametrize(
    ("sweeps", "extra"), [(("two", "one"), None), (("three", "one", "two"), "three"), (("one", "two", "one"), "one")]
)
def test_sweeps_are_compared_with_their_own_kind_in_whatever_order_they_come(
    space: Workspace, saved: Path, sweeps: tuple[str, ...], extra: str | None
) -> None:
    report, document = compared(space, saved, product(sweeps=sweeps))
    assert report.head_failure is None and len(report.comparisons) == 2
    assert all(c.baseline.bench_name == c.candidate.bench_name for c in report.comparisons)
    new = [caution.detail for caution in document.cautions if caution.what == "new_benchmark"]
    assert len(new) == (extra is not None) and all(detail.endswith(f": {extra}") for detail in new)


def test_a_module_that_is_not_found_says_what_to_set(space: Workspace, saved: Path) -> None:
    root = space.config.root
    (root / "src" / "quickpart").mkdir(parents=True)
    (root / "src" / "quickpart" / "__init__.py").touch()
    (root / "product.py").write_text("import quickpart\n" + product())
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "a src layout")
    with pytest.raises(CaptureError) as by_hand:
        compared(space, saved, "import quickpart\n" + product() + "x = 1\n")
    assert "--env PYTHONPATH={tree}/src" in str(by_hand.value) and "--setup" in str(by_hand.value)
    table = {"command": [PYTHON, "bench.py"], "env": {"SAVED": str(saved)}}
    benchmarks = {"bench": BenchmarkConfig.model_validate(table)}
    configured = Workspace(space.config.model_copy(update={"benchmarks": benchmarks}))
    with pytest.raises(CaptureError, match=r'env = \{ PYTHONPATH = "\{tree\}/src" \}'):
        configured.measuring.compare_revisions("bench", rounds=2)


def test_a_head_that_does_not_find_its_new_module_is_told_what_to_set(space: Workspace, saved: Path) -> None:
    (space.config.root / "src" / "quickpart").mkdir(parents=True)
    (space.config.root / "src" / "quickpart" / "__init__.py").touch()
    report, document = compared(space, saved, "import quickpart\n" + product())
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert "No module named 'quickpart'" in report.reason
    assert "--env PYTHONPATH={tree}/src" in (report.next_step or "")
    assert document.head_failure is not None and document.head_failure.remedy is not None


def test_a_command_runs_where_it_was_given(space: Workspace, saved: Path) -> None:
    root = space.config.root
    (root / "benchmarks").mkdir()
    git(root, "mv", "bench.py", "benchmarks/bench.py")
    git(root, "mv", "product.py", "benchmarks/product.py")
    git(root, "commit", "--quiet", "--message", "in a folder")
    given = {"command": [PYTHON, "bench.py"], "env": {"SAVED": str(saved)}}
    config = BenchmarkConfig.model_validate(given)
    (root / "benchmarks" / "product.py").write_text(product() + "x = 1\n")
    with pytest.raises(CaptureError, match="On the base revision"):
        space.measuring.compare_revisions("command", rounds=2, config=config)
    report = space.measuring.compare_revisions("command", rounds=2, config=config, cwd=root / "benchmarks")
    assert report.rounds == 2 and len(report.comparisons) == 2


def test_a_sweep_that_measures_something_else_is_incomparable_and_no_error(space: Workspace, saved: Path) -> None:
    report, document = compared(space, saved, product(sweeps=("other", "two")))
    assert (report.decision, report.cause) == (Decision.incomparable, "different")
    assert "can't be compared" in report.reason and document.status == "finished"
    assert [c.candidate.bench_name for c in report.comparisons] == ["two"]


def test_a_disk_that_is_full_says_nothing_of_the_head(
    space: Workspace, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, names = Path.open, list[str]()

    def open_or_fail(self: Path, *arguments: object, **options: object) -> object:
        if self.suffix == ".pkl" and "wb" in arguments:
            names.append(self.name)
            if len(names) > 2:  # the base's warm-up was well
                raise OSError(28, "No space left on device")
        return opened(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_or_fail)
    with pytest.raises(CaptureError, match="could not be put aside: No space left on device"):
        compared(space, saved, product() + "x = 1\n")
    [document] = space.store.measurements()
    assert (document.status, document.head_failure) == ("failed", None)
