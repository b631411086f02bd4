"""A measured Python imports holobench without its plotting packages, and nothing else of it is otherwise."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from conftest import PYTHON
from holobench_mcp.capture.loaded_files import HolobenchImport, LoadedFiles
from holobench_mcp.capture.runner import RunOutcome, run_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")

#: As holobench does without what is not installed, in a few lines.
OPTIONAL = """
    import importlib
    from types import ModuleType

    HEAVY_PACKAGES = frozenset({"paint", "sums"})

    class FullInstallRequiredError(ModuleNotFoundError):
        pass

    class StandIn(ModuleType):
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            raise FullInstallRequiredError("needs " + self.__name__, name=self.__name__)

    def get(name):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as problem:
            if problem.name != name.partition(".")[0]:
                raise
            return StandIn(name)

    paint, brush = get("paint"), get("paint.brush")
    PLOTTING_INSTALLED = not isinstance(paint, StandIn)
"""
SAY = "print({m for m in ('paint', 'paint.brush', 'sums') if m in sys.modules})"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Something like holobench, and packages that it can do without; one of them is another's need."""
    home = tmp_path / "packages"
    for name, text in {
        "bencher/__init__.py": "from bencher import optional_deps\nimport other\n",
        "bencher/optional_deps.py": OPTIONAL,
        "bencher/late.py": "import sums\n",
        "paint/__init__.py": "",
        "paint/brush.py": "",
        "sums/__init__.py": "",
        "other.py": "import sums\n",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(textwrap.dedent(text))
    return home


def ran(packages: Path, text: str, *options: str, how: HolobenchImport | None = "light") -> RunOutcome:
    program = packages.parent / "main.py"
    program.write_text(textwrap.dedent(text))
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    return run_command(
        [PYTHON, *options, "main.py"],
        cwd=packages.parent,
        env=environment,
        on_output=lambda _: None,
        holobench_import=how,
    )


def said(outcome: RunOutcome) -> str:
    assert outcome.returncode == 0, outcome.output_tail
    return outcome.output_tail.strip()


def test_what_holobench_can_do_without_is_not_loaded_and_what_others_need_is(packages: Path) -> None:
    outcome = ran(packages, f"import sys, bencher\n{SAY}\nprint(bencher.optional_deps.PLOTTING_INSTALLED)")
    assert said(outcome) == "{'sums'}\nFalse"
    assert (outcome.loaded.holobench_import, outcome.loaded.needs) == ("light", frozenset())
    assert outcome.loaded.import_s is not None


@pytest.mark.parametrize("how", ["whole", None])
def test_asked_for_it_holobench_is_imported_whole(packages: Path, how: HolobenchImport | None) -> None:
    outcome = ran(packages, f"import sys, bencher\n{SAY}", how=how)
    assert "paint" in said(outcome)
    assert outcome.loaded.holobench_import == "whole"
    assert (outcome.loaded.import_s is not None) == (how is not None)


@pytest.mark.parametrize(
    "text",
    [
        "import bencher, paint.brush, sums",
        "import paint.brush, bencher",
        "from bencher import late; import paint",
        "import bencher.late, importlib; importlib.import_module('paint')",
        "import threading, bencher; t = threading.Thread(target=__import__, args=('paint',)); t.start(); t.join()",
    ],
)
def test_the_benchmark_itself_imports_whatever_it_wants(packages: Path, text: str) -> None:
    assert "'paint'" in said(ran(packages, f"import sys\n{text}\n{SAY}"))


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("bencher.optional_deps.paint.Canvas", {"paint"}),
        ("bencher.optional_deps.brush.Wide()", {"paint.brush"}),
        ("from bencher.optional_deps import paint; hasattr(paint, 'Canvas')", {"paint"}),
    ],
)
@pytest.mark.parametrize("around", ["    {}", "    try:\n        {}\n    except Exception:\n        pass"])
def test_each_use_of_what_is_missing_is_noted_also_where_nobody_sees_its_error(
    packages: Path, text: str, needs: set[str], around: str
) -> None:
    outcome = ran(packages, "import bencher\nif True:\n" + around.format(text))
    assert outcome.loaded.needs == needs
    assert (outcome.returncode == 0) == ("try" in around)


@pytest.mark.parametrize(
    "ending", ["", "import os; os._exit(0)", "raise SystemExit", "import os, signal; os.kill(os.getpid(), 15)"]
)
def test_how_it_was_imported_is_known_however_the_program_ends(packages: Path, ending: str) -> None:
    assert ran(packages, f"import bencher\n{ending}").loaded.holobench_import == "light"


