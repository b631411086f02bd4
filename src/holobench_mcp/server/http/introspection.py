"""Tokens of an OAuth authorization server, which is asked what each of them is worth (RFC 7662)."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from cachetools import TTLCache
from mcp.server.auth.provider import AccessToken

from holobench_mcp.config import OAuthConfig
from holobench_mcp.server.http.tokens import READ, SCOPES, WRITE

#: How this server names itself to the authorization server.
ID_VARIABLE, SECRET_VARIABLE = "HOLOBENCH_MCP_OAUTH_CLIENT_ID", "HOLOBENCH_MCP_OAUTH_CLIENT_SECRET"
#: A token that is taken back is refused after as long at most.
_REMEMBERED_S, _REMEMBERED = 30.0, 4096
_TIMEOUT_S = 5.0
log = logging.getLogger("holobench_mcp")


class Introspection:
    """Verifies tokens by asking for each, and remembers the answer for half a minute."""

    def __init__(self, config: OAuthConfig, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._config = config
        self._client = environ.get(ID_VARIABLE, ""), environ.get(SECRET_VARIABLE, "")
        self._answers: TTLCache[bytes, AccessToken | None] = TTLCache(_REMEMBERED, _REMEMBERED_S)

    async def verify_token(self, token: str) -> AccessToken | None:
        """What a token may do; None for one that is not active, not for this server, or can't be asked about."""
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        if key not in self._answers:
            answer = await self._ask(token)
            if answer is None:
                return None
            self._answers[key] = self._token(answer)
        return self._answers[key]

    async def _ask(self, token: str) -> dict[str, Any] | None:
        import httpx2

        auth = httpx2.BasicAuth(*self._client) if all(self._client) else None
        try:
            async with httpx2.AsyncClient(auth=auth, timeout=_TIMEOUT_S, follow_redirects=False) as client:
                response = await client.post(
                    self._config.introspection_url, data={"token": token, "token_type_hint": "access_token"}
                )
                response.raise_for_status()
                answer = response.json()
        except (httpx2.HTTPError, ValueError) as problem:
            log.error("the authorization server can't be asked: %s", type(problem).__name__)
            return None
        return answer if isinstance(answer, dict) else None

    def _token(self, answer: Mapping[str, Any]) -> AccessToken | None:
        expires = answer.get("exp")
        audience = answer.get("aud") or answer.get("resource")
        audiences = audience if isinstance(audience, list) else [audience]
        ours = {str(a).removesuffix("/") for a in audiences if a}
        if answer.get("active") is not True or (isinstance(expires, int | float) and expires < time.time()):
            return None
        if self._config.resource.removesuffix("/") not in ours or answer.get("iss", self._config.issuer) != (
            self._config.issuer
        ):
            return None
        granted = set(str(answer.get("scope", "")).split())
        scope = next((s for s in (WRITE, READ) if s in granted), None)
        return AccessToken(
            token="",
            client_id=str(answer.get("client_id") or answer.get("sub") or "oauth")[:100],
            scopes=SCOPES[scope] if scope else [],
            expires_at=int(expires) if isinstance(expires, int | float) else None,
            resource=self._config.resource,
        )
