"""What the pages show of the code is drawn and written from the code: tables, the picture, the list of slow tests."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conftest import SLOW
from house_scripts import script

ROOT = Path(__file__).parents[2]


def test_tables_are_what_the_program_says() -> None:
    tables = script("write_tables")
    for page in tables.PAGES:
        assert tables.written(page) == (ROOT / page).read_text(encoding="utf-8"), f"{page}: make tables"


def test_the_reference_is_what_the_code_says() -> None:
    reference = script("write_reference")
    pages = {path.name: path.read_text(encoding="utf-8") for path in reference.FOLDER.glob("*.md")}
    assert pages == reference.pages(), "make tables"


def test_the_picture_of_the_house_is_what_the_imports_say() -> None:
    drawn = script("draw_architecture").draw()
    assert (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8") == drawn, "make tables"
    ET.fromstring(drawn)


def test_a_room_without_a_floor_and_an_import_that_points_up_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    house = script("draw_architecture")
    imports = house.imports()
    monkeypatch.setattr(house, "imports", lambda: {*imports, ("store", "attic")})
    with pytest.raises(SystemExit, match="attic"):
        house.draw()
    monkeypatch.setattr(house, "imports", lambda: {*imports, ("model", "store")})
    with pytest.raises(SystemExit, match="model → store"):
        house.draw()


def test_every_test_on_the_list_of_slow_ones_is_there() -> None:
    """A test that is renamed would be fast by name and slow in fact; `make slow` times all anew."""
    for line in SLOW.read_text(encoding="utf-8").split():
        file, _, function = line.partition("::")
        assert f"def {function.rpartition('::')[2]}(" in (ROOT / file).read_text(encoding="utf-8"), line
