"""Recording inside the benchmark's own process: the live result is taken apart there, and no pickle is ever made."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holobench_mcp.config import load_config
from holobench_mcp.model import InvalidArgument
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import Store, open_store
from holobench_mcp.store.spool import Spool

if TYPE_CHECKING:
    import bencher


def record(
    result: Snapshot | bencher.BenchResult | bencher.Bench | bencher.BenchReport | Sequence[bencher.Bench],
    store: Store | str | Path | None = None,
    *,
    label: str | None = None,
) -> str:
    """Store a result. Returns its id; the same result has the same id.

    result: a live BenchResult (what `plot_sweep` gives), a Snapshot, or what holds exactly one of them: a Bench, its
    report, what `bn.run` gives back. Raises InvalidArgument for what holds none or several, and for anything else.
    store: a Store, a folder or a URL; unless given, the one that the configuration of the current folder names.
    label: a display label for the result, in place of the time that holobench gives it.
    """
    opened = store if isinstance(store, Store) else open_store(store or load_config().store)
    single = _single(result)
    if isinstance(single, Snapshot):
        snapshot = single
    else:
        from holobench_mcp.capture.environment import environment_of_result

        snapshot = Snapshot.from_result(single, environment=environment_of_result(single))
    if label is not None:
        snapshot = snapshot.with_(provenance={**snapshot.provenance, "display_label": label})
    return Spool(opened).record(snapshot)


def _single(given: object) -> Any:  # noqa: ANN401 - a Snapshot or a bencher.BenchResult
    """The one result that something is or holds."""
    kind = type(given).__name__
    results = _results_in(given)
    if results is None:
        raise InvalidArgument(
            f"result: a BenchResult (what plot_sweep gives), a Bench, its report, what bn.run gives back, or a "
            f"Snapshot; not a {kind}."
        )
    if len(results) != 1:
        each = "record each of them" if results else "collect a sweep first, with plot_sweep"
        raise InvalidArgument(f"result: this {kind} holds {len(results) or 'no'} results; {each}.")
    return results[0]


def _results_in(given: object) -> list[Any] | None:
    """The results that something holds, by its attributes, as bencher stays unimported; None for what is no holder."""
    if isinstance(given, Snapshot) or hasattr(given, "bench_cfg"):
        return [given]
    if isinstance(given, list | tuple):
        inner = [_results_in(part) for part in given]
        return None if None in inner else [result for part in inner for result in part or ()]
    for attribute in ("bench_results", "results"):
        held = getattr(given, attribute, None)
        if isinstance(held, list | tuple):
            return list(held)
    return None


class Recorder:
    """A publisher for `bn.run(bench, publisher=Recorder(), publish=True)`: records every sweep of the run.

    Recording never ends the benchmark. What could not be recorded is told on stderr, with its reason; `result_ids`
    holds what was.
    """

    def __init__(self, store: Store | str | Path | None = None, *, label: str | None = None) -> None:
        self._store = store
        self._label = label
        self.result_ids: list[str] = []

    def publish(self, report: Any) -> str | None:  # noqa: ANN401 - a bencher.BenchReport
        """Record every result of a report. Gives back None: there is no page to open."""
        for result in report.bench_results:
            try:
                result_id = record(result, self._store, label=self._label)
            except Exception as problem:
                name = getattr(getattr(result, "bench_cfg", None), "bench_name", "a result")
                print(f"holobench-mcp: NOT RECORDED: {name}: {problem}", file=sys.stderr)  # noqa: T201 - loud on purpose
                traceback.print_exc(limit=-3, file=sys.stderr)
                continue
            if result_id not in self.result_ids:
                self.result_ids.append(result_id)
                print(f"holobench-mcp: recorded {result_id}", file=sys.stderr)  # noqa: T201 - told beside the output
        return None
