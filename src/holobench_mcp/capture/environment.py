"""What a result was measured on and from: the facts that make two results comparable, or not quite.

Nothing here may fail a benchmark: a fact that can't be learnt is None.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from importlib import metadata
from itertools import takewhile
from pathlib import Path
from typing import Any

from holobench_mcp import gitinfo
from holobench_mcp.model import Environment

_NO_CACHE = "BENCHER_NO_CACHE"
_TRUE = frozenset({"1", "true", "yes", "on"})
_PYTHON = re.compile(r"python(?:\d+(?:\.\d+)?)?(?:\.exe)?")
_TELL_VERSIONS = """
import json, platform
from importlib import metadata
def version(name):
    try:
        return metadata.version(name)
    except Exception:
        return None
print(json.dumps({"python": platform.python_version(), "holobench": version("holobench"), "numpy": version("numpy")}))
"""
#: Nobody edits and measures again within it.
_MOMENT_S = 0.5
_git_states: dict[Path, tuple[float, tuple[str | None, bool | None, str | None]]] = {}
_SCRIPTS = (".sh", ".bash", ".zsh", ".pl", ".rb", ".js", ".mjs", ".ts", ".jl", ".lua", ".R", ".ps1")


def capture_environment(
    *,
    sweep_class: type | None = None,
    benchmark_file: Path | None = None,
    command: Sequence[str] | None = None,
    caches_on: bool | None = None,
    cwd: Path | None = None,
    versions: Mapping[str, str | None] | None = None,
    code: tuple[str | None, bool | None, str | None] | None = None,
) -> Environment:
    """The environment of a measurement that this machine makes, now. Never raises.

    sweep_class, benchmark_file: what was measured; their sources are hashed so that an edit of the benchmark shows, and
    a move to another folder does not. cwd: the folder whose git state counts. versions: what `versions_of` says of the
    Python that measures, where that is not this one. code: what `git_state` would say, where that is known.
    """
    # Path() and not Path.cwd(), which raises when the folder is gone.
    commit, dirty, diff = code or git_state(cwd or Path())
    return Environment.model_validate(
        {
            **_machine(),
            **(versions or {}),
            "git_commit": commit,
            "git_dirty": dirty,
            "git_diff_sha256": diff,
            "benchmark_sha256": _file_sha256(benchmark_file),
            "sweep_sha256": _class_sha256(sweep_class),
            "command": None if command is None else tuple(_storable(word) for word in command),
            "caches_on": caches_on,
        }
    )


def environment_of_result(bench_res: Any) -> Environment:  # noqa: ANN401 - a bencher.BenchResult
    """The environment of a live BenchResult, in the process that measured it. Never raises."""
    sweep = _sweep_class(bench_res)
    source = None
    if sweep is not None:
        with suppress(TypeError, OSError):
            source = inspect.getsourcefile(sweep)
    known = capture_environment(
        sweep_class=sweep,
        benchmark_file=Path(source) if source else None,
        command=tuple(sys.orig_argv) or None,
        caches_on=_caches_on(bench_res),
        code=_git_state_of_moment(Path(source).resolve().parent if source and Path(source).exists() else Path()),
    )
    plots = getattr(sys.modules.get("bencher.optional_deps"), "PLOTTING_INSTALLED", True)
    return known.model_copy(update={"holobench_import": "whole" if plots else "light"})


def _git_state_of_moment(folder: Path) -> tuple[str | None, bool | None, str | None]:
    """What git says of a folder, asked once for the results that a program collects in the same moment.

    Asking takes three processes, which is three times what all else of recording a small result takes.
    """
    now = time.monotonic()
    known = _git_states.get(folder)
    if known is None or now - known[0] > _MOMENT_S:
        _git_states.clear()
        known = _git_states[folder] = (time.monotonic(), git_state(folder))
    return known[1]


def versions_of(program: str, *, cwd: Path, env: Mapping[str, str]) -> dict[str, str | None]:
    """What a Python says of itself, its holobench and its numpy; nothing is known of a program that is no Python."""
    path = shutil.which(program, path=env.get("PATH")) or str(cwd / program)
    if _PYTHON.fullmatch(Path(path).name):
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            finished = subprocess.run(
                [path, "-c", _TELL_VERSIONS],
                cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=True,
            )  # fmt: skip
            found = json.loads(finished.stdout)
            return {name: str(found[name]) if found.get(name) else None for name in ("python", "holobench", "numpy")}
    return {"python": None, "holobench": None, "numpy": None}


def has_module(program: str, module: str, *, cwd: Path, env: Mapping[str, str]) -> bool:
    """Whether a Python finds a module, which it does not import for that."""
    asks = f"import importlib.util\nprint(importlib.util.find_spec({module!r}) is not None)"
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        finished = subprocess.run(
            [shutil.which(program, path=env.get("PATH")) or program, "-c", asks],
            cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=True,
        )  # fmt: skip
        return finished.stdout.strip() == b"True"
    return False


def command_file_of(command: Sequence[str], cwd: Path) -> Path | None:
    """The program's own file, where a command names one: `bench.py`, the module behind `-m`, or another script."""
    words = list(command)
    for at, word in enumerate(words):
        if word == "-m" and at + 1 < len(words):
            relative = Path(*words[at + 1].split("."))
            for candidate in (
                relative.with_suffix(".py"),
                relative / "__main__.py",
                "src" / relative.with_suffix(".py"),
            ):
                if (cwd / candidate).is_file():
                    return cwd / candidate
            return None
        if word.endswith(".py") and (cwd / word).is_file():
            return cwd / word
    return next((cwd / word for word in words if word.endswith(_SCRIPTS) and (cwd / word).is_file()), None)


