"""Two results, compared whole: the contract's verdict, the evidence, what else differs, and one word for it all.

This is where the parts meet. None of them is decided here: verdicts come from `contract`, decisions from `evidence`,
differences from `comparability`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cachetools import LRUCache, cached

from holobench_mcp.answers import CompareOptions
from holobench_mcp.config import Config
from holobench_mcp.model import (
    ALPHA,
    DECISIONS_WORST_FIRST,
    ROUNDS_ALPHA,
    ComparedMetric,
    ComparisonDocument,
    Decision,
    Difference,
    Direction,
    EvidenceBasis,
    InvalidArgument,
    Judgement,
    Manifest,
    MetricEvidence,
    MetricSettings,
    NotComparable,
    RunVariance,
    Selection,
    Side,
    comparison_uri,
    result_uri,
)
from holobench_mcp.result.identity import group_by, identity_of
from holobench_mcp.store import Store
from holobench_mcp.store.bundle import SAMPLES
from holobench_mcp.workspace.sides import Sides, choose_sides
from holobench_mcp.workspace.tries import count_variants

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

#: What a summary shows.
MAX_METRICS, MAX_POINTS = 20, 5
#: Whole comparisons in memory.
_CACHED_COMPARISONS = 256
#: Results that run-to-run variance is learnt from: the newest of the bench.
_VARIANCE_RESULTS = 60

_RANK = {decision: rank for rank, decision in enumerate(DECISIONS_WORST_FIRST)}
_VERDICT_RANK = {"regressed": 0, "improved": 1, "unchanged": 2}


class Comparer:
    """Compares stored results of one project. Thread-safe."""

    def __init__(self, store: Store, config: Config, load: Callable[[Manifest], Snapshot]) -> None:
        self._store, self._config, self._load = store, config, load
        cache: LRUCache[object, ComparisonDocument] = LRUCache(_CACHED_COMPARISONS)
        self._whole = cached(cache, key=self._cache_key, lock=Lock())(self._compare)

    def compare(
        self,
        baseline: Manifest,
        candidate: Manifest,
        options: CompareOptions,
        *,
        note: str | None = None,
        seen: Sequence[Difference] = (),
    ) -> ComparisonDocument:
        """The comparison document. seen: what else was seen while both sides were measured.

        Raises NotComparable when the results share no metric at all.
        """
        from holobench_mcp.evidence.comparability import with_doubt

        _check(options)
        sides = choose_sides(self._store.manifests(), baseline, candidate, options.replicates)
        full = self._whole(sides, options)
        partial = [self._partial(m) for m in (baseline, candidate)]
        itself = "Both sides are the same result." if baseline.result_id == candidate.result_id else sides.note
        notes = tuple(n for n in (note, itself, *partial, self._left_out()) if n)
        told = full.model_copy(update={"notes": (*notes, *full.notes)}) if notes else full
        told = self._with_selection(told, sides)
        known = {(d.what, d.variable) for d in told.comparability}
        differences = (*told.comparability, *(d for d in seen if (d.what, d.variable) not in known))
        step = with_doubt(differences, told.decision, told.next_step)
        told = told.model_copy(update={"comparability": differences, "next_step": step})
        return told if options.detail == "full" else summarised(told)

    def _cache_key(self, sides: Sides, options: CompareOptions) -> object:
        """All that a comparison depends on. Results never change; what is known of a lone run's variance grows."""
        return (
            tuple(m.result_id for m in sides.baseline),
            tuple(m.result_id for m in sides.candidate),
            sides.paired,
            options.model_copy(update={"detail": "full"}),
            self._store.manifests().count() if len(sides.baseline) == 1 or len(sides.candidate) == 1 else None,
        )

    def _left_out(self) -> str | None:
        """What to say of results that can't be read: one of them may be the newest, or a run of a side."""
        unreadable = self._store.manifests().unreadable
        if not unreadable:
            return None
        return (
            f"{len(unreadable)} stored results are damaged and left out, such as {unreadable[-1]}: "
            "holobench-mcp verify tells of each."
        )

    def _partial(self, named: Manifest) -> str | None:
        """What to say of a measurement that was ended before its last run."""
        measured = named.measurement
        if measured is None or measured.side is not None or measured.runs == 1:
            return None
        index = self._store.manifests()
        runs = {m.measurement.run for m in index.select(measurement=measured.id) if m.measurement}
        if len(runs) >= measured.runs:
            return None
        return f"The measurement of {named.result_id} is partial: {len(runs)} of {measured.runs} runs were finished."

    def _with_selection(self, document: ComparisonDocument, sides: Sides) -> ComparisonDocument:
        """Caution an improvement that is the best of several tries, and say when luck could explain it."""
        tried = count_variants(self._store, sides.baseline[0], sides.candidate[0])
        if tried < 2 or document.decision is not Decision.improved:
            return document
        best = [m.evidence.p_value for m in document.metrics if m.evidence and m.evidence.decision is Decision.improved]
        p = min((value for value in best if value is not None), default=1.0)
        adjusted = min(1.0, tried * p)  # Bonferroni (Dunn 1961) over the variants
        by_luck = adjusted > ALPHA
        note = f"{tried} variants were compared with this baseline; counting them, p is {adjusted:.2g}" + (
            ": luck could explain this improvement." if by_luck else "."
        )
        update: dict[str, Any] = {"selection": Selection(comparisons=tried, adjusted_p=adjusted, note=note)}
        if by_luck:
            update["next_step"] = "Confirm it on fresh runs: measure both sides again, and compare only those."
        return document.model_copy(update=update)

    def _compare(self, sides: Sides, options: CompareOptions) -> ComparisonDocument:
        from holobench_mcp.evidence import comparability
        from holobench_mcp.evidence.judgement import judge

        base = [self._load(m) for m in sides.baseline]
        cand = [self._load(m) for m in sides.candidate]
        document = _contract(base[0], cand[0], options)
        chosen = {None, *(options.metrics or [m.variable for m in cand[0].metrics])}
        differences = tuple(d for d in comparability.compare(base, cand) if d.variable in chosen)
        blocking = [d for d in differences if d.severity == "blocking"]
        margin = options.margin_percent or self._config.margin_percent
        settings = self._config.settings_for(cand[0].bench_name, tuple(m.variable for m in cand[0].metrics))
        alpha = ROUNDS_ALPHA / self._sweeps(sides) if sides.paired else ALPHA
        if any(d.what == "no_samples" for d in blocking):
            judgement = Judgement(decision=Decision.incomparable, reason="", metrics=())
        else:
            judgement = judge(
                base,
                cand,
                margin_percent=margin,
                alpha=alpha,
                run_variance=self._known_variance(sides, [m.variable for m in cand[0].metrics]),
                paired=sides.paired,
                settings=settings,
                metrics=options.metrics,
            )
        answer = _with_claims(document, _decide(document, judgement, blocking))
        answer = _with_correctness(document, settings, answer)
        differences = comparability.relevant(differences, answer.decision)
        by_variable = {m.variable: m for m in judgement.metrics}
        metrics = [{**m, "evidence": by_variable.get(m["variable"])} for m in document["metrics"]]
        metrics.sort(key=_worst_first)
        measured = {
            m.measurement.measured_by if m.measurement else "recorded" for m in sides.baseline + sides.candidate
        }
        return ComparisonDocument.model_validate(
            {
                **document,
                **answer._asdict(),
                "baseline": _side(document["baseline"], sides.baseline),
                "candidate": _side(document["candidate"], sides.candidate),
                "metrics": [ComparedMetric.model_validate(m) for m in metrics],
                "evidence": EvidenceBasis(
                    alpha=alpha,
                    margin_percent=margin,
                    replicates="rounds" if sides.paired else options.replicates,
                    runs=(len(base), len(cand)),
                    measured_by="server" if measured == {"server"} else "recorded",
                ),
                "comparability": differences,
                "notes": (),
                "uri": comparison_uri(sides.baseline[0].result_id, sides.candidate[0].result_id),
            }
        )

    def _sweeps(self, sides: Sides) -> int:
        """How many sweeps were measured in the same rounds: each is an answer to one call, which has one error rate."""
        measured = sides.candidate[0].measurement
        runs = self._store.manifests().select(measurement=measured.id) if measured is not None else []
        return len({m.measurement.sweep for m in runs if m.measurement}) or 1

    def _known_variance(self, sides: Sides, variables: Sequence[str]) -> Mapping[str, RunVariance] | Literal["auto"]:
        """What the store knows of run-to-run variance, for sides that can't tell it themselves."""
        if len(sides.baseline) > 1 or len(sides.candidate) > 1:
            return "auto"
        from holobench_mcp.evidence.judgement import run_variance_from

        named = sides.candidate[0]
        alike = self._store.manifests().select(
            bench_name=named.bench_name, definition=named.definition, limit=_VARIANCE_RESULTS
        )
        machine = identity_of(named).machine
        groups = [g for g in group_by(m for m in alike if identity_of(m).machine == machine) if len(g) > 1]
        runs = [[self._load(m) for m in group if SAMPLES in m.blobs] for group in groups]
        if not runs:
            return "auto"
        known = {v: run_variance_from(runs, v) for v in variables}
        return {v: variance for v, variance in known.items() if variance is not None}


