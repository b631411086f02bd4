"""A server of the part of Google Cloud Storage's XML API that obstore's client speaks, on a port of this machine.

It stands for the service where no emulator can: those to be had send no ETag, or know no conditional create. It does what
the API's reference says of what a store needs: GET, HEAD, PUT, DELETE and copies of objects with ETag, generation and
preconditions on it, `list-type=2` in pages, errors as XML, the limit on changes of one object, and tokens that a service
account signs itself, whose signature is checked. Whatever else it is asked for it refuses, so that no test rests on a
guess.

What it can't show: the service's own consistency, its latency and its limits as they are; its other credentials (a
person's, a machine's, a workload's); uploads in parts, which no write that may collide uses; TLS.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_ACCOUNT = "results@example.iam.gserviceaccount.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ERRORS = {
    "AuthenticationRequired": (401, "Authentication required."),
    "InvalidArgument": (400, "Invalid argument."),
    "KeyTooLong": (400, "Your key is too long."),
    "NoSuchBucket": (404, "The specified bucket does not exist."),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NotImplemented": (501, "A header or query you provided implies functionality that is not implemented."),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold."),
    "SlowDown": (429, "The object exceeded the rate limit for object mutation operations."),
}
#: The parameters of a listing, all of them optional.
_LISTING = {"list-type", "prefix", "continuation-token", "start-after", "max-keys", "delimiter"}


@dataclass(frozen=True)
class _Object:
    data: bytes
    generation: int
    written: datetime

    @property
    def headers(self) -> dict[str, str]:
        digest = hashlib.md5(self.data)
        return {
            "ETag": f'"{digest.hexdigest()}"',
            "Last-Modified": format_datetime(self.written, usegmt=True),
            "x-goog-generation": str(self.generation),
            "x-goog-metageneration": "1",
            "x-goog-hash": f"md5={base64.b64encode(digest.digest()).decode()}",
            "x-goog-stored-content-length": str(len(self.data)),
        }


class _Refused(Exception):
    """An answer that is an error of the API, by its code."""


@dataclass
class GcsServer:
    """Buckets in memory. page: keys that one listing gives. change_every_s: how often one object may change."""

    page: int = 1000
    change_every_s: float = 0.0
    is_expired: bool = False
    buckets: dict[str, dict[str, _Object]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock, self._open, self._generation = threading.Lock(), threading.Event(), 0
        self._open.set()
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._known = set[str]()
        handler = type("Handler", (_Handler,), {"gcs": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def end(self) -> None:
        self._open.set()
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """While it lasts, take requests and answer nothing."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def make_bucket(self, name: str) -> str:
        """A new bucket. Gives back the URL of a store in it."""
        self.buckets[name] = {}
        return f"gs://{name}/store"

    def environment(self, folder: Path) -> dict[str, str]:
        """What a process has that may use it. folder: where the key of its account is written."""
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        account = {
            "type": "service_account",
            "client_email": _ACCOUNT,
            "private_key_id": "1",
            "private_key": self._key.private_bytes(*pem).decode(),
        }
        (folder / "account.json").write_text(json.dumps(account))
        return {
            "GOOGLE_SERVICE_ACCOUNT": str(folder / "account.json"),
            "GOOGLE_BASE_URL": self.url,
            "GOOGLE_ALLOW_HTTP": "true",
        }

    def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of what a request gives."""
        self._open.wait()
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True)
        bucket, _, name = path.lstrip("/").partition("/")
        bucket, name = unquote(bucket), unquote(name)
        try:
            self._check_token(headers.get("authorization", ""))
            with self._lock:
                if bucket not in self.buckets:
                    raise _Refused("NoSuchBucket")
                objects = self.buckets[bucket]
                if not name and method == "GET" and query.get("list-type") == ["2"] and query.keys() <= _LISTING:
                    return 200, {}, self._listing(bucket, {key: values[0] for key, values in query.items()})
                if not name or query:
                    raise _Refused("NotImplemented")
                if method in ("GET", "HEAD"):
                    found = _of(objects, name)
                    return 200, found.headers, found.data
                return self._change(method, bucket, name, headers, body)
        except _Refused as refused:
            code = str(refused)
            status, message = _ERRORS[code]
            return status, {}, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()

    def _change(
        self, method: str, bucket: str, name: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        objects = self.buckets[bucket]
        there = objects.get(name)
        wanted = headers.get("x-goog-if-generation-match")
        if wanted is not None and int(wanted) != (there.generation if there is not None else 0):
            raise _Refused("PreconditionFailed")
        now = datetime.now(UTC)
        if there is not None and (now - there.written).total_seconds() < self.change_every_s:
            raise _Refused("SlowDown")
        if method == "DELETE":
            _of(objects, name)
            del objects[name]
            return 204, {}, b""
        if method != "PUT":
            raise _Refused("NotImplemented")
        if len(name.encode()) > 1024:
            raise _Refused("KeyTooLong")
        source = headers.get("x-goog-copy-source")
        if source is not None:
            from_bucket, _, from_name = source.lstrip("/").partition("/")
            body = _of(self.buckets[unquote(from_bucket)], unquote(from_name)).data
        self._generation = max(self._generation + 1, int(now.timestamp() * 1e6))
        objects[name] = _Object(body, self._generation, now)
        copied = b"<CopyObjectResult></CopyObjectResult>" if source is not None else b""
        return 200, objects[name].headers, copied

    def _listing(self, bucket: str, query: dict[str, str]) -> bytes:
        after = max(query.get("start-after", ""), unquote(query.get("continuation-token", "")))
        prefix, size = query.get("prefix", ""), min(int(query.get("max-keys", self.page)), self.page)
        names = [name for name in sorted(self.buckets[bucket]) if name.startswith(prefix) and name > after]
        shown, rest = names[:size], len(names) > size
        if "delimiter" in query:  # no store lists by folders
            raise _Refused("NotImplemented")
        rows = ""
        for name in shown:
            found = self.buckets[bucket][name]
            rows += (
                f"<Contents><Key>{escape(name)}</Key><Generation>{found.generation}</Generation>"
                f"<LastModified>{found.written:%Y-%m-%dT%H:%M:%S}.{found.written.microsecond // 1000:03}Z</LastModified>"
                f"<ETag>{escape(found.headers['ETag'])}</ETag><Size>{len(found.data)}</Size></Contents>"
            )
        token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if rest else ""
        return (
            f"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult><Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<IsTruncated>{str(rest).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        ).encode()

    def _check_token(self, authorization: str) -> None:
        """Refuse whatever the account has not signed, for this API and this hour."""
        if authorization in self._known and not self.is_expired:
            return
        head, _, signature = authorization.removeprefix("Bearer ").rpartition(".")
        try:
            claims = json.loads(_decoded(head.partition(".")[2]))
            key = self._key.public_key()
            key.verify(_decoded(signature), head.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature) as problem:
            raise _Refused("AuthenticationRequired") from problem
        is_ours = (claims["iss"], claims["sub"], claims["scope"]) == (_ACCOUNT, _ACCOUNT, _SCOPE)
        if self.is_expired or not is_ours or not claims["iat"] - 60 <= time.time() < claims["exp"]:
            raise _Refused("AuthenticationRequired")
        self._known.add(authorization)


class _Handler(BaseHTTPRequestHandler):
    gcs: GcsServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.gcs.requests.append(f"{self.command} {self.path}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answer, data = self.gcs.answer(self.command, self.path, headers, body)
        self.send_response(status)
        for name, value in answer.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = handle_any

    def log_message(self, format: str, *args: object) -> None:
        pass


def _of(objects: dict[str, _Object], name: str) -> _Object:
    if name not in objects:
        raise _Refused("NoSuchKey")
    return objects[name]


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
