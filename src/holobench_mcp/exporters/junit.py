"""JUnit XML of comparisons: a suite a bench, a test case a metric, which fails where it regressed and nowhere else.

What can't be told is skipped, with its reason. A decision that is of no single metric, such as a benchmark that can't
be measured any more, is a case of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from holobench_mcp.model import ComparisonDocument, Decision, OtherComparison
from holobench_mcp.model.text import plain, with_output

NAME = "junit"
_UNSETTLED = (Decision.inconclusive, Decision.incomparable)


def write(documents: Sequence[ComparisonDocument], others: Sequence[OtherComparison] = ()) -> bytes:
    """The report. others: benches that have a decision and nothing else, such as those that are missing."""
    suites = [_suite(document) for document in documents]
    for other in others:
        suite = _named(other.bench_name)
        _case(suite, other.cause or "comparison", other.decision, other.cause, other.reason)
        suites.append(suite)
    root = Xml.Element("testsuites", name="holobench-mcp")
    root.extend(suites)
    for element in (*suites, root):
        for key, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
            element.set(key, str(sum(1 for _ in element.iter(tag))))
        element.set("errors", "0")
    Xml.indent(root)
    text: str = Xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def is_report(start: bytes) -> bool:
    """Whether a file that begins so is such a report."""
    return re.match(rb"\s*(<\?xml[^>]*>)?\s*<testsuites?[\s>]", start) is not None


def _suite(document: ComparisonDocument) -> Xml.Element:
    suite = _named(document.candidate.bench_name)
    decisions = set()
    for metric in document.metrics:
        evidence = metric.evidence
        if evidence is None:
            reason = document.reason or "it has no samples to judge it by"
            decision = Decision.inconclusive
            _case(suite, metric.variable, decision, None, reason)
        else:
            decision = evidence.decision
            _case(suite, metric.variable, decision, evidence.cause, evidence.reason)
        decisions.add(decision)
    whole = document.decision
    if whole is not None and whole not in decisions:
        _case(suite, document.cause or "comparison", whole, document.cause, document.reason or "")
    return suite


def _named(bench: str) -> Xml.Element:
    return Xml.Element("testsuite", name=plain(bench))


def _case(suite: Xml.Element, name: str, decision: Decision, cause: str | None, reason: str) -> None:
    case = Xml.SubElement(suite, "testcase", classname=suite.get("name", ""), name=plain(name))
    said = with_output(f"{decision.value}: {reason}")  # XML 1.0 can hold no control character
    if decision is Decision.regressed:
        failure = Xml.SubElement(case, "failure", type=cause or "performance", message=said)
        failure.text = said
    elif decision in _UNSETTLED:
        Xml.SubElement(case, "skipped", message=said)
    else:
        Xml.SubElement(case, "system-out").text = said
