"""What limits the answer about a metric, as values: an assumption, a busy machine, few runs or repeats."""

from __future__ import annotations

from holobench_mcp import digits
from holobench_mcp.evidence.disturbed_runs import may_be_of_one_side
from holobench_mcp.evidence.guards import GUARDS
from holobench_mcp.evidence.question import Tested
from holobench_mcp.evidence.run_tests import FEW_ROUNDS, FEWEST_RUNS
from holobench_mcp.model import Decision, Limit, MetricEvidence

#: What is said of a metric that nothing could ever settle: it is shown, and takes no part in the decision.
NO_SPREAD = "no_spread"


def of_metric(tested: Tested, evidence: MetricEvidence) -> tuple[Limit, ...]:
    """The limits of a metric's test, each with one sentence."""
    variable, samples = evidence.variable, tested.samples
    found: list[tuple[str, str]] = []
    variance = evidence.run_variance
    if variance is not None and variance.source == "assumed":
        sd = f"{variance.sd_percent:.2g} %"
        found.append(("assumed_variance", f"That runs of {variable} differ by {sd} is assumed: record 3 runs a side."))
    if variance is not None and variance.source == "suite":
        sd = f"{variance.sd_percent:.2g} %"
        detail = f"Single runs of the benches differ by {sd} in {variable}: record 3 runs a side."
        found.append(("suite_spread", detail))
    if variance is not None and variance.unlike_past:
        before = f"{variance.measurements} earlier measurement{'s' if variance.measurements != 1 else ''}"
        detail = f"Runs of {variable} are not as noisy as in {before} on this machine, which count for nothing here."
        found.append(("unlike_the_past", detail))
    if tested.unable is not None and samples.aggregates is not None:
        found.append((NO_SPREAD, f"Of {variable} only means are known, without a spread: it is not judged."))
    elif samples.aggregates is not None:
        detail = f"Of {variable} only means and spreads are known, no samples: what single outliers did can't be told."
        found.append(("aggregates", detail))
    if evidence.location == "best":
        detail = f"Others kept the machine busy while {variable} was measured: it is judged by each run's best repeats."
        found.append(("busy_machine", detail))
    if evidence.disturbed_runs is not None:
        base, head = evidence.disturbed_runs
        detail = f"{base} of {samples.n_runs[0]} runs of the baseline and {head} of {samples.n_runs[1]} of the"
        own = ", so that they may be the code's own" if may_be_of_one_side(evidence.disturbed_runs, GUARDS) else ""
        detail = f"{detail} candidate lie far from the others in {variable}, and are given little weight{own}."
        found.append(("disturbed_runs", detail))
    fewest = FEW_ROUNDS if tested.question.paired else FEWEST_RUNS
    if max(samples.n_runs) > 1 and min(samples.n_runs) < fewest:
        words = " and ".join(str(n) for n in dict.fromkeys(samples.n_runs))
        detail = f"{words} runs a side know little of how much runs of {variable} differ."
        found.append(("few_runs", detail))
    if tested.unable is not None and samples.places.any() and not tested.incomparable:
        found.append(("few_repeats", f"{variable} can't be judged: {tested.unable}."))
    left_out = int((~samples.places).sum()) if samples.places.any() else 0
    if left_out:
        detail = f"{left_out:,} of {samples.places.size:,} input points of {variable} are not judged: not every run has"
        found.append(("few_points", f"{detail} enough samples there."))
    hopeless = evidence.decision is Decision.inconclusive and evidence.runs_needed == evidence.repeats_needed is None
    can_show = evidence.can_show if evidence.can_show_percent is None else evidence.can_show_percent
    if hopeless and can_show is not None:
        shows = f"{digits.plain(can_show)} {evidence.units or ''}".strip()
        detail = f"What was measured of {variable} can show a change of {shows}; more than may be asked for would have"
        found.append(("cannot_show_margin", f"{detail} to be measured to settle it at the margin."))
    return tuple(Limit(what=what, detail=detail, variable=variable) for what, detail in found)
