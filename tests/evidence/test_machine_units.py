"""Which metrics depend on the machine that measures them."""

from __future__ import annotations

import pytest

from holobench_mcp.evidence.judgement import depends_on_machine


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (u, True)
        for u in [
            "ms",
            "s",
            "us",
            "µs",
            "μs",
            "ns",
            "min",
            "h",
            "Hz",
            "MHz",
            "1/s",
            "ops/s",
            "op/s",
            "req/s",
            "MB",
            "MiB",
            "GB",
            "KB",
            "B",
            "bytes",
            "J",
            "mJ",
            "W",
            "Wh",
            "kWh",
        ]
    ]
    + [(u, True) for u in ("fps", "items/s", "% cpu", "cycles", "requests per second", "MB/s")]
    + [
        (u, False)
        for u in ("", None, "ul", "items", "ops", "steps", "%", "m", "V", "points", "dB", "count", "K", "rad")
    ],
)
def test_which_units_depend_on_the_machine(units, expected):
    assert depends_on_machine(units) is expected
