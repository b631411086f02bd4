"""A result as what is stored of it: its blobs, and the manifest that names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from holobench_mcp.model import BlobRef, Manifest
from holobench_mcp.store import layout
from holobench_mcp.store.blob import Blob

if TYPE_CHECKING:
    from holobench_mcp.result.samples import SampleArrays
    from holobench_mcp.result.snapshot import Snapshot

#: The blobs of a result, by their names in its manifest.
RESULT, SAMPLES, HISTORY = "result.json", "samples.npz", "history.json"


def contents_of(snapshot: Snapshot) -> dict[str, Blob]:
    """A result's blobs, by their names."""
    from holobench_mcp.result.contract import result_to_dict
    from holobench_mcp.result.samples import sample_parts
    from holobench_mcp.result.strict_json import canonical_json, strict

    contract = json.dumps(strict(result_to_dict(snapshot)), indent=2, allow_nan=False).encode()
    contents = {RESULT: Blob.of(contract)}
    if snapshot.dataset is not None:
        contents[SAMPLES] = Blob.of(sample_parts(snapshot))
    if snapshot.history:
        contents[HISTORY] = Blob.of(canonical_json(strict(snapshot.history)))
    return contents


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
        stats=snapshot.stats(),
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
