"""The part of GitHub's and GitLab's interfaces that comments need, on loopback, with rules of who may do what."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEAD = "a" * 40
BOT = {"login": "github-actions[bot]", "type": "Bot", "username": "project_7_bot"}
PERSON = {"login": "mallory", "type": "User", "username": "mallory"}


class CommentsApi:
    """Comments of one request. refusals: the status that a method is answered with instead."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.refusals: dict[str, int] = {}
        self.head = HEAD
        self.may_ask_who = False  #: GitHub's own token for a workflow may not
        self.address = ""

    def add(self, body: str, author: dict[str, str] = BOT) -> int:
        number = 1 + max((c["id"] for c in self.comments), default=100)
        self.comments.append({"id": number, "body": body, "user": author, "author": author})
        return number

    def bodies(self, author: dict[str, str] = BOT) -> list[str]:
        return [c["body"] for c in self.comments if c["user"] == author]

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.calls if method != "GET"]

    def answer(self, method: str, path: str, body: dict[str, str]) -> tuple[int, object]:
        if method in self.refusals:
            return self.refusals[method], {"message": "Resource not accessible by integration"}
        path, _, query = path.partition("?")
        of = r"/(?:repos/o/p/issues|projects/7/merge_requests)"
        if path == "/user":
            return (200, BOT) if self.may_ask_who else (403, {"message": "no"})
        if re.fullmatch(r"/repos/o/p/pulls/5|/projects/7/merge_requests/5", path):
            return 200, {"head": {"sha": self.head}, "sha": self.head}
        if re.fullmatch(rf"{of}/5/(comments|notes)", path):
            if method == "POST":
                number = self.add(body["body"])
                return 201, {"id": number, "html_url": f"https://host.invalid/c/{number}"}
            asked = dict(pair.split("=") for pair in query.split("&"))
            size, page = int(asked["per_page"]), int(asked["page"])
            return 200, self.comments[size * (page - 1) : size * page]
        if match := re.fullmatch(rf"{of}(?:/5)?/(?:comments|notes)/(\d+)", path):
            [comment] = [c for c in self.comments if c["id"] == int(match[1])]
            if method == "DELETE":
                self.comments.remove(comment)
                return 204, None
            if method in ("PATCH", "PUT"):
                comment["body"] = body["body"]
                return 200, {"id": comment["id"], "html_url": f"https://host.invalid/c/{comment['id']}"}
        return 404, {"message": "Not Found"}


@contextmanager
def comments_api() -> Iterator[CommentsApi]:
    api = CommentsApi()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            api.calls.append((self.command, self.path, headers))
            status, document = api.answer(self.command, self.path, json.loads(sent or b"{}"))
            data = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{api.address}/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
