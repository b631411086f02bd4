"""What tools and commands take and return, beside the contract's own documents. Computes nothing, as `model` does."""

from holobench_mcp.answers.attaching import AttachmentReport
from holobench_mcp.answers.history import ChangePoint, DetectableStep, DriftReport, History, HistoryPoint
from holobench_mcp.answers.listing import (
    BaselineList,
    BaselineSet,
    ImportReport,
    InputValues,
    MetricList,
    MetricRow,
    ResultPage,
    ResultRow,
)
from holobench_mcp.answers.measuring import (
    BenchmarkList,
    BenchmarkRow,
    MeasurementAnswer,
    MeasurementReport,
    RevisionReport,
    RunningMeasurement,
    RunReport,
)
from holobench_mcp.answers.options import CompareOptions
from holobench_mcp.answers.structure import DIGITS, Figure, Structure, rounded
from holobench_mcp.answers.upkeep import Verification

__all__ = [
    "DIGITS",
    "AttachmentReport",
    "BaselineList",
    "BaselineSet",
    "BenchmarkList",
    "BenchmarkRow",
    "ChangePoint",
    "CompareOptions",
    "DetectableStep",
    "DriftReport",
    "Figure",
    "History",
    "HistoryPoint",
    "ImportReport",
    "InputValues",
    "MeasurementAnswer",
    "MeasurementReport",
    "MetricList",
    "MetricRow",
    "ResultPage",
    "ResultRow",
    "RevisionReport",
    "RunReport",
    "RunningMeasurement",
    "Structure",
    "Verification",
    "rounded",
]
