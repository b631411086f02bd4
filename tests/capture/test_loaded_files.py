"""Every Python of a run says which files it loaded, and is otherwise as it would be without us."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from conftest import PYTHON
from holobench_mcp.capture.benchmark_files import benchmark_files, sources_sha256
from holobench_mcp.capture.environment import source_sha256
from holobench_mcp.capture.loaded_files import LoadedFiles, read_loaded_files, write_wanted_lines
from holobench_mcp.capture.runner import RunOutcome, run_command

BENCHES = Path(__file__).parents[1] / "benches"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("")
    (tmp_path / "mine" / "core.py").write_text("def work():\n    return open('data.txt').read()\n")
    (tmp_path / "data.txt").write_text("1")
    return tmp_path


def ran(folder: Path, text: str, *options: str, mode: str | Path = "opened", env: dict | None = None) -> RunOutcome:
    (folder / "main.py").write_text(textwrap.dedent(text))
    environment = {**os.environ, **(env or {})}
    words = [PYTHON, *options, "main.py"]
    return run_command(words, cwd=folder, env=environment, on_output=lambda _: None, probe=mode)  # type: ignore[arg-type]


def loaded(folder: Path, text: str, *options: str, **how: object) -> LoadedFiles:
    return ran(folder, text, *options, **how).loaded  # type: ignore[arg-type]


def below(folder: Path, files: LoadedFiles) -> set[str]:
    return {str(Path(file).relative_to(folder)) for file in files.files() if Path(file).is_relative_to(folder)}


@pytest.mark.parametrize(
    "text",
    [
        "import mine.core; mine.core.work()",
        "import importlib; importlib.import_module('mine.core').work()",
        "import mine.core, os; mine.core.work(); os._exit(0)",
        "import mine.core, os, signal; mine.core.work(); os.kill(os.getpid(), signal.SIGKILL)",
        "import mine.core\ntry:\n    mine.core.work()\nfinally:\n    raise SystemExit(3)",
        "import os\nif os.fork() == 0:\n    import mine.core; mine.core.work(); os._exit(0)\nos.wait()",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import mine.core; mine.core.work()'])",
        """
        import multiprocessing
        def job():
            import mine.core
            mine.core.work()
        if __name__ == '__main__':
            for how in ('fork', 'spawn'):
                child = multiprocessing.get_context(how).Process(target=job)
                child.start()
                child.join()
        """,
        """
        import os, threading
        os.closerange(3, 64)
        def job():
            import mine.core
            mine.core.work()
        threading.Thread(target=job).start()
        """,
        "namespace = {'__name__': 'x'}; exec(open('mine/core.py').read(), namespace); namespace['work']()",
    ],
)
def test_a_warm_up_knows_every_file_however_it_ends(folder: Path, text: str) -> None:
    assert {"mine/core.py", "data.txt"} <= below(folder, loaded(folder, text))


def test_a_measured_run_knows_its_modules_and_listens_to_nothing(folder: Path) -> None:
    files = loaded(folder, "import mine.core, sys; mine.core.work(); print(sys.path)", mode="modules")
    assert files.modules["mine.core"] == {str(folder / "mine" / "core.py")}
    assert files.modules["__main__"] == {str(folder / "main.py")}
    assert files.opened is None and files.known


@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
def test_of_a_python_that_does_not_listen_nothing_is_known(folder: Path, option: str) -> None:
    assert not loaded(folder, "x = 1", option).known


def test_of_another_program_nothing_is_known(folder: Path) -> None:
    outcome = run_command(["sh", "-c", "cat data.txt"], cwd=folder, on_output=lambda _: None, probe="opened")
    assert outcome.returncode == 0 and not outcome.loaded.known


def test_programs_that_a_run_starts_are_known(folder: Path) -> None:
    text = "import os, subprocess; subprocess.run(['cat', 'data.txt']); os.system('true')"
    files = loaded(folder, text)
    assert {Path(p).name for p in files.programs} == {"cat", "true"}
    assert "data.txt" in below(folder, files)


@pytest.mark.parametrize(
    ("call", "hears"),
    [
        ("[sys.executable, '-c', 'pass']", True),
        ("[sys.executable, '-Wdefault::ImportWarning', '-u', 'mine/core.py', '-I']", True),
        ("[sys.executable, '-XI', '-m', 'mine.core', '-E']", True),
        ("[sys.executable, '-I', 'mine/core.py']", False),
        ("[sys.executable, '-uE', 'mine/core.py']", False),
        ("[sys.executable, '-c', 'pass'], env={}", False),
        ("[sys.executable, '-c', 'pass'], env={**os.environ}", True),
        ("[sys.executable, '-c', 'pass'], env={b'HOLOBENCH_MCP_PROBE': b'x'}", True),
    ],
)
def test_a_python_that_is_started_so_that_it_says_nothing_is_known_as_such(
    folder: Path, call: str, hears: bool
) -> None:
    files = loaded(folder, f"import os, subprocess, sys; subprocess.run({call})")
    assert [len(files.programs), len(files.deaf)] == ([1, 0] if hears else [0, 1])


def test_a_folder_that_is_gone_is_no_trouble(folder: Path) -> None:
    text = "import os; os.mkdir('x'); os.chdir('x'); os.rmdir('../x'); os.execv(sys.executable, [sys.executable, '-c', 'pass'])"
    for mode in ("modules", "opened"):
        plain, probed = (ran(folder, f"import sys; {text}", mode=m) for m in (None, mode))  # type: ignore[arg-type]
        assert (plain.returncode, plain.output_tail) == (probed.returncode, probed.output_tail) == (0, "")


def test_the_run_is_as_it_would_be_without_us(folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "sitecustomize.py").write_text("import sys\nsys.mine = __file__\n")
    text = """
        import json, sys, sitecustomize
        with open('said', 'w') as f:
            json.dump([sys.path, sys.mine, sitecustomize.__file__, sys.gettrace() is None], f)
    """
    said = []
    for mode in (None, "modules", "opened"):
        ran(folder, text, mode=mode, env={"PYTHONPATH": str(folder / "own")})  # type: ignore[arg-type]
        said.append(json.loads((folder / "said").read_text()))
    assert said[0] == said[1] == said[2]
    assert said[0][1] == said[0][2] == str(folder / "own" / "sitecustomize.py")


def test_a_sitecustomize_that_fails_fails_as_it_would_without_us(folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "sitecustomize.py").write_text("import no_such_module\n")
    outcomes = [
        ran(folder, "print('goes on')", mode=mode, env={"PYTHONPATH": str(folder / "own")})  # type: ignore[arg-type]
        for mode in (None, "modules")
    ]
    assert outcomes[0].output_tail == outcomes[1].output_tail
    assert "goes on" in outcomes[1].output_tail and outcomes[1].loaded.known


def test_a_run_leaves_nothing_of_ours_in_its_folder(folder: Path) -> None:
    before = set(folder.rglob("*")) | {folder / "main.py"}
    loaded(folder, "import mine.core; mine.core.work()", env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert {p for p in folder.rglob("*") if "cache" not in p.relative_to(folder).parts} == before


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.addaudithook(lambda *_: None); import mine.core; mine.core.work()",
        "import builtins; builtins.open = None; import mine.core",
        "import os; os.environ.clear(); import mine.core",
        "import sys; sys.modules.clear()",
        "import sys; sys.modules['odd'] = 3; sys.modules[4] = sys; import mine.core",
        "import os, shutil; shutil.rmtree(os.environ.get('HOLOBENCH_MCP_PROBE', 'x'), True); import mine.core; mine.core.work()",
        "import os; os.chmod(os.environ.get('HOLOBENCH_MCP_PROBE', '.'), 0o700); import mine.core",
        "import os; os.mkdir('x'); os.chdir('x'); os.rmdir('../x'); open(__file__)",
        "class Odd:\n    __file__ = property(lambda _: 1 / 0)\nimport sys; sys.modules['odd'] = Odd()",
    ],
)
def test_nothing_that_a_benchmark_does_makes_the_probe_fail_it(folder: Path, text: str) -> None:
    for mode in ("modules", "opened"):
        shutil.rmtree(folder / "x", ignore_errors=True)
        plain, probed = (ran(folder, text, mode=m) for m in (None, mode))  # type: ignore[arg-type]
        assert (probed.returncode, probed.output_tail) == (plain.returncode, plain.output_tail)


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("import mine.core; mine.core.work()", True),
        ("import mine.core", False),
        ("x = 1", False),
        ("import mine.core, threading; t = threading.Thread(target=mine.core.work); t.start(); t.join()", True),
        ("import subprocess, sys; subprocess.run([sys.executable, '-c', 'import mine.core; mine.core.work()'])", True),
        ("import mine.core, os\nif os.fork() == 0:\n    mine.core.work(); os._exit(0)\nos.wait()", True),
    ],
)
@pytest.mark.parametrize("line", [2, -1])
def test_whether_a_line_ran_is_known(folder: Path, text: str, hit: bool, line: int) -> None:
    wanted = folder / "wanted"
    write_wanted_lines(wanted, {str(folder / "mine" / "core.py"): [line]})
    lines = loaded(folder, text, mode=wanted).lines
    assert lines == ({str(folder / "mine" / "core.py"): {line}} if hit else {})


def test_where_another_tool_takes_the_trace_nothing_is_known(folder: Path) -> None:
    wanted = folder / "wanted"
    write_wanted_lines(wanted, {str(folder / "mine" / "core.py"): [2]})
    text = "import sys; sys.settrace(lambda *_: None); import mine.core; mine.core.work()"
    assert loaded(folder, text, mode=wanted).lines is None or hasattr(sys, "monitoring")


@pytest.mark.parametrize("call", ["mine.core.work()", "pass"])
def test_what_a_thread_imports_for_another_is_never_said_not_to_have_run(folder: Path, call: str) -> None:
    wanted = folder / "wanted"
    write_wanted_lines(wanted, {str(folder / "mine" / "core.py"): [2]})
    text = f"import threading, mine\nt = threading.Thread(target=__import__, args=('mine.core',))\nt.start(); t.join()\n{call}"
    lines = loaded(folder, text, mode=wanted).lines
    assert lines is None if not hasattr(sys, "monitoring") else bool(lines) == (call != "pass")


def test_a_line_of_the_program_itself_is_seen(folder: Path) -> None:
    wanted = folder / "wanted"
    write_wanted_lines(wanted, {str(folder / "main.py"): [3]})
    text = "import json, mine.core\ndef work():\n    return 1\n"
    assert loaded(folder, text, mode=wanted).lines == {}
    assert loaded(folder, text + "work()\n", mode=wanted).lines == {str(folder / "main.py"): {3}}


def test_a_run_is_ended_as_soon_as_a_wanted_line_has_run(folder: Path) -> None:
    wanted = folder / "wanted"
    write_wanted_lines(wanted, {str(folder / "mine" / "core.py"): [2]})
    outcome = ran(folder, "import mine.core, time; mine.core.work(); time.sleep(60)", mode=wanted)
    assert outcome.loaded.lines and outcome.returncode != 0 and not outcome.cancelled


def test_a_run_says_which_source_its_sweep_has(tmp_path: Path) -> None:
    """As a result does that was recorded in the process which measured it, so that the two can be compared."""
    shutil.copy(BENCHES / "tiny.py", tmp_path / "sweeps.py")
    (tmp_path / "product.py").write_text("def work(size):\n    return size\n")
    main = "import bencher as bn\nfrom sweeps import Tiny\n"
    main += "Tiny().to_bench(bn.BenchRunCfg(repeats=1)).plot_sweep('tiny', input_vars=['size'], result_vars=['time_ms'], auto_plot=False)\n"
    (tmp_path / "main.py").write_text(main)
    outcome = run_command([PYTHON, "main.py"], cwd=tmp_path, on_output=lambda _: None)
    (environment,) = [s.environment for s in outcome.snapshots]
    text = (tmp_path / "sweeps.py").read_text()
    source = text[text.index("class Tiny") : text.index("if __name__")]
    assert environment.sweep_sha256 == hashlib.sha256(source_sha256(source).encode()).hexdigest()
    files = benchmark_files(tmp_path / "main.py", outcome.loaded, tmp_path)
    assert files == [tmp_path / "main.py", tmp_path / "sweeps.py"]  # and not what they measure
    assert environment.benchmark_sha256 == sources_sha256(files)


def test_records_that_are_cut_short_or_forged_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.modules").write_bytes(b"a\0/a.py\0b\0/b")
    (tmp_path / "2.modules").write_bytes(b"\xff\0/\xff.py\0")
    (tmp_path / "3.lines").write_bytes(b"/a.py\0x\0/a.py\x00--1\0/a.py\0" + "٣".encode() + b"\0/a.py\x0012\0")
    files = read_loaded_files(tmp_path)
    assert files.modules == {"a": {"/a.py"}, os.fsdecode(b"\xff"): {os.fsdecode(b"/\xff.py")}}
    assert files.lines is not None and 12 in files.lines["/a.py"]
