"""Samples come back bit for bit, and a hostile archive is refused before it costs anything."""

from __future__ import annotations

import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conftest import snapshot
from holobench_mcp.model import IntegrityError
from holobench_mcp.result.samples import decode_samples, encode_samples
from holobench_mcp.result.snapshot import Snapshot

ANY_FLOATS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4)),
    elements=st.floats(allow_nan=True, allow_infinity=True),
)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(ANY_FLOATS, st.text(min_size=1, max_size=8).filter(lambda t: t.isprintable() and t.strip() and "/" not in t))
def test_samples_survive_the_codec_bit_for_bit(values: np.ndarray, word: str) -> None:
    words = [f"{word}{i}" for i in range(values.shape[1])]
    built = Snapshot.build(
        bench_name="b",
        inputs={"n": list(range(values.shape[0])), "word": words},
        metrics={"m": {}},
        samples={"m": values},
    )
    data = encode_samples(built)
    back = built.with_(dataset=decode_samples(data))
    assert back.samples["m"].tobytes() == built.samples["m"].tobytes()
    assert back.coordinates["word"].tolist() == words
    assert encode_samples(back) == data


@settings(max_examples=80)
@given(st.data())
def test_a_damaged_archive_is_an_integrity_error_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(encode_samples(snapshot()))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with contextlib.suppress(IntegrityError):
        decode_samples(cut)


def test_an_archive_that_claims_gigabytes_is_refused_before_it_is_read() -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    header = b"\x93NUMPY\x01\x00"
    declared = b"{'descr': '<f8', 'fortran_order': False, 'shape': (500000000,), }".ljust(117) + b"\n"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metric/t.npy", header + len(declared).to_bytes(2, "little") + declared)
    with pytest.raises(IntegrityError, match="claims"):
        decode_samples(buffer.getvalue())


@pytest.mark.parametrize("samples", [np.ones(3, complex), np.array(["a"]), np.ones(0), np.zeros(1, "M8[s]")])
def test_samples_that_are_no_numbers_are_refused(samples: np.ndarray) -> None:
    buffer = io.BytesIO()
    coordinate = np.arange(max(1, len(samples)))[: len(samples)]
    np.savez(buffer, **{"dims": np.array(["repeat"]), "coord/repeat": coordinate, "metric/x": samples})
    with pytest.raises(IntegrityError, match="holds an array of"):
        decode_samples(buffer.getvalue())


def test_an_archive_that_is_locked_or_broken_inside_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dims.npy", b"\x93NUMPY" + b"x" * 900)
    whole = packed.getvalue()
    locked = bytearray(whole)
    locked[6] |= 1  # the flag of encryption, in the member's header and in the directory
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    broken = bytearray(whole)
    broken[38:50] = b"\xff" * 12
    for data in (locked, broken):
        with pytest.raises(IntegrityError):
            decode_samples(bytes(data))


def test_an_archive_with_objects_is_refused() -> None:
    import io

    buffer = io.BytesIO()
    np.savez(buffer, **{"metric/t": np.array([print], dtype=object), "dims": np.array(["repeat"])})
    with pytest.raises(IntegrityError):
        decode_samples(buffer.getvalue())
