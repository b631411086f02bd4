"""Saved results are taken in whole, and what a pickle would run is not run."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import resource
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import PYTHON
from holobench_mcp.importers import pickles, quarantine
from holobench_mcp.importers.pickles import read_pickle
from holobench_mcp.model import CaptureError
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.store import Store

BENCHES = Path(__file__).parents[1] / "benches"
KINDS = (
    "dims0", "repeats", "dims2", "dims3", "strings", "enums", "numbered", "files", "yaml", "others", "over_time",
    "events", "adaptive", "zoned", "in_utc",
)  # fmt: skip


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of saved results of every kind, written by a benchmark in a process of its own."""
    folder = tmp_path_factory.mktemp("kinds")
    script = str(BENCHES / "kinds.py")
    done = subprocess.run([PYTHON, script, str(folder)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture(scope="session")
def upstream_contracts(kinds: Path) -> dict[str, object]:
    """What holobench itself says of the same files."""
    files = [str(kinds / f"{kind}.pkl") for kind in KINDS]
    script = str(BENCHES / "upstream_contracts.py")
    done = subprocess.run([PYTHON, script, *files], cwd=kinds, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def genuine(kinds: Path) -> bytes:
    return (kinds / "dims0.pkl").read_bytes()


# ---------------------------------------------------------------------- genuine results


@pytest.mark.parametrize("kind", KINDS)
def test_an_imported_result_has_the_contract_that_holobench_gives_it(
    kind: str, kinds: Path, upstream_contracts: dict[str, object]
) -> None:
    (snapshot,) = read_pickle(kinds / f"{kind}.pkl")
    assert json.loads(json.dumps(result_to_dict(snapshot), default=str)) == upstream_contracts[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_importing_gives_the_id_that_recording_the_live_result_gave(kind: str, kinds: Path, store: Store) -> None:
    (snapshot,) = read_pickle(kinds / f"{kind}.pkl")
    assert store.record(snapshot) == (kinds / f"{kind}.id").read_text()
    assert not list(store.verify())


def test_all_results_of_a_bundle_are_read_in_order(kinds: Path) -> None:
    assert [s.bench_name for s in read_pickle(kinds / "both.pkl")] == ["first", "second"]


def test_pickles_in_a_row_are_read_one_by_one(kinds: Path) -> None:
    row = (kinds / "dims0.pkl").read_bytes() + (kinds / "repeats.pkl").read_bytes()
    assert [s.bench_name for s in read_pickle(row)] == ["dims0", "repeats"]


def test_a_sweep_without_scalars_is_refused_in_plain_words(kinds: Path) -> None:
    with pytest.raises(CaptureError, match=r"noscalar\.pkl .* measures no scalar"):
        read_pickle(kinds / "noscalar.pkl")


def test_a_recorded_history_keeps_its_regressions(kinds: Path) -> None:
    (snapshot,) = read_pickle(kinds / "adaptive.pkl")
    assert snapshot.over_time
    assert {r["variable"] for r in snapshot.regressions["results"]} >= {"time_ms", "counted"}
    assert [point["time_event"] for point in snapshot.history["time_ms"]["series"]] == ["v0", "v1", "v2", "v3"]


# ---------------------------------------------------------------------- pickles that run code


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL of a name, dotted ones too."""
    return text(module) + text(name) + b"\x93"


def text(said: str) -> bytes:
    return b"\x8c" + bytes([len(said.encode())]) + said.encode()


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + b"(" + b"".join(arguments) + b"tR"


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


def spliced(payload: bytes, genuine: bytes) -> bytes:
    """A genuine result that runs something first, then drops what came of it."""
    assert genuine[:2] == b"\x80\x05"
    return genuine[:2] + payload + b"0" + genuine[2:]


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


def with_state(function: bytes, state: bytes) -> bytes:
    return function + state + b"b"


def test_bytes_are_never_taken_for_pointers() -> None:
    """`numpy.ndarray(shape, "O", buffer)` makes objects of raw bytes: a pickle must not get numpy to do that."""
    pointers = b"\x96" + struct.pack("<Q", 8) + b"A" * 8
    forged_dtype = with_state(
        call(named("numpy", "dtype"), text("V8"), b"\x89", b"\x88"), b"(K\x03" + text("|") + b"NNNK\x08K\x01K\x00t"
    )
    object_dtype = call(named("numpy", "dtype"), text("O8"), b"\x89", b"\x88")
    forgeries = [
        call(named("numpy", "ndarray"), b"K\x01\x85", text("O"), pointers),
        call(named("numpy._core.numeric", "_frombuffer"), pointers, object_dtype, b"K\x01\x85", text("C")),
        call(named("numpy._core.numeric", "_frombuffer"), pointers, forged_dtype, b"K\x01\x85", text("C")),
        with_state(
            call(named("numpy._core.multiarray", "_reconstruct"), named("numpy", "ndarray"), b"K\x00\x85", b"C\x01b"),
            b"(K\x01K\x01\x85" + object_dtype + b"\x89" + pointers + b"t",
        ),
    ]
    for forgery in forgeries:
        # In place of the samples: a result that holds nothing else than it.
        variable = with_state(
            call(named("xarray.core.variable", "Variable")),
            b"N}(" + text("_dims") + text("repeat") + b"\x85" + text("_data") + forgery + b"u\x86",
        )
        data = forged_result(variable)
        with pytest.raises(CaptureError) as refused:
            read_pickle(data, name="forged.pkl")
        assert "exit status" not in str(refused.value), "the quarantine crashed"


def forged_result(variable: bytes) -> bytes:
    """A result whose one metric `x` is stored in a variable of the forger's."""
    number = with_state(
        call(named("bencher.variables.results", "ResultFloat")),
        b"}(" + text("name") + text("x") + text("units") + text("s") + b"u",
    )
    private = with_state(
        call(named("param.parameterized", "_InstancePrivate")),
        b"}("
        + text("values")
        + b"}("
        + text("bench_name")
        + text("b")
        + text("input_vars")
        + b"]"
        + text("result_vars")
        + b"]"
        + number
        + b"a"
        + b"uu",
    )
    cfg = with_state(call(named("bencher.bench_cfg", "BenchCfg")), b"}(" + text("_param__private") + private + b"u")
    dataset = with_state(
        call(named("xarray.core.dataset", "Dataset")),
        b"N}(" + text("_variables") + b"}(" + text("x") + variable + b"uu\x86",
    )
    result = with_state(
        call(named("bencher.results.bench_result", "BenchResult")),
        b"}(" + text("bench_cfg") + cfg + text("ds") + dataset + b"u",
    )
    return b"\x80\x04" + result + b"."


def test_the_forger_of_these_tests_can_forge_a_result() -> None:
    """So that the test above fails for the forged array, and for nothing else."""
    plain = pickle.dumps(np.array([1.5, 2.5]), protocol=4)[2:-1]
    (snapshot,) = read_pickle(forged_result(variable_of(strip_frame(plain))))
    assert snapshot.samples["x"].tolist() == [1.5, 2.5]


def variable_of(samples: bytes) -> bytes:
    """An xarray Variable over the repeats."""
    return with_state(
        call(named("xarray.core.variable", "Variable")),
        b"N}(" + text("_dims") + text("repeat") + b"\x85" + text("_data") + samples + b"u\x86",
    )


def index_of(length: int) -> bytes:
    """A pandas RangeIndex: three numbers that stand for any number of samples."""
    start, stop, step = (b"\x8a\x08" + struct.pack("<q", edge) for edge in (0, length, 1))
    state = b"}(" + text("start") + start + text("stop") + stop + text("step") + step + b"u"
    return with_state(call(named("pandas", "RangeIndex")), state)


#: A tuple of itself twice, sixty times over: 2**60 things to walk in 300 bytes.
LAUGHS = b")\x940" + b"".join(b"h%c" % i * 2 + b"\x86\x940" for i in range(60)) + b"h\x3c"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (forged_result(variable_of(index_of(20_000_000))), "unfolds into more than"),
        (forged_result(variable_of(index_of(300_000_000))), "takes more than it may"),
        (b"\x80\x04" + LAUGHS + b".", "more time or memory"),
        (b"\x80\x04" + LAUGHS + b"Q.", "more time or memory|takes more than it may"),
    ],
    ids=["samples of the parent's memory", "samples of the child's", "walking", "words"],
)
def test_a_small_pickle_costs_little(data: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "_CPU_S", 2)
    assert len(data) < 1000
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CaptureError, match=said):
        read_pickle(data, timeout_s=60)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 200 << 10


def strip_frame(ops: bytes) -> bytes:
    return ops[9:] if ops[:1] == b"\x95" else ops


def test_a_name_with_control_characters_is_shown_without_them() -> None:
    with pytest.raises(CaptureError) as refused:
        read_pickle(b"\x80\x04" + call(named("os", "system\x1b[2J\n"), b"N") + b".")
    assert "\x1b" not in str(refused.value)
    assert "\n" not in str(refused.value)


# ---------------------------------------------------------------------- what is no whole result


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"hello, world", "not a saved holobench result"),
        (gzip.compress(b"x"), "gzip file; unpack it first"),
        (b"PK\x03\x04xxxx", "zip file; unpack it first"),
        (pickle.dumps({"a": 1}), "it holds dict, not a holobench result"),
        (pickle.dumps([[], ()]), "it holds list"),
        (b"\x80\x04N" + b"r\xff\xff\xff\x7f.", "takes more than it may|no whole pickle"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x.", "takes more than it may|no whole pickle"),
        (b"\x80\x04" + b"]" * 200_000 + b"a" * 199_999 + b".", "takes more than it may"),
        (b"\x80\x04})" + b"\x85" * 500_000 + b"Ns.", "can't be read|takes more"),
        (b"I" + b"9" * 10_000 + b"\n.", "no whole pickle"),
        (b"\x80\x04" + b"](" + b"".join(b"2" * 8 + b"l(" for _ in range(50)) + b"e.", "not a saved holobench result"),
        (b"\x80\xff.", "no whole pickle"),
        (b".", "no whole pickle"),
    ],
    ids=range(14),
)
def test_what_is_no_result_is_told_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(CaptureError, match=said) as refused:
        read_pickle(data, name="bench.pkl")
    assert str(refused.value).startswith("bench.pkl ")


