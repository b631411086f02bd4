"""A measurement as a thing of its own: what was planned, whose each run is, how it ended and what came of it.

Results say what was measured; only this says what it was measured for. It is the one document of a store that changes:
written when the measurement is planned, and again when it ends.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from holobench_mcp.model.base import Frozen, JsonScalar, lean
from holobench_mcp.model.declarations import Difference
from holobench_mcp.model.evidence import Cause, Decision

#: interrupted: nobody waited for it any more, or the process that measured was gone; cancelled: somebody said so.
MeasurementStatus = Literal["running", "finished", "stopped", "cancelled", "interrupted", "failed"]


class MeasuredCode(Frozen):
    """The code of one side."""

    revision: str | None = Field(None, description="the commit; of uncommitted work, one that no branch has")
    dirty: bool | None = Field(None, description="whether it has uncommitted changes")
    label: str | None = None


class RunRole(Frozen):
    """Whose run a recorded result is. A revision measurement's base stays the base for ever."""

    result_id: str
    bench_name: str = ""
    side: Literal["base", "head"] | None = None
    run: int = Field(0, ge=0, description="0-based; the round of an interleaved measurement")
    sweep: int = Field(0, ge=0)


class Failure(Frozen):
    """How a side failed to give what was asked of it."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=lean)

    what: Literal["crash", "timeout", "missing_sweeps", "nothing", "setup", "guard"]
    detail: str = Field(description="one sentence, with the exit status or the seconds")
    output_tail: str = Field("", description="the end of what the command printed")
    remedy: str | None = Field(None, description="what to set, where the environment of the run is the cause")
    missing_benches: tuple[str, ...] = ()
    rounds_failed: int = Field(0, ge=0, description="in how many rounds; 0 where no round was reached")
    rounds: int = Field(0, ge=0, description="of how many that were measured")


class MeasurementOutcome(Frozen):
    """What a measurement came to, in the words that its report had."""

    decision: Decision
    cause: Cause | None = None
    reason: str
    next_step: str | None = None


class Look(Frozen):
    """An interim analysis: after how many rounds what was measured was judged, and the error rate that it was given."""

    round: int = Field(ge=1, description="rounds that were measured by then")
    alpha: float = Field(gt=0, lt=1, description="error rate spent on this look, of the whole measurement's")
    settled: bool = Field(description="whether every metric was settled, so that measuring ended")


class MeasurementRequest(Frozen):
    """What was asked for, in the caller's words: what is measured on after a restart is found by it."""

    base: str = "merge-base"
    head: str = "worktree"
    rounds: int | Literal["auto"] = 1
    label: str | None = None


class MeasurementOwner(Frozen):
    """The process that measures, by the lease that it holds in a cache folder."""

    lease: str
    cache: str = Field(description="which cache folder: only there the lease can be judged")


class MeasurementDocument(Frozen):
    """`measurements/<id>.json`: the plan and the outcome of one measurement. Keys of later versions are read too."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=lean)

    format: Literal[1] = 1
    id: str = Field(description="<name>-<time>-<6 hex>, as in the `measurement.id` of its results")
    kind: Literal["benchmark", "revisions"]
    benchmark: str | None = Field(None, description="the configured benchmark; none for a command given by hand")
    command: tuple[str, ...] = ()
    parameters: dict[str, JsonScalar] = {}
    base: MeasuredCode | None = Field(None, description="of two revisions, the code before")
    head: MeasuredCode = Field(MeasuredCode(), description="the code that was measured; of two, the one after")
    key: str | None = Field(None, description="digest of all that decides what is measured")
    request: MeasurementRequest | None = None
    owner: MeasurementOwner | None = None
    rounds_planned: int = Field(1, ge=1, description="runs, or rounds of both sides; the most, where automatic")
    automatic: bool = Field(False, description="whether rounds go on until every metric is settled")
    max_seconds: float | None = None
    started_at: str
    ended_at: str | None = None
    status: MeasurementStatus = "running"
    stopped: str | None = Field(None, description="why it ended before its last round, where it did")
    rounds: int = Field(0, ge=0, description="that were measured: runs, or rounds of both sides")
    seconds_a_round: float | None = None
    seconds_to_prepare: float | None = Field(None, description="before the first round of its last beginning")
    roles: tuple[RunRole, ...] = ()
    looks: tuple[Look, ...] = ()
    light: bool | None = Field(None, description="whether the measured Python imported holobench without plotting")
    protected_changed: tuple[str, ...] = Field((), description="files that the head changed and the base's were taken")
    cautions: tuple[Difference, ...] = Field((), description="what an improvement must be doubted for")
    head_failure: Failure | None = None
    outcome: MeasurementOutcome | None = None
    notes: tuple[str, ...] = ()

    def runs_of(self, side: Literal["base", "head"] | None) -> tuple[RunRole, ...]:
        """The roles of one side, by round, then by sweep."""
        return tuple(sorted((r for r in self.roles if r.side == side), key=lambda r: (r.run, r.sweep)))

    def role_of(self, result_id: str) -> RunRole | None:
        """The role of a result; None for one of another measurement."""
        return next((role for role in self.roles if role.result_id == result_id), None)

    def changed(self, **values: Any) -> MeasurementDocument:  # noqa: ANN401 - a model's own fields
        """The same measurement with other values of some fields, checked."""
        return MeasurementDocument.model_validate({**self.model_dump(), **values})
