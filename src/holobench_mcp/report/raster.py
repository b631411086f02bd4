"""A picture as PNG, by resvg, which is one wheel for every Python and no library of the system's: the extra `png`.

It writes text in the fonts of this machine. Where there is none, text would be missing without a word, which is looked
for first.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from holobench_mcp.model import OutputError
from holobench_mcp.report.style import FONT

#: Dots of a picture for each of its pixels: screens show two.
_ZOOM = 2.0


def check_renderer() -> None:
    """Raise OutputError where no PNG can be made here: without the library, or without a font."""
    _fonts(_renderer())


def rendered(svg: str) -> bytes:
    """An SVG of `pictures` as PNG. Raises OutputError where it can't be made."""
    renderer = _renderer()
    fonts = _fonts(renderer)
    try:
        return bytes(renderer.svg_to_bytes(svg_string=svg, zoom=_ZOOM, font_dirs=fonts))
    except ValueError as problem:
        raise OutputError(f"The picture can't be made a PNG: {problem}.") from problem


def _renderer() -> ModuleType:
    try:
        import resvg_py
    except ImportError as problem:
        raise OutputError(
            "--png: making a PNG needs the package resvg-py: pip install 'holobench-mcp[png]'. --svg needs nothing."
        ) from problem
    return resvg_py


def _fonts(renderer: ModuleType) -> list[str] | None:
    """Folders of fonts beside the system's own: None where that writes text; Matplotlib's, where it is installed."""
    if _writes(renderer, None):
        return None
    found = find_spec("matplotlib")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        fonts = [str(Path(folder) / "mpl-data" / "fonts" / "ttf")]
        if _writes(renderer, fonts):
            return fonts
    raise OutputError(
        "--png: this machine has no font to write with. Install one, such as the package fonts-dejavu-core; "
        "--svg needs none."
    )


def _writes(renderer: ModuleType, fonts: list[str] | None) -> bool:
    """Whether text leaves a trace."""
    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'
    empty, written = (frame.format(f'<text y="9" font-family="{FONT}">{text}</text>') for text in ("", "M"))
    return bool(
        renderer.svg_to_bytes(svg_string=empty, font_dirs=fonts)
        != renderer.svg_to_bytes(svg_string=written, font_dirs=fonts)
    )