def test_what_is_no_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "absent.pkl", tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(CaptureError, match=path.name):
            read_pickle(path)


def test_limits_on_size_time_and_memory(genuine: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CaptureError, match="at most 100 are read"):
        read_pickle(genuine, max_bytes=100)
    with pytest.raises(CaptureError, match=r"took more than 0\.001 s"):
        read_pickle(genuine, timeout_s=0.001)
    monkeypatch.setattr(pickles, "_MEMORY_BYTES", 600 << 20)
    with pytest.raises(CaptureError):
        read_pickle(b"\x80\x04\x8e" + struct.pack("<Q", 1 << 30) + b"x.")


def test_the_child_can_write_no_file(tmp_path: Path) -> None:
    script = (
        "from holobench_mcp.importers.quarantine import _limit\n_limit(6 << 30, 60)\n"
        f"open({str(tmp_path / 'written')!r}, 'wb', buffering=0).write(b'x')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert (tmp_path / "written").stat().st_size == 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_pickle_cut_anywhere_is_a_capture_error(share: float, genuine: bytes) -> None:
    with pytest.raises(CaptureError):
        read_pickle(genuine[: int(share * len(genuine))])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_pickle_with_a_wrong_byte_is_a_result_or_a_capture_error(place: float, value: int, genuine: bytes) -> None:
    data = bytearray(genuine)
    data[int(place * len(data))] = value
    with suppress(CaptureError):
        assert read_pickle(bytes(data))


# ---------------------------------------------------------------------- what the quarantine sends


@given(st.lists(st.tuples(st.dictionaries(st.text(max_size=9), st.text()), st.binary(max_size=99)), max_size=4))
def test_frames_come_back_as_they_were_written(frames: list[tuple[dict[str, str], bytes]]) -> None:
    frames = [(header, archive) for header, archive in frames if not {"refused", "error"} & set(header)]
    wire = io.BytesIO()
    for header, archive in frames:
        quarantine.write_frame(wire, header, archive)
    assert list(pickles._frames(wire.getvalue(), "x")) == frames


@given(st.binary(max_size=200))
def test_frames_that_nobody_wrote_are_capture_errors(wire: bytes) -> None:
    try:
        for header, archive in pickles._frames(wire, "x"):
            pickles._snapshot(header, archive, "x", None)
    except CaptureError:
        pass


@pytest.fixture(scope="session")
def described(kinds: Path) -> tuple[dict[str, object], bytes]:
    with (kinds / "repeats.pkl").open("rb") as stream:
        ((header, arrays),) = quarantine.read_results(stream)
    buffer = io.BytesIO()
    np.savez(buffer, **{f"v/{name}": array for name, array in arrays.items()})
    return json.loads(json.dumps(header)), buffer.getvalue()


LIES: dict[str, dict[str, object]] = {
    "a name that clears the screen": {"bench_name": "\x1b[2J"},
    "no name": {"bench_name": ""},
    "a time that is none": {"execution": {"uuid": "u", "executed_at": "tomorrow", "display_label": "x"}},
    "dims of nothing": {"dims": {}},
    "too few dims": {"dims": {"time_ms": [], "size": ["size"], "repeat": ["repeat"]}},
    "metrics of another kind": {"metrics": [{"variable": "time_ms", "claim": "is fast"}]},
    "inputs that are not there": {"inputs": [{"name": "width", "units": None}]},
    "regressions of nothing": {"regressions": [{"variable": "time_ms"}]},
    "regressions that are no number": {"regressions": [{"current_value": {"float": "much"}}]},
    "more than is known": {"launch": "missiles"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_quarantine_that_lies_is_a_capture_error(lie: str, described: tuple[dict[str, object], bytes]) -> None:
    header, archive = described
    assert pickles._snapshot(header, archive, "x", None).bench_name == "repeats"
    with pytest.raises(CaptureError, match="not a result that can be read"):
        pickles._snapshot({**header, **LIES[lie]}, archive, "x", None)


def test_an_archive_that_is_none_is_a_capture_error(described: tuple[dict[str, object], bytes]) -> None:
    header, archive = described
    pickled = io.BytesIO()
    np.savez(pickled, **{"v/time_ms": np.array([{}], dtype=object)})
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("v/time_ms.npy", b"\0" * (64 << 20))
    for bad in (b"", archive[:-30], archive[30:], pickled.getvalue(), bomb.getvalue()):
        with pytest.raises(CaptureError):
            pickles._snapshot(header, bad, "x", None)


def test_only_the_quarantine_unpickles() -> None:
    source = Path(pickles.__file__).parent.parent
    users = {p.relative_to(source).as_posix() for p in source.rglob("*.py") if "import pickle\n" in p.read_text()}
    assert users == {"importers/doubles.py"}
    loaders = {p.relative_to(source).as_posix() for p in source.rglob("*.py") if "Unpickler(" in p.read_text()}
    assert loaders == {"importers/doubles.py", "importers/quarantine.py"}
