"""Draw docs/architecture.svg from the code: rooms are what import-linter's layers name, arrows what imports say.

python tools/draw_architecture.py

Reads the source with `ast` and imports nothing of it, so the picture is what the code is, not what it was meant to be.
A test holds the committed picture against a fresh one.
"""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "holobench_mcp"
PICTURE = ROOT / "docs" / "architecture.svg"

WIDTH, MARGIN = 1040, 200
ROOM_HEIGHT, STOREY, TOP = 58, 88, 84
#: Between rooms of one storey; and how far an arrow in the corridor runs from its rooms.
GAP, CORRIDOR = 14, 12
#: Python's own names beside the rooms: the version, and the public names of the package.
NOT_ROOMS = ("__init__", "_version")
STYLE = """
  .page { fill: #ffffff } .title, .name { fill: #14213d } .soft { fill: #5c6676 }
  .room { fill: #f2f5fa; stroke: #aab6c8 }
  .arrow { fill: none; stroke: #2f5fa8; stroke-width: 1.8 } .arrow-tip { fill: #2f5fa8 }
  .implied { fill: none; stroke: #8fa3c4; stroke-width: 1 } .implied-tip { fill: #8fa3c4 }
  .arrow:hover, .implied:hover { stroke: #d1495b; stroke-width: 2.4 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .title, .name { fill: #e6edf3 } .soft { fill: #9aa7b8 }
    .room { fill: #182130; stroke: #3d4c63 }
    .arrow { stroke: #6ea0f0 } .arrow-tip { fill: #6ea0f0 }
    .implied { stroke: #5a6f96 } .implied-tip { fill: #5a6f96 }
  }
"""


@dataclass(frozen=True)
class Room:
    """A wing or a single module: where its box stands, and what it says of itself."""

    name: str
    storey: int
    x: float
    width: float
    purpose: str

    @property
    def y(self) -> float:
        """The upper edge."""
        return TOP + self.storey * STOREY

    @property
    def middle(self) -> float:
        """Half-way between the sides."""
        return self.x + self.width / 2


def storeys() -> list[list[str]]:
    """The rooms of each storey, highest first, as import-linter's layers name them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = config["tool"]["importlinter"]["contracts"]
    return [[name.strip().removeprefix("holobench_mcp.") for name in layer.split("|")] for layer in contract["layers"]]


def imports() -> set[tuple[str, str]]:
    """Every pair of rooms of which the first imports the second."""
    pairs = set()
    for path in sorted(SOURCE.rglob("*.py")):
        room = path.relative_to(SOURCE).with_suffix("").parts[0]
        pairs |= {(room, target) for target in _targets(path) if target != room}
    return {(a, b) for a, b in pairs if a not in NOT_ROOMS and b not in NOT_ROOMS}


def _targets(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "holobench_mcp":
            names |= {f"holobench_mcp.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("holobench_mcp.")}


def purpose(room: str) -> str:
    """The first sentence that a room says of itself."""
    path = SOURCE / room / "__init__.py" if (SOURCE / room).is_dir() else SOURCE / f"{room}.py"
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(doc.split("\n\n")[0].split()).split(". ")[0].rstrip(".:;").replace("`", "")


def placed(floors: list[list[str]]) -> dict[str, Room]:
    """Each room in its place. Those that share a storey stand side by side."""
    rooms = {}
    inner = WIDTH - 2 * MARGIN
    for storey, names in enumerate(floors):
        width = (inner - GAP * (len(names) - 1)) / len(names)
        for i, name in enumerate(names):
            rooms[name] = Room(name, storey, MARGIN + i * (width + GAP), width, purpose(name))
    return rooms


def said_already(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Imports that other arrows imply: the first room reaches the second by way of a third."""
    targets: dict[str, set[str]] = {}
    for a, b in pairs:
        targets.setdefault(a, set()).add(b)

    def reach(room: str) -> set[str]:
        near = targets.get(room, set())
        return near.union(*(reach(n) for n in near))

    return {(a, b) for a, b in pairs if any(b in reach(other) for other in targets[a] - {b})}


def draw() -> str:
    """The picture."""
    floors = storeys()
    rooms = placed(floors)
    pairs = imports()
    _check(rooms, pairs)
    implied = said_already(pairs)
    height = TOP + len(floors) * STOREY + 6
    parts = [_head(height, len(rooms), len(pairs), len(floors))]
    lanes = _Lanes()
    for a, b in sorted(pairs & implied, key=lambda p: (rooms[p[1]].storey - rooms[p[0]].storey, p)):
        parts.append(_arc(rooms[a], rooms[b], lanes, "implied"))
    for a, b in sorted(pairs - implied):
        straight = rooms[b].storey - rooms[a].storey == 1
        parts.append(_drop(rooms[a], rooms[b]) if straight else _arc(rooms[a], rooms[b], lanes, "arrow"))
    parts += [_box(room) for room in rooms.values()]
    return "\n".join([*parts, "</svg>\n"])


