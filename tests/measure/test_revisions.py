"""Two revisions measured in turn: what is found, which revisions are meant, and what serves no other run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.config import cache_folder, load_config
from holobench_mcp.measure.revision_choice import choose_revisions
from holobench_mcp.measure.worktrees import protect, worktrees
from holobench_mcp.model import CaptureError
from holobench_mcp.workspace import Workspace
from revisions import FAST, SLOW, WRONG, workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def project(configured: Path) -> Path:
    return configured


def test_a_slower_working_tree_is_found_against_its_merge_base(project: Path) -> None:
    (project / "product.py").write_text(SLOW)
    space = workspace(project)
    before = (git(project, "status", "--porcelain"), git(project, "stash", "list"), git(project, "branch", "--all"))
    report = space.measuring.compare_revisions("tiny", rounds=3)
    document = report.comparisons[0]
    assert document.decision == "regressed", document.reason
    assert document.evidence is not None and document.evidence.replicates == "rounds"
    assert document.evidence.measured_by == "server"
    assert (
        git(project, "status", "--porcelain"),
        git(project, "stash", "list"),
        git(project, "branch", "--all"),
    ) == before
    assert git(project, "worktree", "list").count("\n") == 0
    assert not list((cache_folder() / "worktrees").glob("*"))
    manifests = sorted(space.store.manifests().select(), key=lambda m: m.executed_at)
    # Three rounds are looked at once, at their end.
    assert [m.measurement.side for m in manifests if m.measurement][:4] == ["base", "head", "head", "base"]


def test_faster_but_wrong_is_regressed(project: Path) -> None:
    (project / "product.py").write_text(WRONG)
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    assert report.comparisons[0].decision == "regressed"
    assert "no longer holds its claim" in (report.comparisons[0].reason or "")


def test_an_edited_harness_is_measured_as_the_base_has_it(project: Path) -> None:
    bench = (project / "tiny.py").read_text()
    (project / "tiny.py").write_text(bench.replace("(time.perf_counter() - start) * 1e3", "0.001"))
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    assert report.protected_changed == ("tiny.py",)
    assert report.comparisons[0].decision != "improved"
    assert report.comparisons[0].comparability[0].what == "benchmark_source"


def test_untracked_and_deleted_files_of_the_working_tree_count(project: Path) -> None:
    (project / "helper.py").write_text("x = 1\n")
    (project / "product.py").write_text("import helper\n" + FAST)
    chosen = choose_revisions(project, "merge-base", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (base, head):
        assert not (base / "helper.py").exists()
        assert (head / "helper.py").exists()
    assert git(project, "status", "--porcelain").splitlines() == ["M product.py", "?? helper.py"]


def test_a_protected_folder_is_the_bases_whole(project: Path, repository: Callable[..., str]) -> None:
    (project / "data").mkdir()
    (project / "data" / "a.txt").write_text("base")
    base = repository("data")
    (project / "data" / "a.txt").write_text("head")
    (project / "data" / "new.txt").write_text("head")
    chosen = choose_revisions(project, base, "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        assert protect(chosen, head, ["data", "missing"]) == ["data/a.txt", "data/new.txt"]
        assert [p.name for p in (head / "data").iterdir()] == ["a.txt"]
        assert (head / "data" / "a.txt").read_text() == "base"


@pytest.mark.parametrize("revision", ["--output=/tmp/x", "-h", "nothing", "a b", "HEAD; rm -rf /", "$(id)", "x" * 500])
def test_a_revision_is_never_an_option_or_a_command(project: Path, revision: str) -> None:
    for base, head in ((revision, "worktree"), ("merge-base", revision)):
        with pytest.raises(CaptureError, match="is no revision"):
            choose_revisions(project, base, head)


def test_no_repository_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="not in a git repository"):
        choose_revisions(tmp_path, "merge-base", "worktree")


def test_no_merge_base_is_a_clear_error(project: Path) -> None:
    git(project, "checkout", "--quiet", "--orphan", "lone")
    git(project, "commit", "--quiet", "--message", "lone")
    with pytest.raises(CaptureError, match="no commit in common"):
        choose_revisions(project, "merge-base", "HEAD")


def test_a_shallow_clone_and_a_dirty_submodule_are_noted(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project}", str(clone))
    git(clone, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", f"file://{project}", "sub")
    git(clone, "commit", "--quiet", "--message", "submodule")
    (clone / "sub" / "product.py").write_text("changed")
    notes = " ".join(choose_revisions(clone, "HEAD", "worktree").notes)
    assert "shallow clone" in notes and "The submodule sub has uncommitted changes" in notes


@pytest.mark.parametrize("folder", ["sub", "third party/sub's"])
def test_a_change_in_a_submodule_alone_is_not_passed_over_for_the_last_commit(project: Path, folder: str) -> None:
    library = project.parent / f"library of {project.name}"
    git(project, "clone", "--quiet", str(project), str(library))
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(library), folder)
    git(project, "commit", "--quiet", "--message", "submodule")
    (project / folder / "left by a build").write_text("untracked")
    assert "the commit before the head" in choose_revisions(project, "merge-base", "worktree").notes[0]
    (project / folder / "product.py").write_text("changed = True\n")
    with pytest.raises(CaptureError, match="are in the submodule") as error:
        choose_revisions(project, "merge-base", "worktree")
    assert f"git -C {shlex.quote(folder)} commit -a" in str(error.value)
    assert choose_revisions(project, "HEAD", "worktree").head == git(project, "rev-parse", "HEAD")
    git(project / folder, "commit", "--quiet", "--all", "--message", "the change")
    revisions = choose_revisions(project, "merge-base", "worktree")
    assert revisions.dirty and revisions.base == git(project, "rev-parse", "HEAD")


def test_code_of_the_working_tree_is_refused_on_the_base_side(project: Path) -> None:
    bench = (project / "tiny.py").read_text()
    (project / "tiny.py").write_text(bench.replace("sys.path.insert(0, ", f"sys.path.insert(0, {str(project)!r}) or ("))
    git(project, "commit", "--quiet", "--all", "--message", "loads from an absolute path")
    (project / "product.py").write_text(SLOW)
    with pytest.raises(CaptureError, match="editable mode"):
        workspace(project).measuring.compare_revisions("tiny", rounds=2)


def test_an_answer_in_a_file_does_not_serve_the_next_run(project: Path) -> None:
    product = (
        "import os, tempfile, time\nfrom pathlib import Path\n"
        "places = [Path('answer.txt'), Path(tempfile.gettempdir()) / 'answer.txt', Path(os.environ['XDG_CACHE_HOME']) / 'answer.txt']\n"
        "def work(size):\n"
        "    if not any(p.exists() for p in places):\n"
        "        time.sleep(0.004)\n"
        "    return size\n"
        "import atexit\n"
        "atexit.register(lambda: [p.write_text('answer') for p in places])\n"
    )
    (project / "product.py").write_text(product)
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    assert report.comparisons[0].decision != "improved", report.comparisons[0].reason


def test_twenty_no_op_variants_yield_no_uncautioned_improvement(tmp_path: Path) -> None:
    import numpy as np

    from conftest import snapshot

    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
    rng = np.random.default_rng(3)

    def run(at: int, revision: str) -> str:
        shift = 0.03 * rng.standard_normal()
        values = 100 * np.exp(shift + 0.02 * rng.standard_normal((6, 5)))
        return space.record(snapshot(values, at=at, revision=revision, environment={"git_dirty": False}))

    base = [run(i, "base") for i in range(3)]
    space.set_baseline(base[0])
    documents = []
    for variant in range(20):
        named = [run(10 + i, f"{variant:02d}abcdef") for i in range(3)]
        documents.append(space.compare("baseline", named[0]))
    assert [d.selection.comparisons for d in documents if d.selection] == [
        i + 1 for i, d in enumerate(documents) if d.decision == "improved" and i
    ]
    for document in documents[1:]:
        if document.decision == "improved":
            assert document.selection is not None and document.selection.adjusted_p is not None
            assert document.selection.adjusted_p <= 0.05 or "fresh runs" in (document.next_step or "")
