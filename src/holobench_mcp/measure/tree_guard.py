"""Asks a tree's own check whether it is worth measuring: code that gives wrong answers is no better for being fast."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from holobench_mcp.capture.runner import private_folder, run_command
from holobench_mcp.measure.failures import output_end, side_name
from holobench_mcp.measure.session import Session, Side
from holobench_mcp.model import CaptureError, Difference, Failure


def run_guard(
    session: Session, folder: Path, *, side: Side | None = None, environment: Mapping[str, str] | None = None
) -> Failure | None:
    """Run the configured guard in a tree. Returns how it failed; None where it passed, or there is none.

    folder: the project's root in the tree. Raises Cancelled, and CaptureError where it can't be started at all.
    """
    config, name = session.config, session.name
    if config.guard is None:
        return None
    session.end_if_asked()
    session.say(f"running the guard of {name}{f' ({side})' if side else ''}")
    where = folder / config.cwd
    env = {**session.environment_in(folder), **(environment or {})}
    with private_folder() as private:
        try:
            outcome = run_command(
                session.words_of(config.guard, where, folder, env),
                cwd=where,
                env={**env, "TMPDIR": private, "XDG_CACHE_HOME": private},
                timeout_s=config.timeout_s,
                on_output=lambda _: None,
                cancel=session.cancel,
                probe=None,
            )
        except CaptureError as problem:
            raise CaptureError(f"{name}: its guard can't be run in {side_name(side)}: {problem}") from problem
    if outcome.cancelled:
        raise session.cancelled(" while its guard ran")
    command = f"its guard `{shlex.join(config.guard)}`"
    if outcome.timed_out:
        detail = f"{name}: {command} took more than {config.timeout_s:g} s."
    elif outcome.returncode != 0:
        detail = f"{name}: {command} failed with exit status {outcome.returncode}."
    else:
        return None
    return Failure(what="guard", detail=detail, output_tail=output_end(outcome.output_tail))


def passes_on_the_head_only(failure: Failure) -> Difference:
    """What to say where only the base fails its guard: that it is measured all the same, and is no good measure."""
    detail = (
        f"the base does not pass the guard that the head passes ({failure.detail.rstrip('.')}): it may be fast or slow "
        "because its answers are wrong"
    )
    return Difference(severity="caution", what="guard", detail=detail)


def fails_on_both(failure: Failure) -> Failure:
    """What to say where neither side passes: a check that fails in any case tells nothing of the change."""
    detail = (
        f"{failure.detail.rstrip('.')} on the base, and on the head too, so that it tells nothing of the change. Mend "
        "the base, name another one, or correct the guard."
    )
    return failure.model_copy(update={"detail": detail})
