"""What tools and commands take and return, beside the contract's own documents. Computes nothing, as `model` does.

The short forms of answers are in modules of their own (`comparison`, `short`, `history_short`), which only
`digest.structures` loads, and so is the `overview`: to start the server needs none of them.
"""

from holobench_mcp.answers.attaching import AttachmentReport
from holobench_mcp.answers.exporting import ExportReport
from holobench_mcp.answers.history import ChangePoint, DetectableStep, DriftReport, History, HistoryPoint
from holobench_mcp.answers.listing import (
    BaselineList,
    BaselineSet,
    ImportedBench,
    ImportReport,
    InputValues,
    MetricList,
    MetricRow,
    ResultPage,
    ResultRow,
    age_of,
    decoded_cursor,
    encoded_cursor,
)
from holobench_mcp.answers.measuring import (
    BenchmarkList,
    BenchmarkRow,
    MeasurementReport,
    RevisionReport,
    RunningMeasurement,
    RunReport,
    TooNoisy,
)
from holobench_mcp.answers.options import CompareOptions
from holobench_mcp.answers.reporting import ReportContent, ReportFile, ReportWritten
from holobench_mcp.answers.single_runs import MetricRuns, PointValues, SingleRuns
from holobench_mcp.answers.structure import DIGITS, Figure, Structure, rounded
from holobench_mcp.answers.upkeep import Collected, Freed, Repaired, RepairStep, Retained, Synced, Verification

__all__ = [
    "DIGITS",
    "AttachmentReport",
    "BaselineList",
    "BaselineSet",
    "BenchmarkList",
    "BenchmarkRow",
    "ChangePoint",
    "Collected",
    "CompareOptions",
    "DetectableStep",
    "DriftReport",
    "ExportReport",
    "Figure",
    "Freed",
    "History",
    "HistoryPoint",
    "ImportReport",
    "ImportedBench",
    "InputValues",
    "MeasurementReport",
    "MetricList",
    "MetricRow",
    "MetricRuns",
    "PointValues",
    "RepairStep",
    "Repaired",
    "ReportContent",
    "ReportFile",
    "ReportWritten",
    "ResultPage",
    "ResultRow",
    "Retained",
    "RevisionReport",
    "RunReport",
    "RunningMeasurement",
    "SingleRuns",
    "Structure",
    "Synced",
    "TooNoisy",
    "Verification",
    "age_of",
    "decoded_cursor",
    "encoded_cursor",
    "rounded",
]
