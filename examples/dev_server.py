"""The server as a module-level object, for `mcp dev` and for anything else that imports one.

mcp dev examples/dev_server.py --with-editable .
"""

from holobench_mcp.server.app import create_server

mcp = create_server()
