"""The tools: their arguments, their descriptions for an agent that never heard of holobench, and nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server import MCPServer
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.answers import (
    BaselineList,
    BaselineSet,
    CompareOptions,
    History,
    ImportReport,
    MetricList,
    ResultPage,
)
from holobench_mcp.model import ComparisonDocument, ResultDocument
from holobench_mcp.server.services import Services, answer, for_agents

_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)

_NAMES = (
    "an id or its beginning, latest, latest~1, <bench>@latest, <bench>@<baseline name>, <bench>@<git revision> or "
    "<bench>@label:<label>"
)
ResultName = Annotated[str, Field(description=f"Which result: {_NAMES}")]


def register(server: MCPServer[Any], services: Services) -> None:
    """Add every tool that this project's configuration allows."""

    @server.tool(title="Compare two benchmark results", annotations=_READS)
    @for_agents
    def compare_results(
        baseline: Annotated[
            str,
            Field(
                description="The code before the change, named alike. Default: what set_baseline pinned, else the "
                "newest earlier result of other code"
            ),
        ] = "baseline",
        candidate: Annotated[str, Field(description=f"The code after the change: {_NAMES}")] = "latest",
        metrics: Annotated[list[str] | None, Field(description="Only these metrics")] = None,
        method: Annotated[
            Literal["percentage", "adaptive", "delta", "absolute"] | None,
            Field(description="holobench's detector behind `verdict`; percentage unless given"),
        ] = None,
        threshold: Annotated[float | None, Field(description="That detector's threshold")] = None,
        margin_percent: Annotated[
            float | None, Field(description="Smallest change that matters; 3 % unless configured")
        ] = None,
        replicates: Annotated[
            Literal["auto", "none"],
            Field(description="auto: use every recorded run of the same code as evidence"),
        ] = "auto",
        detail: Annotated[
            Literal["summary", "full"], Field(description="summary: the worst 20 metrics, 5 points each")
        ] = "summary",
    ) -> Annotated[CallToolResult, ComparisonDocument]:
        """Did a change make the benchmark better or worse? Gives `decision` (regressed, improved, unchanged,
        inconclusive or incomparable), `reason`, `next_step`, and per metric the effect with its interval and the input
        points that moved. Call it with no arguments after recording the changed code."""
        options = CompareOptions(
            metrics=tuple(metrics) if metrics is not None else None,
            method=method,
            threshold=threshold,
            margin_percent=margin_percent,
            replicates=replicates,
            detail=detail,
        )
        document = services.workspace.compare(baseline, candidate, options)
        return answer(digest.comparison(document), document)

    @server.tool(title="List recorded benchmark results", annotations=_READS)
    @for_agents
    def list_results(
        bench_name: Annotated[str | None, Field(description="Only this benchmark")] = None,
        revision: Annotated[str | None, Field(description="Only this git revision, branch or tag")] = None,
        label: Annotated[str | None, Field(description="Only this display label")] = None,
        limit: Annotated[int, Field(ge=1, le=100, description="Results a page")] = 20,
        cursor: Annotated[str | None, Field(description="next_cursor of the page before")] = None,
    ) -> Annotated[CallToolResult, ResultPage]:
        """Which benchmark results are recorded, newest first: id, benchmark, time, git revision, metrics, baselines."""
        page = services.workspace.list_results(
            bench_name=bench_name, revision=revision, label=label, limit=limit, cursor=cursor
        )
        return answer(digest.results(page), page)

    @server.tool(title="List a result's metrics", annotations=_READS)
    @for_agents
    def list_metrics(result: ResultName = "latest") -> Annotated[CallToolResult, MetricList]:
        """What one result measured: the swept inputs with their values, and each metric's unit, better direction,
        mean, best value and where that was, and whether its claim holds."""
        listed = services.workspace.list_metrics(result)
        return answer(digest.metrics(listed), listed)

    @server.tool(title="Export a result's contract", annotations=_READS)
    @for_agents
    def export_result(
        result: ResultName = "latest",
        include_series: Annotated[bool, Field(description="Add the recorded history of over-time results")] = False,
    ) -> Annotated[CallToolResult, ResultDocument]:
        """One result as holobench's stable result.json contract: provenance, metrics, optima, claims, regressions."""
        document = services.workspace.export_result(result, include_series=include_series)
        return answer(digest.result(document), document)

    @server.tool(title="A metric's history", annotations=_READS)
    @for_agents
    def metric_history(
        bench_name: Annotated[str, Field(description="The benchmark, as list_results names it")],
        metric: Annotated[str, Field(description="One of its metrics")],
        point: Annotated[
            dict[str, str | int | float | bool] | None, Field(description="One input point, such as {'size': 200}")
        ] = None,
        limit: Annotated[int, Field(ge=2, le=1000, description="Newest measurements to look at")] = 50,
    ) -> Annotated[CallToolResult, History]:
        """When did a metric change? Its value and interval at each measurement, oldest first, the change points with
        the revisions between which they lie and how sure they are, or a slow drift that no single step shows."""
        told = services.workspace.metric_history(bench_name, metric, point=point, limit=limit)
        return answer(digest.history(told), told)

    @server.tool(title="List baselines", annotations=_READS)
    @for_agents
    def list_baselines(
        bench_name: Annotated[str | None, Field(description="Only this benchmark")] = None,
    ) -> Annotated[CallToolResult, BaselineList]:
        """Which results are pinned as baselines, by whom, when and why."""
        listed = services.workspace.list_baselines(bench_name)
        return answer(digest.baselines(listed), listed)

    @server.tool(
        title="Set a baseline",
        annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False),
    )
    @for_agents
    def set_baseline(
        result: ResultName,
        name: Annotated[str, Field(description="The baseline's name")] = "baseline",
        reason: Annotated[str | None, Field(description="Why; needed for a result that regressed")] = None,
    ) -> Annotated[CallToolResult, BaselineSet]:
        """Pin a result, with all runs of its measurement, as what later ones are compared with. What the name meant
        before is kept in its log."""
        told = services.workspace.set_baseline(result, name, reason)
        return answer(digest.baseline_set(told), told)

    @server.tool(
        title="Import saved results",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )
    @for_agents
    def import_results(
        path: Annotated[str, Field(description="A saved .pkl result or a result.json, below the project's folder")],
    ) -> Annotated[CallToolResult, ImportReport]:
        """Record results that were saved to a file, so that they can be compared. Nothing in a pickle is run: it is
        read in a quarantined process."""
        report = services.workspace.import_for_agent(path)
        return answer(digest.imported(report), report)
