"""A provider on this machine that is asked for what is new: it answers as a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Question(NamedTuple):
    """What somebody asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Told(NamedTuple):
    """What they are told."""

    status: int
    body: object
    headers: Mapping[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    server: Provider  # pyright: ignore[reportIncompatibleVariableOverride] - its own kind of server

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - its signature

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        question = Question(
            method=self.command,
            path=parts.path,
            query={name: values[0] for name, values in parse_qs(parts.query).items()},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length", 0))),
        )
        self.server.questions.append(question)
        told = self.server.answer(question)
        data = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Provider(ThreadingHTTPServer):
    """Serves on a port of its own until it is closed."""

    def __init__(self, answer: Callable[[Question], Told]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.questions: list[Question] = []
        self._thread = Thread(target=self.serve_forever, args=[0.01], daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, path: str) -> list[Question]:
        """Return the questions for a path and what is below it."""
        return [one for one in self.questions if one.path.startswith(path)]

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


def json_of(question: Question) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(question.body)
