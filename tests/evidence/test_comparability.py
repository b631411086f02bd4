"""What differs between two sides beside the code is said, and what makes a comparison meaningless blocks it."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import PYTHON, snapshot
from holobench_mcp.evidence.comparability import compare
from holobench_mcp.model import Difference, Direction
from holobench_mcp.result.snapshot import Snapshot

MACHINE = {
    "hostname_hash": "0011223344556677",
    "cpu_model": "Fast CPU",
    "cpu_count": 8,
    "os": "Linux 6.1 x86_64",
    "python": "3.12.1",
    "holobench": "1.148.0",
    "numpy": "2.1.0",
    "git_commit": "a" * 40,
    "git_dirty": False,
    "benchmark_sha256": "f" * 64,
    "sweep_sha256": "e" * 64,
    "caches_on": False,
}


def measured(**changes: object) -> Snapshot:
    """A result of a machine that is known in full; changes are of snapshot()'s arguments or of the environment."""
    facts = {**MACHINE, **{name: changes.pop(name) for name in MACHINE if name in changes}}
    return snapshot(environment=facts, **changes)  # type: ignore[arg-type]


def found(baseline: Snapshot, candidate: Snapshot) -> dict[str, Difference]:
    differences = compare([baseline], [candidate])
    named = {d.what: d for d in differences}
    assert len(named) == len(differences)
    return named


def test_two_runs_of_the_same_differ_in_nothing() -> None:
    assert compare([measured()], [measured(at=1)]) == ()
    assert compare([measured(), measured(at=1)], [measured(at=2), measured(at=3)]) == ()


# ---------------------------------------------------------------------- blocking


@pytest.mark.parametrize(
    ("change", "what", "both"),
    [
        ({"units": "s"}, "units", ("ms", "s")),
        ({"units": None}, "units", ("ms", "none")),
        ({"direction": "maximize"}, "direction", ("minimize", "maximize")),
        ({"kind": "bool", "values": [[1.0, 0.0], [0.0, 1.0]]}, "kind", ("float", "bool")),
    ],
)
def test_a_metric_that_means_something_else_blocks_and_is_named(
    change: dict[str, object], what: str, both: tuple[str, str]
) -> None:
    difference = found(measured(), measured(**change))[what]
    assert difference.severity == "blocking"
    assert difference.variable == "time_ms"
    assert "time_ms" in difference.detail
    assert all(value in difference.detail for value in both)


@pytest.mark.parametrize(("before", "now"), [("minimize", "maximize"), ("none", "minimize"), ("maximize", "none")])
@pytest.mark.parametrize("configured", [Direction.minimize, Direction.maximize])
def test_a_direction_that_a_person_configured_makes_another_declaration_a_caution(
    before: str, now: str, configured: Direction
) -> None:
    base, cand = measured(direction=before), measured(direction=now)
    [difference] = compare([base], [cand], {"time_ms": configured})
    assert (difference.severity, difference.what, difference.variable) == ("caution", "direction", "time_ms")
    assert all(f" {word}" in difference.detail for word in (before, now, configured.value))
    [difference] = compare([base], [cand], {"memory_mb": configured})
    assert difference.severity == "blocking", "of another metric"


def test_units_block_whatever_direction_is_configured() -> None:
    [difference] = compare([measured()], [measured(units="s")], {"time_ms": Direction.minimize})
    assert (difference.severity, difference.what) == ("blocking", "units")


def test_another_meaning_version_blocks() -> None:
    def version(number: int) -> Snapshot:
        plain = measured()
        return plain.with_(metrics=(plain.metrics[0].model_copy(update={"meaning_version": number}),))

    difference = found(version(1), version(2))["meaning_version"]
    assert (difference.severity, difference.variable) == ("blocking", "time_ms")


def test_no_shared_metric_blocks() -> None:
    assert (blocked := found(measured(), measured(metric="memory_mb"))["no_shared_metric"]).severity == "blocking"
    assert "time_ms before, memory_mb now" in blocked.detail


