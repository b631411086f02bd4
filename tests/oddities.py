"""What may stand in a store's folder where an object should: made by hand, by a copy that went wrong, by another user."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

#: A file in each folder of a store, of which one stands for all of its kind.
FOLDERS = ("results", "blobs", "refs", "journal", "measurements", "comparisons", "trash", "damaged")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _upwards(path: Path) -> None:
    path.symlink_to("..")


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "within").write_text("{}")


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


#: What is made in an object's place, by what it is called.
IN_PLACE: dict[str, Callable[[Path], None]] = {
    "a link that leads to itself": _loop,
    "a link that leads nowhere": _dangling,
    "a link upwards": _upwards,
    "a pipe": os.mkfifo,
    "a socket": _socket,
    "a folder": _folder,
}
#: Names that no key has.
NAMES = (
    b"\xff\xfe.json",
    b"a\nb.json",
    b"n" * 250 + b".json",
    b"\xe2\x80\xae.json",
    b"a%2Fb.json",
    b"x#y*?.json",
    b" ",
)


def an_object(store: Path, folder: str) -> Path:
    """The file of one object in a store's folder."""
    return min(path for path in (store / folder).rglob("*") if path.is_file() and not path.is_symlink())


def replace(path: Path, make: Callable[[Path], None]) -> None:
    """Put something else in an object's place."""
    path.unlink()
    make(path)


def fill(store: Path) -> None:
    """Give a small store something in its trash, and something that was set aside."""
    for folder in ("trash", "damaged"):
        source = an_object(store, "measurements")
        target = store / folder / "20260301T120000.000000Z" / "measurements" / source.name
        target.parent.mkdir(parents=True)
        shutil.copy(source, target)
