"""Which metrics of a benchmark are too noisy for their margin, by the newest runs that the store has of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from holobench_mcp.answers import TooNoisy
from holobench_mcp.model import Manifest
from holobench_mcp.result.identity import group_by, identity_of
from holobench_mcp.store.contents import SAMPLES
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.past_noise import numbers_of_run

#: Results of a bench that are read, some milliseconds each: twelve rounds, or runs of several codes.
_MOST_RESULTS = 24
#: Samples that are read of them all, so that a list takes no seconds: 40 MB.
_MOST_SAMPLES = 5_000_000
#: Runs of the newest codes tell of the present benchmark: no older ones are asked once these have so many.
_ENOUGH_DF = 4


class MetricNoise(NamedTuple):
    """How much runs of one code differ in a metric that is judged in percent."""

    variable: str
    sd_percent: float
    df: int
    margin_percent: float
    too_noisy: TooNoisy | None


def too_noisy(library: Library, newest: Manifest) -> tuple[TooNoisy, ...]:
    """The metrics of a bench whose noise would need more than 50 runs a side to show their margin. newest: its result.

    Of metrics that are judged in percent of time, rate, memory or energy; none where there are too few runs to know.
    """
    return tuple(noise.too_noisy for noise in run_noise(library, newest) if noise.too_noisy is not None)


def run_noise(library: Library, newest: Manifest) -> tuple[MetricNoise, ...]:
    """The noise of those metrics, by the newest runs; without those whose runs are too few, or too alike, to tell."""
    runs = _runs(library, newest)
    key = ("run noise", *(m.result_id for group in runs for m in group))
    return library.cached(key, lambda: _run_noise(library, newest, runs)) if runs else ()


def _runs(library: Library, newest: Manifest) -> list[list[Manifest]]:
    """The newest runs of a bench on one machine: rounds of a measurement of two revisions, else groups of a code."""
    size = math.prod(newest.shape) * len(newest.metrics)
    most = min(_MOST_RESULTS, _MOST_SAMPLES // max(size, 1))
    index, measured = library.index(), newest.measurement
    name, definition = newest.bench_name, newest.definition
    if measured is not None and measured.side is not None:
        found = index.select(bench_name=name, definition=definition, measurement=measured.id, limit=most)
        alike = [m for m in found if m.measurement and m.measurement.sweep == measured.sweep and SAMPLES in m.blobs]
        rounds = group_by(alike, lambda m: m.measurement.run if m.measurement else None)
        return [sorted(pair, key=_side) for pair in rounds if sorted(map(_side, pair)) == ["base", "head"]]
    machine = identity_of(newest).machine
    found = index.select(bench_name=name, definition=definition, limit=most)
    alike = [m for m in found if identity_of(m).machine == machine and SAMPLES in m.blobs]
    runs: list[list[Manifest]] = []
    for group in reversed(group_by(alike)):
        if sum(len(known) - 1 for known in runs) < _ENOUGH_DF and len(group) > 1:
            runs.append(group)
    return runs


def _side(manifest: Manifest) -> str:
    """The role of a run in its round: the base's comes before the head's."""
    return (manifest.measurement.side if manifest.measurement else None) or ""


def _run_noise(library: Library, newest: Manifest, runs: Sequence[Sequence[Manifest]]) -> tuple[MetricNoise, ...]:
    from holobench_mcp.evidence.question import depends_on_machine
    from holobench_mcp.evidence.run_noise import noise_of_rounds, noise_of_runs, too_noisy_for

    variables = tuple(m.variable for m in newest.metrics if depends_on_machine(m.units))
    settings = library.config.settings_for(newest.bench_name, variables)
    paired = newest.measurement is not None and newest.measurement.side is not None
    rows = []
    for variable in variables:
        configured = settings.get(variable)
        if configured is not None and configured.margin is not None:
            continue  # a margin in units is not one in percent
        if any(_has_no_logarithm(m, variable) for group in runs for m in group):
            continue
        own = configured.margin_percent if configured is not None else None
        margin = own or library.config.margin_percent
        groups = [[_number(library, m, variable) for m in group] for group in runs]
        noise = (noise_of_rounds if paired else noise_of_runs)(groups)
        if noise is None:
            continue
        shows = too_noisy_for(margin, noise, math.prod(newest.shape[:-1]))
        unfit = None
        if shows is not None:
            unfit = TooNoisy(variable=variable, margin_percent=margin, can_show_percent=shows, runs=noise.runs)
        sd = noise.sd / math.sqrt(2) if paired else noise.sd  # a difference has the variance of both its sides
        rows.append(MetricNoise(variable, 100 * math.expm1(sd), noise.df, margin, unfit))
    return tuple(rows)


def _number(library: Library, manifest: Manifest, variable: str) -> float | None:
    known = numbers_of_run(library, manifest).get(variable)
    return None if known is None else known[0]


def _has_no_logarithm(manifest: Manifest, variable: str) -> bool:
    stats = manifest.stats.get(variable)
    return stats is not None and stats.min is not None and stats.min <= 0