def test_a_contract_only_result_blocks_and_says_which_side() -> None:
    difference = found(measured(), measured().with_(dataset=None))["no_samples"]
    assert difference.severity == "blocking"
    assert "candidate" in difference.detail


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [([10, 20], [30, 40]), ([1, 2], ["1", "2"]), ([0.5, 1.5], [0.25, 1.25]), (["a", "b"], ["c", "d"])],
)
def test_no_shared_input_point_blocks(ours: list[object], theirs: list[object]) -> None:
    base, cand = measured(inputs={"n": ours}), measured(inputs={"n": theirs})
    difference = found(base, cand)["no_shared_point"]
    assert difference.severity == "blocking"
    assert all(str(value) in difference.detail for value in (*ours, *theirs))


def test_inputs_that_only_one_side_sweeps_block_and_are_named() -> None:
    difference = found(measured(inputs={"size": [1, 2]}), measured(inputs={"length": [1, 2]}))["inputs"]
    assert difference.severity == "blocking"
    assert "size" in difference.detail and "length" in difference.detail


def test_what_blocks_comes_first() -> None:
    severities = [d.severity for d in compare([measured(cpu_model="Slow CPU")], [measured(units="s", git_dirty=True)])]
    assert severities == ["blocking", "caution", "caution"]


# ---------------------------------------------------------------------- caution


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("cpu_model", "Slow CPU"),
        ("cpu_count", 2),
        ("os", "Darwin 24"),
        ("python", "3.13.0"),
        ("holobench", "1.149.0"),
        ("numpy", "2.2.0"),
    ],
)
def test_another_machine_or_version_is_told_with_both_values(field: str, other: object) -> None:
    difference = found(measured(), measured(**{field: other}))[field]
    assert difference.severity == "caution"
    assert str(MACHINE[field]) in difference.detail and str(other) in difference.detail


def test_another_machine_is_told_by_its_digest_as_nothing_else_is_known_of_its_name() -> None:
    difference = found(measured(), measured(hostname_hash="8" * 16))["hostname_hash"]
    assert difference.severity == "caution"
    assert MACHINE["hostname_hash"] in difference.detail and "8" * 16 in difference.detail


@pytest.mark.parametrize("before", ["whole", None])
def test_how_holobench_was_imported_is_told(before: str | None) -> None:
    """A result that does not say it is from before there was another way."""
    whole, light = ({**MACHINE, "holobench_import": how} for how in (before, "light"))
    difference = found(snapshot(environment=whole), snapshot(environment=light))["way_of_import"]
    assert difference.severity == "caution"
    assert "whole before, light now" in difference.detail and "memory" in difference.detail


def test_without_holobench_there_is_no_way_of_importing_it() -> None:
    other = {**MACHINE, "holobench": None}
    assert "way_of_import" not in found(snapshot(environment=other), snapshot(environment={**other}))


@pytest.mark.parametrize("field", ["sweep_sha256", "benchmark_sha256"])
def test_an_edited_benchmark_is_told(field: str) -> None:
    difference = found(measured(), measured(**{field: "0" * 64}))["benchmark_source"]
    assert difference.severity == "caution"
    assert "benchmark's own source changed" in difference.detail
    assert f"{MACHINE[field][:10]} before, 0000000000 now" in difference.detail


def test_a_benchmark_that_was_edited_between_the_runs_of_a_side_is_told() -> None:
    differences = compare([measured()], [measured(at=1), measured(at=2, sweep_sha256="0" * 64)])
    assert [d.what for d in differences] == ["benchmark_source"]
    assert "candidate" in differences[0].detail


def test_a_benchmark_whose_source_only_one_side_knows_is_told() -> None:
    differences = found(measured(), measured(sweep_sha256=None, benchmark_sha256=None))
    assert list(differences) == ["benchmark_source_unknown"]
    assert "candidate" in differences["benchmark_source_unknown"].detail


@pytest.mark.parametrize("side", [0, 1])
def test_a_dirty_tree_is_told_with_its_side(side: int) -> None:
    pair = [measured(), measured()]
    pair[side] = measured(git_dirty=True)
    assert ("baseline", "candidate")[side] in found(*pair)["dirty_tree"].detail


