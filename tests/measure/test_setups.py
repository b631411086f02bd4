"""A setup prepares each tree in its own folder, once for a revision, and its failure leaves nothing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, alive, until
from holobench_mcp.config import cache_folder
from holobench_mcp.measure.session import Cancelled
from holobench_mcp.measure.setups import MOST_KEPT
from holobench_mcp.model import CaptureError
from revisions import HONEST, measured, nothing_is_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


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
