"""What a configuration names that is not there."""

from __future__ import annotations

import difflib
from pathlib import Path

from holobench_mcp.config.settings import TABLE, Config


def problems(config: Config, benchmark: str | None = None) -> tuple[str, ...]:
    """What a configuration names that is not there: a sentence each. benchmark: only what this one names.

    Looking costs file accesses, which starting a server is spared.
    """
    chosen = config.benchmarks if benchmark is None else {n: b for n, b in config.benchmarks.items() if n == benchmark}
    sentences = []
    for name, declared in chosen.items():
        table = f"[{TABLE}.benchmarks.{name}]"
        sentences += [
            f"{table} protected: {path!r} is not in {config.root}.{_nearest_path(config.root / path)}"
            for path in declared.protected
            if not (config.root / path).exists()
        ]
        if not (config.root / declared.cwd).is_dir():
            sentences.append(f"{table} cwd: {declared.cwd!r} is no folder of {config.root}.")
    if benchmark is None:
        sentences += [
            f"[{TABLE}] import_roots: {root} is not a folder."
            for root in config.import_roots
            if root != config.root and not root.is_dir()
        ]
    return tuple(sentences)


def _nearest_path(path: Path) -> str:
    try:
        names = [child.name for child in path.parent.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
