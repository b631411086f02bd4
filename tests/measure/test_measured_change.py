"""Whether the change was measured: told from what both sides loaded, and from what differs between them."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from holobench_mcp.capture.loaded_files import LoadedFiles
from holobench_mcp.measure.change import Change, FileChange
from holobench_mcp.measure.measured_change import Footprint, footprint, footprint_note, loading_cautions
from holobench_mcp.model import Difference


class Trees:
    """The trees of a base and a head, and a place outside them where something is installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tops = {"base": folder / "base", "head": folder / "head"}
        self.installed = folder / "venv" / "lib" / "python3.11" / "site-packages"

    def write(self, name: str, text: str = "x = 1\n", head: str | None = None) -> None:
        for side, top in self.tops.items():
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if side == "base" or head is None else head)

    def install(self, name: str) -> str:
        path = self.installed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
        return str(path)

    def prints(
        self, modules: dict[str, str], opened: Sequence[str] = (), programs: Sequence[str] = ()
    ) -> tuple[Footprint, Footprint]:
        def place(top: Path, path: str) -> str:
            return path if Path(path).is_absolute() else str(top / path)

        def of(top: Path) -> Footprint:
            return footprint(
                top,
                LoadedFiles(
                    modules={name: frozenset({place(top, path)}) for name, path in modules.items()},
                    opened=frozenset(place(top, path) for path in opened),
                    programs=frozenset(programs),
                ),
            )

        return of(self.tops["base"]), of(self.tops["head"])


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    trees = Trees(tmp_path)
    trees.write("bench.py")
    return trees


def change(*paths: str) -> Change:
    return Change(tuple(FileChange(path, "M") for path in paths))


def whats(cautions: tuple[Difference, ...]) -> list[str]:
    return [caution.what for caution in cautions]


MAIN = {"__main__": "bench.py"}


@pytest.mark.parametrize(
    ("path", "module", "below", "root"),
    [
        ("src/pkg/core.py", "pkg/core.py", ".", "{tree}/src"),
        ("pkg/core.py", "pkg/core.py", ".", "{tree}"),
        ("src/pkg/__init__.py", "pkg/__init__.py", ".", "{tree}/src"),
        ("core.py", "core.py", ".", "{tree}"),
        ("src/core.py", "core.py", ".", "{tree}/src"),
        ("sub/src/pkg/core.py", "pkg/core.py", "sub", "{tree}/src"),
        ("sub/core.py", "core.py", "sub", "{tree}"),
        ("libs/a/pkg/core.py", "pkg/core.py", ".", "{tree}/libs/a"),
        ("sub/pkg/deep/core.py", "pkg/deep/core.py", ".", "{tree}/sub"),
        ("lib/pkg/core.py", "pkg/core.py", "sub", "{tree}/../lib"),
    ],
)
@pytest.mark.parametrize("has_init", [True, False])
def test_an_installed_copy_is_told_with_what_to_set(
    trees: Trees, path: str, module: str, below: str, root: str, has_init: bool
) -> None:
    trees.write(path, "slow = 0\n", head="slow = 1\n")
    package = Path(path).parent
    for folder in [package, *package.parents] if has_init else []:
        if folder.name not in ("src", "lib", "sub", "libs", "a", ""):
            trees.write(f"{folder}/__init__.py", "", head=None) if Path(path).name != "__init__.py" else None
    copy = trees.install(module)
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    prints = trees.prints({**MAIN, name: copy})
    for by_hand, way in ((True, f"--env PYTHONPATH={root}, or"), (False, f'env = {{ PYTHONPATH = "{root}" }}, or')):
        (caution,) = loading_cautions(change(path), *prints, below=below, by_hand=by_hand)
        assert (caution.what, caution.severity) == ("installed_copy", "caution")
        assert path in caution.detail and copy in caution.detail and way in caution.detail


def test_a_module_that_is_new_is_in_no_installed_copy(trees: Trees) -> None:
    trees.write("src/pkg/__init__.py")
    (trees.tops["head"] / "src/pkg/fast.py").write_text("x = 1\n")
    copy = trees.install("pkg/__init__.py")
    (caution,) = loading_cautions(change("src/pkg/fast.py"), *trees.prints({**MAIN, "pkg": copy}))
    assert caution.what == "installed_copy" and "src/pkg/fast.py" in caution.detail


def test_a_part_of_the_change_may_be_measured(trees: Trees) -> None:
    trees.write("src/pkg/core.py", head="y = 2\n")
    trees.write("helper.py", head="y = 2\n")
    copy = trees.install("pkg/core.py")
    prints = trees.prints({**MAIN, "pkg.core": copy, "helper": "helper.py"})
    (caution,) = loading_cautions(change("src/pkg/core.py", "helper.py"), *prints)
    assert caution.what == "installed_copy" and "this part of the change was not measured" in caution.detail


