"""What people look at: an answer as a section of a page with its charts, as a page, or as a picture. Decides nothing.

Every function is pure, answer in and text out: nothing is read, loaded or run, and what comes out needs no script.
Charts are plain SVG. Whatever is data goes through one function (`markup.element`), and every figure that is drawn
stands in words beside it.
"""

from holobench_mcp.report.bench import bench_fragments
from holobench_mcp.report.comparison import comparison_fragment
from holobench_mcp.report.details import detailed_metrics
from holobench_mcp.report.history import history_fragment
from holobench_mcp.report.measurement import measurement_fragment
from holobench_mcp.report.overview import TITLE, overview_fragment
from holobench_mcp.report.page import notes_fragment, page
from holobench_mcp.report.pictures import comparison_picture, history_picture
from holobench_mcp.report.style import stylesheet

__all__ = [
    "TITLE",
    "bench_fragments",
    "comparison_fragment",
    "comparison_picture",
    "detailed_metrics",
    "history_fragment",
    "history_picture",
    "measurement_fragment",
    "notes_fragment",
    "overview_fragment",
    "page",
    "stylesheet",
]
