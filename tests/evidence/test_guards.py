"""Each guard of the rule can be switched off, and its absence shows in the noise that made it necessary."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ablation import CASES, DOCS, rates
from holobench_mcp.evidence.guards import Guards

#: These need more draws than a test has time for.
SMALL = ("repeats_of_few_runs", "repeats_of_a_lone_run", "worst_model", "price_of_pooling", "beside_the_others")


def test_every_guard_has_a_case_and_a_line_in_the_docs():
    names = {f.name for f in fields(Guards)}
    assert names == {case.guard for case in CASES}
    written = DOCS.read_text(encoding="utf-8")
    assert all(f"`{name}`" in written for name in names)


@pytest.mark.parametrize("case", [c for c in CASES if c.guard not in SMALL], ids=lambda c: f"{c.guard}, {c.noise}")
def test_a_guard_is_worth_what_it_costs(case):
    on, off = rates(case, 120)
    worse = on - off if "found" in case.counts else off - on
    assert worse >= 4, f"{on:.1f} % with, {off:.1f} % without"
