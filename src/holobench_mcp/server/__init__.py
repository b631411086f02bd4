"""The MCP server: a thin face on the workspace."""
