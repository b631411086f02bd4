"""What a pickle would run is refused by name, and not run; what a result may name is an inert placeholder."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from holobench_mcp.importers import pickles
from holobench_mcp.importers.pickles import read_pickle
from holobench_mcp.model import CaptureError
from pickle_forge import call, named, spliced, text


def command(marker: Path) -> str:
    return f"touch {marker}"


PAYLOADS = {
    "os.system": lambda m: call(named("os", "system"), text(command(m))),
    "posix.system": lambda m: b"cposix\nsystem\n(S'" + command(m).encode() + b"'\ntR",
    "builtins.eval": lambda m: call(named("builtins", "eval"), text(f"open({str(m)!r}, 'w')")),
    "builtins.exec": lambda m: call(named("builtins", "exec"), text(f"open({str(m)!r}, 'w')")),
    "builtins.open": lambda m: call(named("builtins", "open"), text(str(m)), text("w")),
    "__builtin__.eval": lambda m: b"c__builtin__\neval\n(S'open(\"" + str(m).encode() + b'", "w")\'\ntR',
    "builtins.__import__": lambda m: call(named("builtins", "__import__"), text("antigravity")),
    "builtins.getattr": lambda m: call(named("builtins", "getattr"), named("builtins", "dict"), text("__class__")),
    "subprocess.Popen": lambda m: call(named("subprocess", "Popen"), text(command(m)), b"K\x00", b"N", b"N"),
    "inst subprocess.Popen": lambda m: b"(S'" + command(m).encode() + b"'\nisubprocess\nPopen\n",
    "partial of os.system": lambda m: call(named("functools", "partial"), named("os", "system"), text(command(m))),
    "operator.attrgetter": lambda m: call(named("operator", "attrgetter"), text("system")),
    "importlib.import_module": lambda m: call(named("importlib", "import_module"), text("os")),
    "webbrowser.open": lambda m: call(named("webbrowser", "open"), text(str(m))),
    "shutil.rmtree": lambda m: call(named("shutil", "rmtree"), text(str(m.parent))),
    "dotted bencher.ab": lambda m: call(named("bencher", "ab.os.system"), text(command(m))),
    "dotted bencher.render": lambda m: call(named("bencher.render", "sys.modules"), text(command(m))),
    "dotted of a stranger": lambda m: call(named("my_package.bench", "os.system"), text(command(m))),
    "dotted pandas": lambda m: call(named("pandas", "io.common.os.system"), text(command(m))),
    "dotted BenchResult": lambda m: call(named("bencher.results.bench_result", "logging.os.system"), text(command(m))),
    "numpy.load": lambda m: call(named("numpy", "load"), text(str(m))),
    "numpy.memmap": lambda m: call(named("numpy", "memmap"), text(str(m)), text("f8"), text("w+")),
    "numpy.fromfile": lambda m: call(named("numpy", "fromfile"), text(str(m))),
    "numpy.testing": lambda m: call(named("numpy.testing._private.utils", "runstring"), text("1"), b"}"),
    "numpy.f2py": lambda m: call(named("numpy.f2py.crackfortran", "myeval"), text(f"open({str(m)!r}, 'w')")),
    "pandas.read_pickle": lambda m: call(named("pandas", "read_pickle"), text(str(m))),
    "pandas.eval": lambda m: call(named("pandas", "eval"), text("1")),
    "xarray.open_dataset": lambda m: call(named("xarray", "open_dataset"), text(str(m))),
    "holobench_mcp": lambda m: call(named("holobench_mcp.capture.runner", "run_command"), text(command(m))),
    "persistent id": lambda m: b"Pelsewhere\n",
    "binary persistent id": lambda m: text("elsewhere") + b"Q",
}


@pytest.mark.parametrize(
    ("payload", "alone"), [*((payload, False) for payload in PAYLOADS), ("os.system", True), ("posix.system", True)]
)
def test_what_a_pickle_would_run_is_refused_by_name(payload: str, alone: bool, genuine: bytes, tmp_path: Path) -> None:
    marker = tmp_path / "created"
    code = PAYLOADS[payload](marker)
    data = b"\x80\x04" + code + b"." if alone else spliced(code, genuine)
    with pytest.raises(CaptureError, match=r"bench\.pkl names .*never needs.*nothing in it was run") as refused:
        read_pickle(data, name="bench.pkl")
    assert not marker.exists()
    if payload in ("os.system", "builtins.eval", "subprocess.Popen", "numpy.load"):
        assert f"names {payload}," in str(refused.value)


@pytest.mark.parametrize("payload", ["os.system", "builtins.eval", "numpy.memmap"])
def test_the_same_payloads_do_run_when_they_are_loaded(payload: str, genuine: bytes, tmp_path: Path) -> None:
    marker = tmp_path / "created"
    code = b"\x80\x04" + PAYLOADS[payload](marker) + b"."
    if payload == "numpy.memmap":
        code = code.replace(b"tR.", b"K\x00K\x01\x85tR.")
    pickle.loads(code)
    assert marker.exists()


def test_an_extension_code_means_nothing_in_the_quarantine(genuine: bytes) -> None:
    with pytest.raises(CaptureError, match="unregistered extension"):
        read_pickle(spliced(b"\x82\x01", genuine))


def test_a_class_of_the_benchmark_is_a_placeholder_and_never_imported(genuine: bytes, tmp_path: Path) -> None:
    (tmp_path / "evil_bench.py").write_text(f"open({str(tmp_path / 'created')!r}, 'w')\n\nclass Sweep:\n    pass\n")
    code = call(named("evil_bench", "Sweep"), text("x"))
    (snapshot,) = read_pickle(spliced(code, genuine))
    assert snapshot.bench_name == "dims0"
    assert not (tmp_path / "created").exists()


@pytest.mark.parametrize("module", ["0_float.over_time.bench", "my-benchmarks.sort", "__mp_main__"])
def test_the_module_of_a_benchmark_may_have_any_name(module: str, genuine: bytes) -> None:
    (snapshot,) = read_pickle(spliced(call(named(module, "Sweep"), text("x")), genuine))
    assert snapshot.bench_name == "dims0"


def test_a_name_with_control_characters_is_shown_without_them() -> None:
    with pytest.raises(CaptureError) as refused:
        read_pickle(b"\x80\x04" + call(named("os", "system\x1b[2J\n"), b"N") + b".")
    assert "\x1b" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_only_the_quarantine_unpickles() -> None:
    source = Path(pickles.__file__).parent.parent
    users = {p.relative_to(source).as_posix() for p in source.rglob("*.py") if "import pickle\n" in p.read_text()}
    assert users == {"importers/doubles.py"}
    loaders = {p.relative_to(source).as_posix() for p in source.rglob("*.py") if "Unpickler(" in p.read_text()}
    assert loaders == {"importers/doubles.py", "importers/quarantine.py"}
