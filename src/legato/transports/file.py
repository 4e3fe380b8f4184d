"""The way out into a file or onto the console: one line a delivery."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from legato.model.wire import FileLine, HttpRequest, Mail, Request, Response
from legato.ports.sender import SendFault

CONSOLE = "-"


class FileSender:
    """Appends. A line is written by one call, so that lines of two processes do not mix."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        """Relative paths are below it."""
        self._files: dict[str, int] = {}

    async def send(self, request: Request) -> Response:
        match request:
            case FileLine():
                self._write(request)
                return Response(status=200)
            case HttpRequest() | Mail():
                raise AssertionError("a file sender was given something else than a line")

    def _write(self, request: FileLine) -> None:
        try:
            if request.path == CONSOLE:
                sys.stdout.write(request.line.decode())
                sys.stdout.flush()
                return
            file = self._files.get(request.path)
            if file is None:
                path = self._folder / request.path
                path.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                file = self._files[request.path] = os.open(path, flags, 0o600)
            os.write(file, request.line)
        except OSError as error:
            what = f"the file cannot be written ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=False) from error

    async def close(self) -> None:
        files, self._files = self._files, {}
        for file in files.values():
            os.close(file)
