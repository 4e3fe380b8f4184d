"""The door of the Studio: `/studio/`, its assets, and for every other path under it its one page.

Nobody is asked who they are here: there is nothing in these files but the program, the same for
everybody. What it shows it asks of the API, which does ask.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from legato.model.noun import Noun
from legato.studio.bundle.files import ASSETS, ENCODINGS, FOLDER, PAGE, File, read_bundle

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers: TypeAlias = Mapping[str, str]

PREFIX = "/studio"
POLICY = (
    # The component library writes one <style> with its variables, and elements have style
    # attributes. Scripts are files of ours, and nothing else.
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS: Headers = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_NOT_BUILT = (
    "The Studio is not part of this installation: it was made with LEGATO_STUDIO=skip.\n"
    "The API is. To build the Studio too, run this in a clone of the repository:\n\n"
    "    make studio\n"
)


class Answer(Noun, frozen=True, kw_only=True):
    status: int
    headers: Headers
    body: bytes = b""


class StudioDoor:
    """One ASGI application, which reads its files with the first call."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: Callable[[], Mapping[str, File]] = cache(lambda: read_bundle(folder))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to a path of `is_studio`."""
        del receive  # nothing that is sent here is read
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        answer = self.answer(scope["method"], scope["path"], headers)
        given = {**_ALWAYS, **answer.headers, "content-length": str(len(answer.body))}
        raw = [(name.encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    def answer(self, method: str, path: str, headers: Mapping[bytes, str]) -> Answer:
        """Return what is answered to a request."""
        if method not in ("GET", "HEAD"):
            return _text(405, "The Studio's files are read only.\n", allow="GET, HEAD")
        if path == PREFIX:
            return Answer(status=308, headers={"location": f"{PREFIX}/"})
        files = self._files()
        if PAGE not in files:
            return _text(503, _NOT_BUILT)
        name = path.removeprefix(f"{PREFIX}/") or PAGE
        is_asset = name.startswith(ASSETS)
        file = files.get(name)
        if file is None and is_asset:
            # Of an older build: the page that asks for it is told so, and loads itself anew.
            return _text(404, "There is no such file in this version of the Studio.\n")
        keep = "public, max-age=31536000, immutable" if is_asset else "no-cache"
        return _of_file(file or files[PAGE], headers, keep=keep)


def is_studio(path: str) -> bool:
    """Return whether a path is the Studio's."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def _of_file(file: File, headers: Mapping[bytes, str], *, keep: str) -> Answer:
    common = {"etag": file.etag, "cache-control": keep, "vary": "accept-encoding"}
    if headers.get(b"if-none-match") == file.etag:
        return Answer(status=304, headers=common)
    encoding = _encoding(headers.get(b"accept-encoding", ""), list(file.forms))
    told = {**common, "content-type": file.media_type}
    if encoding:
        told["content-encoding"] = encoding
    return Answer(status=200, headers=told, body=file.forms[encoding])


def _encoding(accepted: str, there: Sequence[str]) -> str:
    """Return the best form that a browser takes; `` is the plain one."""
    taken = {part.split(";")[0].strip() for part in accepted.lower().split(",")}
    return next((name for name in ENCODINGS if name in taken and name in there), "")


def _text(status: int, text: str, **headers: str) -> Answer:
    plain = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
    return Answer(status=status, headers={**plain, **headers}, body=text.encode())
