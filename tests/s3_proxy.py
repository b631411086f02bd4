"""A way to a server of the S3 protocol that can be shut, let hang, and that counts the requests made through it."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

_REQUEST = re.compile(rb"(GET|PUT|HEAD|DELETE|POST) /[^\r\n]* HTTP/1\.[01]\r\n")


class Proxy:
    """A port of this machine that leads to another one."""

    def __init__(self, target: int) -> None:
        self._target, self._open = target, threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.port, self.requests = 0, list[str]()
        self._open.set()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Take connections, on the port that it had."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Refuse connections, and break off those that are."""
        assert self._listener is not None
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._break_off()

    def hang(self) -> None:
        """Take connections, and answer nothing."""
        self._open.clear()
        self._break_off()

    def go_on(self) -> None:
        self._open.set()

    def _break_off(self) -> None:
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            self._connections.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.wait()
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        with self._lock:
            self._connections |= {client, server}
        threading.Thread(target=self._pass_on, args=(server, client, False), daemon=True).start()
        self._pass_on(client, server, True)

    def _pass_on(self, source: socket.socket, target: socket.socket, are_requests: bool) -> None:
        try:
            while data := source.recv(65536):
                if are_requests:
                    self.requests += [found[0].decode() for found in _REQUEST.finditer(data)]
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
