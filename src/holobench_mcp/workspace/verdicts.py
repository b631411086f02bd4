"""The contract's part of a comparison: holobench's own verdicts, of samples or as a file says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import InvalidArgument, NotComparable

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

_VERDICT_KEYS = ("variable", "baseline_value", "current_value", "change_percent", "direction", "method", "regressed")


def chosen(document: Mapping[str, Any], metrics: Sequence[str] | None) -> dict[str, Any]:
    """The contract's part of the metrics that were asked for. Raises InvalidArgument for one that it has not."""
    if metrics is None:
        return dict(document)
    known = {m["variable"] for m in document["metrics"]}
    unknown = [name for name in metrics if name not in known]
    if unknown:
        raise InvalidArgument(
            f"metrics: {', '.join(map(repr, unknown))[:200]} is not measured by both results; these are: "
            f"{', '.join(sorted(known))}."
        )
    asked = set(metrics)
    rows = [m for m in document["metrics"] if m["variable"] in asked]
    words = [m["verdict"] for m in rows]
    return {
        **document,
        "metrics": rows,
        "claims": [c for c in document["claims"] if c["variable"] in asked],
        "summary": {word: words.count(word) for word in document["summary"]},
    }


def verdicts(baseline: Snapshot, candidate: Snapshot, options: CompareOptions) -> dict[str, Any]:
    """The contract's part, of all metrics; for contract-only results, the verdicts of the candidate's own file."""
    from holobench_mcp.evidence import contract_comparison
    from holobench_mcp.result import upstream
    from holobench_mcp.result.strict_json import strict

    run_cfg = upstream.detector_config(options.method, options.threshold)
    if baseline.dataset is None or candidate.dataset is None:
        return _from_files(baseline, candidate)
    return strict(  # type: ignore[no-any-return]  # strict keeps the shape of what it is given
        contract_comparison.compare_results(baseline, candidate, run_cfg=run_cfg, include_change=options.include_change)
    )


def _from_files(baseline: Snapshot, candidate: Snapshot) -> dict[str, Any]:
    from holobench_mcp.evidence import contract_comparison
    from holobench_mcp.result.strict_json import strict

    ours, theirs = ({m.variable for m in s.metrics} for s in (baseline, candidate))
    if not ours & theirs:
        raise NotComparable(
            f"baseline and candidate share no metric (baseline: {', '.join(sorted(ours)) or 'none'}; "
            f"candidate: {', '.join(sorted(theirs)) or 'none'})."
        )
    metrics = []
    for reg in candidate.regressions.get("results", []):
        if reg["variable"] in ours & theirs:
            metrics.append({**{k: reg[k] for k in _VERDICT_KEYS}, "verdict": contract_comparison.verdict(reg)})
    words = [m["verdict"] for m in metrics]
    return strict(  # type: ignore[no-any-return]  # strict keeps the shape of what it is given
        {
            "schema_version": 1,
            "baseline": {"bench_name": baseline.bench_name, "provenance": baseline.provenance},
            "candidate": {"bench_name": candidate.bench_name, "provenance": candidate.provenance},
            "metrics": metrics,
            "summary": {word: words.count(word) for word in ("improved", "regressed", "unchanged")},
            "claims": [],
            "unpaired": {"candidate_only": sorted(theirs - ours), "baseline_only": sorted(ours - theirs)},
        }
    )
