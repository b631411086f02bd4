"""Buckets: how one is opened so that a store that is down is known in seconds, and what its errors mean.

An object store's error quotes whole requests and its own source code; what a person needs is the one thing to set.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from holobench_mcp.config import STORE_VARIABLE
from holobench_mcp.store.location import Location
from holobench_mcp.store.profiles import profile_options

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

#: A server that takes the connection and then says nothing is given up within seconds; a long upload is not.
_CLIENT: ClientConfig = {"connect_timeout": "3s", "read_timeout": "5s", "timeout": "120s"}
#: What a person may set in the environment, as AWS_ALLOW_HTTP. Options that are given replace all of these, so they are
#: given again.
_FLAGS = ("ALLOW_HTTP", "ALLOW_INVALID_CERTIFICATES", "HTTP1_ONLY", "HTTP2_ONLY")
_TEXTS = (
    "CONNECT_TIMEOUT",
    "READ_TIMEOUT",
    "TIMEOUT",
    "PROXY_URL",
    "PROXY_CA_CERTIFICATE",
    "PROXY_EXCLUDES",
    "USER_AGENT",
)
_PREFIXES = {"s": "AWS", "g": "GOOGLE", "a": "AZURE"}
#: What fails is tried again after a random part of a growing while: many that fail at once do not return at once.
_RETRY: RetryConfig = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=4),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}

#: Google takes one change of an object a second: a measurement's document that is put twice in one has to wait.
_GOOGLE_RETRIES = 8

_TRUE = ("1", "true", "yes", "on", "y", "t")
_ADDRESS = re.compile(r"https?://[^/\s]+")
_MISSING = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist", "bucket was not found")
_NO_CREDENTIALS = ("169.254.169.254", "metadata.google.internal", "token request", "CredentialsNotLoaded")
_EXPIRED = ("ExpiredToken", "TokenRefreshRequired", "InvalidToken", "token has expired", "invalid_grant")
_SKEWED = ("RequestTimeTooSkewed", "RequestExpired")
_ELSEWHERE = ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint", "301 Moved")
_BUSY = ("SlowDown", "503 Service", "ServiceUnavailable", "InternalError", "500 Internal", "502 Bad", "504 Gateway")
_FULL = ("QuotaExceeded", "507 Insufficient", "XMinioStorageFull", "EntityTooLarge")
_REFUSED = ("403 Forbidden", "401 Unauthorized", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")
_UNREACHABLE = ("error sending request", "timed out", "operation timed out", "dns error", "error decoding response")

#: By the first letter of a scheme: what credentials and the address are set with.
_CREDENTIALS = {
    "s": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SKIP_SIGNATURE=true for a public bucket)",
    "g": "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT",
    "a": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_ENDPOINT = {"s": "AWS_ENDPOINT_URL and AWS_REGION", "g": "GOOGLE_BASE_URL", "a": "AZURE_STORAGE_ENDPOINT"}


def open_bucket(url: str) -> ObjectStore:
    """The store at a URL. Touches nothing. Raises obstore's errors, or ValueError."""
    from obstore.store import from_url

    profile = profile_options() if url[:1].lower() == "s" else {}
    retry: RetryConfig = {**_RETRY, "max_retries": _GOOGLE_RETRIES} if url[:1].lower() == "g" else _RETRY
    return from_url(url, client_options=_client_options(url), retry_config=retry, **profile)


def _client_options(url: str) -> ClientConfig:
    prefix = _PREFIXES.get(url[:1].lower(), "")
    flags = {f.lower(): os.environ[f"{prefix}_{f}"].lower() in _TRUE for f in _FLAGS if f"{prefix}_{f}" in os.environ}
    texts = {t.lower(): os.environ[f"{prefix}_{t}"] for t in _TEXTS if f"{prefix}_{t}" in os.environ}
    return cast("ClientConfig", {**_CLIENT, **flags, **texts})


def missing_bucket(problem: BaseException) -> bool:
    """Whether it is not an object that is missing, but all that it would be in."""
    return any(mark in str(problem) for mark in _MISSING)


def is_unreachable(problem: BaseException) -> bool:
    """Whether an error is of a bucket that could not be asked, and not an answer of it."""
    return any(mark in str(problem) for mark in _UNREACHABLE)


def explanation(problem: BaseException, url: str) -> str | None:
    """What an error of a bucket means, and what to set; None for one that is not known."""
    text, kind = str(problem), url[:1].lower()
    address = _ADDRESS.search(text)
    where = address[0] if address else url
    if missing_bucket(problem):
        return (
            f"there is no bucket {url.partition('://')[2].partition('/')[0]!r} at {where}. Create it, or name another "
            f"with --store or {STORE_VARIABLE}."
        )
    if "builder error" in text and where.startswith("http://"):
        return (
            f"its address {where} is plain HTTP, which is off unless it is asked for. Set "
            f"{_PREFIXES.get(kind, 'AWS')}_ALLOW_HTTP=true."
        )
    if any(mark in text for mark in _NO_CREDENTIALS):
        return f"no credentials for it were found. Set {_CREDENTIALS.get(kind, 'them')}."
    if "Account must be specified" in text:
        return f"it names no account. Set {_CREDENTIALS['a']}."
    for marks, what in (
        (_EXPIRED, f"the credentials for {where} have expired. Renew them, and set {_CREDENTIALS.get(kind, 'them')}."),
        (_SKEWED, f"{where} refused access, as this machine's clock is wrong: it must be right to a few minutes."),
        (
            _ELSEWHERE,
            f"the bucket is not at {where}. Set {_ENDPOINT.get(kind, 'its address')} to where it is.",
        ),
        (_FULL, f"{where} takes no more: its quota is used up, or the object is too large for it."),
    ):
        if any(mark in text for mark in marks):
            return what
    if any(mark in text for mark in _REFUSED) or type(problem).__name__ in (
        "PermissionDeniedError",
        "UnauthenticatedError",
    ):
        return f"{where} refused access. Check {_CREDENTIALS.get(kind, 'the credentials')}, and what they may do there."
    if any(mark in text for mark in _BUSY):
        return f"{where} answers that it can't serve requests now, also when asked again. Nothing in it is damaged."
    if any(mark in text for mark in _UNREACHABLE):
        return (
            f"{where} can't be reached or does not answer. Nothing in it is damaged. Check the network"
            + (f", and {_ENDPOINT[kind]}" if kind in _ENDPOINT else "")
            + f"; --store or {STORE_VARIABLE} names another store meanwhile."
        )
    return None


def cause(problem: BaseException, location: Location) -> str:
    """What a sentence says of an error: what it means where that is known, else its own first words."""
    if location.folder is None and (known := explanation(problem, location.url)):
        return known
    text = " ".join(str(problem).split("Debug source:")[0].split())
    for said in (
        "No space left on device",
        "Read-only file system",
        "Permission denied",
        "Disk quota exceeded",
    ):
        if said.lower() in text.lower():
            return f"{said.lower()}."
    return text[:600] or type(problem).__name__
