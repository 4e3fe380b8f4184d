"""The files of the bundle: read once, with the forms in which they travel."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from legato.model.noun import Noun

FOLDER = Path(__file__).parents[1] / "static"
PAGE = "index.html"
ASSETS = "assets/"
"""Files in it are named by their content: whoever has one has it for good."""
ENCODINGS: Mapping[str, str] = {"br": ".br", "gzip": ".gz"}
"""Best first. They are compressed by the build: the event loop has better things to do."""
_TYPES: Mapping[str, str] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


class File(Noun, frozen=True, kw_only=True):
    """One file, whole and compressed."""

    media_type: str
    etag: str
    forms: Mapping[str, bytes]
    """By encoding; `` is the plain one."""


def read_bundle(folder: Path = FOLDER) -> dict[str, File]:
    """Return every file by its path in the bundle; nothing where none was built."""
    packed = tuple(ENCODINGS.values())
    return {
        path.relative_to(folder).as_posix(): _read(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in packed and not path.name.startswith(".")
    }


def _read(path: Path) -> File:
    plain = path.read_bytes()
    forms = {"": plain}
    for encoding, suffix in ENCODINGS.items():
        packed = path.with_name(path.name + suffix)
        if packed.is_file():
            forms[encoding] = packed.read_bytes()
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return File(
        media_type=_TYPES.get(path.suffix, guessed),
        etag=f'"{hashlib.sha256(plain).hexdigest()[:32]}"',
        forms=forms,
    )
