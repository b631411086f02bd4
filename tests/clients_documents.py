"""Configurations as people and editors leave them: any values, any layout, with comments where the form has them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

KEYS = st.text(min_size=1, max_size=8).filter(lambda key: key != "holobench")
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
OTHER_SERVERS = st.dictionaries(
    KEYS, st.fixed_dictionaries({"command": st.text(), "x": VALUES}), min_size=1, max_size=3
)
SPACES = st.sampled_from(["", " ", "\n", "\t", "  ", "\n    ", "\r\n"])
REMARKS = st.sampled_from(["/* a */", '// b: {"c": 1},\n', '/* \n // d " */', "//\n", "/**/"])


@st.composite
def json_documents(draw: st.DrawFn, key: str) -> tuple[dict[str, Any], str]:
    """A document with other servers under a key, and a text that says it."""
    others = {**draw(st.dictionaries(KEYS, VALUES, max_size=3)), key: draw(OTHER_SERVERS)}
    document = {name: others[name] for name in draw(st.permutations(list(others)))}
    kind = draw(st.sampled_from(["compact", "spaces", "tabs", "windows", "comments"]))
    match kind:
        case "compact":
            text = json.dumps(document)
        case "spaces":
            text = json.dumps(document, indent=draw(st.integers(0, 5)), ensure_ascii=False) + draw(SPACES)
        case "tabs":
            text = json.dumps(document, indent="\t") + "\n"
        case "windows":
            text = json.dumps(document, indent=2).replace("\n", "\r\n")
        case _:
            text = _commented(draw, document)
    return document, text


def _commented(draw: st.DrawFn, value: Any) -> str:
    """The value with a remark or white space wherever one may be, and trailing commas."""

    def gap() -> str:
        return draw(SPACES) + (draw(REMARKS) if draw(st.integers(0, 3)) == 0 else "") + draw(SPACES)

    def written(part: Any) -> str:
        match part:
            case dict():
                items = [f"{gap()}{json.dumps(k)}{gap()}:{gap()}{written(v)}{gap()}" for k, v in part.items()]
                left, right = "{", "}"
            case list():
                items, left, right = [f"{gap()}{written(v)}{gap()}" for v in part], "[", "]"
            case _:
                return json.dumps(part)
        trailing = f",{gap()}" if items and draw(st.booleans()) else ""
        return left + (",".join(items) or gap()) + trailing + right

    return gap() + written(value) + gap()


BARE = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True).filter(lambda key: key not in ("holobench", "mcp_servers"))
TOML_STRINGS = st.sampled_from(
    ['"a # b"', "'c:\\d'", '"""\n[mcp_servers.holobench]\ncommand = "x"\n"""', "'''\n[x]\n# y'''", '"é\\u0000"', '""']
)
TOML_VALUES = st.one_of(
    TOML_STRINGS,
    st.sampled_from(
        ["1", "-2.5", "true", "nan", "inf", "2026-11-26", "[1, 2]", "[\n  1, # one\n  2,\n]", "{ a = [1], b = 'c' }"]
    ),
)


@st.composite
def toml_documents(draw: st.DrawFn) -> str:
    """A text with other servers among other tables, in the order and layout that somebody left."""
    lines = [f"{key} = {draw(TOML_VALUES)}{draw(st.sampled_from(['', ' # why']))}" for key in draw(_names())]
    sections = [f"projects.'/a/{key}'" for key in draw(_names())]
    for name in draw(_names(1)):
        sections += [f"mcp_servers.{name}", *([f"mcp_servers.{name}.env"] if draw(st.booleans()) else [])]
    for section in draw(st.permutations(sections)):
        lines += [draw(st.sampled_from(["", "# about it", "\n"])), f"[{section}]{draw(st.sampled_from(['', ' # it']))}"]
        lines += [f"{key} = {draw(TOML_VALUES)}" for key in draw(_names())]
        lines += [draw(st.sampled_from(["", "# behind it", "  "]))]
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    return "\n".join(lines).replace("\n", eol) + draw(st.sampled_from(["", eol, eol * 2]))


def _names(least: int = 0) -> st.SearchStrategy[list[str]]:
    # "env" would be a table and a value at once.
    return st.lists(BARE.filter(lambda key: key != "env"), min_size=least, max_size=3, unique=True)
