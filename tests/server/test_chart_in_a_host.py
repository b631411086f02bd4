"""The page of the chart in a real host: Chromium, the reference bridge of MCP Apps, a sandbox of another origin."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio import from_thread, to_thread
from mcp import Client

from chart_host import Host, Refused, hosting
from clients import SHOWS_CHARTS, chart_of, sent, talk
from conftest import PYTHON
from holobench_mcp.server.app import create_server
from holobench_mcp.server.chart.extension import FOR_THE_PAGE
from holobench_mcp.server.chart.fragments import CHART_KEY, CHART_URI, packed


def page_of(project: Path) -> tuple[str, dict[str, Any]]:
    async def read(client: Client) -> Any:
        return (await client.read_resource(CHART_URI)).contents[0]

    content = talk(create_server(project=str(project)), read, extensions=SHOWS_CHARTS)
    return content.text, content.meta["ui"]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with hosting(*page_of(tmp_path_factory.mktemp("page"))) as host:
        yield host


def answer(html: str | None = None, **structure: Any) -> dict[str, Any]:
    meta = {} if html is None else {"_meta": {CHART_KEY: packed(html)}}
    return {"content": [{"type": "text", "text": "an answer"}], "structuredContent": structure, **meta}


def running(done: int, *, measurement: str = "sort-1", status: str = "running") -> dict[str, Any]:
    return answer(
        status=status,
        reason=f"Measuring the base: {done} of 8 rounds are done, about {(8 - done) * 5} s left.",
        next_step=f"wait_measurement(measurement='{measurement}')",
        measurement=measurement,
        benchmark="sort",
        rounds_done=done,
        rounds_planned=8,
    )


def untroubled(host: Host) -> None:
    assert host.trouble() == {"requests": [], "complaints": []}


# ---------------------------------------------------------------------- what is shown


def test_a_recorded_comparison_and_a_history_are_shown_whole(host: Host, project: Path) -> None:
    async def both(client: Client) -> list[dict[str, Any]]:
        history = {"benchmark": "sort", "metric": "time_ms"}
        return [
            sent(await client.call_tool("compare_results")),
            sent(await client.call_tool("metric_history", history)),
        ]

    for result, kind in zip(
        talk(create_server(project=str(project)), both, extensions=SHOWS_CHARTS), ("comparison", "history"), strict=True
    ):
        host.open()
        host.show(result)
        html = chart_of(result)
        shown = host.inside(f"document.querySelector('main > section.hb-{kind}').outerHTML")
        normal = host.inside(f"new DOMParser().parseFromString({html!r}, 'text/html').body.innerHTML")
        assert shown == normal, "the page left something of a real chart out"
        height = host.inside("Math.ceil(document.body.getBoundingClientRect().height)")
        noticed = host.noticed(lambda so_far, height=height: so_far["sizes"][-1:] == [height])
        assert noticed["initialized"] == 1 and noticed["logs"] == []
        assert height > 100
        untroubled(host)


def test_the_page_takes_the_hosts_theme_and_the_persons_where_the_host_has_none(host: Host) -> None:
    ground = "getComputedStyle(document.documentElement).getPropertyValue('--hb-ground').trim()"
    grounds = {}
    for theme, scheme in (("light", "dark"), ("dark", "light"), (None, "dark")):
        host.open(theme=theme, scheme=scheme)
        host.show(answer(decision="unchanged", reason="It is the same."))
        grounds[theme, scheme] = host.inside(ground)
    assert grounds["light", "dark"] != grounds["dark", "light"] == grounds[None, "dark"]
    host.open(theme="light")
    host.tell("sendHostContextChange", {"theme": "dark"})
    host.until("document.documentElement.dataset.theme === 'dark'")
    assert host.inside(ground) == grounds["dark", "light"]
    untroubled(host)


def test_an_answer_without_a_chart_is_shown_in_its_words(host: Host) -> None:
    host.open()
    host.show(answer(decision="incomparable", reason="Other <b>machines</b>.", next_step="compare_revisions('sort')"))
    assert "Incomparable" in host.text() and "Other <b>machines</b>." in host.text()
    assert "Next: compare_revisions('sort')" in host.text()
    host.tell("sendToolResult", {"isError": True, "content": [{"type": "text", "text": "No result <i>x</i>."}]})
    host.until("document.body.innerText.includes('No result <i>x</i>.')")
    host.tell("sendToolResult", {"content": [{"type": "text", "text": "only text"}]})
    host.until("document.body.innerText.includes('nothing that can be drawn')")
    host.open()
    host.tell("sendToolInput", {"arguments": {"benchmark": "sort"}})
    host.until("document.body.innerText === 'Waiting for the answer about sort.'")
    host.tell("sendToolCancelled", {"reason": "the person pressed Esc"})
    host.until("document.body.innerText.includes('cancelled: the person pressed Esc')")
    untroubled(host)


HOSTILE = (
    "<script>parent.postMessage('ran','*');window.ran=1</script>",
    "<img src=x onerror='window.ran=1'><img src='http://evil.test/pixel'>",
    "<svg onload='window.ran=1'><script>window.ran=1</script></svg>",
    "<svg><a xlink:href='javascript:window.ran=1' href='javascript:window.ran=1'><text>a</text></a></svg>",
    "<svg><animate onbegin='window.ran=1' attributeName=x dur=1s></animate><set attributeName=href to='javascript:1'/></svg>",
    "<svg><foreignObject><iframe src='http://evil.test/frame'></iframe></foreignObject></svg>",
    "<svg><use href='http://evil.test/a.svg#b'></use><image href='http://evil.test/c.png'></image></svg>",
    "<svg><rect fill='url(http://evil.test/paint)' width=9 height=9></rect><style>*{background:url(http://evil.test/s)}</style></svg>",
    "<p style='background:url(http://evil.test/style)'>a</p><style>@import 'http://evil.test/css';</style>",
    "<link rel=stylesheet href='http://evil.test/css'><base href='http://evil.test/'><meta http-equiv=refresh content='0;url=http://evil.test/'>",
    "<form action='http://evil.test/'><button formaction='javascript:window.ran=1'>go</button><input autofocus onfocus='window.ran=1'></form>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe><object data='http://evil.test/o'></object><embed src='http://evil.test/e'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=window.ran=1>'></table></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=window.ran=1>'></noscript><template><script>window.ran=1</script></template>",
    "<a href='https://evil.test/'>a</a><a href='#x' ping='http://evil.test/ping' target=_top>b</a>",
    "<details ontoggle='window.ran=1' open><summary>c</summary></details><div id=chart onclick='window.ran=1'>d</div>",
    "<video><source onerror='window.ran=1'></video><audio src='http://evil.test/a'></audio><input type=image src='http://evil.test/i'>",
    "<p srcset='http://evil.test/x 2x' background='http://evil.test/b' poster='http://evil.test/p'>e</p>",
)


#: Elements and attributes that are no part of a chart.
FOREIGN = """[...document.querySelectorAll('main *')].flatMap(e => [
  ...['script', 'style', 'img', 'image', 'iframe', 'a', 'form', 'input', 'button', 'object', 'embed', 'link', 'math',
      'meta', 'base', 'video', 'audio', 'template', 'animate', 'set', 'foreignObject'].filter(n => n === e.localName),
  ...e.getAttributeNames().filter(n => /^on|style|href|src|url|action|ping|poster|background/.test(n)),
])"""


def test_nothing_runs_and_nothing_is_fetched_whatever_a_chart_holds(host: Host) -> None:
    host.open()
    host.show(answer("<section class='hb-comparison'><h2>first</h2></section>"))
    for i, html in enumerate([*HOSTILE, "".join(HOSTILE)]):
        chart = f"<section class='hb-comparison'><p onclick='window.ran=1'>number {i}</p>{html}</section>"
        host.tell("sendToolResult", answer(chart))
        host.until(f"document.body.innerText.includes('number {i}')")
        assert host.inside(FOREIGN) == [], html
    assert host.inside("window.ran") is None
    assert len(host.step("host")["logs"]) == len(HOSTILE) + 1
    assert host.trouble()["requests"] == []


def test_should_a_script_get_in_the_pages_own_policy_stops_it(host: Host) -> None:
    host.open()
    host.show(answer(decision="unchanged", reason="x"))
    host.inside(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);"
        " document.body.insertAdjacentHTML('beforeend', '<i onclick=\"window.ran=1\" style=\"color:red\">x</i>');"
        " document.querySelector('i').click(); new Image().src = 'http://evil.test/i'; fetch('http://evil.test/f').catch(() => 0);"
        " return 0; })()"
    )
    assert host.inside("window.ran") is None
    assert host.trouble(complaints=4)["requests"] == []


def test_only_the_host_is_listened_to(host: Host) -> None:
    host.open()
    host.show(answer(decision="unchanged", reason="the host's"))
    forged = {"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": answer("<h2>forged</h2>")}
    # Whoever listens last hears of it last: the page has heard of it by then.
    host.inside(f"new Promise(done => {{ addEventListener('message', done); window.postMessage({forged!r}, '*') }})")
    assert "forged" not in host.text() and "the host's" in host.text()


# ---------------------------------------------------------------------- a measurement under way


def test_a_measurement_is_followed_with_one_question_at_a_time_until_its_chart_is_there(host: Host) -> None:
    answers = [running(2), running(5), answer("<section class='hb-comparison'><h2>Improved</h2></section>")]
    host.open(clock=True, call=lambda _: answers.pop(0))
    host.show(running(0))
    for done in (2, 5):
        host.until(f"document.body.innerText.includes('{done} of 8 rounds')")
        assert host.inside("document.querySelector('progress').value") == done
        assert len(answers) == {2: 2, 5: 1}[done], "it asked again before it had waited"
        host.step("pass", ms=5000)
    host.until("document.body.innerText.includes('Improved')")
    assert host.inside("document.querySelector('progress')") is None
    host.step("pass", ms=60_000)
    expected = {"name": FOR_THE_PAGE, "arguments": {"measurement": "sort-1", "wait_seconds": 10}}
    assert host.calls == [expected] * 3
    untroubled(host)


@pytest.mark.parametrize(
    ("why", "options"),
    [
        ("the host passes no calls on", {"capabilities": {"logging": {}}}),
        ("the agent itself asks again", {"toolInfo": {"tool": {"name": "wait_measurement", "inputSchema": {"type": "object"}}}}),
    ],
)  # fmt: skip
def test_nothing_is_asked_where(host: Host, why: str, options: dict[str, Any]) -> None:
    host.open(clock=True, **options)
    host.show(running(3))
    host.step("pass", ms=60_000)
    assert host.calls == [] and "3 of 8 rounds are done" in host.text()
    assert host.inside("document.querySelector('progress').getAttribute('aria-label')") == "Measuring sort"


@pytest.mark.parametrize("refusal", ["error", "is_error"])
def test_a_refusal_ends_the_asking_and_a_person_can_begin_it_anew(host: Host, refusal: str) -> None:
    answers: list[Any] = [Refused("The person did not allow it."), answer("<h2>Regressed</h2>")]
    if refusal == "is_error":
        answers[0] = {"isError": True, "content": [{"type": "text", "text": "The store is gone."}]}

    def call(_: Any) -> Any:
        if isinstance(answers[0], Refused):
            raise answers.pop(0)
        return answers.pop(0)

    host.open(clock=True, call=call)
    host.show(running(1))
    if refusal == "is_error":
        host.until("document.body.innerText.includes('The store is gone.')")
        host.step("pass", ms=60_000)
        assert len(host.calls) == 1
        return
    host.until("document.body.innerText.includes('The person did not allow it.')")
    host.step("pass", ms=60_000)
    assert len(host.calls) == 1 and "1 of 8 rounds are done" in host.text()
    host.step("focus", selector="#again")
    host.until("document.hasFocus()")
    host.step("press", key="Enter")
    host.until("document.body.innerText.includes('Regressed')")
    assert len(host.calls) == 2 and host.inside("document.getElementById('again')") is None


def test_a_page_that_is_closed_asks_nothing_any_more(host: Host) -> None:
    host.open(clock=True, call=lambda _: running(4))
    host.show(running(1))
    host.until("document.body.innerText.includes('4 of 8')")
    assert host.tell("teardownResource", {}) == {}
    host.step("pass", ms=60_000)
    host.tell("sendToolResult", running(7))
    assert len(host.calls) == 1 and "4 of 8" in host.text()
    untroubled(host)


@pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")
def test_a_real_measurement_is_followed_to_its_chart(
    host: Host, tmp_path: Path, repository: Callable[..., str]
) -> None:
    looked = tmp_path / "cache" / "looked"  # until it is there the benchmark does not end
    (tmp_path / "tiny.py").write_text(
        f"import pathlib, time\nwhile not pathlib.Path({str(looked)!r}).exists(): time.sleep(0.02)"
    )
    configured = f"[tool.holobench-mcp.benchmarks.tiny]\ncommand = ['{PYTHON}', 'tiny.py']\n"
    (tmp_path / "pyproject.toml").write_text(configured)
    repository("the benchmark")
    arguments = {"benchmark": "tiny", "base": "HEAD", "rounds": 2, "wait_seconds": 0}

    async def session(client: Client) -> None:
        def call(params: dict[str, Any]) -> dict[str, Any]:
            return sent(from_thread.run(client.call_tool, params["name"], params["arguments"]))

        def follow() -> None:
            host.open(call=call, toolInfo={"tool": {"name": "compare_revisions", "inputSchema": {"type": "object"}}})
            host.show(begun, arguments)
            assert "Measuring tiny" in host.text()
            looked.touch()
            host.until("document.querySelector('section.hb-comparison') !== null")

        begun = sent(await client.call_tool("compare_revisions", arguments))
        assert begun["structuredContent"]["status"] in ("running", "waiting")
        await to_thread.run_sync(follow)

    talk(create_server(project=str(tmp_path)), session, extensions=SHOWS_CHARTS)
    assert "tiny" in host.text() and "2 rounds in turn" in host.text()
    assert {params["name"] for params in host.calls} == {FOR_THE_PAGE}
    untroubled(host)


# ---------------------------------------------------------------------- a person in front of it


def test_it_is_read_by_name_and_reached_by_keys(host: Host, project: Path) -> None:
    async def compare(client: Client) -> dict[str, Any]:
        return sent(await client.call_tool("compare_results"))

    host.open()
    host.show(talk(create_server(project=str(project)), compare, extensions=SHOWS_CHARTS))
    tree = host.step("tree")
    assert tree.startswith('- main "Benchmark chart"') and "heading" in tree and "img" in tree and "table" in tree
    assert "time_ms" in tree and "sort" in tree
    host.inside("document.addEventListener('focusin', ({ target }) => (window.reached ??= []).push(target.localName))")
    for _ in range(4):
        host.step("press", key="Tab")
    host.until("window.reached?.includes('svg')")
    assert host.hurdles() == []


@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 360), ("dark", 1280)])
def test_a_history_and_a_measurement_under_way_have_no_hurdles(
    host: Host, project: Path, theme: str, width: int
) -> None:
    async def history(client: Client) -> dict[str, Any]:
        return sent(await client.call_tool("metric_history", {"benchmark": "sort", "metric": "time_ms"}))

    host.open(theme=theme, width=width)
    host.show(talk(create_server(project=str(project)), history, extensions=SHOWS_CHARTS))
    assert host.hurdles() == []
    host.show(running(3))
    assert host.hurdles() == []


def test_it_can_be_shown_larger_where_the_host_has_room(host: Host) -> None:
    host.open(availableDisplayModes=["inline", "fullscreen"], displayMode="inline")
    assert host.inside("document.getElementById('wider').hidden"), "there is nothing to show yet"
    host.show(answer("<h2>Improved</h2>"))
    host.step("click", selector="#wider")
    host.until("document.getElementById('wider').textContent === 'Back into the conversation'")
    host.step("click", selector="#wider")
    host.until("document.getElementById('wider').textContent === 'Show larger'")
    host.open(availableDisplayModes=["inline"])
    host.show(answer("<h2>Improved</h2>"))
    assert host.inside("document.getElementById('wider').hidden")
