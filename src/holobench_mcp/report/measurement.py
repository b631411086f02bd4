"""A stored measurement as a section of a page: what was planned, whose each run is, its looks, and how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from holobench_mcp import digits
from holobench_mcp.model import Difference, MeasuredCode, MeasurementDocument, RunRole
from holobench_mcp.report import marks
from holobench_mcp.report.comparison import bullets, facts, opening
from holobench_mcp.report.markup import Markup, element, joined, shortened

#: Rounds and benches of a measurement that have a line of their own.
_LISTED = 100
_SIDES = {"base": "hb-before", "head": "hb-after", None: "hb-after"}


def measurement_fragment(document: MeasurementDocument) -> str:
    """A measurement as `<section class="hb-measurement">`. document: as the store has it. Needs no script."""
    return element(
        "section",
        _opening(document),
        facts(_plan(document)),
        _rounds(document),
        _looks(document),
        bullets("What limits this", [_caution(c) for c in document.cautions]),
        bullets("Notes", [*_failed(document), *document.notes]),
        class_="hb-measurement",
    )


def _opening(document: MeasurementDocument) -> Markup:
    name = document.benchmark or shlex.join(document.command) or document.id
    outcome = document.outcome
    if outcome is not None:
        return opening(outcome.decision, outcome.cause, outcome.reason, outcome.next_step, name)
    unit = "runs" if document.kind == "benchmark" else "rounds"
    said = f"{document.status.capitalize()}: {document.rounds} of {document.rounds_planned} {unit} measured."
    title = element("h2", element("bdi", shortened(name, 90), title=name if len(name) > 90 else None))
    return joined([title, element("p", said, class_="hb-reason")])


def _plan(document: MeasurementDocument) -> list[tuple[str, Markup]]:
    most = "at most " if document.automatic else ""
    planned = f"{most}{document.rounds_planned}, measured {document.rounds}"
    if document.seconds_a_round is not None:
        planned += f", {digits.plain(document.seconds_a_round)} s each"
    if document.max_seconds is not None:
        planned += f", within {digits.plain(document.max_seconds)} s"
    rows = [("Measurement", element("code", document.id))]
    rows += [("Base", _code(document.base))] if document.base is not None else []
    rows.append(("Head" if document.base is not None else "Code", _code(document.head)))
    rows += [("Command", element("code", shlex.join(document.command)))] if document.command else []
    if document.parameters:
        rows.append(("Parameters", joined([", ".join(f"{k}={v}" for k, v in document.parameters.items())])))
    rows.append(("Runs" if document.kind == "benchmark" else "Rounds", joined([planned])))
    ended = f" to {_time(document.ended_at)}" if document.ended_at else ""
    stopped = f": {document.stopped}" if document.stopped else ""
    rows.append(("When", joined([f"{_time(document.started_at)}{ended}, {document.status}{stopped}"])))
    if document.protected_changed:
        rows.append(("Files of the base", joined([", ".join(document.protected_changed)])))
    return rows


def _code(code: MeasuredCode) -> Markup:
    parts: list[str] = [element("code", (code.revision or "unknown")[:10])]
    parts += ["with uncommitted changes"] if code.dirty else []
    parts += [element("bdi", f"“{shortened(code.label, 60)}”")] if code.label else []
    return joined(parts, " ")


def _rounds(document: MeasurementDocument) -> Markup | None:
    """Who ran in which round: a line a side, a dot a run."""
    roles = document.roles
    if not roles:
        return None
    sides = [side for side in ("base", "head", None) if any(role.side == side for role in roles)]
    last = max(role.run for role in roles) + 1
    lines = []
    for side in sides:
        runs = sorted({role.run for role in roles if role.side == side})
        dots = [marks.dot(f"{100 * (run + 0.5) / last:.2f}%", 14, _SIDES[side], 5, f"round {run + 1}") for run in runs]
        word = side or "runs"
        picture = marks.picture(
            *dots,
            height=28,
            title=f"{word}: {len(runs)} of {last}",
            desc=f"rounds {', '.join(str(r + 1) for r in runs)}",
        )
        cells = (element("span", word, class_="hb-name"), picture, element("span", f"{len(runs)} of {last}"))
        classes = ("hb-cell", "hb-cell hb-drawn", "hb-cell hb-figures")
        drawn = (element("div", cell, class_=class_) for cell, class_ in zip(cells, classes, strict=True))
        lines.append(element("div", *drawn, class_="hb-row"))
    return element("div", element("h3", "Runs"), *lines, _results(roles), class_="hb-rounds")


def _results(roles: Sequence[RunRole]) -> Markup:
    head = element("tr", *(element("th", name, scope="col") for name in ("round", "side", "bench", "result")))
    rows = [
        element(
            "tr",
            element("td", str(role.run + 1)),
            element("td", role.side or ""),
            element("td", element("bdi", shortened(role.bench_name, 80))),
            element("td", element("code", role.result_id)),
        )
        for role in roles[:_LISTED]
    ]
    more = len(roles) - len(rows)
    table = element("table", element("thead", head), element("tbody", *rows), class_="hb-table")
    return element(
        "details",
        element("summary", f"{len(roles):,} recorded results"),
        element("div", table, class_="hb-scroll", tabindex="0"),
        element("p", f"… and {more:,} more") if more else None,
    )


def _looks(document: MeasurementDocument) -> Markup | None:
    if not document.looks:
        return None
    said = [
        f"after {look.round} rounds, at an error rate of {digits.plain(100 * look.alpha)} %: "
        + ("every metric was settled" if look.settled else "not settled")
        for look in document.looks
    ]
    return bullets("Looks", said)


def _failed(document: MeasurementDocument) -> list[str]:
    failure = document.head_failure
    return [] if failure is None else [f"The head failed: {failure.detail}"]


def _caution(caution: Difference) -> str:
    return f"{caution.what}: {caution.detail}"


def _time(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"
