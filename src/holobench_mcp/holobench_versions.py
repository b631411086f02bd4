"""Which versions of holobench this program works with, and what to do where another one is installed.

Asked of what packages say of themselves: holobench is not imported for it. `make versions` tries what stands here.
"""

from __future__ import annotations

import re
import shlex
import sys
from importlib import metadata
from importlib.util import find_spec

from holobench_mcp.model import UnsupportedHolobench

#: The first whose contract is the one that is written here: pyproject.toml asks for it.
OLDEST = "1.142"
#: The first that hands each sweep on to whoever starts its program: what a measured Python needs.
OLDEST_MEASURED = "1.140"
#: The newest that was tried.
NEWEST = "1.148"


def installed() -> str | None:
    """The version of the holobench that this Python has; None where it has none, or one that does not say."""
    try:
        return metadata.version("holobench")
    except metadata.PackageNotFoundError:
        return None


def unsupported() -> str | None:
    """A sentence about this Python's holobench, where it is absent or too old; None for one that will do."""
    version = installed()
    if version is None:
        return (
            f"holobench is not installed in {sys.executable}, and verdicts and claims need {OLDEST} or newer: "
            f"{installing(f'holobench>={OLDEST}')}"
        )
    if is_older(version, OLDEST):
        return (
            f"holobench {version} is installed in {sys.executable}, and verdicts and claims need {OLDEST} or newer: "
            f"{installing(f'holobench>={OLDEST}')}"
        )
    return None


def check_installed() -> None:
    """Raise UnsupportedHolobench where this Python's holobench is absent or too old."""
    if (problem := unsupported()) is not None:
        raise UnsupportedHolobench(problem)


def unlike(difference: str) -> str:
    """A sentence about this Python's holobench, which is not as this program knows it. difference: "has no …"."""
    version = installed()
    whose = f"holobench {version or 'of an unknown version'}, installed in {sys.executable},"
    if version is not None and is_newer(version, NEWEST):
        return (
            f"{whose} is newer than {NEWEST}, the newest that this holobench-mcp knows, and {difference}. A newer "
            f"holobench-mcp may know it: {installing('holobench-mcp')} or go back: "
            f"{installing(f'holobench=={NEWEST}.*')}"
        )
    return f"{whose} {difference}, so it is not whole. Install it anew: {installing(f'holobench>={OLDEST}')}"


def hands_nothing_on(version: str | None, python: str | None) -> str:
    """A sentence about a measured Python whose holobench has no way to hand its sweeps on."""
    name = f"holobench {version}" if version else f"a holobench that is older than {OLDEST_MEASURED}"
    return (
        f"It imports {name}, which hands no sweeps on; {OLDEST_MEASURED} and newer do: "
        f"{installing(f'holobench>={OLDEST_MEASURED}', python)}"
    )


def perhaps_too_new(version: str | None) -> str | None:
    """A sentence about a measured Python's holobench whose results can't be read, where it is newer than any tried."""
    if version is None or not is_newer(version, NEWEST):
        return None
    return (
        f"They were measured with holobench {version}, newer than {NEWEST}, the newest that this holobench-mcp knows. "
        f"A newer one may read them: {installing('holobench-mcp')}"
    )


def installing(requirement: str, python: str | None = None) -> str:
    """The command that installs a requirement into a Python, this one unless named: between backticks, with its stop.

    A Python without pip (uv's, pipx's) is installed into from outside.
    """
    here = python is None or python == sys.executable
    python, requirement = shlex.quote(python or sys.executable), shlex.quote(requirement)
    if here and find_spec("pip") is None:
        return f"`uv pip install --python {python} --upgrade {requirement}`."
    return f"`{python} -m pip install --upgrade {requirement}`."


def is_older(version: str, bound: str) -> bool:
    """Whether a version comes before a bound, by as many numbers as that has. One that is no number does not."""
    numbers, least = _numbers(version), _numbers(bound)
    return bool(numbers) and numbers[: len(least)] < least


def is_newer(version: str, bound: str) -> bool:
    """Whether a version comes after all that begin like a bound."""
    numbers, most = _numbers(version), _numbers(bound)
    return numbers[: len(most)] > most


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()
