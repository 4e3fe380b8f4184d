"""The way out into a file or onto the console: one line a delivery; and out of it again."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from legato.model.wire import FileErasure, FileLine, Request, Response
from legato.ports.sender import SendFault

CONSOLE = "-"


class FileSender:
    """Appends. A line is written by one call, so that lines of two processes do not mix."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        """Relative paths are below it."""
        self._files: dict[str, int] = {}
        self._writing = asyncio.Lock()
        """Held by whoever writes: a line, or a file anew on a thread of its own."""

    async def send(self, request: Request) -> Response:
        match request:
            case FileLine():
                async with self._writing:
                    self._write(request)
                return Response(status=200)
            case FileErasure():
                async with self._writing:
                    count = await asyncio.to_thread(self._remove, request)
                return Response(status=200, body=b"%d lines removed" % count)
            case _:
                raise AssertionError("a file sender was given something else than a line")

    def _write(self, request: FileLine) -> None:
        try:
            if request.path == CONSOLE:
                sys.stdout.write(request.line.decode())
                sys.stdout.flush()
                return
            os.write(self._file(request.path), request.line)
        except OSError as error:
            what = f"the file cannot be written ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=False) from error

    def _file(self, name: str) -> int:
        file = self._files.get(name)
        if file is None:
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            file = self._files[name] = os.open(path, flags, 0o600)
        return file

    def _remove(self, request: FileErasure) -> int:
        """Write the file anew without some lines. Lines wait until it is done."""
        if request.path == CONSOLE:
            return 0
        path = self._folder / request.path
        try:
            return self._write_anew(request, path) if path.exists() else 0
        except OSError as error:
            what = f"the file cannot be written anew ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=False) from error

    def _write_anew(self, request: FileErasure, path: Path) -> int:
        values = {value.lower() for value in request.values}
        draft = path.with_name(f"{path.name}.new")
        count = 0
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with path.open("rb") as lines, os.fdopen(descriptor, "wb") as kept:
            for line in lines:
                if _tells_of(line, values):
                    count += 1
                else:
                    kept.write(line)
            kept.flush()
            os.fsync(kept.fileno())
        draft.replace(path)
        file = self._files.pop(request.path, None)
        if file is not None:
            os.close(file)
        return count

    async def close(self) -> None:
        files, self._files = self._files, {}
        for file in files.values():
            os.close(file)


def _tells_of(line: bytes, values: Collection[str]) -> bool:
    """Return whether some text in a line is one of the values."""
    try:
        texts = _texts(msgspec.json.decode(line))
    except msgspec.DecodeError:
        text = line.decode(errors="replace").lower()
        return any(value in text for value in values)
    return any(text.lower() in values for text in texts)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for one in cast("list[Any]", value):
                yield from _texts(one)
        case dict():
            for one in cast("dict[str, Any]", value).values():
                yield from _texts(one)
        case _:
            return
