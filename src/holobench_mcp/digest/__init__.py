"""What an agent or a pipe reads: each answer as a few lines of text that are enough to act on.

Some clients show their model only the text, so nothing that matters may be in the structure alone; and every line is
paid for, so nothing that doesn't may be in the text. Knows the models; decides nothing.
"""

from holobench_mcp.digest.comparison import comparison, head, notes
from holobench_mcp.digest.documents import document_of
from holobench_mcp.digest.history import history
from holobench_mcp.digest.listing import baseline_sentences, baseline_set, baselines, imported, metrics, result, results
from holobench_mcp.digest.measuring import benchmarks, measurement, own_reason, revisions, unfinished
from holobench_mcp.digest.words import holds, number
from holobench_mcp.model.text import plain, plain_lines, with_output

__all__ = [
    "baseline_sentences",
    "baseline_set",
    "baselines",
    "benchmarks",
    "comparison",
    "document_of",
    "head",
    "history",
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
    "unfinished",
    "with_output",
]
