"""The pages of `serve --http`: who may look at them, what a browser may do with them, and what they say."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path

import httpx2
import pytest

from holobench_mcp.config import HttpConfig, OAuthConfig
from holobench_mcp.server.app import http_server
from holobench_mcp.server.http import tokens as tokens_module
from holobench_mcp.server.http.app import http_app
from holobench_mcp.server.http.live_script import SCRIPT
from holobench_mcp.server.http.tokens import SESSION_VARIABLE, Tokens
from holobench_mcp.server.services import Services
from http_serving import READER, WRITER
from stored_runs import A, B, record_runs, workspace_in

HTML = {"accept": "text/html,application/xhtml+xml"}
FORM = {"content-type": "application/x-www-form-urlencoded", **HTML}
PRIVATE = ("/", "/bench/sort", "/bench/gone", "/comparison/a/b", "/nothing")


class Site:
    """The application, asked without a network."""

    def __init__(
        self, services: Services, file: Path | None = None, environ: Mapping[str, str] | None = None, **options: object
    ) -> None:
        known = Tokens(file, environ)
        self.app = http_app(http_server(services), services, known, HttpConfig(**options))  # type: ignore[arg-type]

    def ask(self, method: str, path: str, *, host: str = "127.0.0.1:8765", **options: object) -> httpx2.Response:
        async def asked() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
                return await client.request(method, path, **options)  # type: ignore[arg-type]

        return asyncio.run(asked())

    def get(self, path: str, *, cookie: str | None = None, **headers: str) -> httpx2.Response:
        sent = {**HTML, **{key.replace("_", "-"): value for key, value in headers.items()}}
        return self.ask("GET", path, headers={**sent, **({"cookie": cookie} if cookie else {})})

    def sign_in(self, token: str, to: str = "/", **headers: str) -> httpx2.Response:
        sent = {**FORM, **{key.replace("_", "-"): value for key, value in headers.items()}}
        return self.ask("POST", "/login", headers=sent, data={"token": token, "to": to})

    def cookie(self, token: str) -> str:
        answer = self.sign_in(token)
        assert answer.status_code == 303, answer.text
        return answer.headers["set-cookie"].partition(";")[0]


def recorded(folder: Path) -> Services:
    space = workspace_in(folder)
    record_runs(space, 100, 0, revision=A)
    record_runs(space, 140, 10, revision=B)
    space.compare(f"sort@{A}", f"sort@{B}")
    return services_in(folder)


def services_in(folder: Path) -> Services:
    return Services(store=str(folder / "store"), project=str(folder))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """A store that no test changes."""
    return recorded(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    file = tmp_path / "tokens"
    file.write_text(f"read {READER} reader\nwrite {WRITER} writer\n")
    return file


@pytest.fixture
def site(services: Services, tokens: Path) -> Site:
    return Site(services, tokens)


# ---------------------------------------------------------------------- who may look


def test_who_has_no_token_gets_a_form_and_nothing_else(site: Site) -> None:
    for path in PRIVATE:
        answer = site.get(path)
        assert answer.status_code == 401, path
        assert '<form method="post" action="/login">' in answer.text
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "sort" not in answer.text.replace('value="/bench/sort"', "")
        assert "Regressed" not in answer.text


def test_a_token_signs_in_and_its_cookie_is_another_thing(site: Site) -> None:
    for token in (READER, WRITER):
        answer = site.sign_in(token, to="/bench/sort")
        assert (answer.status_code, answer.headers["location"]) == (303, "/bench/sort")
        said = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(said.split("; "))
        assert token not in said and hashlib.sha256(token.encode()).hexdigest() not in said
        cookie = said.partition(";")[0]
        page = site.get("/", cookie=cookie)
        assert page.status_code == 200
        assert "Regressed" in page.text and "Sign out" in page.text
        assert site.get("/bench/sort", cookie=cookie).status_code == 200


@pytest.mark.parametrize("token", [READER, WRITER])
def test_a_token_in_a_header_may_look_too(site: Site, token: str) -> None:
    assert site.get("/", authorization=f"Bearer {token}").status_code == 200
    assert site.get("/", authorization=f"Basic {token}").status_code == 401
    assert site.get("/", authorization=f"Bearer {token}x").status_code == 401
    assert "Sign out" not in site.get("/", authorization=f"Bearer {token}").text


def test_a_cookie_is_good_for_pages_and_not_for_the_protocol(site: Site) -> None:
    cookie = site.cookie(WRITER)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    assert site.ask("POST", "/mcp", json=body, headers={"cookie": cookie}).status_code == 401
    assert site.get("/mcp", cookie=cookie).status_code == 401


def test_a_cookie_dies_with_its_token_and_only_with_that(site: Site, tokens: Path) -> None:
    reads, writes = site.cookie(READER), site.cookie(WRITER)
    tokens.write_text(f"write {WRITER} renamed\nread {'n' * 32}\n")
    assert site.get("/", cookie=reads).status_code == 401
    assert site.get("/", cookie=writes).status_code == 200
    tokens.unlink()
    assert site.get("/", cookie=writes).status_code == 401


def changed(text: str, at: int) -> str:
    return f"{text[:at]}{'0' if text[at] != '0' else '1'}{text[at + 1 :]}"


def test_no_other_cookie_lets_anybody_in(site: Site) -> None:
    name, _, session = site.cookie(READER).partition("=")
    expires, _, signature = session.partition(".")
    other = Tokens(None, {"HOLOBENCH_MCP_READ_TOKEN": "o" * 32})
    begun = other.begin_session("o" * 32)
    assert begun is not None
    forged = [
        *(changed(session, at) for at in (0, len(expires) - 1, len(expires) + 1, len(session) - 1)),
        begun[1],
        READER,
        hashlib.sha256(READER.encode()).hexdigest(),
        f"{expires}.{'0' * 64}",
        f"{expires}.",
        f"{'f' * 12}.{signature}",
        f"0{session}",
        session.upper(),
        "",
        "\x00",
        "é" * 100,
        "x" * 100_000,
    ]
    for value in forged:
        raw = f"{name}={value}".encode("latin-1")
        answer = site.ask("GET", "/", headers=[(b"accept", b"text/html"), (b"cookie", raw)])
        assert answer.status_code == 401, value[:80]
    assert site.get("/", cookie=f"holobench={session}").status_code == 401, "the name has the port"
    assert site.get("/", cookie=f"{name}=; {name}={session}").status_code == 200, "a cookie beside it shuts nobody out"


def test_a_session_ends_in_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = site.cookie(READER)
    now = time.time()
    monkeypatch.setattr(tokens_module.time, "time", lambda: now + tokens_module.SESSION_S - 60)
    assert site.get("/", cookie=cookie).status_code == 200
    monkeypatch.setattr(tokens_module.time, "time", lambda: now + tokens_module.SESSION_S + 60)
    assert site.get("/", cookie=cookie).status_code == 401


def test_any_server_with_the_token_accepts_the_session(site: Site, services: Services) -> None:
    cookie = site.cookie(READER)
    again = Site(services, environ={"HOLOBENCH_MCP_READ_TOKEN": READER})
    assert again.get("/", cookie=cookie).status_code == 200


def test_whoever_reads_a_digest_can_make_no_session_of_it(services: Services) -> None:
    """A file of digests holds no secret; so its sessions are made of one that another server has only where told."""
    digest = {"HOLOBENCH_MCP_READ_TOKEN": f"sha256:{hashlib.sha256(READER.encode()).hexdigest()}"}
    one, other = Site(services, environ=digest), Site(services, environ=digest)
    cookie = one.cookie(READER)
    assert one.get("/", cookie=cookie).status_code == 200
    assert other.get("/", cookie=cookie).status_code == 401
    secret = {**digest, SESSION_VARIABLE: "a secret of all servers"}
    one, other = Site(services, environ=secret), Site(services, environ=secret)
    assert other.get("/", cookie=one.cookie(READER)).status_code == 200


def test_signing_out_takes_the_cookie(site: Site) -> None:
    cookie = site.cookie(READER)
    answer = site.ask("POST", "/logout", headers={**HTML, "cookie": cookie})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    jar = SimpleCookie(answer.headers["set-cookie"])
    assert [(m.key, m.value, m["max-age"]) for m in jar.values()] == [(cookie.partition("=")[0], "", "0")]
    assert site.ask("GET", "/logout", headers={**HTML, "cookie": cookie}).headers.get("set-cookie") is None


def test_behind_tls_the_cookie_goes_over_tls_only(services: Services, tokens: Path) -> None:
    site = Site(services, tokens, hosts=["bench.example.com"])
    asked = {"host": "bench.example.com", "headers": {**FORM, "x-forwarded-proto": "https"}, "data": {"token": READER}}
    said = site.ask("POST", "/login", **asked).headers["set-cookie"]  # type: ignore[arg-type]
    assert said.startswith("__Host-holobench=")
    assert "Secure" in said.split("; ")
    cookie = said.partition(";")[0]
    for proto, status in (("https", 200), ("http", 401)):
        headers = {**HTML, "cookie": cookie, "x-forwarded-proto": proto}
        assert site.ask("GET", "/", host="bench.example.com", headers=headers).status_code == status


def test_wrong_tokens_are_bounded_for_each_address(site: Site) -> None:
    wrong = [site.sign_in("x" * 32).status_code for _ in range(12)]
    assert wrong == [401] * 10 + [429] * 2
    answer = site.sign_in(READER)
    assert answer.status_code == 429, "the right one has to wait as well, or guesses would be answered"
    assert int(answer.headers["retry-after"]) > 0
    assert "Too many wrong tokens" in answer.text
    assert site.get("/", authorization=f"Bearer {READER}").status_code == 200


def test_without_tokens_loopback_may_look(services: Services) -> None:
    site = Site(services)
    page = site.get("/")
    assert page.status_code == 200
    assert "Regressed" in page.text and "Sign out" not in page.text
    assert site.sign_in("x" * 32).headers["location"] == "/"


def test_with_an_authorization_server_a_sentence_says_how(services: Services, tokens: Path) -> None:
    oauth = OAuthConfig(issuer="https://a.example", introspection_url="http://127.0.0.1:1/i", resource="https://b/mcp")
    alone = Site(services, oauth=oauth).get("/")
    assert alone.status_code == 401
    assert "<form" not in alone.text and "Authorization: Bearer" in alone.text
    assert Site(services, oauth=oauth).sign_in(READER).status_code == 401
    both = Site(services, tokens, oauth=oauth).get("/")
    assert "<form" in both.text and "authorization server" in both.text


# ---------------------------------------------------------------------- other sites


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8765", "sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"host": "evil.example"}, 421),
        ({"origin": "http://127.0.0.1:8765", "sec_fetch_site": "same-origin"}, 303),
        ({}, 303),
    ],
)
def test_nobody_is_signed_in_or_out_by_another_site(site: Site, headers: dict[str, str], status: int) -> None:
    assert site.sign_in(READER, **headers).status_code == status
    sent = {**HTML, **{key.replace("_", "-"): value for key, value in headers.items()}}
    assert site.ask("POST", "/logout", headers=sent).status_code == status


@pytest.mark.parametrize("path", ["/", "/login", "/assets/style.css", "/bench/sort"])
def test_every_page_is_for_this_host_only(services: Services, path: str) -> None:
    assert Site(services).ask("GET", path, host="evil.example", headers=HTML).status_code == 421


def test_a_link_on_another_site_leads_in_all_the_same(site: Site) -> None:
    """The browser leaves a strict cookie at home: the page loads itself once more, and then it comes."""
    navigated = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert 'http-equiv="refresh" content="0"' in site.get("/bench/sort", **navigated).text
    assert 'http-equiv="refresh"' not in site.get("/bench/sort", sec_fetch_site="same-origin").text


@pytest.mark.parametrize(
    ("to", "leads"),
    [
        ("/bench/a%20b", "/bench/a%20b"),
        ("/comparison/a/b", "/comparison/a/b"),
        ("/bench/?name=%2E%2E", "/bench/?name=%2E%2E"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/bench/\r\nset-cookie: a=b", "/"),
        ("/bench/\\evil", "/"),
        ("javascript:alert(1)", "/"),
        ("/logout", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_a_page_of_this_server(site: Site, to: str, leads: str) -> None:
    assert site.sign_in(READER, to=to).headers["location"] == leads


def test_headers_let_a_browser_do_nothing_else(site: Site) -> None:
    for path in (*PRIVATE, "/assets/style.css", "/assets/nothing"):
        for answer in (site.get(path), site.get(path, authorization=f"Bearer {READER}")):
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy and "*" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            if path != "/assets/style.css":
                assert answer.headers["cache-control"] == "no-store"
            assert " style=" not in answer.text and " onload=" not in answer.text


# ---------------------------------------------------------------------- what is there


def test_what_is_not_there_is_said_in_a_page(services: Services) -> None:
    site = Site(services)
    gone = "sort-20260301T120000Z-0123456789"
    for path in ("/nothing", "/bench/gone", "/bench/", f"/comparison/{gone}/{gone}", "/comparison/../x", "/assets/x"):
        answer = site.get(path)
        assert answer.status_code == 404, path
        assert answer.text.startswith("<!doctype html>")
    assert "nothing was recorded of" in unescape(site.get("/bench/gone").text)
    assert site.ask("POST", "/bench/sort", headers=HTML).status_code == 405
    assert site.ask("DELETE", "/login", headers=HTML).headers["allow"] == "GET, HEAD, POST"
    assert "text/html" not in site.ask("GET", "/nothing").headers.get("content-type", ""), "who is no browser"


@pytest.mark.parametrize("sent", [b"token=" + b"x" * 10_000, b"\xff\xfe", b"a=b&" * 50, b""])
def test_what_is_no_form_signs_nobody_in(site: Site, sent: bytes) -> None:
    answer = site.ask("POST", "/login", headers=FORM, content=sent)
    assert answer.status_code in (400, 401)
    assert site.ask("POST", "/login", headers={"content-type": "text/plain"}, content=b"token=x").status_code == 400


def test_a_comparison_has_a_page(services: Services) -> None:
    site = Site(services)
    to = site.get("/").text.partition('href="/comparison/')[2].partition('"')[0]
    page = site.get(f"/comparison/{to}")
    assert page.status_code == 200
    assert "hb-comparison" in page.text
    assert 'href="/bench/sort"' in page.text


def test_a_store_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    site = Site(recorded(tmp_path))
    (tmp_path / "store" / "holobench-store.json").write_text('{"format": 99}')
    answer = site.get("/")
    assert answer.status_code in (500, 503)
    assert "format" in answer.text and "Traceback" not in answer.text


# ---------------------------------------------------------------------- keeping up


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question looks for news."""
    monkeypatch.setattr("holobench_mcp.server.http.page_views._LOOK_S", 0.0)


