"""Archives read the short way: what numpy reads of them, bit for bit, or nothing at all."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import snapshot
from holobench_mcp.result import npz
from holobench_mcp.result.samples import decode_archive, encode_samples

ARRAYS: dict[str, np.ndarray] = {
    "dims": np.array(["size", "repeat"]),
    "metric/time ms": np.random.default_rng(1).normal(size=(7, 5)),
    "metric/größe": np.arange(35, dtype=np.int32).reshape(7, 5),
    "metric/ok": np.random.default_rng(2).random((7, 5)) < 0.5,
    "metric/by columns": np.asfortranarray(np.random.default_rng(3).random((7, 5))),
    "metric/no input": np.array(3.5),
    "coord/when": np.array(["2026-01-01", "NaT"], dtype="datetime64[us]"),
    "coord/empty": np.empty((0, 3)),
}


def archive(arrays: dict[str, Any] = ARRAYS, *, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=allow_pickle, **arrays)
    return stream.getvalue()


def by_numpy(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> bool:
    return list(ours) == list(theirs) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes("A") == b.tobytes("A") and a.flags.writeable
        for a, b in zip(ours.values(), theirs.values(), strict=True)
    )


def test_an_archive_of_numpys_is_read_as_numpy_reads_it() -> None:
    found = npz.read(archive())
    assert found is not None and same(found, by_numpy(archive()))


def test_what_is_written_is_what_numpy_writes_to_the_last_byte() -> None:
    for arrays in (ARRAYS, {}, *({name: array} for name, array in ARRAYS.items()), {"by steps": np.arange(12.0)[::-3]}):
        assert b"".join(npz.parts(arrays)) == archive(arrays)


def test_what_needs_a_larger_directory_is_written_by_numpy() -> None:
    arrays = {f"metric/{i}": np.array(i) for i in range(0x10000)}
    assert b"".join(npz.parts(arrays)) == archive(arrays)


def test_no_object_is_written() -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        npz.parts({"metric/t": np.array([None, 1.0])})


@given(st.integers(0, len(archive()) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_never_read_as_other_samples(place: int, bit: int) -> None:
    data = bytearray(archive())
    data[place] ^= 1 << bit
    found = npz.read(bytes(data))
    assert found is None or same(found, ARRAYS)


@given(st.integers(0, len(archive())), st.binary(max_size=20))
def test_a_cut_or_longer_archive_is_left_to_numpy(at: int, more: bytes) -> None:
    data = archive()[:at] + more
    assert data == archive() or npz.read(data) is None


def packed() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **ARRAYS)
    return stream.getvalue()


def with_objects() -> bytes:
    return archive({"metric/x": np.array([{}, []], dtype=object)}, allow_pickle=True)


def twice() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made, pytest.warns(UserWarning, match="Duplicate"):
        for value in (1.0, 2.0):
            member = io.BytesIO()
            np.save(member, np.array([value]))
            made.writestr("metric/x.npy", member.getvalue())
    return stream.getvalue()


def too_large() -> bytes:
    """An array that claims to be larger than its bytes."""
    member = io.BytesIO()
    np.save(member, np.zeros(4))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("metric/x.npy", member.getvalue().replace(b"(4,)", b"(9,)"))
    return stream.getvalue()


@pytest.mark.parametrize("make", [packed, with_objects, twice, too_large, lambda: b"", lambda: b"PK\5\6" + bytes(18)])
def test_what_is_no_plain_archive_is_left_to_numpy(make: Callable[[], bytes]) -> None:
    data = make()
    assert not npz.read(data)


def test_samples_are_read_without_a_dataset_and_make_the_same_one() -> None:
    stored = snapshot(((1.0, 2.0), (3.0, np.nan)))
    arrays = decode_archive(encode_samples(stored))
    back = type(stored).of_arrays(
        arrays, bench_name=stored.bench_name, provenance=stored.provenance, inputs=stored.inputs, metrics=stored.metrics
    )
    assert "dataset" not in vars(back)
    for name, samples in stored.samples.items():
        np.testing.assert_array_equal(back.samples[name], samples)
    assert "dataset" not in vars(back)
    assert back.known_dataset.identical(stored.known_dataset)
    assert back.with_(bench_name="other").known_dataset.identical(stored.known_dataset)
    assert zlib.crc32(encode_samples(back)) == zlib.crc32(encode_samples(stored))
    with pytest.raises(AttributeError, match="no such_thing"):
        _ = back.such_thing  # type: ignore[attr-defined]
