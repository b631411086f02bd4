"""The reference is whole: every key of the configuration is explained with an example that works, every variable named."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from holobench_mcp.cli.examples import EXAMPLES
from holobench_mcp.config import FileConfig, load_config
from house_scripts import script

ROOT = Path(__file__).parents[2]
reference = script("write_reference")


def keys(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, type[BaseModel], str]]:
    """Every key that may be written, with the model that it is of."""
    for name, entry in model.model_fields.items():
        yield f"{place}{name}", model, name
        for inner in reference._models(entry.annotation):
            yield from keys(inner, f"{place}{name}.")


KEYS = list(keys(FileConfig))


@pytest.mark.parametrize(("key", "model", "name"), KEYS, ids=[key for key, _, _ in KEYS])
def test_a_key_has_a_description_and_an_example_that_is_right(key: str, model: type[BaseModel], name: str) -> None:
    entry = model.model_fields[name]
    assert entry.description, key
    [example] = entry.examples or [None]
    assert example is not None, key
    assert tomllib.loads(f"key = {reference._toml(example)}")["key"] == example
    annotated: Any = typing.get_type_hints(model, include_extras=True)[name]
    TypeAdapter(annotated).validate_python(example)
    assert example != entry.default, f"{key}: an example that is the default shows nothing"


def test_the_examples_of_the_top_are_a_configuration(tmp_path: Path) -> None:
    lines = [
        f"{name} = {reference._toml(entry.examples[0])}"
        for name, entry in FileConfig.model_fields.items()
        if entry.examples
    ]
    (tmp_path / "saved").mkdir()
    (tmp_path / "project").mkdir()
    text = "\n".join(["[tool.holobench-mcp]", *lines])
    (tmp_path / "project" / "pyproject.toml").write_text(text, encoding="utf-8")
    config = load_config(project=tmp_path / "project", environ={})
    assert config.store == "s3://bucket/results" and config.benchmarks["sort"].command == ("python", "bench.py")


def test_every_variable_of_the_code_is_in_the_reference() -> None:
    """But for those by which our own processes speak to one another."""
    ours = {"HOLOBENCH_MCP_PROBE", "HOLOBENCH_MCP_PROBE_MODE", "HOLOBENCH_MCP_IMPORT", "HOLOBENCH_MCP_RUN"}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    read = {name.rstrip("_") for name in re.findall(r"\bHOLOBENCH_MCP_[A-Z_]+", code)} - ours
    named = {name.rstrip("_…") for name in reference.VARIABLES}
    assert read <= named, read - named


def test_every_tool_and_command_has_an_example() -> None:
    pages = reference.pages()
    tools = re.findall(r"^## (\S+)$", pages["tools.md"], re.MULTILINE)
    commands = re.findall(r"^## (.+)$", pages["commands.md"], re.MULTILINE)
    assert all(f"`{name}(" in pages["tools.md"] for name in tools) and set(tools) == set(reference.CALLS)
    assert set(commands) == set(EXAMPLES) and pages["commands.md"].count("Exits with: ") == len(commands)
