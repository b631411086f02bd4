"""Reading the configuration, and what wins over what."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from holobench_mcp.config.places import DEFAULT_STORE, STORE_VARIABLE, check_store, shared_root
from holobench_mcp.config.settings import TABLE, Config, FileConfig
from holobench_mcp.model import ConfigError, fault_in


def load_config(
    *, store: str | None = None, project: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """Read the configuration for a project: the folder given, else the current one or the nearest above it.

    store: a flag's value; it wins. Raises ConfigError, naming the file and the key.
    """
    environ = os.environ if environ is None else environ
    try:
        start = Path(project).expanduser().absolute() if project else Path.cwd()
        if not start.is_dir():
            raise ConfigError(f"project: {start} is not a folder.")
        pyproject = _nearest(start, "pyproject.toml")
    except (OSError, RuntimeError, ValueError) as problem:
        raise ConfigError(
            f"project: {str(project or 'the current folder')[:200]} can't be used: {problem}."
        ) from problem
    table = _read_table(pyproject) if pyproject else None
    root = pyproject.parent if pyproject else (_parent(_nearest(start, ".git")) or start)
    shared: Path | None = None
    written = _validated(table, pyproject) if table is not None and pyproject else FileConfig()
    if store:
        chosen, source = store, "--store"
    elif environ.get(STORE_VARIABLE, "").strip():
        chosen, source = environ[STORE_VARIABLE].strip(), STORE_VARIABLE
    else:
        own, main = _from_root(written.store or DEFAULT_STORE, root), shared_root(root)
        chosen = own if main == root else _from_root(written.store or DEFAULT_STORE, main)
        shared = main if chosen != own else None
        source = f"{pyproject} [{TABLE}]" if written.store else "default"
    try:
        check_store(chosen)
    except ConfigError as problem:
        raise ConfigError(f"{source}: {problem}") from problem
    return Config(
        root=root,
        file=pyproject if table is not None else None,
        store=chosen,
        store_from=source,
        store_shared_by=shared,
        margin_percent=written.margin_percent,
        patience_s=written.patience_s,
        import_roots=(*_as_import_root(root), *(_below(root, r, "import_roots") for r in written.import_roots)),
        keep=written.keep,
        chain=written.chain,
        metrics=written.metrics,
        benchmarks=written.benchmarks,
        http=written.http,
    )


def _from_root(store: str, root: Path) -> str:
    return store if "://" in store else str(_below(root, store, "store"))


def _below(root: Path, path: str, key: str) -> Path:
    try:
        if "\0" in path:
            raise ValueError("a path has no NUL")
        return (root / Path(path).expanduser()).absolute()
    except (RuntimeError, ValueError) as problem:
        raise ConfigError(
            f"{root / 'pyproject.toml'}: [{TABLE}] {key}: {path!r:.200} can't be used: {problem}."
        ) from problem


def _as_import_root(root: Path) -> tuple[Path, ...]:
    """A project's folder; not all of a home or a disk, where a client may have started a server without a project."""
    return () if root == Path(root.anchor) or root == Path.home() else (root,)


def _nearest(start: Path, name: str) -> Path | None:
    return next((folder / name for folder in (start, *start.parents) if (folder / name).exists()), None)


def _parent(path: Path | None) -> Path | None:
    return path.parent if path else None


def _read_table(pyproject: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ConfigError(f"{pyproject} can't be read: {problem}.") from problem
    tool = document.get("tool", {})
    table = tool.get("holobench-mcp") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise ConfigError(f"{pyproject}: [{TABLE}] must be a table.")
    return table


def _validated(table: Mapping[str, Any], pyproject: Path) -> FileConfig:
    try:
        return FileConfig.model_validate(table)
    except ValidationError as problem:
        raise ConfigError(f"{pyproject}: [{TABLE}] {fault_in(problem, FileConfig, table)}") from problem