def _check(options: CompareOptions) -> None:
    if options.metrics is not None and not options.metrics:
        raise InvalidArgument("metrics: name at least one, or leave it out for all.")
    if options.margin_percent is not None and not 0 < options.margin_percent <= 1000:
        raise InvalidArgument(f"margin_percent: above 0 and at most 1000, not {options.margin_percent}.")
    if options.threshold is None:
        return
    if not math.isfinite(options.threshold):
        raise InvalidArgument("threshold: a finite number.")
    if options.threshold < 0 and options.method != "absolute":
        raise InvalidArgument(f"threshold: not negative for method={options.method or 'percentage'!r}.")


def summarised(document: ComparisonDocument) -> ComparisonDocument:
    """Every key of the contract, with the worst metrics and points only."""
    metrics = [_few_points(m) for m in document.metrics[:MAX_METRICS]]
    left_out = len(document.metrics) - len(metrics)
    return document.model_copy(update={"metrics": metrics, **({"omitted_metrics": left_out} if left_out else {})})


def _few_points(metric: ComparedMetric) -> ComparedMetric:
    if metric.evidence is None or len(metric.evidence.points) <= MAX_POINTS:
        return metric
    evidence = metric.evidence.model_copy(update={"points": metric.evidence.points[:MAX_POINTS]})
    return metric.model_copy(update={"evidence": evidence})


