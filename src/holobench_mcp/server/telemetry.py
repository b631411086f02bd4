"""Spans of OpenTelemetry. The SDK makes one of every call; here they are sent, where the environment says whereto."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from holobench_mcp._version import __version__

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
log = logging.getLogger("holobench_mcp")


def send_spans(environ: Mapping[str, str] | None = None) -> bool:
    """Send spans if OpenTelemetry's own variables name a place for them. Whether they are sent."""
    environ = os.environ if environ is None else environ
    disabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if disabled or not any(environ.get(name) for name in ENDPOINTS):
        return False
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("a collector of spans is named, but 'holobench-mcp[otel]' is not installed: none are sent")
        return False
    resource = Resource.create({"service.name": "holobench-mcp", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True
