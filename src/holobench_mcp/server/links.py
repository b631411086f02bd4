"""The document behind an answer, as a link that a client can show beside it: for the person, not for the model.

The address stands in the text and in the structure too. The link costs neither of them a character.
"""

from __future__ import annotations

from mcp_types import Annotations, CallToolResult, ResourceLink

#: The protocol that brought links in answers: clients of older ones refuse an answer with one.
_SINCE = "2025-06-18"
#: Where a structure has the address of its document.
_KEYS = ("full", "uri")
_SCHEME = "holobench://"


def with_link(result: CallToolResult, protocol_version: str | None) -> CallToolResult:
    """The answer with a link to its whole document, where it has one and the client knows of links."""
    structure = result.structured_content
    if result.is_error or not isinstance(structure, dict) or protocol_version is None or protocol_version < _SINCE:
        return result
    uri = next((structure[key] for key in _KEYS if isinstance(structure.get(key), str)), "")
    if not uri.startswith(_SCHEME):
        return result
    link = ResourceLink(
        uri=uri,
        name=uri.rpartition("/")[2],
        mime_type="application/json",
        annotations=Annotations(audience=["user"]),
    )
    return result.model_copy(update={"content": [*result.content, link]})
