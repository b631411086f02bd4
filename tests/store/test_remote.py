"""A bucket that is down, missing or closed: a sentence that says what to set, in seconds, and never 'damaged'."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest

from conftest import cli, snapshot
from holobench_mcp.model import ConfigError, IntegrityError, StoreError
from holobench_mcp.store import Store, open_store, remote
from holobench_mcp.store.profiles import profile_options


@contextmanager
def bucket_server(status: int, code: str, then_missing: int | None = None) -> Iterator[str]:
    """An object store that answers every request with one error, as S3 writes it.

    then_missing: after so many requests, that there is no such key.
    """
    asked = count()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            well = then_missing is not None and next(asked) >= then_missing
            said = "NoSuchKey" if well else code
            body = f'<?xml version="1.0"?><Error><Code>{said}</Code><Message>no</Message></Error>'.encode()
            self.send_response(404 if well else status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "y", "REGION": "r", "ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


def problems(store: Store) -> list[StoreError]:
    """What each way of using a store is told."""
    found = []
    for use in (
        lambda: store.manifests(),
        lambda: store.record(snapshot()),
        lambda: store.manifest("sort-20260301T120000Z-0123456789"),
        lambda: list(store.verify()),
        lambda: store.refs(),
    ):
        with pytest.raises(StoreError) as problem:
            use()
        found.append(problem.value)
    return found


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (404, "NoSuchBucket", "there is no bucket 'results' at http://127.0.0.1"),
        (403, "AccessDenied", "refused access. Check AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "refused access. Check AWS_ACCESS_KEY_ID"),
        (400, "ExpiredToken", "have expired. Renew them, and set AWS_ACCESS_KEY_ID"),
        (403, "RequestTimeTooSkewed", "this machine's clock is wrong"),
        (400, "AuthorizationHeaderMalformed", "Set AWS_ENDPOINT_URL and AWS_REGION to where it is"),
    ],
)
def test_a_bucket_that_is_missing_or_closed_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, says: str
) -> None:
    with bucket_server(status, code) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        for problem in problems(open_store("s3://results/x")):
            assert says in str(problem)
            assert "Debug" not in str(problem) and len(str(problem)) < 400
            assert problem.exit_code == 2 and not isinstance(problem, IntegrityError)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
def test_a_bucket_that_can_not_be_reached_is_not_damaged(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    for problem in problems(open_store("s3://results/x")):
        assert f"{endpoint} can't be reached" in str(problem)
        assert "Nothing in it is damaged" in str(problem) and "AWS_ENDPOINT_URL" in str(problem)
        assert problem.exit_code == 2


def test_a_bucket_that_takes_the_call_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert remote._CLIENT["read_timeout"] == "5s"
    monkeypatch.setenv("AWS_READ_TIMEOUT", "300ms")
    monkeypatch.setitem(remote._RETRY, "max_retries", 0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreError, match="does not answer"):
            open_store("s3://results/x").manifests()


def test_a_busy_server_is_asked_again_and_then_said_to_be_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(remote._RETRY, "retry_timeout", timedelta(milliseconds=300))
    with bucket_server(503, "SlowDown") as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(StoreError, match="can't serve requests now, also when asked again"):
            open_store("s3://results/x").manifests()


@pytest.mark.parametrize("busy", [1, 2])
def test_a_server_that_is_busy_for_a_moment_is_no_error(monkeypatch: pytest.MonkeyPatch, busy: int) -> None:
    with bucket_server(503, "SlowDown", then_missing=busy) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        assert open_store("s3://results/x").backend.get("holobench-store.json") is None


PROFILES = {
    "credentials": """
[default]
aws_access_key_id = D
aws_secret_access_key = s
[static]
aws_access_key_id = S
aws_secret_access_key = s%%x
aws_session_token = t
""",
    "config": """
[default]
region = eu-west-1
[profile static]
region = eu-central-1
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = default
[profile region]
region = ap-south-1
""",
}


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"):
        monkeypatch.delenv(f"AWS_{name}")
    for name, text in PROFILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    ("profile", "options"),
    [
        (None, {"access_key_id": "D", "secret_access_key": "s", "region": "eu-west-1"}),
        (
            "static",
            {"access_key_id": "S", "secret_access_key": "s%%x", "session_token": "t", "region": "eu-central-1"},
        ),
        ("region", {"region": "ap-south-1"}),
    ],
)
def test_a_profile_of_aws_gives_what_it_has(
    monkeypatch: pytest.MonkeyPatch, profile: str | None, options: dict[str, str]
) -> None:
    if profile is not None:
        monkeypatch.setenv("AWS_PROFILE", profile)
    assert profile_options() == {"config": options}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    assert profile_options() == {}


@pytest.mark.usefixtures("profiles")
def test_a_profile_that_can_not_be_used_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigError, match=r"the profile 'nobody' is in neither ~/\.aws/credentials nor"):
        open_store("s3://results/x").manifests()
    monkeypatch.setenv("AWS_PROFILE", "role")
    monkeypatch.setattr("holobench_mcp.store.profiles.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="which needs boto3: pip install boto3, or set what"):
        open_store("s3://results/x").manifests()


def test_plain_http_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    for problem in problems(open_store("s3://results/x")):
        assert "Set AWS_ALLOW_HTTP=true" in str(problem)


def test_an_account_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        open_store("az://results/x").manifests()


@pytest.mark.parametrize("command", [["list"], ["compare"], ["verify"], ["baseline", "list"]])
def test_the_command_line_exits_2_for_a_store_that_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    finished = cli("--store", "s3://results/x", *command, cwd=tmp_path)
    assert finished.returncode == 2
    assert "can't be reached" in finished.stderr and "Traceback" not in finished.stderr
