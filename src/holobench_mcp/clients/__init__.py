"""The clients that this server can be attached to: where each keeps its servers, and how one entry goes in and out."""

from holobench_mcp.clients.attaching import Attachment, attach, detach, snippet
from holobench_mcp.clients.known import CLIENTS, Client, Place
from holobench_mcp.clients.launch import launch_command

__all__ = ["CLIENTS", "Attachment", "Client", "Place", "attach", "detach", "launch_command", "snippet"]
