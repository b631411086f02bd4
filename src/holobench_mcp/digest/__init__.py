"""What an agent or a pipe reads: each answer as a few lines of text that are enough to act on.

Some clients show their model only the text, so nothing that matters may be in the structure alone; and every line is
paid for, so nothing that doesn't may be in the text. Knows the models; decides nothing.
"""

from holobench_mcp.digest.comparison import comparison, head, notes
from holobench_mcp.digest.documents import document_of
from holobench_mcp.digest.history import detector, history, history_heading
from holobench_mcp.digest.listing import (
    baseline_sentences,
    baseline_set,
    baselines,
    imported,
    metrics,
    result,
    results,
    samples,
)
from holobench_mcp.digest.measuring import benchmarks, measurement, own_reason, revisions, unfinished
from holobench_mcp.digest.selection import selected
from holobench_mcp.digest.words import few, holds, number
from holobench_mcp.model.text import plain, plain_lines, with_output

__all__ = [
    "baseline_sentences",
    "baseline_set",
    "baselines",
    "benchmarks",
    "comparison",
    "detector",
    "document_of",
    "few",
    "head",
    "history",
    "history_heading",
    "holds",
    "imported",
    "measurement",
    "metrics",
    "notes",
    "number",
    "own_reason",
    "plain",
    "plain_lines",
    "result",
    "results",
    "revisions",
    "samples",
    "selected",
    "unfinished",
    "with_output",
]
