"""The resources: stored documents under stable addresses, the list of the newest, and word of what is new."""

from __future__ import annotations

from holobench_mcp.server.arguments import Server
from holobench_mcp.server.resources import documents, listing, reading, subscriptions
from holobench_mcp.server.services import Services


def register(server: Server, services: Services, bus: subscriptions.Bus) -> None:
    """Add every resource, and what is said of them."""
    documents.register(server, services)
    listing.register(server, services)
    reading.register(server)
    subscriptions.register(server, services, bus)
