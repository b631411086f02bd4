"""What makes two results runs of one thing: the same code, on one machine, of one sweep, by one command.

The only place that spells it. Two processes that run identical code differ, so several of them tell more than one; but
only what is known to be the same counts. What else differs inside a group is nobody's identity and becomes its
cautions (`evidence.comparability`). Knows neither store nor sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from holobench_mcp.model import Manifest

#: What must agree of two environments for their runs to be measured alike, and what a person calls it.
MACHINE = (
    ("hostname_hash", "machine"),
    ("cpu_model", "CPU"),
    ("cpu_count", "number of cores"),
    ("os", "operating system"),
    ("python", "Python"),
    ("holobench", "holobench"),
    ("numpy", "numpy"),
    ("way_of_import", "way of importing holobench"),
)
_machine = attrgetter(*[field for field, _ in MACHINE])
_TIME_LABEL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
#: Digits of a revision that answers show, and by which it is found again.
SHOWN_DIGITS = 10

#: The temporary checkout that a revision was measured in: both sides have their own, and it is no part of a command.
_WORKTREE = re.compile(r"[^=:]*/worktrees/[0-9a-f]{16}/(?:base|head)(?=/|$)")


@dataclass(frozen=True)
class Code:
    """The code that was measured: a revision, with the digest of what was not committed.

    One revision is one code, whatever its runs were called. A label says which code it was only where nothing else
    does: without a revision, or with uncommitted changes that nobody took a digest of.
    """

    revision: str | None
    dirty: bool = False
    diff_sha256: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Identity:
    """What two results must share to be runs of one thing."""

    code: Code | None  #: None where nothing tells which code it was
    machine: tuple[Hashable, ...]
    definition: str  #: bench, inputs, metrics and constants
    source: tuple[str | None, str | None]  #: digests of the benchmark's own file and of its sweep class
    arguments: tuple[str, ...] | None  #: of the command; which Python ran it, the machine tells

    @property
    def variant(self) -> Hashable | None:
        """What was measured, wherever it ran: the code, its benchmark's source and the arguments. None if unknown."""
        return None if self.code is None else (self.code, self.source, self.arguments)


def identity_of(manifest: Manifest) -> Identity:
    """The identity of a result."""
    return Identity(
        code=code_of(manifest),
        machine=machine_of(manifest),
        definition=manifest.definition,
        source=source_of(manifest),
        arguments=arguments_of(manifest),
    )


def machine_of(manifest: Manifest) -> tuple[Hashable, ...]:
    """What a result's runs must share to be measured alike."""
    return _machine(manifest.environment)


def source_of(manifest: Manifest) -> tuple[str | None, str | None]:
    """Digests of the benchmark's own file and of its sweep class."""
    return manifest.environment.benchmark_sha256, manifest.environment.sweep_sha256


def arguments_of(manifest: Manifest) -> tuple[str, ...] | None:
    """Of the command that measured a result; None where it is not known."""
    command = manifest.environment.command
    return None if command is None else _arguments(command)


@lru_cache(maxsize=1000)
def _arguments(command: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([_WORKTREE.sub("{tree}", word) for word in command[1:]])


def code_of(manifest: Manifest) -> Code | None:
    """The code that a result measured; None where nothing identifies it."""
    e, revision = manifest.environment, manifest.source_revision
    if revision is not None and not e.git_dirty:
        return Code(revision)
    diff = (e.model_extra or {}).get("git_diff_sha256")
    if revision is not None and isinstance(diff, str):
        return Code(revision, dirty=True, diff_sha256=diff)
    label = label_of(manifest)
    return None if label is None else Code(revision, dirty=bool(e.git_dirty), label=label)


def order_code_of(manifest: Manifest) -> Code | None:
    """The code of a result as far as its order goes: uncommitted changes that nobody identified are some of their own.

    Two such results are never the same code, but both are newer than their revision.
    """
    code, revision = code_of(manifest), manifest.source_revision
    if code is not None or revision is None:
        return code
    own = manifest.measurement.id if manifest.measurement is not None else manifest.result_id
    return Code(revision, dirty=True, label=f"of {own}")


def label_of(manifest: Manifest) -> str | None:
    """A label that somebody chose; None for the time that holobench puts in its place."""
    label = manifest.label
    return None if label is None or is_time_label(label) else label


def is_time_label(label: str) -> bool:
    """Whether a label is the time that holobench puts in the place of one."""
    return _TIME_LABEL.fullmatch(label) is not None


def revision_text(revision: str | None, dirty: bool | None) -> str | None:
    """A revision as every answer writes it: ten digits, and `+dirty` behind them for code with uncommitted changes."""
    return None if revision is None else revision[:SHOWN_DIGITS] + ("+dirty" if dirty else "")


def same_code(one: Manifest, other: Manifest) -> bool:
    """Whether both are known to have measured the same code."""
    code = code_of(one)
    return code is not None and code == code_of(other)


def same_measurement(one: Manifest, other: Manifest) -> bool:
    """Whether two results are runs of one measurement, and of one side and sweep of it."""
    a, b = one.measurement, other.measurement
    return a is not None and b is not None and (a.id, a.side, a.sweep) == (b.id, b.side, b.sweep)


def known_identity(manifest: Manifest) -> Identity | None:
    """The identity of a result whose code is known; None of any other, which is a run of nothing but itself."""
    identity = identity_of(manifest)
    return identity if identity.code is not None else None


def measurement_of(manifest: Manifest) -> Hashable | None:
    """What runs of one measurement share: its id, side and sweep; without a measurement, their known identity."""
    measured = manifest.measurement
    return known_identity(manifest) if measured is None else (measured.id, measured.side, measured.sweep)


def group_by(
    manifests: Iterable[Manifest], key: Callable[[Manifest], Hashable | None] = known_identity
) -> list[list[Manifest]]:
    """Results grouped by a key, oldest first, also within a group. One whose key is None is a group of its own."""
    groups: dict[Hashable, list[Manifest]] = {}
    for m in sorted(manifests, key=lambda m: (m.executed_at, m.result_id)):
        value = key(m)
        groups.setdefault(("alone", m.result_id) if value is None else ("key", value), []).append(m)
    return list(groups.values())


def measurements(manifests: Iterable[Manifest]) -> list[list[Manifest]]:
    """Results grouped into measurements, oldest first: runs of one measurement, or of one identity."""
    return group_by(manifests, measurement_of)
