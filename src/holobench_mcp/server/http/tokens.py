"""Who may ask over HTTP: bearer tokens of a file and of the environment, each with what it may do.

A line of the file is `SCOPE TOKEN [NAME]`: scope `read` or `write` (which may read too), and the token itself or
`sha256:` with its digest, so that the file need hold no secret. The name stands in the access log.

A browser that was given a token once holds a session in its place: a value that is made of the token and can't be
turned back into it, that may only read pages, and that ends with the token. No server remembers sessions, so that any
of several accepts what another has given.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mcp.server.auth.provider import AccessToken

from holobench_mcp.model import ConfigError

READ, WRITE = "read", "write"
SCOPES = {READ: [READ], WRITE: [READ, WRITE]}
#: One token, or several with commas between them.
READ_VARIABLE, WRITE_VARIABLE = "HOLOBENCH_MCP_READ_TOKEN", "HOLOBENCH_MCP_WRITE_TOKEN"
#: Shorter ones can be guessed. `openssl rand -hex 32` makes a good one.
_SHORTEST = 16
_MAX_FILE_BYTES = 1 << 20
#: What sessions are made of, beside a token's digest, where only that is known; else each server makes its own.
SESSION_VARIABLE = "HOLOBENCH_MCP_SESSION_SECRET"
#: How long a browser is let in without asking for the token again.
SESSION_S = 7 * 24 * 3600
_SESSION = re.compile(r"([0-9a-f]{8,12})\.([0-9a-f]{64})")
_PURPOSE = b"holobench-mcp: sessions of the page"
_DIGEST = re.compile(r"sha256:([0-9a-fA-F]{64})")
log = logging.getLogger("holobench_mcp")


@dataclass(frozen=True)
class Token:
    """A token's SHA-256, what it may do, what it is called, and the key of its sessions."""

    digest: bytes
    scope: str
    name: str
    session_key: bytes

    def session(self, expires: int) -> str:
        """A session that ends at a time."""
        signed = hmac.new(self.session_key, f"read until {expires}".encode(), hashlib.sha256)
        return f"{expires:08x}.{signed.hexdigest()}"


class Tokens:
    """Tokens as the SDK verifies them. The file is read again as soon as it is another: no restart is needed."""

    def __init__(self, file: Path | None = None, environ: Mapping[str, str] | None = None) -> None:
        """Raises ConfigError, naming the file and the line, where a token can't be used."""
        self._lock = threading.Lock()
        self._file, self._stamp = file, None if file is None else _stamp(file)
        self._secret = _session_secret(environ or {})
        self._environment = _of_environment(environ or {}, self._secret)
        self._of_file: tuple[Token, ...] = ()
        if file is not None:
            if self._stamp is None:
                raise ConfigError(f"--token-file: {file} is not there or can't be read.")
            self._of_file, faults = _read(file, self._secret)
            if faults:
                raise ConfigError(f"--token-file: {file}: {faults[0]}")

    @property
    def any(self) -> bool:
        """Whether tokens are asked for at all: also while a file that was named has none."""
        return bool(self._environment) or self._file is not None

    async def verify_token(self, token: str) -> AccessToken | None:
        """What a token may do; None for one that is none."""
        found = self._find(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest())
        return None if found is None else AccessToken(token="", client_id=found.name, scopes=SCOPES[found.scope])

    def begin_session(self, token: str) -> tuple[Token, str] | None:
        """The token that a text is, and a session in its place; None for one that is none."""
        found = self._find(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest())
        return None if found is None else (found, found.session(int(time.time()) + SESSION_S))

    def verify_session(self, session: str) -> Token | None:
        """The token that a session was given for; None where it is over, or none of a token that is in force.

        Looks at every token, so that the time it takes says nothing.
        """
        written = _SESSION.fullmatch(session)
        if written is None:
            return None
        expires, found = int(written[1], 16), None
        for known in (*self._environment, *self._current()):
            if hmac.compare_digest(known.session(expires), session):
                found = known
        return found if time.time() < expires <= time.time() + SESSION_S else None

    def _find(self, digest: bytes) -> Token | None:
        """Looks at every token, so that the time it takes says nothing."""
        best: Token | None = None
        for known in (*self._environment, *self._current()):
            if hmac.compare_digest(known.digest, digest) and (best is None or known.scope == WRITE):
                best = known
        return best

    def _current(self) -> tuple[Token, ...]:
        if self._file is None:
            return ()
        with self._lock:
            stamp = _stamp(self._file)
            if stamp != self._stamp:
                # A line that can't be used gives nobody access, and takes none from the others.
                self._of_file, faults = _read(self._file, self._secret) if stamp is not None else ((), [])
                self._stamp = stamp
                log.warning("%s: %d tokens are in force", self._file, len(self._of_file))
                for fault in faults:
                    log.error("%s: %s", self._file, fault)
            return self._of_file


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(file: Path, secret: bytes) -> tuple[tuple[Token, ...], list[str]]:
    """The tokens of a file, and what is wrong with its other lines; never a token's text."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_MAX_FILE_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        return (), [f"it can't be read: {type(problem).__name__}."]
    tokens, faults = [], []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            tokens.append(_parsed(words, f"line {number}", secret))
        except ValueError as problem:
            faults.append(f"line {number} {problem}.")
    return tuple(tokens), faults


def _parsed(words: list[str], name: str, secret: bytes) -> Token:
    if words[0] not in SCOPES:
        raise ValueError("must begin with read or write, a space and the token")
    if len(words) not in (2, 3):
        raise ValueError("must be a scope, a token and at most one name")
    written = _DIGEST.fullmatch(words[1])
    if written is None and len(words[1]) < _SHORTEST:
        raise ValueError(f"has a token of fewer than {_SHORTEST} characters, which can be guessed")
    digest = bytes.fromhex(written[1]) if written else hashlib.sha256(words[1].encode()).digest()
    # Whoever reads a digest must not be able to make a session of it; who has the token itself needs none.
    key = hmac.new(secret, digest, hashlib.sha256) if written else hmac.new(words[1].encode(), _PURPOSE, hashlib.sha256)
    return Token(digest, words[0], words[2] if len(words) == 3 else name, key.digest())


def _session_secret(environ: Mapping[str, str]) -> bytes:
    secret = environ.get(SESSION_VARIABLE, "")
    if secret and len(secret) < _SHORTEST:
        raise ConfigError(f"{SESSION_VARIABLE}: it has fewer than {_SHORTEST} characters, which can be guessed.")
    return secret.encode("utf-8", "surrogatepass") or secrets.token_bytes(32)


def _of_environment(environ: Mapping[str, str], secret: bytes) -> tuple[Token, ...]:
    tokens = []
    for variable, scope in ((READ_VARIABLE, READ), (WRITE_VARIABLE, WRITE)):
        for text in filter(None, map(str.strip, environ.get(variable, "").split(","))):
            try:
                tokens.append(_parsed([scope, *text.split()], variable, secret))
            except ValueError as problem:
                raise ConfigError(f"{variable}: it {problem}.") from problem
    return tuple(tokens)
