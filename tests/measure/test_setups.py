"""A setup prepares each tree in its own folder, once for a revision, and its failure leaves nothing."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, alive, until
from holobench_mcp.config import cache_folder
from holobench_mcp.measure.progress import Cancelled, Progress
from holobench_mcp.measure.session import Run, Session
from holobench_mcp.measure.setups import MAX_BUILDS
from holobench_mcp.model import CaptureError
from revisions import HONEST, measured, nothing_is_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def test_setup_prepares_each_tree_in_its_own_folder(
    project: Path, folders: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = "import pathlib; pathlib.Path('built').write_text(str(pathlib.Path.cwd()))"
    built: list[str] = []

    def note(step: Progress) -> None:
        if step.message.startswith("setting up"):
            built.append(step.message)

    places = built_places(folders, monkeypatch, "built")
    measured(project, {"setup": [PYTHON, "-c", make]}, base="HEAD", progress=note)
    assert places == [str(folder.resolve()) for _, folder in folders], "what the setup made is not where the runs are"
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
    with pytest.raises(CaptureError) as error:
        measured(
            project, {"setup": [PYTHON, "-c", program], "setup_timeout_s": 1 if "sleep" in program else 60}, base="HEAD"
        )
    assert says in str(error.value)
    assert "\x1b" not in str(error.value) and len(str(error.value)) < 100_000
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


def test_a_setup_is_made_once_for_a_revision(
    project: Path, folders: list, repository: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
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

    places = built_places(folders, monkeypatch, "link")
    counter.parent.mkdir(exist_ok=True)
    for i in range(3):
        (project / "product.py").write_text(f"{HONEST}x = {i}\n")
        measured(project, setup, base="HEAD")
        assert places == [str(folder.resolve()) for _, folder in folders], "what is cached is not where the runs are"
        assert builds() == 2 + i
    measured(project, setup, base="HEAD")
    assert builds() == 4
    measured(project, {**setup, "env": {"OPTIMISE": "1"}}, base="HEAD")
    assert builds() == 6, "what goes into a build has changed"
    repository("a new base")
    measured(project, setup, base="HEAD")
    assert builds() == 8
    assert nothing_is_left(project)
    assert len(list((cache_folder() / "setups").iterdir())) == MAX_BUILDS


def test_what_can_not_be_cached_is_built_again(project: Path, folders: list, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = project / "cache" / "made"
    counter.parent.mkdir(exist_ok=True)
    setup = {"setup": [PYTHON, "-c", f"open({str(counter)!r}, 'a').write('x')"]}
    monkeypatch.setattr("holobench_mcp.measure.setups.MAX_BYTES", 10)
    measured(project, setup, base="HEAD")
    measured(project, setup, base="HEAD")
    assert counter.read_text() == "xxxx"


@pytest.mark.parametrize("damage", ["unreadable", "full", "gone"])
def test_a_cached_build_that_can_not_be_taken_is_built_again(
    project: Path, folders: list, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    counter = project / "cache" / "made"
    counter.parent.mkdir(exist_ok=True)
    setup = {"setup": [PYTHON, "-c", f"open('built', 'w').write('whole'); open({str(counter)!r}, 'a').write('x')"]}
    measured(project, setup, base="HEAD")
    if damage == "gone":
        shutil.rmtree(cache_folder() / "setups")
    else:
        copytree = shutil.copytree

        def fail(source: Path, target: Path, **options: object) -> object:
            if source.parent.name != "setups":
                return copytree(source, target, **options)
            if damage == "unreadable":
                raise shutil.Error([(str(source), str(target), "input/output error")])
            copytree(source, target, **options)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(shutil, "copytree", fail)
    texts: list[str] = []
    run = Session.run

    def check(self: Session, folder: Path, **options: object) -> Run:
        texts.append((folder / "built").read_text() + (folder / "product.py").read_text())
        return run(self, folder, **options)

    monkeypatch.setattr(Session, "run", check)
    measured(project, setup, base="HEAD")
    assert counter.read_text() == "xxxx"
    assert set(texts) == {f"whole{HONEST}"}
    assert nothing_is_left(project)


def built_places(folders: list, monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """What a file that the setup makes says when each run begins."""
    places: list[str] = []
    run = Session.run

    def read(self: Session, folder: Path, **options: object) -> Run:
        places.append((folder / name).read_text())
        return run(self, folder, **options)

    monkeypatch.setattr(Session, "run", read)
    return places