def test_another_holobench_that_does_without_nothing_is_imported_as_it_is(packages: Path) -> None:
    (packages / "bencher" / "__init__.py").write_text("import paint.brush\n")
    outcome = ran(packages, f"import sys, bencher\n{SAY}")
    assert "paint" in said(outcome)
    assert outcome.loaded.holobench_import == "whole"


def test_a_program_without_holobench_is_let_alone(packages: Path) -> None:
    outcome = ran(packages, f"import sys, paint\n{SAY}")
    assert said(outcome) == "{'paint'}"
    assert outcome.loaded == LoadedFiles(modules=outcome.loaded.modules)


def test_a_holobench_that_can_not_be_imported_fails_as_it_would(packages: Path) -> None:
    (packages / "bencher" / "__init__.py").write_text("1 / 0\n")
    text = "try:\n    import bencher\nexcept ZeroDivisionError:\n    import sys; print('bencher' in sys.modules)"
    assert said(ran(packages, text)) == "False"


def test_after_the_import_nothing_is_left_in_the_machinery_of_imports(packages: Path) -> None:
    text = """
        import sys
        before = len(sys.meta_path)
        import bencher
        print(before - len(sys.meta_path), type(bencher.__spec__.loader).__name__, bencher.__loader__.__dict__.keys())
    """
    plain = said(ran(packages, text, how=None))
    assert said(ran(packages, text)) == plain.replace("0", "1", 1)


def test_what_a_benchmark_starts_imports_holobench_as_it_always_would(packages: Path) -> None:
    """It may be what is measured: the time that an import takes, or a page that is drawn."""
    text = f"import subprocess, sys, bencher\nsubprocess.run([sys.executable, '-c', \"import sys, bencher; {SAY}\"])"
    outcome = ran(packages, text)
    assert "paint" in said(outcome)
    assert outcome.loaded.holobench_import == "light"


def test_warnings_as_errors_do_not_end_a_light_run(packages: Path) -> None:
    text = (
        "import bencher, warnings\nwarnings.warn('bencher: the plotting packages are not installed (a light install)')"
    )
    assert ran(packages, text, "-W", "error").returncode == 0
    assert ran(packages, "import bencher, warnings\nwarnings.warn('other')", "-W", "error").returncode == 1


def test_a_real_sweep_has_the_same_samples_and_plots_nothing(tmp_path: Path) -> None:
    """Its regression is looked for by scipy, which holobench can do without, and is used here all the same."""
    (tmp_path / "bench.py").write_text(
        textwrap.dedent("""
            import sys
            import bencher as bn

            class Tiny(bn.ParametrizedSweep):
                size = bn.IntSweep(default=1, sample_values=[1, 2], units="items")
                time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize, claim="< 9")

                def benchmark(self):
                    self.time_ms = 1.5 * self.size + step

            bench = Tiny().to_bench(bn.BenchRunCfg(repeats=2))
            for step in range(8):
                how = dict(over_time=True, time_event=f"v{step}", regression_method="adaptive")
                how = bn.BenchRunCfg(repeats=2, regression_detection=True, regression_min_history=2, **how)
                bench.plot_sweep("tiny", input_vars=["size"], run_cfg=how)
            print("panel" in sys.modules, "scipy" in sys.modules)
        """)
    )
    outcomes: list[RunOutcome] = []
    for how in ("light", "whole"):
        words = [PYTHON, "bench.py"]
        outcomes.append(run_command(words, cwd=tmp_path, on_output=lambda _: None, holobench_import=how))
        for cache in tmp_path.glob("cache*"):
            if cache.name == "cachedir":
                cache.rename(tmp_path / f"of-{how}")
    light, whole = outcomes
    assert said(light).splitlines()[-1] == "False True"
    assert said(whole).splitlines()[-1] == "True True"
    assert len(light.snapshots) == len(whole.snapshots) == 8
    for ours, theirs in zip(light.snapshots, whole.snapshots, strict=True):
        assert (ours.definition(), ours.regressions) == (theirs.definition(), theirs.regressions)
        assert ours.metrics == theirs.metrics
        assert np.array_equal(ours.dataset["time_ms"], theirs.dataset["time_ms"])  # type: ignore[index]
        assert (ours.environment.holobench_import, theirs.environment.holobench_import) == ("light", "whole")
        rest = {"process": None, "holobench_import": None}
        assert ours.environment.model_copy(update=rest) == theirs.environment.model_copy(update=rest)
