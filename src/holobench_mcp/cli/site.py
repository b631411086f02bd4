"""A site of a whole store, page by page: what is shown of each bench, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from holobench_mcp.answers.overview import BenchReport, SiteWritten
from holobench_mcp.cli.site_folder import SiteFolder
from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.report import detailed_metrics
from holobench_mcp.report.site import Compared, Sides, bench_pages, overview_page, style_page
from holobench_mcp.workspace import Workspace

#: Comparisons of a bench that have a page of their own, the newest.
_COMPARISONS = 5


def write_site(space: Workspace, folder: Path, on_progress: Callable[[int, int], None]) -> SiteWritten:
    """Write a store's site into a folder. Raises OutputError for one that is somebody else's; then nothing is written.

    The same store gives the same bytes.
    """
    site = SiteFolder(folder)
    try:
        return _written(space, site, on_progress)
    except BaseException:
        site.abandon()
        raise


def _written(space: Workspace, site: SiteFolder, on_progress: Callable[[int, int], None]) -> SiteWritten:
    overview = space.overview()
    changed, n_bytes, pages, notes = 0, 0, set[Sides](), list(overview.notes)

    def put(name: str, data: bytes) -> None:
        nonlocal changed, n_bytes
        changed += site.write(name, data)
        n_bytes += len(data)

    total = len(overview.benches)
    for done, bench in enumerate(overview.benches):
        on_progress(done, total)
        report = space.bench_report(bench.bench_name)
        comparisons = _comparisons(space, report)
        pages.update(comparisons)
        for name, data in bench_pages(report, comparisons):
            put(name, data)
        notes += [f"{bench.bench_name}: {note}" for note in report.notes if note not in overview.notes]
    for name, data in (style_page(), overview_page(overview, pages)):
        put(name, data)
    removed = site.finish()
    on_progress(total, total)
    return SiteWritten(
        status="ok",
        reason=f"{overview.reason} Written to {site.folder}: {total + len(pages) + 1} pages, {n_bytes:,} bytes.",
        path=str(site.folder),
        pages=total + len(pages) + 1,
        n_bytes=n_bytes,
        changed=changed,
        removed=len(removed),
        notes=tuple(notes),
    )


def _comparisons(space: Workspace, report: BenchReport) -> dict[Sides, Compared]:
    """The comparisons that get a page. One that can't be made any more gets none: the list has what it came to."""
    comparisons = dict[Sides, Compared]()
    for logged in report.comparisons[:_COMPARISONS]:
        sides = logged.baseline.result_id, logged.candidate.result_id
        try:
            document = space.comparison_again(*sides)
            runs = space.single_runs(document, detailed_metrics(document))
        except HolobenchMcpError:
            continue
        comparisons[sides] = Compared(document, (runs,) if runs is not None else ())
    return comparisons
