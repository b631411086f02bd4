"""A person's configuration file: read as it is, replaced as a whole, with what it held before beside it."""

from __future__ import annotations

import glob
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from holobench_mcp.model import ConfigError

#: Configurations are kilobytes; Claude Code's own file can be some megabytes.
_MAX_BYTES = 64 * 2**20
_MARK = "\ufeff"
#: How often an edit is made again, because somebody else wrote meanwhile.
_TRIES = 20


def read(file: Path) -> str | None:
    """What a file holds; None where there is none. Raises ConfigError for what is no readable text."""
    return _text(_bytes(_target(file)), file)


def backups(file: Path) -> Iterator[str]:
    """What the copies beside a file hold, the newest first. Raises ConfigError."""
    target = _target(file)
    copies = (path for path in target.parent.glob(f"{glob.escape(target.name)}.*.bak") if path.is_file())
    for copy in sorted(copies, key=_age, reverse=True):
        with suppress(ConfigError):
            yield _text(_bytes(copy), file) or ""


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def rewrite(file: Path, edit: Callable[[str], str | None]) -> Path | None:
    """Replace a file by what an edit makes of it, atomically; None takes it away.

    Returns the copy of what it held before, where it is another file now. A link stays a link. Two of us take turns;
    when anybody else writes in between, the edit is made again, of what was written. Raises ConfigError.
    """
    target = _target(file)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _turn(target.parent):
            for _ in range(_TRIES):
                held = _bytes(target)
                before = _text(held, file)
                after = edit(before or "")
                if after == (before or ""):
                    return None
                _check_writable(target, held)
                if after is None:
                    target.unlink(missing_ok=True)
                    return None
                mark = _MARK if held is not None and held.startswith(_MARK.encode()) else ""
                backup = None if held is None else _backup_of(target)
                if _replace(target, held, (mark + after).encode("utf-8"), backup):
                    return backup
    except (OSError, UnicodeEncodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "a path in it is no text"
        raise ConfigError(f"{file} can't be written: {why}. --print shows what belongs there.") from problem
    raise ConfigError(f"{file} can't be written: something else keeps writing it. --print shows what belongs there.")


def _replace(target: Path, held: bytes | None, new: bytes, backup: Path | None) -> bool:
    """Put new bytes in the place of those that were held, unless these are not there any more."""
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        _write(fresh, new, like=None if held is None else target)
        if _bytes(target) != held:
            return False
        if backup is not None and held is not None:
            _write(backup, held, like=target)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def _write(path: Path, content: bytes, *, like: Path | None) -> None:
    """A new file, with the rights of another: there may be secrets in it, and its copy must not be open to all."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if like is None else 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        if like is not None:
            known = like.stat()
            path.chmod(stat.S_IMODE(known.st_mode))
            with suppress(OSError, AttributeError):
                os.chown(path, known.st_uid, known.st_gid)
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)


def _backup_of(target: Path) -> Path:
    stem = f"{target.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    numbers = (f"-{n}" if n else "" for n in range(1000))
    return next(path for n in numbers if not os.path.lexists(path := target.with_name(f"{stem}{n}.bak")))


def _check_writable(target: Path, held: bytes | None) -> None:
    """A file that is read-only is meant to stay as it is, though its folder would let it be replaced."""
    if held is not None and not target.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigError(f"{target} is read-only, so it was not touched. --print shows what belongs there.")


def _target(file: Path) -> Path:
    """The file itself, where a link leads to it. Raises ConfigError."""
    try:
        target = file.resolve()
        if target.is_symlink() or (target.exists() and not target.is_file()):
            raise ConfigError(f"{file} is not a file, so it was not touched.")
    except (OSError, RuntimeError, ValueError) as problem:
        raise ConfigError(f"{file} can't be read: {problem}.") from problem
    return target


def _bytes(target: Path) -> bytes | None:
    try:
        if (size := target.stat().st_size) > _MAX_BYTES:
            raise ConfigError(f"{target} has {size:,} bytes: that is no configuration, so it was not touched.")
        return target.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise ConfigError(f"{target} can't be read: {problem.strerror}.") from problem


def _text(held: bytes | None, file: Path) -> str | None:
    if held is None:
        return None
    try:
        return held.decode("utf-8").removeprefix(_MARK)
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{file} is not UTF-8 text, so it was not touched.") from problem


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One of us at a time in a folder, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