@pytest.mark.parametrize(
    ("path", "installed", "name"),
    [
        ("tools/utils.py", "utils.py", "utils"),  # a name of many
        ("tests/core.py", "other/core.py", "other.core"),
        ("pkg/core.py", "pkg/other.py", "pkg.other"),
    ],
)
def test_what_only_looks_alike_is_no_copy(trees: Trees, path: str, installed: str, name: str) -> None:
    trees.write(path, head="y = 2\n")
    cautions = loading_cautions(change(path), *trees.prints({**MAIN, name: trees.install(installed)}))
    assert whats(cautions) == ["change_not_loaded"]


def test_the_standard_librarys_modules_are_no_copies(trees: Trees) -> None:
    trees.write("queue.py", head="y = 2\n")
    (caution,) = loading_cautions(change("queue.py"), *trees.prints({**MAIN, "queue": "/usr/lib/python3.11/queue.py"}))
    assert caution.what == "change_not_loaded"


@pytest.mark.parametrize(
    ("paths", "what", "says"),
    [
        (["README.md"], "same_artefact", "the head changes only text (README.md)"),
        (["docs/a.rst", "NOTES.txt"], "same_artefact", "only text (docs/a.rst, NOTES.txt)"),
        (["tests/test_x.py"], "change_not_loaded", "neither side loaded tests/test_x.py that the head changes"),
        (["pyproject.toml", "pkg/other.py"], "change_not_loaded", "any of the 2 files (pyproject.toml, pkg/other.py)"),
        (["README.md", "pkg/other.py"], "change_not_loaded", "any of the 2 files (README.md, pkg/other.py)"),
        (["fast.c"], "change_not_loaded", "a setup that builds them in each tree"),
    ],
)
def test_a_change_that_no_side_loads_is_told(trees: Trees, paths: list[str], what: str, says: str) -> None:
    for path in paths:
        trees.write(path, head="y = 2\n")
    (caution,) = loading_cautions(change(*paths), *trees.prints(MAIN))
    assert caution.what == what and says in caution.detail


@pytest.mark.parametrize(
    ("path", "modules", "opened"),
    [
        ("src/pkg/core.py", {"pkg.core": "src/pkg/core.py"}, []),
        ("src/pkg/core.py", {}, ["src/pkg/core.py"]),
        ("src/pkg/core.py", {}, ["src/pkg/__pycache__/core.cpython-311.pyc"]),
        ("data/words.csv", {}, ["data/words.csv"]),
        ("run.sh", {}, ["run.sh"]),
        ("fast.so", {"fast": "fast.so"}, []),
    ],
)
def test_a_change_that_a_side_loads_was_measured(trees: Trees, path: str, modules: dict, opened: list) -> None:
    trees.write(path, head="y = 2\n")
    for name in opened:
        if not (trees.tops["base"] / name).exists():
            trees.write(name)
    assert loading_cautions(change(path), *trees.prints({**MAIN, **modules}, opened)) == ()


@pytest.mark.parametrize("only_on", ["base", "head"])
def test_a_file_that_one_side_alone_has_and_loads_was_measured(trees: Trees, only_on: str) -> None:
    trees.write("gone.py")
    prints = trees.prints({**MAIN, "gone": "gone.py"})
    other = {"base": "head", "head": "base"}[only_on]
    (trees.tops[other] / "gone.py").unlink()
    assert loading_cautions(change("gone.py"), *prints) == ()


def test_what_stands_in_a_changed_submodule_or_archive_was_measured(trees: Trees) -> None:
    trees.write("vendor/lib/x.py", head="y = 2\n")
    assert loading_cautions(change("vendor"), *trees.prints({**MAIN, "lib.x": "vendor/lib/x.py"})) == ()
    for side, top in trees.tops.items():
        with zipfile.ZipFile(top / "code.zip", "w") as archive:
            archive.writestr("mod.py", f"side = {side!r}")
    assert loading_cautions(change("code.zip"), *trees.prints({**MAIN, "mod": "code.zip/mod.py"})) == ()


def test_a_tree_that_is_reached_by_a_link_is_the_tree(trees: Trees) -> None:
    trees.write("core.py", head="y = 2\n")
    real = trees.folder / "real"
    real.mkdir()
    prints = []
    for side, top in trees.tops.items():
        shutil.move(top, real / side)
        top.symlink_to(real / side)
        prints.append(
            footprint(top, LoadedFiles(modules={"core": frozenset({str(real / side / "core.py")})}, opened=frozenset()))
        )
    assert loading_cautions(change("core.py"), *prints) == ()


