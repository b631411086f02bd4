"""Noise of many kinds, sides made of it, and how other tools would judge them: the parts of calibration.py."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from bencher import change_stats, evidence_stats
from bencher.regression import detect_percentage
from scipy import special, stats

from holobench_mcp import Snapshot, judge
from holobench_mcp.model import Decision, Judgement

Rng = np.random.Generator
Noise = Callable[[Rng, tuple[int, int]], np.ndarray]

FAMILIES: dict[str, Noise] = {
    "normal 5 %": lambda r, s: 100 + 5 * r.standard_normal(s),
    "log-normal 15 %": lambda r, s: 100 * np.exp(0.15 * r.standard_normal(s)),
    "log-normal 50 %": lambda r, s: 100 * np.exp(0.5 * r.standard_normal(s)),
    "t₃": lambda r, s: 100 + 5 * r.standard_t(3, s),
    "contaminated": lambda r, s: 100 * np.exp(0.03 * r.standard_normal(s) + (r.random(s) < 0.05)),
    "bimodal": lambda r, s: 100 * np.exp(0.02 * r.standard_normal(s) + 0.3 * (r.random(s) < 0.5)),
    "rounded": lambda r, s: np.round(10 + r.standard_normal(s)),
    "on an edge of rounding": lambda r, s: np.round(10.5 + 0.3 * r.standard_normal(s)),
    "boolean 80 %": lambda r, s: (r.random(s) < 0.8).astype(float),
    "boolean 97 %": lambda r, s: (r.random(s) < 0.97).astype(float),
    "constant": lambda _, s: np.full(s, 7.0),
}


@cache
def _template(points: int, repeats: int, units: str, kind: str, metrics: int) -> Snapshot:
    declared = {f"m{i}": {"units": units, "direction": "minimize", "kind": kind} for i in range(metrics)}
    ones = {name: np.ones((points, repeats)) for name in declared}
    return Snapshot.build(bench_name="aa", inputs={"x": range(points)}, metrics=declared, samples=ones)


def run(*samples: np.ndarray, units: str = "", kind: str = "float") -> Snapshot:
    """One run, with one array of (points, repeats) a metric. A copy of a template, because building one costs more
    than judging it."""
    template = _template(*samples[0].shape, units, kind, len(samples))
    made = copy.copy(template)
    made.__dict__["samples"] = {f"m{i}": a for i, a in enumerate(samples)}
    made.__dict__["coordinates"] = template.coordinates
    return made


def is_alarm(judgement: Judgement) -> bool:
    return judgement.decision not in (Decision.unchanged, Decision.inconclusive)


def ours(base: np.ndarray, cand: np.ndarray, units: str = "", kind: str = "float") -> bool:
    return is_alarm(judge([run(base, units=units, kind=kind)], [run(cand, units=units, kind=kind)]))


# ---------------------------------------------------------------------- the others: does one cry "changed"?
# base, cand: (points, repeats).


def threshold(base: np.ndarray, cand: np.ndarray) -> bool:
    """holobench's percentage detector at its default of 10 %, either way: what `verdict` is."""
    change = detect_percentage("m", base.ravel(), cand.ravel(), threshold_percent=10.0).change_percent
    return abs(change) >= 10.0


def bootstrap(base: np.ndarray, cand: np.ndarray) -> bool:
    """holobench's `change` record: 10,000 resamples of the points' differences, or of the repeats at one point."""
    if base.shape[0] == 1:
        record = change_stats.unpaired_change(base, cand, "minimize", 5.0)
    else:
        record = change_stats.paired_change(base.mean(axis=1), cand.mean(axis=1), "minimize", 5.0)
    return record["stat_verdict"] in (change_stats.REGRESSED, change_stats.IMPROVED)


def evidence(base: np.ndarray, cand: np.ndarray) -> bool:
    """holobench's evidence_stats at each point, with its own correction over points where there are several."""
    cells = [evidence_stats.analyse("m", b, c) for b, c in zip(base, cand, strict=True)]
    if len(cells) > 1:
        cells = evidence_stats.apply_multiplicity(cells)
    moved = (evidence_stats.VerdictKind.REGRESSED, evidence_stats.VerdictKind.IMPROVED)
    return any(c.verdict.kind in moved and c.fdr_pass for c in cells)


def mann_whitney(base: np.ndarray, cand: np.ndarray) -> bool:
    """benchstat: Mann–Whitney at each point, at 5 %; any row that it would mark."""
    return bool((stats.mannwhitneyu(base, cand, axis=1).pvalue <= 0.05).any())


def welch(base: np.ndarray, cand: np.ndarray) -> bool:
    """Welch's t-test at each point, at 5 %; any row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return bool((stats.ttest_ind(base, cand, axis=1, equal_var=False).pvalue <= 0.05).any())


def welch_blocked(base: np.ndarray, cand: np.ndarray) -> bool:
    """One Welch test of the mean log difference over points, variances added up over points."""
    lb, lc = np.log(base), np.log(cand)
    parts = np.stack([lb.var(axis=1, ddof=1), lc.var(axis=1, ddof=1)]) / base.shape[1]
    total = parts.sum()
    df = total**2 / (parts**2 / (base.shape[1] - 1)).sum()
    difference = (lc.mean(axis=1) - lb.mean(axis=1)).sum()
    return bool(2 * special.stdtr(df, -abs(difference) / total**0.5) <= 0.05)


def mann_whitney_blocked(base: np.ndarray, cand: np.ndarray) -> bool:
    """One Mann–Whitney test over points as blocks (van Elteren 1960), by its normal approximation."""
    n = base.shape[1]
    ranks = np.concatenate([base, cand], axis=1).argsort(axis=1).argsort(axis=1) + 1
    excess = (ranks[:, n:].sum(axis=1) - n * (2 * n + 1) / 2).sum()
    return bool(2 * special.ndtr(-abs(excess) / (len(base) * n * n * (2 * n + 1) / 12) ** 0.5) <= 0.05)


PEERS: dict[str, Callable[[np.ndarray, np.ndarray], bool]] = {
    "ours": ours,
    "threshold 10 %": threshold,
    "bootstrap `stat_verdict`": bootstrap,
    "`evidence_stats`": evidence,
    "Mann–Whitney, any row": mann_whitney,
    "Welch, any row": welch,
}


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    lines += ["| " + " | ".join(f"{c:.1f}" if isinstance(c, float) else str(c) for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
