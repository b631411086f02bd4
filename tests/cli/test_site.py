"""A site of a whole store: whole, the same each time, and written only where it belongs."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import cli
from holobench_mcp.cli.site import write_site
from holobench_mcp.cli.site_folder import MARKER, SiteFolder
from holobench_mcp.model import OutputError
from holobench_mcp.report.links import ServerLinks, bench_file, comparison_file
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, C, record_runs, workspace_in

NAMES = ("sort", "Sort", "a/b", "../../etc/passwd", "..", "con", "<script>alert(1)</script>", "ü" * 100)


def recorded(folder: Path) -> Workspace:
    space = workspace_in(folder)
    for i, name in enumerate(NAMES):
        record_runs(space, 100, 100 * i, bench=name, revision=A, runs=2)
        record_runs(space, 140, 100 * i + 10, bench=name, revision=B, runs=2)
    before, after = (
        {row.bench_name: row.result_id for row in space.list_results(revision=code, limit=100).results}
        for code in (A, B)
    )
    for name in NAMES:
        space.compare(before[name], after[name])
    return space


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return recorded(tmp_path_factory.mktemp("site"))


def written(space: Workspace, folder: Path) -> dict[str, bytes]:
    write_site(space, folder, lambda _done, _total: None)
    return files(folder)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_link_leads_to_a_file_of_the_site(space: Workspace, tmp_path: Path) -> None:
    site = written(space, tmp_path / "site")
    reached, to_do = set[str](), ["index.html"]
    while to_do:
        name = to_do.pop()
        if name in reached:
            continue
        reached.add(name)
        for link in re.findall(r'(?:href|src)="([^"]*)"', site[name].decode() if name.endswith("html") else ""):
            if link.startswith("data:image/svg+xml,"):
                continue
            parts = urlsplit(unescape(link))
            assert not parts.scheme and not parts.netloc and not link.startswith("/"), link
            target = (tmp_path / "site" / name).parent / unquote(parts.path)
            to_do.append(str(target.resolve().relative_to((tmp_path / "site").resolve())))
    assert reached == set(site) - {MARKER}
    assert len([name for name in site if name.startswith("bench/")]) == len(NAMES)
    assert len([name for name in site if name.startswith("comparison/")]) == len(NAMES)
    assert not any(b"<script" in page for page in site.values())


def test_the_same_store_gives_the_same_bytes_and_what_did_not_change_is_left(space: Workspace, tmp_path: Path) -> None:
    one = written(space, tmp_path / "one")
    assert written(workspace_in(Path(space.config.root)), tmp_path / "other") == one
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "one").rglob("*.html")}
    report = write_site(space, tmp_path / "one", lambda _done, _total: None)
    assert (report.changed, report.removed) == (0, 0)
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "one").rglob("*.html")} == times


def test_what_is_not_made_any_more_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, bench="old", runs=1)
    record_runs(space, 100, 10, bench="new", runs=1)
    site = tmp_path / "site"
    before = written(space, site)
    (site / "CNAME").write_text("bench.example.com")
    (site / "bench" / "notes.txt").write_text("mine")
    (site / ".git").mkdir()
    (site / ".git" / "HEAD").write_text("ref: refs/heads/gh-pages")
    for path in (tmp_path / "store" / "results").glob("old-*"):
        path.unlink()
    after = written(workspace_in(tmp_path), site)
    assert set(before) - set(after) == {bench_file("old")}
    assert set(after) - set(before) == {"CNAME", "bench/notes.txt", ".git/HEAD"}
    assert json.loads(after[MARKER])["files"] == sorted({*before} - {MARKER, bench_file("old")})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("index.html", "mine"),
        (".hidden", ""),
        (MARKER, "{}"),
        (MARKER, "not json"),
        (MARKER, '{"format": 2, "files": []}'),
        (MARKER, '{"format": 1, "files": ["../outside.html"]}'),
        (MARKER, '{"format": 1, "files": ["bench/../../outside.html"]}'),
        (MARKER, '{"format": 1, "files": ["/etc/passwd"]}'),
        (MARKER, '{"format": 1, "files": [1]}'),
    ],
)
def test_a_folder_of_somebody_else_is_left_as_it_is(space: Workspace, tmp_path: Path, name: str, content: str) -> None:
    outside = tmp_path / "outside.html"
    outside.write_text("mine")
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / name).write_text(content)
    with pytest.raises(OutputError, match="is no site that holobench-mcp wrote"):
        write_site(space, folder, lambda _done, _total: None)
    assert files(folder) == {name: content.encode()}
    assert outside.read_text() == "mine"


def test_no_file_of_somebody_else_is_written_over(space: Workspace, tmp_path: Path) -> None:
    site = tmp_path / "site"
    written(space, site)
    mine = site / bench_file("sort")
    (site / MARKER).write_text(json.dumps({"format": 1, "files": ["index.html"]}))
    before = files(site)
    with pytest.raises(OutputError, match="no file of a site"):
        write_site(space, site, lambda _done, _total: None)
    assert files(site) == before, "and nothing is half written"
    assert mine.exists()


def test_a_link_is_not_followed(space: Workspace, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    written(space, site)
    (site / "bench").rename(elsewhere)
    (site / "bench").symlink_to(elsewhere)
    before = files(elsewhere)
    with pytest.raises(OutputError, match="is a link"):
        write_site(space, site, lambda _done, _total: None)
    assert files(elsewhere) == before
    with pytest.raises(OutputError):
        SiteFolder(elsewhere)


def test_a_site_that_was_broken_off_is_the_old_one_and_is_gone_on_with(space: Workspace, tmp_path: Path) -> None:
    site = tmp_path / "site"
    before = written(space, site)

    def stop(done: int, _total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    (site / bench_file("sort")).write_text("an older state")
    with pytest.raises(KeyboardInterrupt):
        write_site(space, site, stop)
    assert {**files(site), bench_file("sort"): before[bench_file("sort")]} == before
    assert written(space, site) == before


def test_an_empty_store_has_a_site_too(tmp_path: Path) -> None:
    site = written(workspace_in(tmp_path), tmp_path / "site")
    assert set(site) == {"index.html", "style.css", MARKER}
    assert b"Nothing is recorded yet" in site["index.html"]


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200) | st.sampled_from(NAMES)


@given(st.lists(names, unique=True, min_size=2, max_size=5))
def test_no_name_leads_elsewhere_or_to_another_ones_page(some: list[str]) -> None:
    made = [bench_file(name) for name in some]
    assert len({name.lower() for name in made}) == len(some), "on disks that ignore case too"
    for file in made:
        assert re.fullmatch(r"bench/[a-z0-9][a-z0-9-]*\.html", file)
        assert len(file) < 80
    for name in some:
        address = ServerLinks().bench(name)
        assert address.isascii() and re.fullmatch(r"/bench/[^/?#\s]*(\?name=[^/?#&\s]*)?", address)
        parts = urlsplit(address)
        assert unquote(parts.path.removeprefix("/bench/")) or unquote(parts.query.removeprefix("name=")) == name
    assert comparison_file(some[0], some[1]) != comparison_file(some[1], some[0])


def test_a_newer_comparison_takes_the_place_of_the_older(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, revision=A)
    record_runs(space, 140, 10, revision=B)
    space.compare(f"sort@{A}", f"sort@{B}")
    first = written(space, tmp_path / "site")
    assert b"Regressed" in first["index.html"]
    record_runs(space, 100, 20, revision=C)
    space.compare(f"sort@{A}", f"sort@{C}")
    second = written(space, tmp_path / "site")
    assert b"Regressed" not in second["index.html"]
    assert len([name for name in second if name.startswith("comparison/")]) == 2


def test_the_command_writes_a_site_and_a_page_of_all_benches(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, revision=A, runs=1)
    store = ["--store", str(tmp_path / "store")]
    alone = cli(*store, "report", "--html", "page.html", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    page = (tmp_path / "page.html").read_text()
    assert "hb-overview" in page and "There is no comparison of the newest code" in page
    site = cli(*store, "report", "--site", "public", "--json", cwd=tmp_path)
    assert site.returncode == 0, site.stderr
    answer = json.loads(site.stdout)
    assert list(answer)[:2] == ["status", "reason"]
    assert answer["pages"] == len(list((tmp_path / "public").rglob("*.html"))) == 2
    assert "Regressed" not in page
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    for arguments in (["--site", "mine"], ["--site", "public", "sort"], ["--site", "public", "--html", "x.html"]):
        refused = cli(*store, "report", *arguments, cwd=tmp_path)
        assert refused.returncode == 2, arguments
        assert "--site" in refused.stderr and "Traceback" not in refused.stderr
