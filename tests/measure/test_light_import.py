"""Both sides of a measurement import holobench alike: lightly, unless one of them needs more of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp.capture.loaded_files import HolobenchImport, LoadedFiles
from holobench_mcp.capture.runner import RunOutcome
from holobench_mcp.measure import session
from holobench_mcp.measure.holobench_imports import HolobenchImports
from holobench_mcp.model import CaptureError
from revisions import measured, workspace

LIGHT = LoadedFiles(holobench_import="light", import_s=0.6)
NEEDS = LoadedFiles(holobench_import="light", import_s=0.6, needs=frozenset({"panel"}))
WHOLE = LoadedFiles(holobench_import="whole", import_s=2.5)

#: A tree's folder, and how holobench was imported in it.
Ran = list[tuple[str, HolobenchImport]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Run nothing: what product.py says happens when holobench is imported lightly."""
    runs: Ran = []

    def run_command(_: object, *, cwd: Path, holobench_import: HolobenchImport, **__: object) -> RunOutcome:
        runs.append((cwd.name, holobench_import))
        behaviour = (cwd / "product.py").read_text().split()
        lightly = holobench_import == "light"
        loaded = (NEEDS if "plots" in behaviour and lightly else LIGHT) if lightly else WHOLE
        if "late" in behaviour and lightly and len(runs) > int(behaviour[1]):
            loaded = NEEDS
        fails = "crash" in behaviour or (lightly and "fails" in behaviour) or ("late" in behaviour and loaded is NEEDS)
        made = [] if fails else [snapshot(bench="tiny", at=len(runs))]
        return RunOutcome(returncode=int(fails), snapshots=made, loaded=loaded)

    monkeypatch.setattr(session, "run_command", run_command)
    return runs


def revisions(project: Path, repository: Callable[..., str], *, base: str, head: str) -> Path:
    (project / "product.py").write_text(base)
    repository("before")
    (project / "product.py").write_text(head)
    return project


def test_a_benchmark_that_plots_nothing_is_measured_lightly(
    project: Path, repository: Callable[..., str], ran: Ran
) -> None:
    document, _ = measured(revisions(project, repository, base="fast", head="faster"))
    assert {way for _, way in ran} == {"light"}
    assert document.light is True
    assert not [note for note in document.notes if "plotting" in note]


@pytest.mark.parametrize(
    ("base", "head", "warm_ups"),
    [
        ("plots", "plots too", [("base", "light"), ("base", "whole"), ("head", "whole")]),
        ("plots", "none", [("base", "light"), ("base", "whole"), ("head", "whole")]),
        ("none", "plots", [("base", "light"), ("head", "light"), ("head", "whole"), ("base", "whole")]),
        ("none", "fails", [("base", "light"), ("head", "light"), ("head", "whole"), ("base", "whole")]),
        ("fails", "none", [("base", "light"), ("base", "whole"), ("head", "whole")]),
    ],
)
def test_where_one_side_needs_it_both_are_measured_with_the_plotting_packages(
    project: Path, repository: Callable[..., str], ran: Ran, base: str, head: str, warm_ups: Ran
) -> None:
    document, _ = measured(revisions(project, repository, base=base, head=head))
    assert ran[: len(warm_ups)] == warm_ups
    assert {way for _, way in ran[len(warm_ups) :]} == {"whole"}
    assert document.light is False
    assert document.rounds == 2
    note = next(note for note in document.notes if "plotting packages" in note)
    assert "about 1.9 s of each run" in note
    assert ("uses panel" in note) == ("plots" in base + head)


def test_a_head_that_fails_in_any_case_is_tried_once_more_and_changes_nothing(
    project: Path, repository: Callable[..., str], ran: Ran
) -> None:
    document, _ = measured(revisions(project, repository, base="none", head="crash"))
    assert [way for where, way in ran if where == "head"] == ["light", "whole", "light"]
    assert document.head_failure is not None and document.head_failure.what == "crash"
    assert [way for where, way in ran if where == "base"] == ["light"]
    assert not [note for note in document.notes if "plotting" in note]


def test_a_plot_that_only_a_later_run_makes_is_an_error_and_no_failure_of_the_head(
    project: Path, repository: Callable[..., str], ran: Ran
) -> None:
    with pytest.raises(CaptureError, match=r"uses panel .*light_import = false"):
        measured(revisions(project, repository, base="none", head="late 4"))


def test_a_person_can_ask_for_all_of_it(project: Path, repository: Callable[..., str], ran: Ran) -> None:
    project = revisions(project, repository, base="none", head="late 4")
    document, _ = measured(project, {"light_import": False})
    assert {way for _, way in ran} == {"whole"}
    assert document.light is False
    assert not [note for note in document.notes if "plotting" in note]


def test_one_side_alone_is_measured_again_before_anything_is_recorded(configured: Path, ran: Ran) -> None:
    (configured / "product.py").write_text("plots")
    space = workspace(configured)
    report = space.measuring.run_benchmark("tiny", runs=2)
    assert [way for _, way in ran] == ["light", "whole", "whole"]
    assert len(report.result_ids) == 2
    document = space.store.measurement(report.measurement)
    assert document is not None and document.light is False
    assert "as the benchmark uses panel" in document.notes[0]
    assert document.notes[0] in report.notes


def test_what_is_recorded_already_is_never_joined_by_another_way() -> None:
    imports = HolobenchImports()
    imports.may_change = False
    assert not imports.asks_for_another_run(NEEDS, failed=True)
    assert imports.way == "light"


@pytest.mark.parametrize("loaded", [LoadedFiles(), WHOLE])
def test_a_failure_without_holobench_or_with_all_of_it_is_one(loaded: LoadedFiles) -> None:
    imports = HolobenchImports()
    assert not imports.asks_for_another_run(loaded, failed=True)
    assert imports.way == "light" and imports.notes == ()
