"""Was the change measured? What each side's warm-up loaded, beside the files that differ between the sides.

A project that is installed by copy runs the same code on both sides, whatever the head changes; so does a benchmark
that never reaches it. Where that is so, no number says anything of the change, and the answer has to begin with it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from holobench_mcp.capture.loaded_files import LoadedFiles
from holobench_mcp.measure.change import Change
from holobench_mcp.measure.failures import setting
from holobench_mcp.measure.file_names import named
from holobench_mcp.model import Difference

_COMPILED_FROM = frozenset({
    ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".cu", ".pyx", ".pxd", ".rs", ".go", ".f", ".f90", ".zig",
})  # fmt: skip
_PROSE = frozenset({".md", ".rst", ".txt", ".adoc"})
#: Folders that hold importable code without being part of a module's name.
_IMPORT_ROOTS = frozenset({"src", "lib", "python"})
_MODULES = (".py", ".so", ".pyd", ".pyx")
#: Programs that a benchmark asks about the machine or its own revision: they load nothing of a change.
_HARMLESS = frozenset({
    "git", "uname", "hostname", "lscpu", "ldconfig", "sysctl", "nvidia-smi", "lsb_release", "stty", "tput", "nproc",
})  # fmt: skip
_PYTHON = re.compile(r"python[\d.]*(?:\.exe)?")
_STANDARD_LIBRARY = re.compile(r"[/\\](?:lib(?:64)?[/\\]python\d[\d.]*t?|Lib)[/\\]")
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Footprint:
    """What one side's warm-up loaded: of its own tree, and from elsewhere."""

    top: Path
    known: bool  #: whether a Python said anything
    whole: bool  #: whether nothing else can have read a file unseen
    files: Mapping[str, str]  #: of the tree, by path from its top: what the file held
    modules: frozenset[str]  #: those of `files` that were loaded as modules
    elsewhere: Mapping[str, frozenset[str]]  #: modules from outside the tree and the standard library, and where from


def footprint(top: Path, loaded: LoadedFiles) -> Footprint:
    """What a run in a worktree loaded. To be taken before anything else happens in the tree."""
    elsewhere: dict[str, set[str]] = {}
    modules: set[str] = set()
    for name, paths in loaded.modules.items():
        for path in paths:
            inside = _inside(path, top)
            modules.update(inside)
            if not inside and not _is_pythons_own(path):
                elsewhere.setdefault(name, set()).add(path)
    opened = {name for path in loaded.opened or () for name in _inside(path, top)}
    contents = {name: digest for name in modules | opened if (digest := _content(top / name)) is not None}
    return Footprint(
        top=top,
        known=loaded.known,
        whole=loaded.opened is not None
        and all(map(_is_transparent, loaded.programs))
        and all(map(_is_harmless, loaded.deaf)),
        files=contents,
        modules=frozenset(modules & contents.keys()),
        elsewhere={name: frozenset(paths) for name, paths in elsewhere.items()},
    )


def loading_cautions(
    change: Change,
    base: Footprint,
    head: Footprint,
    *,
    below: str = ".",
    built: bool = False,
    by_hand: bool = False,
) -> tuple[Difference, ...]:
    """What to say where what was measured is not what the head changes. Nothing where it is, or is not known.

    below: the project's folder, from the repository's top. built: whether a setup has built something in the trees.
    by_hand: whether the command was given on the command line, which has options where a configuration has keys.
    """
    differing = differing_files(change, base, head)
    if not differing or not (base.known and head.known):
        return ()
    copies = _copies(differing, base, head, below)
    measured = _loaded_of(differing, base, head) or _builds_differ(change, base, head, built=built)
    if copies:
        return (_installed(copies, below, in_part=bool(measured), by_hand=by_hand),)
    if measured or not (base.whole and head.whole):
        return ()
    if built and any(PurePosixPath(path).suffix in _COMPILED_FROM for path in differing):
        detail = (
            f"what was built from both sides is the same byte for byte: the head changes {named(differing)}, and "
            "neither that nor anything else that the benchmark loads differs"
        )
        return (Difference(severity="caution", what="same_artefact", detail=detail),)
    return (_not_loaded(differing),)


def footprint_note(base: Footprint, head: Footprint) -> str | None:
    """What to note where a Python does not say what it loads."""
    if base.known and head.known:
        return None
    return (
        "Which files were loaded is not known, as the command is no Python, or one that ignores its environment (-I, "
        "-E, -S): that the change was measured is taken on trust."
    )


# ---------------------------------------------------------------------- what was measured


def differing_files(change: Change, base: Footprint, head: Footprint) -> list[str]:
    """The changed files that differ in the trees as they were measured: of protected ones both have the base's."""
    return [path for path in change.paths if not _same(base.top / path, head.top / path)]


def _loaded_of(paths: Sequence[str], base: Footprint, head: Footprint) -> list[str]:
    """Those that a side loaded; of a folder, such as a submodule or a link, whatever stands in it."""
    loaded = base.files.keys() | head.files.keys()
    parents = {parent.as_posix() for name in loaded for parent in PurePosixPath(name).parents}
    return [path for path in paths if path in loaded or path in parents]


def _builds_differ(change: Change, base: Footprint, head: Footprint, *, built: bool) -> bool:
    """Whether a side loaded something made of the change: a build in its tree, or one of its own elsewhere."""
    names = base.files.keys() | head.files.keys() if built else base.modules | head.modules
    made = [name for name in names - set(change.paths) if not name.endswith(".pyc")]
    if any(not _same(base.top / name, head.top / name) for name in made):
        return True
    for module in base.elsewhere.keys() & head.elsewhere.keys():
        ours, theirs = base.elsewhere[module], head.elsewhere[module]
        if ours != theirs and {_content(Path(p)) for p in ours} != {_content(Path(p)) for p in theirs}:
            return True
    return False


