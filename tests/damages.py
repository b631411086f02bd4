"""A small store with every kind of object in it, and every kind of damage that can come to one of them."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

from conftest import rewrite
from holobench_mcp.config import load_config
from holobench_mcp.model import Measurement, MeasurementDocument, RunRole
from holobench_mcp.store import layout
from holobench_mcp.store.marker import CHAINED_MARKER_BYTES
from holobench_mcp.workspace import Workspace
from stored_runs import START, timing

#: What a damage does to one file.
KINDS = ("flip", "cut", "empty", "remove", "swap", "append", "edit")


def small_store(folder: Path, *, chain: bool = False) -> Path:
    """Two measurements' results with their documents, two results by hand, baselines and comparisons.

    chain: whether its journal is chained, so that edits of what may change are found as well.
    """
    space = Workspace(load_config(project=folder, store=str(folder / "small"), environ={}))
    space.store.wants_chain = chain
    ids = []
    for at, factor in ((0, 1.0), (10, 1.3)):
        measurement = f"sort-20260301T1200{at:02d}Z-abcdef"
        runs = [
            space.record(
                timing(factor, at + i, revision=f"{at:040x}", measurement=Measurement(id=measurement, run=i, runs=2))
            )
            for i in range(2)
        ]
        roles = tuple(RunRole(result_id=i, bench_name="sort", run=k) for k, i in enumerate(runs))
        space.store.put_measurement(
            MeasurementDocument(
                id=measurement, kind="benchmark", started_at=START.isoformat(), status="finished", roles=roles
            )
        )  # fmt: skip
        ids.append(runs[0])
    ids += [space.record(timing(2.0, 20 + i, bench="search", revision=f"{i:040x}")) for i in range(2)]
    for result_id in ids[:2]:
        space.store.set_ref("sort", "main", result_id)
    space.store.set_ref("search", "release", ids[2])
    space.compare(ids[0], ids[1])
    space.compare(ids[2], ids[3])
    assert not list(space.store.verify())
    return folder / "small"


def damage(store: Path, seed: int) -> str | None:
    """Do one kind of damage to one file, as a seed says. Gives back what was done; None where that changes nothing."""
    chance = random.Random(seed)
    files = sorted(path for path in store.rglob("*") if path.is_file())
    path, kind = chance.choice(files), chance.choice(KINDS)
    data = path.read_bytes()
    name = path.relative_to(store).as_posix()
    match kind:
        case "flip":
            i, bit = chance.randrange(len(data)), chance.randrange(8)
            path.write_bytes(data[:i] + bytes([data[i] ^ 1 << bit]) + data[i + 1 :])
        case "cut":
            path.write_bytes(data[: chance.randrange(len(data))])
        case "empty":
            path.write_bytes(b"")
        case "remove":
            path.unlink()
        case "swap":
            like = [p for p in files if p.relative_to(store).parts[0] == path.relative_to(store).parts[0] and p != path]
            if not like:
                return None
            other = chance.choice(like)
            theirs = other.read_bytes()
            if theirs == data:
                return None
            path.write_bytes(theirs)
            other.write_bytes(data)
            name += f" with {other.relative_to(store)}"
        case "append":
            path.write_bytes(data + chance.choice((b"\n", b" ", b"\0", b"{}")))
        case "edit":
            is_chained = (store / layout.MARKER).read_bytes() == CHAINED_MARKER_BYTES
            changing = (layout.MEASUREMENTS, layout.COMPARISONS, layout.JOURNAL) if is_chained else ()
            if not name.startswith((layout.RESULTS, layout.REFS, *changing)):
                return None
            where = edit(path, chance)
            name += f" at {where}"
    return f"{kind} {name}"


def edit(path: Path, chance: random.Random) -> str:
    """Change one value of a document, and give it a right digest."""
    places: list[tuple[object, ...]] = []

    def walk(value: object, place: tuple[object, ...]) -> None:
        if isinstance(value, dict | list) and value:
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                walk(part, (*place, key))
        else:
            places.append(place)

    document = json.loads(path.read_bytes())
    del document["digest"]
    walk(document, ())
    place = chance.choice(places)
    holder = document
    for key in place[:-1]:
        holder = holder[key]  # type: ignore[index]
    match holder[place[-1]]:  # type: ignore[index]
        case bool() as value:
            new: object = not value
        case int() | float() as value:
            new = value + 1
        case str() as value:
            new = value + "x"
        case None:
            new = "x"
        case _:
            new = {"x": 1}
    holder[place[-1]] = new  # type: ignore[index]
    rewrite(path, lambda _: document)
    return ".".join(map(str, place))


def copy_of(store: Path, to: Path) -> Path:
    shutil.copytree(store, to)
    return to
