"""Draw docs/evidence.svg: five comparisons, judged for real, as intervals against the margin.

python benchmarks/draw_evidence.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calibration_noise import run
from holobench_mcp import judge
from holobench_mcp.model import MetricEvidence

MARGIN = 3.0
WIDTH, ROW, TOP, LEFT, RIGHT = 860, 58, 74, 330, 150
SPAN = 16.0
COLOURS = {"regressed": "#c0392b", "improved": "#1e8449", "unchanged": "#2c6fbb", "inconclusive": "#8a6d1a"}


def examples() -> list[tuple[str, MetricEvidence]]:
    rng = np.random.default_rng(13)

    def side(runs: int, level: float, sd: float, between: float) -> list:
        shifts = level * np.exp(between * rng.standard_normal(runs))
        return [run(s * np.exp(sd * rng.standard_normal((10, 5))), units="ms") for s in shifts]

    cases = {
        "5 runs a side, 9 % slower": (side(5, 100, 0.04, 0.01), side(5, 109, 0.04, 0.01)),
        "5 runs a side, 8 % faster": (side(5, 100, 0.04, 0.01), side(5, 92, 0.04, 0.01)),
        "5 runs a side, the same": (side(5, 100, 0.04, 0.01), side(5, 100, 0.04, 0.01)),
        "2 runs a side, 6 % slower": (side(2, 100, 0.04, 0.03), side(2, 106, 0.04, 0.03)),
        "1 run a side, 6 % slower": (side(1, 100, 0.04, 0.0), side(1, 106, 0.04, 0.0)),
    }
    return [(name, judge(*sides).metrics[0]) for name, sides in cases.items()]


def x(percent: float) -> float:
    inside = max(-SPAN, min(SPAN, percent))
    return LEFT + (inside + SPAN) / (2 * SPAN) * (WIDTH - LEFT - RIGHT)


def draw(rows: list[tuple[str, MetricEvidence]]) -> str:
    height = TOP + ROW * len(rows) + 44
    bottom = height - 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="15" role="img" '
        'aria-label="Five comparisons as intervals against a margin of 3 percent">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="20" y="30" font-size="18" font-weight="600" fill="#222">'
        "An interval against a margin: what decides</text>",
        f'<rect x="{x(-MARGIN):.1f}" y="{TOP - 12}" width="{x(MARGIN) - x(-MARGIN):.1f}" height="{bottom - TOP + 12}" '
        'fill="#e8eef6"/>',
        f'<text x="{x(0):.1f}" y="{TOP - 20}" text-anchor="middle" fill="#555" font-size="13">margin ±3 %</text>',
        f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{TOP - 12}" y2="{bottom}" stroke="#777" stroke-dasharray="4 3"/>',
    ]
    for i, (name, e) in enumerate(rows):
        y = TOP + ROW * i + 24
        colour = COLOURS[e.decision.value]
        low, high = e.ci or (0.0, 0.0)
        effect = e.effect_percent or 0.0
        parts += [
            f'<text x="20" y="{y}" fill="#222">{name}</text>',
            f'<text x="20" y="{y + 19}" fill="#666" font-size="13">'
            f"{effect:+.1f} % ({low:+.1f} to {high:+.1f} %)</text>",
            f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="4"/>',
            *(
                f'<path d="M {x(end):.1f} {y - 6} l {7 * sign} 6 l {-7 * sign} 6" fill="none" stroke="{colour}" '
                'stroke-width="2.5"/>'
                for end, sign in ((low, -1), (high, 1))
                if abs(end) > SPAN
            ),
            f'<circle cx="{x(effect):.1f}" cy="{y}" r="6" fill="{colour}"/>',
            f'<text x="{WIDTH - RIGHT + 20}" y="{y + 5}" font-weight="600" fill="{colour}">{e.decision.value}</text>',
        ]
    for tick in ("−15", "−10", "−5", "0", "+5", "+10", "+15"):
        at = x(float(tick.replace("−", "-")))
        parts.append(f'<text x="{at:.1f}" y="{bottom + 20}" text-anchor="middle" fill="#555">{tick} %</text>')
    better, worse = "◀ faster", "slower ▶"
    parts += [
        f'<text x="{LEFT}" y="{bottom + 39}" fill="#555" font-size="13">{better}</text>',
        f'<text x="{WIDTH - RIGHT}" y="{bottom + 39}" text-anchor="end" fill="#555" font-size="13">{worse}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    target = Path(__file__).parents[1] / "docs" / "evidence.svg"
    target.parent.mkdir(exist_ok=True)
    target.write_text(draw(examples()))
    print(target)
