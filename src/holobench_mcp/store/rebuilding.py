"""A result's contract, made anew from its samples and its manifest: the same bytes, or nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.store.blob import digest_of
from holobench_mcp.store.contents import HISTORY, RESULT, SAMPLES, snapshot_of

if TYPE_CHECKING:
    from holobench_mcp.store.bundle import Store


def rebuilt_contract(store: Store, result_id: str, sha256: str) -> bytes | None:
    """The `result.json` that has a digest, where samples and manifest are left that give it; else None."""
    from holobench_mcp.result.contract import result_to_dict
    from holobench_mcp.result.samples import decode_archive
    from holobench_mcp.result.strict_json import strict

    try:
        manifest = store.manifest(result_id)
        blobs = {name: blob.sha256 for name, blob in manifest.blobs.items()}
        if SAMPLES not in blobs or blobs.get(RESULT) != sha256:
            return None
        arrays = decode_archive(store.backend.get_blob(blobs[SAMPLES], SAMPLES), name=SAMPLES)
        history = json.loads(store.backend.get_blob(blobs[HISTORY], HISTORY)) if HISTORY in blobs else {}
        snapshot = snapshot_of(manifest, arrays, history=history)
        made = json.dumps(strict(result_to_dict(snapshot)), indent=2, allow_nan=False).encode()
    except (HolobenchMcpError, ValueError, LookupError):
        return None
    return made if digest_of(made) == sha256 else None