def source_sha256(text: str) -> str:
    """A digest of source text that indentation, line ends and trailing space don't change."""
    lines = [line.rstrip() for line in textwrap.dedent(text.replace("\r\n", "\n")).strip().split("\n")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


# ---------------------------------------------------------------------- parts


def _storable(word: str) -> str:
    """A word of a command line, of which any byte may come, as text that JSON can hold."""
    return word.encode("utf-8", "backslashreplace").decode()


@cache
def _machine() -> dict[str, Any]:
    return {
        "holobench": _version("holobench"),
        "python": platform.python_version(),
        "numpy": _version("numpy"),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu_model": _cpu_model(),
        "cpu_count": _cpu_count(),
        "hostname_hash": _hostname_hash(),
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _cpu_model() -> str | None:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Model", "cpu model") and value.strip():
                return value.strip()
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            finished = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, timeout=5, check=True
            )
            return finished.stdout.decode().strip() or None
    return platform.processor() or None


def _cpu_count() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _hostname_hash() -> str | None:
    """Tells one machine from another without telling its name."""
    try:
        return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:16]
    except OSError:
        return None


def git_state(folder: Path) -> tuple[str | None, bool | None, str | None]:
    """The commit, whether anything differs from it, and a digest of what does."""
    commit = gitinfo.git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return None, None, None
    status = gitinfo.git(folder, "status", "--porcelain", "--untracked-files=no", "--", ":(top)", *gitinfo.STORE)
    untracked = gitinfo.untracked(folder)
    if status is None or untracked is None:
        return commit, True if status or untracked else None, None
    if not status and not untracked:
        return commit, False, None
    how = ("--binary", "--no-ext-diff", "--no-textconv")
    diff = gitinfo.git(folder, "diff", "HEAD", *how, "--", ":(top)", *gitinfo.STORE)
    if diff is None:
        return commit, True, None
    return commit, True, _change_digest(folder, diff, untracked)


def _change_digest(folder: Path, diff: str, untracked: Iterable[str]) -> str | None:
    digest = hashlib.sha256(diff.encode())
    top = gitinfo.repository_root(folder)
    if top is None:
        return None
    for name in untracked:
        digest.update(b"\0" + os.fsencode(name))
        with suppress(OSError):
            if (top / name).is_file() and (top / name).stat().st_size < 1 << 24:
                digest.update((top / name).read_bytes())
    return digest.hexdigest()


def _file_sha256(path: Path | None) -> str | None:
    if path is None:
        return None
    with suppress(OSError, ValueError):
        # Source in another encoding still has a digest: without one, an edit of it would not show.
        return source_sha256(path.read_bytes().decode("utf-8", "backslashreplace"))
    return None


def _class_sha256(sweep: type | None) -> str | None:
    """The source of a sweep class and of the classes of the same project that it is built on."""
    if sweep is None:
        return None
    own = tuple(takewhile(_is_of_project, sweep.__mro__))
    return _sources_sha256(own, tuple(map(_file_stamp, own)))


def _is_of_project(cls: type) -> bool:
    return cls.__module__.partition(".")[0] not in ("bencher", "param", "builtins")


@lru_cache(maxsize=64)
def _sources_sha256(classes: tuple[type, ...], stamps: tuple[tuple[int, int] | None, ...]) -> str | None:
    """Taken once of files as they are: inspect parses the whole file of a class, at each result of a program."""
    del stamps
    digests = []
    for cls in classes:
        # inspect parses the file as it is now, so a file that was broken since it was imported raises anything.
        with suppress(Exception):
            digests.append(source_sha256(inspect.getsource(cls)))
    return hashlib.sha256("".join(digests).encode()).hexdigest() if digests else None


def _file_stamp(cls: type) -> tuple[int, int] | None:
    """What changes when the file of a class is written."""
    with suppress(Exception):
        found = Path(str(getattr(sys.modules[cls.__module__], "__file__", ""))).stat()
        return found.st_mtime_ns, found.st_size
    return None


def _sweep_class(bench_res: Any) -> type | None:  # noqa: ANN401 - a bencher.BenchResult
    """The class whose variables were swept: param keeps it as their owner."""
    cfg = getattr(bench_res, "bench_cfg", None)
    for variable in [*(getattr(cfg, "result_vars", None) or ()), *(getattr(cfg, "input_vars", None) or ())]:
        owner = getattr(variable, "owner", None)
        if owner is not None:
            return owner if isinstance(owner, type) else type(owner)
    return None


def _caches_on(bench_res: Any) -> bool | None:  # noqa: ANN401 - a bencher.BenchResult
    if os.environ.get(_NO_CACHE, "").strip().lower() in _TRUE:
        return False
    cfg = getattr(bench_res, "bench_cfg", None)
    flags = [getattr(cfg, name, None) for name in ("cache_results", "cache_samples")]
    known = [bool(flag) for flag in flags if flag is not None]
    return any(known) if known else None
