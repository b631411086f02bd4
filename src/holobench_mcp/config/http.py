"""Serving over HTTP: what it is addressed by, who may ask, and how much of the machine one request may take."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from holobench_mcp.model import Frozen

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:(\d{1,5}|\*))?|\[[0-9a-fA-F:]+\](:(\d{1,5}|\*))?")
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.\-]+|\[[0-9a-fA-F:]+\])(:(\d{1,5}|\*))?")


def _is_url(text: str) -> bool:
    return re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", text) is not None


class OAuthConfig(Frozen):
    """An authorization server whose tokens are accepted: it is asked about each one (RFC 7662)."""

    issuer: str = Field(
        description="the authorization server's URL, as its metadata has it", examples=["https://auth.example.com"]
    )
    introspection_url: str = Field(
        description="where it says what a token is worth", examples=["https://auth.example.com/introspect"]
    )
    resource: str = Field(description="this server's own URL", examples=["https://bench.example.com/mcp"])

    @field_validator("issuer", "introspection_url", "resource")
    @classmethod
    def _url(cls, value: str) -> str:
        if not _is_url(value):
            raise ValueError(f"must be a URL such as https://auth.example.com, not {value!r:.100}")
        return value


class HttpConfig(Frozen):
    """The table `[tool.holobench-mcp.http]`. Tokens are secrets: they stand in a file or the environment, not here."""

    hosts: tuple[str, ...] = Field(
        (), description="names that requests may be addressed to, beside loopback's", examples=[["bench.example.com"]]
    )
    origins: tuple[str, ...] = Field(
        (), description="pages of other origins that a browser may call from", examples=[["https://ide.example.com"]]
    )
    measure: bool = Field(
        False, description="whether benchmarks may be run over HTTP, by a token that may write", examples=[True]
    )
    max_body_mb: float = Field(4.0, gt=0, le=256, description="the largest request, in MB", examples=[16])
    max_connections: int = Field(
        400, ge=4, le=100_000, description="connections at once; more of them get 503", examples=[1000]
    )
    oauth: OAuthConfig | None = Field(
        None,
        description="an authorization server whose tokens are accepted",
        examples=[
            {
                "issuer": "https://auth.example.com",
                "introspection_url": "https://auth.example.com/introspect",
                "resource": "https://bench.example.com/mcp",
            }
        ],
    )

    @field_validator("hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(f"a host is a name, such as bench.example.com or localhost:8765, not {host!r:.100}")
        return value

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"an origin is a scheme and a host, such as https://example.com, not {origin!r:.100}")
        return value