@dataclass(frozen=True)
class _Copy:
    """Where both sides loaded a changed module from, and the folder of the tree that it should have come from."""

    place: str
    import_root: PurePosixPath


def _copies(differing: Sequence[str], base: Footprint, head: Footprint, below: str) -> dict[str, _Copy]:
    """The changed modules that both sides loaded from outside their trees.

    A module that is new is in no installed copy; there, that its package is one tells as much.
    """
    copies: dict[str, _Copy] = {}
    for path in differing:
        if path in base.files or path in head.files:
            continue
        for name, root in _module_names(path, (base.top, head.top), below):
            places = base.elsewhere.get(name)
            if places and places == head.elsewhere.get(name):
                copies[path] = _Copy(min(places), root)
                break
    return copies


def _module_names(path: str, tops: Sequence[Path], below: str) -> Iterable[tuple[str, PurePosixPath]]:
    """The names by which Python may know a file, then that of its package; each with the folder it is imported from."""
    file = PurePosixPath(path)
    if not file.name.endswith(_MODULES):
        return
    parts = [*file.parent.parts, file.name.partition(".")[0]]
    # Python looks for modules in the project's folder, or in one that only holds them.
    tops_of_modules = {PurePosixPath(), PurePosixPath(below)}
    tops_of_modules |= {top / folder for top in tops_of_modules for folder in _IMPORT_ROOTS}
    package = next((i for i in range(len(parts) - 1) if _has_init(tops, parts[: i + 1])), None)
    # A folder without an __init__ may be a namespace of a package, or none.
    for start in [package] if package is not None else range(len(parts)):
        words = parts[start:-1] if parts[-1] == "__init__" else parts[start:]
        root = PurePosixPath(*parts[:start])
        # One word alone names a module only where Python looks for it: `utils` is a name of many.
        if len(words) > 1 or (words and root in tops_of_modules):
            yield ".".join(words), root
    if package is not None:
        yield parts[package], PurePosixPath(*parts[:package])


def _has_init(tops: Sequence[Path], folder: Sequence[str]) -> bool:
    return any((top / Path(*folder, "__init__.py")).is_file() for top in tops)


# ---------------------------------------------------------------------- in words


def _installed(copies: Mapping[str, _Copy], below: str, *, in_part: bool, by_hand: bool) -> Difference:
    path, copy = next(iter(copies.items()))
    others = f", and {len(copies) - 1} more of the changed files alike" if len(copies) > 1 else ""
    part = "this part of the change was not measured" if in_part else "nothing of the change was measured"
    tree = (PurePosixPath("{tree}") / os.path.relpath(copy.import_root, below)).as_posix()
    detail = (
        f"both sides loaded {named([path])} from {named([copy.place])}, an installed copy outside their trees{others}: "
        f"{part}. Let each side load its own with {setting('PYTHONPATH', tree, by_hand=by_hand)}, or with a setup that "
        "installs into {tree}"
    )
    return Difference(severity="caution", what="installed_copy", detail=detail)


def _not_loaded(differing: Sequence[str]) -> Difference:
    suffixes = {PurePosixPath(path).suffix.lower() for path in differing}
    if suffixes <= _PROSE:
        detail = f"the head changes only text ({named(differing)}), which neither side loads: both ran the same code"
        return Difference(severity="caution", what="same_artefact", detail=detail)
    files = named(differing) if len(differing) == 1 else f"any of the {len(differing)} files ({named(differing)})"
    detail = (
        f"neither side loaded {files} that the head changes: both sides ran the same code, and this benchmark can't "
        "see the change"
    )
    if suffixes & _COMPILED_FROM:
        detail += ". Compiled sources need a setup that builds them in each tree"
    return Difference(severity="caution", what="change_not_loaded", detail=detail)


# ---------------------------------------------------------------------- files


def _inside(path: str, top: Path) -> list[str]:
    """A path from a tree's top, as it was named and as it is; none where it leads elsewhere. Bytecode is its source."""
    with suppress(ValueError, NotImplementedError):
        path = importlib.util.source_from_cache(path)
    names = []
    for place, root in ((path, str(top)), (os.path.realpath(path), os.path.realpath(top))):
        if place.startswith(root + os.sep):
            name = Path(place[len(root) + 1 :])
            # What is imported from an archive has a path that goes on below it.
            file = next((p for p in (name, *name.parents) if (top / p).is_file()), name)
            if ".git" not in name.parts:
                names.append(file.as_posix())
    return list(dict.fromkeys(names))


def _is_pythons_own(path: str) -> bool:
    return _STANDARD_LIBRARY.search(path) is not None and not _INSTALLED.search(path)


def _is_transparent(program: str) -> bool:
    """Whether what a program loads is known: it is a Python, which says so itself, or loads nothing of a change."""
    if _is_harmless(program) or _PYTHON.fullmatch(Path(program).name):
        return True
    with suppress(OSError, ValueError), Path(program).open("rb") as file:
        first = file.readline(200)
        return first.startswith(b"#!") and b"python" in first
    return False


def _is_harmless(program: str) -> bool:
    return Path(program.partition(" ")[0]).name in _HARMLESS


def _content(path: Path) -> str | None:
    """A digest of what a file holds; None where there is none, or it can't be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()


def _same(one: Path, other: Path) -> bool:
    """Whether two files hold the same; folders, and files that are on one side alone, do not."""
    contents = _content(one), _content(other)
    return contents[0] == contents[1] and contents[0] is not None