def test_a_protected_file_is_of_no_change(trees: Trees) -> None:
    trees.write("bench.py", "same = 1\n")
    assert loading_cautions(change("bench.py"), *trees.prints(MAIN)) == ()


@pytest.mark.parametrize(
    ("programs", "known"),
    [(["/usr/bin/git", "uname"], True), (["/bin/python3.11"], True), (["/usr/bin/node"], False), (["/bin/sh"], False)],
)
def test_what_another_program_loads_is_not_known(trees: Trees, programs: list[str], known: bool) -> None:
    trees.write("lib.js", head="y = 2\n")
    assert bool(loading_cautions(change("lib.js"), *trees.prints(MAIN, programs=programs))) is known


@pytest.mark.parametrize(("deaf", "known"), [("/bin/python3.11", False), ("/usr/bin/git", True)])
def test_what_a_python_loads_that_says_nothing_is_not_known(trees: Trees, deaf: str, known: bool) -> None:
    trees.write("lib.py", head="y = 2\n")
    modules = {"__main__": frozenset({str(trees.tops["base"] / "bench.py")})}
    files = LoadedFiles(modules=modules, opened=frozenset(), deaf=frozenset({deaf}))
    prints = [footprint(top, files) for top in trees.tops.values()]
    assert bool(loading_cautions(change("lib.py"), *prints)) is known


def test_a_script_of_python_is_a_python(trees: Trees) -> None:
    trees.write("lib.py", head="y = 2\n")
    (trees.folder / "tool").write_text("#!/opt/venv/bin/python\nimport x\n")
    assert loading_cautions(change("lib.py"), *trees.prints(MAIN, programs=[str(trees.folder / "tool")]))


def test_of_a_python_that_says_nothing_nothing_is_said(trees: Trees) -> None:
    trees.write("core.py", head="y = 2\n")
    silent = [footprint(top, LoadedFiles()) for top in trees.tops.values()]
    assert loading_cautions(change("core.py"), *silent) == ()
    assert "taken on trust" in (footprint_note(*silent) or "") and footprint_note(*trees.prints(MAIN)) is None


# ---------------------------------------------------------------------- builds


def built(trees: Trees, where: Callable[[str], str], *, differs: bool) -> tuple[Footprint, Footprint]:
    prints = []
    for side, top in trees.tops.items():
        path = trees.folder / where(side)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"machine code" + (side.encode() if differs else b""))
        modules = {"fast": frozenset({str(path)}), "__main__": frozenset({str(top / "bench.py")})}
        prints.append(footprint(top, LoadedFiles(modules=modules, opened=frozenset())))
    return prints[0], prints[1]


@pytest.mark.parametrize(
    "where", ["{}/build/fast.so", "{}/.venv/lib/python3.11/site-packages/fast.so", "venv-{}/fast.so"]
)
@pytest.mark.parametrize("path", ["fast.c", "src/fast.rs", "fast.pyx"])
def test_what_is_built_is_compared_by_what_it_holds(trees: Trees, where: str, path: str) -> None:
    trees.write(path, "int x;", head="int x; /* said better */")
    assert loading_cautions(change(path), *built(trees, where.format, differs=True), built=True) == ()
    (caution,) = loading_cautions(change(path), *built(trees, where.format, differs=False), built=True)
    assert caution.what == "same_artefact" and "same byte for byte" in caution.detail and path in caution.detail


def test_without_a_setup_the_same_library_is_no_artefact(trees: Trees) -> None:
    trees.write("fast.c", head="int y;")
    (caution,) = loading_cautions(change("fast.c"), *built(trees, "lib/fast.so".format, differs=False))
    assert caution.what == "change_not_loaded"


def test_an_installed_copy_is_no_artefact_of_a_setup(trees: Trees) -> None:
    trees.write("src/pkg/core.py", head="y = 2\n")
    trees.write("src/pkg/fast.c", head="int y;")
    prints = trees.prints({**MAIN, "pkg.core": trees.install("pkg/core.py")})
    cautions = loading_cautions(change("src/pkg/core.py", "src/pkg/fast.c"), *prints, built=True)
    assert whats(cautions) == ["installed_copy"]


def test_data_that_a_setup_makes_is_an_artefact_too(trees: Trees) -> None:
    trees.write("tables.c", head="int y;")
    trees.write("build/tables.bin", "1", head="2")
    assert loading_cautions(change("tables.c"), *trees.prints(MAIN, ["build/tables.bin"]), built=True) == ()