@pytest.mark.parametrize("commit", [None, "f" * 40])
def test_a_dirty_tree_is_told_in_a_whole_sentence(commit: str | None) -> None:
    detail = found(measured(), measured(git_dirty=True, git_commit=commit))["dirty_tree"].detail
    assert detail.endswith(" on top of ffffffffff" if commit else "with uncommitted changes")


def test_two_dirty_trees_are_both_told() -> None:
    details = [d.detail for d in compare([measured(git_dirty=True)], [measured(git_dirty=True)])]
    assert [side for side in ("baseline", "candidate") for d in details if side in d] == ["baseline", "candidate"]


def test_constants_that_differ_are_told_with_both_values() -> None:
    base, cand = (measured().with_(constants={"seed": 1, "mode": m}) for m in ("quick", "full"))
    difference = found(base, cand)["constants"]
    assert all(word in difference.detail for word in ("mode", "quick", "full"))


def test_a_claim_that_was_dropped_is_told() -> None:
    difference = found(measured(claim="< 5"), measured())["claim"]
    assert (difference.severity, difference.variable) == ("caution", "time_ms")
    assert "< 5" in difference.detail and "none" in difference.detail


def test_caches_that_were_on_are_told_with_their_side() -> None:
    assert "candidate" in found(measured(), measured(caches_on=True))["caches_on"].detail


def test_points_on_one_side_only_are_counted_with_an_example() -> None:
    base = measured(values=np.ones((3, 2)), inputs={"n": [1, 2, 3]})
    cand = measured(values=np.ones((4, 2)), inputs={"n": [2, 3, 40, 50]})
    detail = found(base, cand)["points"].detail
    assert "1 (such as 1) only in the baseline" in detail
    assert "2 (such as 40) only in the candidate" in detail
    assert "the 2 that both have are compared" in detail


def test_points_that_only_one_side_adds_leave_none_out_of_the_other() -> None:
    cand = measured(values=np.ones((3, 2)), inputs={"size": [10, 20, 30]})
    assert "0 only in the baseline" in found(measured(), cand)["points"].detail


def test_the_same_points_in_another_order_or_number_type_are_the_same() -> None:
    assert compare([measured(inputs={"n": [1, 2]})], [measured(inputs={"n": [2.0, 1.0]})]) == ()


def test_different_benches_are_told() -> None:
    assert "'sort'" in found(measured(), measured(bench="search"))["bench_name"].detail


def test_an_unknown_environment_is_told_with_its_side() -> None:
    assert "candidate" in found(measured(), snapshot())["unknown_environment"].detail


def test_a_fact_that_one_side_lacks_is_no_difference() -> None:
    assert compare([measured()], [measured(cpu_model=None, numpy=None)]) == ()


def test_runs_of_one_side_on_two_machines_are_told() -> None:
    differences = compare([measured(), measured(cpu_model="Slow CPU")], [measured()])
    assert [d.what for d in differences] == ["replicates_cpu_model"]
    assert all(words in differences[0].detail for words in ("baseline", "Fast CPU, Slow CPU"))


# ---------------------------------------------------------------------- laws


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from(sorted(MACHINE)), st.none(), max_size=4),
    st.dictionaries(st.sampled_from(["cpu_model", "os", "python", "sweep_sha256"]), st.just("other"), max_size=3),
    st.booleans(),
)
def test_swapping_the_sides_finds_the_same_differences(
    unknown: dict[str, None], changed: dict[str, str], dirty: bool
) -> None:
    one, other = measured(**unknown), measured(**{**changed, "git_dirty": dirty})
    ours, theirs = compare([one], [other]), compare([other], [one])
    assert sorted((d.severity, d.what) for d in ours) == sorted((d.severity, d.what) for d in theirs)
    assert all(d.detail.strip() and "\n" not in d.detail and len(d.detail) < 250 for d in ours)


def test_importing_does_not_load_xarray() -> None:
    code = "import sys, holobench_mcp.evidence.comparability; print('xarray' in sys.modules)"
    assert subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
