"""What `npm run NAME` and its like start: the script of that name in package.json, which is only read.

npm hands words on to a script by writing them behind its text. So a script is one command with its words where it is
plain; what chains commands, or takes the output of some, is for a shell to tell, and is left alone.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Options that take the next word, of any of them; those that name the folder; those that run it in other packages.
_VALUES = frozenset({"--loglevel", "--script-shell", "--reporter", "--shell", "--env-file"})
_FOLDER = frozenset({"--prefix", "--cwd", "-C", "--dir"})
_OTHERS = re.compile(r"(?:-w|-ws|--workspace|--workspaces|-r|--recursive|-F|--filter|--elide-lines)(?:=|$)")
_MOST_BYTES = 1 << 20
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)


@dataclass(frozen=True)
class Runner:
    """A program that runs scripts. run: its words for it. own: further names of scripts that it runs without one.

    bare: whether a script's name alone is enough. separator: what parts its own options from the script's words.
    """

    run: frozenset[str]
    own: Mapping[str, str]
    bare: bool
    separator: bool


_OWN = {"test": "test", "start": "start", "t": "test", "tst": "test"}
RUNNERS: Mapping[str, Runner] = {
    "npm": Runner(frozenset({"run", "run-script", "rum", "urn"}), _OWN, bare=False, separator=True),
    "pnpm": Runner(frozenset({"run", "run-script"}), _OWN, bare=True, separator=False),
    "yarn": Runner(frozenset({"run"}), {}, bare=True, separator=False),
    "bun": Runner(frozenset({"run"}), {}, bare=False, separator=False),
}


@dataclass(frozen=True)
class PackageScript:
    """A script that some words run. line: its own words; None where its text is not one plain command.

    commands: the words of each, where it is several. separated: whether further words need no `--` in front.
    """

    name: str
    text: str
    folder: Path
    line: tuple[str, ...] | None
    commands: tuple[tuple[str, ...], ...] = ()
    separated: bool = True


def package_script(program: str, words: Sequence[str], cwd: Path) -> PackageScript | None:
    """The script that a program runs by some words; None where it runs none that can be found."""
    runner = RUNNERS.get(program)
    if runner is None:
        return None
    at, is_run, name = 0, False, None
    while at < len(words) and name is None:
        word = words[at]
        option, _, value = word.partition("=")
        if _OTHERS.match(word):
            return None
        if option in _FOLDER:
            cwd = cwd / (value or (words[at + 1] if at + 1 < len(words) else ""))
        if word.startswith("-"):
            at += 1 if value or option not in _VALUES | _FOLDER else 2
            continue
        if is_run:
            name = word
        elif word in runner.run:
            is_run = True
        elif word in runner.own or runner.bare:
            name = runner.own.get(word, word)
        else:
            return None
        at += 1
    found = None if name is None else _script(name, cwd)
    if name is None or found is None:
        return None
    folder, text = found
    further, separated = _handed_on(words[at:], runner)
    if further is None:
        return None
    commands, is_plain = _commands(text)
    line = (*commands[0], *further) if is_plain else None
    return PackageScript(name, text, folder, line, commands, separated)


def _handed_on(words: Sequence[str], runner: Runner) -> tuple[tuple[str, ...] | None, bool]:
    """Which of the words behind its name a script gets, and whether further ones at the end are its own too.

    None for words by which it is run in other packages.
    """
    if not runner.separator:
        return tuple(words), True
    end = words.index("--") if "--" in words else len(words)
    if any(_OTHERS.match(word) for word in words[:end]):
        return None, True
    return (*(word for word in words[:end] if not word.startswith("-")), *words[end + 1 :]), end < len(words)


def _script(name: str, cwd: Path) -> tuple[Path, str] | None:
    """The folder of the package that a folder is in, and the text of its script."""
    for folder in (cwd, *cwd.parents):
        if (file := folder / "package.json").is_file():
            with suppress(OSError, ValueError, KeyError, TypeError, RecursionError), file.open("rb") as stream:
                text = json.loads(stream.read(_MOST_BYTES))["scripts"][name]
                return (folder, text) if isinstance(text, str) else None
            return None
    return None


def _commands(text: str) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """The words of each command in a script's text, and whether it is one plain one, whose words end the text."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    commands: list[list[str]] = [[]]
    try:
        for word in lexer:
            if word and set(word) <= set("();<>|&"):
                commands.append([])
            else:
                commands[-1].append(word)
    except ValueError:
        return (), False
    is_plain = len(commands) == 1 and bool(commands[0]) and not set(text) & set("`\n\\")
    named = (["env", *words] if _ASSIGNMENT.fullmatch(words[0]) else words for words in commands if words)
    return tuple(tuple(words) for words in named), is_plain
