"""Bytes of a pickle are never taken for pointers, whatever dtype it claims."""

from __future__ import annotations

import pickle
import struct

import numpy as np
import pytest

from holobench_mcp.importers.pickles import read_pickle
from holobench_mcp.model import CaptureError
from pickle_forge import call, forged_result, named, strip_frame, text, variable_of, with_state


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


def test_the_forger_of_these_tests_can_forge_a_result() -> None:
    """So that the test above fails for the forged array, and for nothing else."""
    plain = pickle.dumps(np.array([1.5, 2.5]), protocol=4)[2:-1]
    (snapshot,) = read_pickle(forged_result(variable_of(strip_frame(plain))))
    assert snapshot.samples["x"].tolist() == [1.5, 2.5]
