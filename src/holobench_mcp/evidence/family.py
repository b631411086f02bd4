"""What a comparison shares its error rate with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from holobench_mcp.evidence.suite_spread import Key, Spread


@dataclass(frozen=True)
class Family:
    """The metrics of the benches that are judged together with those of a comparison."""

    others: tuple[float, ...] = ()  #: the p of each of their metrics that takes a share
    benches: int = 1  #: how many there are, its own included
    spreads: Mapping[Key, Spread] = field(default_factory=dict, hash=False)  #: of benches of one run a side, by metric


#: A comparison that shares its error rate with none.
ALONE = Family()
