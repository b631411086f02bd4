"""Go: what `go test -bench=. -count=10 | tee FILE` prints, also as `-json`.

`-8` behind a name is GOMAXPROCS where all names have it. `/key=value` parts of a name are inputs. A line has several
pairs of a value and a unit. The rounds of `-count` share one process: they are repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Extract, Point, Reading, direction_of, number_or_text, numbers_where_all_are
from holobench_mcp.model import Direction

NAME = "go"
WORDS = "go test -bench=. -count=10 > FILE"
_LINE = re.compile(r"^(Benchmark\S*)[ \t]+(\d+)[ \t]+(\S.*)$", re.MULTILINE)
_RESULT = re.compile(r"^Benchmark\S*[ \t]+\d+[ \t]+[-+0-9.eE]+[ \t]+\S", re.MULTILINE)
_SETTING = re.compile(r"([a-z][^\sA-Z:]*):[ \t]*(.*)")
_UNIT = re.compile(r"Unit[ \t]+(\S+)[ \t]+(.*)")
_FAILED = re.compile(r"(?:--- )?FAIL\b.*|panic: .*")
_PROCESSORS = re.compile(r"(.*)-(\d+)")
_HASH = re.compile(r"[0-9a-f]{7,64}")
#: What Go itself measures.
_METRICS = {"ns/op": "time"}
_LOWER = frozenset({"ns/op", "B/op", "allocs/op"})


@dataclass(frozen=True)
class _Line:
    package: str
    name: str
    values: tuple[tuple[str, float], ...]


def recognises(content: Content) -> bool:
    """Whether it has a line of a result."""
    return _RESULT.search(_printed(content)) is not None


def read(content: Content) -> list[Extract]:
    """One measurement."""
    lines: list[_Line] = []
    settings: dict[str, str] = {}
    directions: dict[str, Direction] = {}
    failures: list[str] = []
    for number, line in enumerate(_printed(content).split("\n"), start=1):
        text = line.rstrip("\r")
        if match := _LINE.match(text):
            lines.append(_Line(settings.get("pkg", ""), match[1], tuple(_values(match[3], number))))
        elif match := _UNIT.match(text):
            better = re.search(r"\bbetter=(higher|lower)\b", match[2])
            if better:
                directions[match[1]] = Direction.maximize if better[1] == "higher" else Direction.minimize
        elif match := _SETTING.fullmatch(text):
            settings[match[1]] = match[2].strip()
        elif _FAILED.match(text):
            failures.append(f"the tests failed: {' '.join(text.split())[:80]}")
    if not lines:
        raise Malformed("it has no line of a benchmark's result")
    revision = settings.get("commit", "")
    return [
        Extract(
            tool="go test",
            points=_points(lines, directions),
            identity=content.identity,
            environment=_environment(settings),
            revision=revision if _HASH.fullmatch(revision) else None,
            left_out=failures[:3],
        )
    ]


def _printed(content: Content) -> str:
    """What go test printed; of `-json` the output that its events tell, package by package."""
    first = content.objects[0].value if content.objects else None
    if not isinstance(first, dict) or "Action" not in first:
        return content.text or ""
    outputs: dict[str, list[str]] = {}
    for event in content.objects:
        members = event.value if isinstance(event.value, dict) else {}
        if members.get("Action") == "output" and isinstance(members.get("Output"), str):
            outputs.setdefault(str(members.get("Package", "")), []).append(str(members["Output"]))
    return "\n".join("".join(output) for output in outputs.values())


def _values(text: str, line: int) -> Iterator[tuple[str, float]]:
    words = text.split()
    if len(words) % 2:
        raise Malformed(f"line {line}: values and units come in pairs, not {text!r:.80}")
    for value, unit in zip(words[::2], words[1::2], strict=True):
        yield unit, Node(number_or_text(value), f"line {line}: {unit}").number()


def _points(lines: Sequence[_Line], directions: dict[str, Direction]) -> list[Point]:
    split = _without_processors(lines)
    parts = [name.split("/") for name, _ in split]
    texts = [_inputs(rest) for _, *rest in parts]
    inputs = numbers_where_all_are(texts)
    points = []
    for line, (name, *_), given, (_, processors) in zip(lines, parts, inputs, split, strict=True):
        readings = [
            Reading(
                _METRICS.get(unit, unit),
                unit,
                directions.get(unit, Direction.minimize if unit in _LOWER else direction_of(unit)),
                [[value]],
            )
            for unit, value in line.values
        ]
        bench = f"{line.package}.{name}" if line.package else name
        points.append(Point(bench, {**given, **({"procs": processors} if processors else {})}, readings))
    return points


def _inputs(parts: Sequence[str]) -> dict[str, str]:
    """`key=value` parts by their keys; all others together are a case."""
    inputs = dict(part.split("=", 1) for part in parts if "=" in part[1:])
    plain = [part for part in parts if "=" not in part[1:]]
    return {**inputs, **({"case": "/".join(plain)} if plain else {})}


def _without_processors(lines: Sequence[_Line]) -> list[tuple[str, int | None]]:
    """Names without what says GOMAXPROCS, which is an input where `-cpu` made several of each benchmark.

    On one processor Go writes nothing, and a name's own `-8` stays.
    """
    found = [_PROCESSORS.fullmatch(line.name) for line in lines]
    if len({match[2] if match else None for match in found}) == 1:
        return [(match[1] if match else line.name, None) for line, match in zip(lines, found, strict=True)]
    by_base: dict[tuple[str, str], set[int]] = {}
    split = [
        (line.package, match[1], int(match[2])) if match else (line.package, line.name, 1)
        for line, match in zip(lines, found, strict=True)
    ]
    for package, base, processors in split:
        by_base.setdefault((package, base), set()).add(processors)
    first = next(iter(by_base.values()))
    if len(first) > 1 and all(processors == first for processors in by_base.values()):
        return [(base, processors) for _, base, processors in split]
    return [(line.name, None) for line in lines]


def _environment(settings: dict[str, str]) -> dict[str, object]:
    os = " ".join(filter(None, (settings.get("goos"), settings.get("goarch"))))
    return {key: value for key, value in (("os", os), ("cpu_model", settings.get("cpu"))) if value}