def _check(rooms: dict[str, Room], pairs: set[tuple[str, str]]) -> None:
    homeless = {name for pair in pairs for name in pair} - rooms.keys()
    if homeless:
        raise SystemExit(f"{', '.join(sorted(homeless))}: in no layer of import-linter's contract in pyproject.toml")
    upward = [f"{a} → {b}" for a, b in sorted(pairs) if rooms[b].storey <= rooms[a].storey]
    if upward:
        raise SystemExit(f"imports that point up or sideways: {', '.join(upward)}")


def _head(height: int, rooms: int, arrows: int, floors: int) -> str:
    label = f"The house: {rooms} rooms on {floors} floors, {arrows} imports, all of them downwards"
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"
  font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" role="img" aria-label="{label}">
<style>{STYLE}</style>
<defs>{_tip("arrow", 9)}{_tip("implied", 7)}</defs>
<rect class="page" width="{WIDTH}" height="{height}" rx="8"/>
<text class="title" x="24" y="34" font-size="19" font-weight="650">The house: every import points down</text>
<text class="soft" x="24" y="56" font-size="13">{rooms} rooms, {arrows} imports. Strong: the next room down. Thin: also
imported, though a strong way leads there.</text>"""


def _tip(kind: str, size: int) -> str:
    return (
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="{size}" markerHeight="{size}" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="{kind}-tip" d="M0 0.5 L8 4 L0 7.5 z"/></marker>'
    )


class _Lanes:
    """Where on a room's side the next arc begins or ends, so that no two do so at one place."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], int] = {}
        self._turn = 0

    def next_y(self, room: Room, side: str) -> float:
        count = self._used.get((room.name, side), 0)
        self._used[room.name, side] = count + 1
        steps = (0, 1, -1, 2, -2, 3, -3)
        return room.y + ROOM_HEIGHT / 2 + steps[count % len(steps)] * 7

    def side(self, a: Room, b: Room) -> str:
        """The side on which both have a free edge; by turns, where both sides are free."""
        free = [s for s in ("left", "right") if _outer(a, s) and _outer(b, s)]
        if len(free) == 1:
            return free[0]
        self._turn += 1
        return ("left", "right")[self._turn % 2]


def _outer(room: Room, side: str) -> bool:
    return room.x == MARGIN if side == "left" else abs(room.x + room.width - (WIDTH - MARGIN)) < 1


def _arc(a: Room, b: Room, lanes: _Lanes, kind: str) -> str:
    """An import past the rooms between: out of a side, around, and into the side of the other.

    A room between two others has no free side; its arrows run along the corridor above or below its storey.
    """
    side = lanes.side(a, b)
    out = -1 if side == "left" else 1
    wall = MARGIN if side == "left" else WIDTH - MARGIN
    lane = wall + out * (26 + 15.5 * (b.storey - a.storey))
    if _outer(a, side):
        y1 = lanes.next_y(a, side)
        start = f"M{wall} {y1:.1f}"
    else:
        x, y1 = a.middle + out * 30, a.y + ROOM_HEIGHT + CORRIDOR
        start = f"M{x:.1f} {a.y + ROOM_HEIGHT} Q{x:.1f} {y1} {x + out * CORRIDOR:.1f} {y1} L{wall} {y1}"
    if _outer(b, side):
        y2 = lanes.next_y(b, side)
        end = ""
    else:
        x, y2 = b.middle + out * 30, b.y - CORRIDOR
        end = f" L{x + out * CORRIDOR:.1f} {y2} Q{x:.1f} {y2} {x:.1f} {b.y - 1}"
    path = f"{start} C{lane:.1f} {y1:.1f} {lane:.1f} {y2:.1f} {wall} {y2:.1f}{end}"
    return f'<path class="{kind}" d="{path}" marker-end="url(#{kind})"><title>{a.name} imports {b.name}</title></path>'


def _drop(a: Room, b: Room) -> str:
    """An import of the next storey: straight down, from the wider room to the middle of the narrower."""
    x = b.middle if b.width <= a.width else a.middle
    path = f"M{x:.1f} {a.y + ROOM_HEIGHT:.1f} L{x:.1f} {b.y - 1:.1f}"
    return f'<path class="arrow" d="{path}" marker-end="url(#arrow)"><title>{a.name} imports {b.name}</title></path>'


def _box(room: Room) -> str:
    name = f"{room.name}/" if (SOURCE / room.name).is_dir() else f"{room.name}.py"
    lines = [
        f'<g><rect class="room" x="{room.x:.1f}" y="{room.y}" width="{room.width:.1f}" height="{ROOM_HEIGHT}" rx="7"/>',
        f'<text class="name" x="{room.middle:.1f}" y="{room.y + 21}" text-anchor="middle" font-size="15" '
        f'font-weight="650">{name}</text>',
    ]
    for i, line in enumerate(_wrapped(room.purpose, room.width)):
        lines.append(
            f'<text class="soft" x="{room.middle:.1f}" y="{room.y + 37 + 13 * i}" text-anchor="middle" '
            f'font-size="11.5">{escape(line)}</text>'
        )
    return "\n".join([*lines, "</g>"])


def _wrapped(text: str, width: float) -> list[str]:
    """At most two lines that fit into a room; the rest is an ellipsis."""
    most = int((width - 16) / 6.0)
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines if len(lines) <= 2 else [lines[0], lines[1][: most - 1].rstrip(" ,") + "…"]


def main() -> None:
    PICTURE.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
