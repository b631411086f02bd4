"""A result as what is stored of it: its blobs, and the manifest that names them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from holobench_mcp.model import BlobRef, Manifest
from holobench_mcp.store import layout
from holobench_mcp.store.blob import Blob

if TYPE_CHECKING:
    from holobench_mcp.result.sample_arrays import SampleArrays
    from holobench_mcp.result.snapshot import Snapshot

#: The blobs of a result, by their names in its manifest.
RESULT, SAMPLES, HISTORY = "result.json", "samples.npz", "history.json"

#: Bytes of samples from which on digesting them takes longer than starting a thread.
_LARGE = 1 << 19


def contents_of(snapshot: Snapshot) -> dict[str, Blob]:
    """A result's blobs, by their names.

    Of a large one, samples are digested by another thread while this one looks for optima, claims and medians: neither
    needs Python's lock for long.
    """
    from holobench_mcp.result.contract import result_to_dict
    from holobench_mcp.result.strict_json import canonical_json, indented_json, strict

    def contract() -> Blob:
        return Blob.of(indented_json(result_to_dict(snapshot)))

    if sum(array.nbytes for array in snapshot.samples.values()) < _LARGE:
        contents = {RESULT: contract(), **_samples(snapshot)}
    else:
        with ThreadPoolExecutor(1) as other:
            samples = other.submit(_samples, snapshot)
            snapshot.stats()
            contents = {RESULT: contract(), **samples.result()}
    if snapshot.history:
        contents[HISTORY] = Blob.of(canonical_json(strict(snapshot.history)))
    return contents


def _samples(snapshot: Snapshot) -> dict[str, Blob]:
    from holobench_mcp.result.samples import sample_parts

    return {SAMPLES: Blob.of(sample_parts(snapshot))} if snapshot.has_samples else {}


def manifest_of(snapshot: Snapshot, contents: Mapping[str, Blob]) -> Manifest:
    """What a store says of a result beside its blobs."""
    from holobench_mcp.result.strict_json import strict

    blobs = {name: BlobRef(sha256=blob.sha256, size=blob.size) for name, blob in contents.items()}
    sha256s = {name: blob.sha256 for name, blob in blobs.items()}
    return Manifest(
        result_id=layout.make_result_id(snapshot.bench_name, snapshot.executed_at, sha256s),
        bench_name=snapshot.bench_name,
        executed_at=snapshot.executed_at.isoformat(),
        provenance=strict(dict(snapshot.provenance)),
        over_time=snapshot.over_time,
        inputs=snapshot.inputs,
        shape=next((array.shape for array in snapshot.samples.values()), ()),
        metrics=snapshot.metrics,
        stats=dict(snapshot.stats()),
        constants=dict(snapshot.constants),
        environment=snapshot.environment,
        measurement=snapshot.measurement,
        definition=snapshot.definition(),
        blobs=blobs,
    )


def snapshot_of(manifest: Manifest, arrays: SampleArrays | None, **rest: Any) -> Snapshot:  # noqa: ANN401 - Snapshot's own fields
    """The result that a manifest describes. arrays: of its samples; None for a contract alone."""
    from holobench_mcp.result.snapshot import Snapshot

    fields = {
        "bench_name": manifest.bench_name,
        "provenance": manifest.provenance,
        "inputs": manifest.inputs,
        "metrics": manifest.metrics,
        "constants": manifest.constants,
        "environment": manifest.environment,
        "over_time": manifest.over_time,
        "measurement": manifest.measurement,
        **rest,
    }
    return Snapshot(dataset=None, **fields) if arrays is None else Snapshot.of_arrays(arrays, **fields)