def test_a_page_is_sent_again_only_when_it_is_another(tmp_path: Path, at_once: None) -> None:
    site = Site(recorded(tmp_path))
    first = site.get("/")
    tag = first.headers["etag"]
    assert f'content="{tag.strip(chr(34))}"' in first.text
    for sent in (tag, f"W/{tag}", f'"other", {tag}'):
        again = site.get("/", if_none_match=sent)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["connection"] == "close", "an open page holds no connection between two questions"
    assert site.get("/", if_none_match='"other"').status_code == 200
    assert Site(services_in(tmp_path)).get("/").headers["etag"] == tag, "another server gives the same"
    record_runs(workspace_in(tmp_path), 90, 30, revision="c" * 40)
    news = site.get("/", if_none_match=tag)
    assert news.status_code == 200
    assert "c" * 10 in news.text
    assert news.headers["etag"] != tag


def test_a_question_costs_no_more_than_a_look(
    services: Services, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(services)
    tag = site.get("/").headers["etag"]
    monkeypatch.setattr("holobench_mcp.workspace.overview.overview", lambda *_: pytest.fail("it was made again"))
    assert site.get("/", if_none_match=tag).status_code == 304


def test_the_script_is_small_and_loads_nothing_else() -> None:
    assert len(SCRIPT.encode()) <= 2048
    assert "http" not in SCRIPT.lower().replace("this.http", "")
