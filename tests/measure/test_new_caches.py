"""Answers that outlive a call are found by what the code does, whatever it is called; honest changes are left alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caching_functions import FUNCTIONS
from caching_objects import OBJECTS
from holobench_mcp.measure.caches.change import FileSource, Modules, new_caches
from holobench_mcp.measure.caches.python import caches_in
from holobench_mcp.measure.caches.scopes import TooMuchWork
from holobench_mcp.measure.cautions import change_cautions
from holobench_mcp.measure.change import read_change
from honest_changes import BASE, HONEST

CACHING = {**FUNCTIONS, **OBJECTS}
WHOLE = "\n".join(source for source, _ in CACHING.values())


def added(head: str, base: str = BASE) -> list[str]:
    found = new_caches([FileSource("work.py", base.encode(), head.encode())])
    assert found.unreadable == ()
    return [cache.place for _, cache in found.caches]


@pytest.mark.parametrize("way", CACHING)
def test_answers_that_outlive_a_call_are_found(way: str) -> None:
    source, place = CACHING[way]
    assert place in added(source)


@pytest.mark.parametrize("way", CACHING)
def test_the_names_do_not_matter(way: str) -> None:
    source, _ = CACHING[way]
    for old, new in (("_SEEN", "RESULT"), ("answers", "config"), ("_T", "_LOGGER"), ("answer", "value")):
        source = source.replace(old, new)
    assert added(source)


@pytest.mark.parametrize("way", CACHING)
def test_a_cache_that_the_base_had_is_not_new(way: str) -> None:
    source, _ = CACHING[way]
    assert added(f"import this\n{source}\nx = 1\n", source) == []


@pytest.mark.parametrize("way", CACHING)
def test_a_cache_that_moves_to_another_file_is_not_new(way: str) -> None:
    source = CACHING[way][0].encode()
    files = [FileSource("old.py", source, None), FileSource("new/place.py", None, b"import this\n" + source)]
    assert new_caches(files).caches == ()


@pytest.mark.parametrize("change", HONEST)
def test_an_honest_change_is_left_alone(change: str) -> None:
    assert added(HONEST[change]) == []


def test_one_cache_that_goes_does_not_excuse_two_that_come() -> None:
    one = "_A = {}\ndef f(x):\n    if x not in _A:\n        _A[x] = sorted(x)\n    return _A[x]\n"
    other = one.replace("_A", "_B").replace("f(", "g(")
    assert added(one, other) == ["_A"]
    assert added(one + one.replace("f(", "g("), one) == ["_A"]
    assert added(one.replace("f(", "quick_f("), one) == []


def test_an_existing_function_of_nothing_that_is_worked_out_once_is_told_of() -> None:
    """Without arguments there is one answer only, and a new table is none; but what was worked out each time was one."""
    cached = "from functools import cache\n@cache\ndef work():\n    return sum(range(1000))\n"
    assert added(cached, "def work():\n    return sum(range(1000))\n") == ["@cache"]
    assert added(cached, "x = 1\n") == []


@pytest.mark.parametrize("where", ["from .tools import quick", "from app.tools import quick", "from . import quick"])
def test_a_decorator_of_another_file_that_was_there_before_is_followed(where: str) -> None:
    decorator = CACHING["a decorator of one's own"][0].replace("fast", "quick")
    plain = "def work(text):\n    return sorted(text)\n"
    files = {"app/tools.py": decorator.encode(), "app/__init__.py": b"from .tools import quick, slow\n"}
    modules = Modules(lambda: list(files), files.get)
    head = f"{where}\n@quick\n{plain}".encode()
    found = new_caches([FileSource("app/work.py", plain.encode(), head)], modules)
    assert [(path, cache.function, cache.place) for path, cache in found.caches] == [("app/work.py", "work", "@quick")]
    assert new_caches([FileSource("app/work.py", head, head + b"x = 1\n")], modules).caches == ()
    other = head.replace(b"quick", b"slow")
    assert new_caches([FileSource("app/work.py", plain.encode(), other)], modules).caches == ()


def test_what_is_said_has_the_place_and_a_step_that_can_be_taken(
    tmp_path: Path, repository: Callable[..., str]
) -> None:
    (tmp_path / "work.py").write_text(BASE)
    repository("the base")
    (tmp_path / "work.py").write_text(CACHING["a dict of the module"][0])
    head = repository("the head")
    (caution,) = change_cautions(read_change(tmp_path, f"{head}~1", head), protected=["b.py"], import_folders=["."])
    assert caution.what == "cached_answers"
    assert caution.detail == "the head's change keeps answers beyond a call: work() in _SEEN (work.py:6)"
    assert caution.next_step == (
        "Measure with fresh inputs: give work() an input that it has not had at each sample, or run "
        "`work._SEEN.clear()` before each."
    )


@pytest.mark.parametrize("way", CACHING)
def test_the_line_is_in_the_function(way: str) -> None:
    source, place = CACHING[way]
    read = caches_in(source)
    assert read is not None
    (cache, *_) = [c for c in read.caches if c.place == place]
    assert source.splitlines()[cache.line - 1].strip()


# ---------------------------------------------------------------------- hostile files

HOSTILE = {
    "brackets": "x = " + "(" * 5000 + ")" * 5000,
    "minuses": "x = " + "-" * 50_000 + "1",
    "a long sum": "def f(a):\n    x = " + "+".join(["a"] * 20_000),
    "sums": "def f(a):\n    global x\n" + "".join(f"    x = {'+'.join(['a'] * 900)}\n" for _ in range(300)),
    "attributes": "x = a" + ".b" * 50_000,
    "calls": "x = a" + "()" * 50_000,
    "names of names": "def f(a):\n" + "".join(f"    v{i} = v{i + 1}\n" for i in range(5000)) + "    v5000 = g(a)\n",
    "a web of names": "def f(a):\n" + "".join(f"    v{i} = [v{(i * 7) % 999}, v{(i * 31) % 999}, G[v{i}]]\n" for i in range(3000)),
    "functions in functions": "".join(f"{' ' * i}def f{i}(a):\n" for i in range(95)) + " " * 95 + "pass\n",
    "lambdas": "x = " + "lambda a: " * 3000 + "a",
    "many functions": "G = {}\n" + "".join(f"def f{i}(a):\n    G[a] = f{i + 1}(a)\n    return G[a]\n" for i in range(5000)),
    "tries": "def f(a):\n" + "".join(f"{' ' * (i + 1)}try:\n" for i in range(19)) + " " * 20 + "x = G[a]\n",
    "a deep or": "def f(a):\n    return " + "(G[a] or " * 150 + "a" + ")" * 150,
    "a null": "x = 1\0",
    "no text": b"\xff\xfe\x00x",
    "another coding": b"# coding: utf-7\n+AHgAPQAx-",
    "no coding": b"# coding: none\nx = 1",
    "half a surrogate": b"x = '\\ud800'\ndef f(\xc3): pass",
    "large": "x = 1\n" * 400_000,
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_in_a_moment_or_not_at_all(name: str) -> None:
    source = HOSTILE[name]
    began = time.monotonic()
    found = new_caches([FileSource("work.py", BASE.encode(), source if isinstance(source, bytes) else source.encode())])
    assert time.monotonic() - began < 30
    assert found.caches == () or name == "many functions"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_reading_never_fails(source: bytes) -> None:
    with suppress(TooMuchWork):
        caches_in(source)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["drop", "swap", "double", "indent"]))
def test_reading_damaged_python_never_fails(seed: int, damage: str) -> None:
    """Lines of real ways to keep answers, in disorder: most of it is Python still."""
    rng = random.Random(seed)
    lines = rng.choice([*(s for s, _ in CACHING.values()), *HONEST.values(), WHOLE]).splitlines()
    for _ in range(rng.randint(1, 5)):
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        if damage == "drop" and len(lines) > 1:
            del lines[i]
        elif damage == "swap":
            lines[i], lines[j % len(lines)] = lines[j % len(lines)], lines[i]
        elif damage == "double":
            lines.insert(j, lines[i])
        else:
            lines[i] = f"    {lines[i]}"
        if not lines:
            break
    caches_in("\n".join(lines))


@pytest.mark.parametrize("way", CACHING)
def test_other_code_beside_it_hides_no_cache_and_makes_none(way: str) -> None:
    """Whatever its functions and methods are called: an object's methods are those of its class."""
    source, place = CACHING[way]
    alone = set(added(source))
    assert place in alone
    for honest, code in HONEST.items():
        renamed = code.replace("work", "other").replace("Words", "Others").replace("_TABLE", "_ROWS")
        assert set(added(f"{renamed}\n{source}")) == alone, honest