def _contract(baseline: Snapshot, candidate: Snapshot, options: CompareOptions) -> dict[str, Any]:
    """The contract's part; for contract-only results, the verdicts that the candidate's own file holds."""
    from holobench_mcp.result import contract, upstream

    run_cfg = upstream.run_config(options.method, options.threshold)
    if baseline.dataset is None or candidate.dataset is None:
        document = _from_files(baseline, candidate)
    else:
        document = contract.strict(
            contract.compare_results(baseline, candidate, run_cfg=run_cfg, include_change=options.include_change)
        )
    if options.metrics is not None:
        known = {m["variable"] for m in document["metrics"]}
        unknown = [name for name in options.metrics if name not in known]
        if unknown:
            raise InvalidArgument(
                f"metrics: {', '.join(map(repr, unknown))[:200]} is not measured by both results; these are: "
                f"{', '.join(sorted(known))}."
            )
        document["metrics"] = [m for m in document["metrics"] if m["variable"] in options.metrics]
        document["claims"] = [c for c in document["claims"] if c["variable"] in options.metrics]
        words = [m["verdict"] for m in document["metrics"]]
        document["summary"] = {word: words.count(word) for word in document["summary"]}
    return document


def _from_files(baseline: Snapshot, candidate: Snapshot) -> dict[str, Any]:
    from holobench_mcp.result import contract

    ours, theirs = ({m.variable for m in s.metrics} for s in (baseline, candidate))
    if not ours & theirs:
        raise NotComparable(
            f"baseline and candidate share no metric (baseline: {', '.join(sorted(ours)) or 'none'}; "
            f"candidate: {', '.join(sorted(theirs)) or 'none'})."
        )
    metrics = []
    for reg in candidate.regressions.get("results", []):
        if reg["variable"] in ours & theirs:
            kept = (
                "variable",
                "baseline_value",
                "current_value",
                "change_percent",
                "direction",
                "method",
                "regressed",
            )
            metrics.append({**{k: reg[k] for k in kept}, "verdict": contract.verdict(reg)})
    words = [m["verdict"] for m in metrics]
    return contract.strict(  # type: ignore[no-any-return]  # strict keeps the shape of what it is given
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


class _Answer(NamedTuple):
    """What a comparison comes to."""

    decision: Decision
    reason: str
    next_step: str | None

    def overruled(self, sentence: str, remedy: str) -> _Answer:
        """Regressed all the same: an answer that is wrong is no better for being fast."""
        step = self.next_step if self.decision is Decision.regressed else remedy
        return _Answer(Decision.regressed, f"{sentence} {self.reason}", step)


def _decide(document: Mapping[str, Any], judgement: Judgement, blocking: Sequence[Difference]) -> _Answer:
    if blocking:
        told = "; ".join(d.detail.rstrip(".") for d in blocking[:3])
        return _Answer(
            Decision.incomparable, f"The results can't be compared: {told}.", _to_compare(document, blocking)
        )
    differing = _where_they_differ(document, judgement)
    return _Answer(judgement.decision, judgement.reason + (f" {differing}" if differing else ""), judgement.next_step)


def _to_compare(document: Mapping[str, Any], blocking: Sequence[Difference]) -> str:
    """What makes results comparable that are not: the same definition, or the metrics that still mean the same."""
    blocked = {d.variable for d in blocking}
    others = [m["variable"] for m in document["metrics"] if m["variable"] not in blocked]
    if None in blocked or not others:
        return "Record both sides with the same benchmark definition, with their samples, then compare again."
    return (
        "Record both sides with the same benchmark definition, or compare only metrics that mean the same on both: "
        f"{', '.join(others[:5])}."
    )


def _where_they_differ(document: Mapping[str, Any], judgement: Judgement) -> str | None:
    """One sentence, with numbers, on the first metric whose threshold verdict is not its decision."""
    evidence = {m.variable: m for m in judgement.metrics}
    for m in document["metrics"]:
        judged = evidence.get(m["variable"])
        if judged is None or judged.decision.value == m["verdict"]:
            continue
        change = f"{m['change_percent']:+.1f} %" if m["change_percent"] is not None else "a change without a percentage"
        return (
            f"The threshold verdict on {m['variable']} is {m['verdict']} ({change} between the pooled means, "
            f"method {m['method']}), which looks at neither noise nor single points."
        )
    return None


def _with_claims(document: Mapping[str, Any], answer: _Answer) -> _Answer:
    """A claim that held before and fails now is a regression, whatever became of the speed."""
    for claim in document["claims"]:
        before, now = claim["baseline"], claim["candidate"]
        if now["holds"] is False and before is not None and before["holds"] is True:
            # What fails a claim without a finite value is an infinity, which strict JSON has no number for.
            worst = "infinite" if now["worst_value"] is None else f"{now['worst_value']:g}"
            sentence = (
                f"{claim['variable']} no longer holds its claim '{claim['claim']}': the worst sample is "
                f"{worst} at {now['worst_inputs']}."
            )
            return answer.overruled(sentence, "Make the claim hold again; a faster wrong answer is worse.")
    return answer


def _with_correctness(document: Mapping[str, Any], settings: Mapping[str, MetricSettings], answer: _Answer) -> _Answer:
    """A metric that is configured to say whether the answer is right may not get worse at all."""
    for m in document["metrics"]:
        configured = settings.get(m["variable"])
        before, now = m["baseline_value"], m["current_value"]
        if configured is None or not configured.correctness or before is None or now is None:
            continue
        direction = configured.direction or m["direction"]
        worse = now < before if direction == Direction.maximize else now > before
        if worse or (direction == Direction.none and now != before):
            sentence = f"{m['variable']} says that answers are wrong: it was {before:.6g}, and is {now:.6g}."
            return answer.overruled(sentence, "Make the answers right again; a faster wrong one is worse.")
    return answer


def _worst_first(metric: Mapping[str, Any]) -> tuple[int, int, float]:
    evidence: MetricEvidence | None = metric["evidence"]
    size = abs(evidence.effect_percent or evidence.effect or 0.0) if evidence else abs(metric["change_percent"] or 0.0)
    return (_RANK[evidence.decision] if evidence else 1, _VERDICT_RANK[metric["verdict"]], -size)


def _side(told: Mapping[str, Any], runs: Sequence[Manifest]) -> Side:
    named, *others = (m.result_id for m in runs)
    extra = {"replicates": tuple(others)} if others else {}
    return Side.model_validate({**told, "result_id": named, "uri": result_uri(named), **extra})
