"""Which program a command starts, behind all that only starts another one.

Words are passed over as the shell would hand them on. What can't be told (a shell's own text, code of `-c`) is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import Literal

from holobench_mcp.capture.tools.package_scripts import PackageScript, package_script
from holobench_mcp.capture.tools.wrappers import WRAPPERS, Wrapper

_PYTHON = re.compile(r"(?:python|pypy)w?(?:\d+(?:\.\d+)*)?t?|py")
#: Options of Python that take the next word.
_PYTHON_VALUES = frozenset({"-X", "-W", "--check-hash-based-pycs"})
_MODULE = ("-m", "--module")
#: `-m` at the end of flags, with the module in the same word or in the next.
_MODULE_FLAG = re.compile(r"^-[bBdEiIOPqsSuvx]*m")
Kind = Literal["program", "module", "script"]
#: A command is no deeper than that.
_MOST_WRAPPERS = 12


@dataclass(frozen=True)
class Launch:
    """Words that run a script of package.json, by its text. outer: the script that these words stand in themselves."""

    words: tuple[str, ...]
    script: PackageScript
    outer: Launch | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the outermost."""
        return self.words if self.outer is None else self.outer.command

    def with_words(self, *added: str) -> tuple[str, ...]:
        """The command with further words behind the script's."""
        behind = added if self.script.separated else ("--", *added)
        return (*self.words, *behind) if self.outer is None else self.outer.with_words(*behind)


@dataclass(frozen=True)
class Started:
    """What a command starts: a program by its name, a module of Python, or a script by its path.

    line: its words, of package.json where a script there starts it. at: the place of that word in it. cwd: the folder
    that it starts in. env: its environment, None for this process's. launch: what runs the script of package.json.
    script: what it runs of package.json, where that can't be told apart.
    """

    line: tuple[str, ...]
    at: int
    kind: Kind
    cwd: Path
    env: Mapping[str, str] | None = None
    launch: Launch | None = None
    script: PackageScript | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """The words that were given."""
        return self.line if self.launch is None else self.launch.command

    @property
    def word(self) -> str:
        """How it is written."""
        return self.line[self.at]

    @cached_property
    def name(self) -> str:
        """The program's or module's name without folder, `.exe` and version (`vitest@5`); of a script its file's."""
        return _MODULE_FLAG.sub("", self.word, count=1) if self.kind == "module" else _program(self.word)

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it gets."""
        return self.line[self.at + 1 :]

    @property
    def path(self) -> Path:
        """The file of a program or script that is named by its path."""
        return self.cwd / self.word

    def with_words(self, *added: str, behind: int = 0) -> tuple[str, ...]:
        """The command with further words for what it starts, behind so many of its own; behind all, where a script of
        package.json starts it."""
        if self.launch is not None:
            return self.launch.with_words(*added)
        place = self.at + 1 + behind
        return (*self.line[:place], *added, *self.line[place:])

    def option(self, *names: str, short: str | None = None) -> str | None:
        """What was given for an option: the last time, before `--`. short: `-o`, whose value may stand in its word."""
        found = None
        words = self.words
        for i, word in enumerate(words):
            if word == "--":
                break
            if word in (*names, short) and i + 1 < len(words):
                found = words[i + 1]
            elif short is not None and word.startswith(short) and not word.startswith("--") and word != short:
                found = word[len(short) :].removeprefix("=")
            else:
                found = next((word[len(n) + 1 :] for n in names if word.startswith(f"{n}=")), found)
        return found

    def has(self, *flags: str) -> bool:
        """Whether one of some words is among its own, before `--`."""
        words = self.words
        end = words.index("--") if "--" in words else len(words)
        return any(word in flags for word in words[:end])


def started(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Started | None:
    """What a command starts; None where that can't be told."""
    words = tuple(command)
    if any("\0" in word for word in words):
        return None
    at: int = 0
    kind: Kind = "program"
    launch: Launch | None = None
    for _ in range(_MOST_WRAPPERS):
        if at >= len(words) or not words[at].strip():
            return None
        found = Started(words, at, kind, cwd, env, launch)
        if kind == "script":
            return found
        script = package_script(found.name, found.words, cwd) if kind == "program" else None
        if script is not None and script.line is None:
            return replace(found, script=script)
        if script is not None and script.line is not None:
            launch = Launch(words, script, launch)
            words, at, cwd = script.line, 0, script.folder
            continue
        if kind == "program" and _PYTHON.fullmatch(found.name):
            step = _behind_python(words, at + 1)
        else:
            wrapper = WRAPPERS.get(found.name)
            passed = None if wrapper is None else _behind(wrapper, words, at + 1, cwd)
            if wrapper is None or passed is None:
                return found
            at, cwd = passed
            is_python = wrapper.starts == "python" and at < len(words) and re.match(r"-|.*\.py$", words[at])
            step = _behind_python(words, at) if is_python else (at, "program")
        if step is None:
            return None
        at, kind = step
    return None


def _behind(wrapper: Wrapper, words: Sequence[str], at: int, cwd: Path) -> tuple[int, Path] | None:
    """Where the words of what a wrapper starts begin, and in which folder; None where it starts nothing."""
    needed = [name.split() for name in wrapper.subcommands if name]
    waits = bool(needed)
    while at < len(words):
        word = words[at]
        if waits and (taken := next((n for n in needed if list(words[at : at + len(n)]) == n), None)):
            at, waits = at + len(taken), False
        elif word == "--":
            at += 1
            break
        elif word in wrapper.gives_up or any(word.startswith(f"{o}=") for o in wrapper.gives_up):
            return None
        elif wrapper.starts == "python" and (word in _MODULE or word.startswith("-m")):
            break
        elif word.startswith("-") and len(word) > 1:
            option, _, value = word.partition("=")
            if option in wrapper.folder:
                cwd = cwd / (value or (words[at + 1] if at + 1 < len(words) else ""))
            takes_next = not value and option in wrapper.values | wrapper.folder
            at += 2 if takes_next else 1
        elif wrapper.own is not None and wrapper.own.fullmatch(word):
            at += 1
        else:
            break
    if waits and "" not in wrapper.subcommands:
        return None
    return at + wrapper.words, cwd


def _behind_python(words: Sequence[str], at: int) -> tuple[int, Kind] | None:
    """Where the module or script stands that a Python runs; None for code in the command, or none."""
    while at < len(words):
        word = words[at]
        match = _MODULE_FLAG.match(word)
        if word in _MODULE or (match is not None and match.end() == len(word)):
            return (at + 1, "module") if at + 1 < len(words) else None
        if match is not None:
            return at, "module"
        if word == "--":
            return (at + 1, "script") if at + 1 < len(words) else None
        if not word.startswith("-"):
            return at, "script"
        if word == "-" or re.match(r"-[A-Za-z]*c", word):
            return None
        at += 2 if word in _PYTHON_VALUES else 1
    return None


def _program(word: str) -> str:
    """A program's name: without its folder and `.exe`, hatch's environment in front and npm's version behind."""
    word = re.sub(r"^[^:/\\]+:(?=[\w.])", "", word)
    name = PureWindowsPath(word).name if "\\" in word else word.rstrip("/").rpartition("/")[2]
    return re.sub(r"(?<=.)@[^@]*$", "", name.removesuffix(".exe"))
