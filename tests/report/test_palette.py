"""Every reader can read and tell apart: contrast of text, and decisions' colours under the two common ways of seeing less."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from holobench_mcp.model import Decision
from holobench_mcp.report.marks import WORDS, outline
from holobench_mcp.report.palette import DARK, LIGHT
from holobench_mcp.report.style import picture_style, stylesheet

THEMES = {"light": LIGHT, "dark": DARK}
#: Machado, Oliveira and Fernandes 2009, at full severity, on linear RGB.
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
SIGHTS = {"all colours": np.eye(3), "deuteranopia": np.array(DEUTERANOPIA), "protanopia": np.array(PROTANOPIA)}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio."""
    dark, light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one: str, other: str, sight: np.ndarray) -> float:
    return float(np.linalg.norm(lab(sight @ linear(one)) - lab(sight @ linear(other))))


@pytest.mark.parametrize("theme", THEMES)
def test_text_has_contrast_on_every_ground_that_it_stands_on(theme: str) -> None:
    colours = THEMES[theme]
    for text in ("ink", "soft", *WORDS):
        for ground in ("ground", "panel"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    # Marks are no text; they stand on the margin's band as well.
    assert all(contrast(colours[decision], colours["band"]) >= 3 for decision in WORDS)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", THEMES)
def test_better_and_worse_look_different_to_every_eye(theme: str, sight: str) -> None:
    colours = THEMES[theme]
    assert difference(colours["improved"], colours["regressed"], SIGHTS[sight]) > 60
    for one, other in combinations(WORDS, 2):
        assert difference(colours[one], colours[other], SIGHTS[sight]) > 10, (one, other)


def test_no_two_decisions_have_one_shape_or_one_word() -> None:
    shapes = {str(outline(decision)).split('class="')[0] for decision in Decision}
    assert len(shapes) == len(set(WORDS.values())) == len(Decision)


def test_the_stylesheet_has_both_themes_and_a_picture_has_no_variables() -> None:
    style = stylesheet()
    for colour in (*LIGHT.values(), *DARK.values()):
        assert colour in style
    assert ":root[data-theme=light]" in style and ":root[data-theme=dark]" in style
    for dark in (None, False, True):
        assert "var(" not in picture_style(dark=dark)
    assert "prefers-color-scheme" in picture_style() and "prefers-color-scheme" not in picture_style(dark=True)
