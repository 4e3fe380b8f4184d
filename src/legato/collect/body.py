"""The body of a request: received within bounds of size and time, and unpacked."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal, TypeAlias

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

BodyFault: TypeAlias = Literal["gone", "slow", "too_large", "unpackable", "unknown_encoding"]

BODY_SECONDS_MAX = 30
"""A sender that takes longer holds a connection for nothing: SDKs give up after 10 to 30 s."""

_GZIP = b"\x1f\x8b"
_EITHER = zlib.MAX_WBITS | 32
"""zlib reads its own and gzip's header."""
_BARE = -zlib.MAX_WBITS


async def receive_body(
    receive: Receive, size_max: int, *, seconds_max: float = BODY_SECONDS_MAX
) -> bytes | BodyFault:
    """Return a request's body as it came."""
    try:
        async with asyncio.timeout(seconds_max):
            return await _collect(receive, size_max)
    except TimeoutError:
        return "slow"


async def _collect(receive: Receive, size_max: int) -> bytes | BodyFault:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return "gone"
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > size_max:
            return "too_large"
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunk if len(chunks) == 1 else b"".join(chunks)


def unpack(data: bytes, encoding: bytes, size_max: int) -> bytes | BodyFault:
    """Undo the content encoding, never beyond `size_max` bytes.

    Where proxies have unpacked a body and left the header, or packed it and left none, the
    bytes themselves are believed: no JSON begins like gzip.
    """
    name = encoding.strip().lower()
    if data[:2] == _GZIP:
        return _inflate(data, _EITHER, size_max)
    if name in (b"", b"identity", b"gzip", b"x-gzip") or data[:1] in (b"{", b"["):
        return data if len(data) <= size_max else "too_large"
    if name == b"deflate":
        whole = _inflate(data, _EITHER, size_max)
        return _inflate(data, _BARE, size_max) if whole == "unpackable" else whole
    return "unknown_encoding"


def _inflate(data: bytes, window: int, size_max: int) -> bytes | BodyFault:
    parts: list[bytes] = []
    room = size_max
    while data:
        unpacker = zlib.decompressobj(window)
        try:
            part = unpacker.decompress(data, room + 1)
        except zlib.error:
            return "unpackable"
        if len(part) > room:
            return "too_large"
        if not unpacker.eof:
            return "unpackable"
        parts.append(part)
        room -= len(part)
        data = unpacker.unused_data.lstrip(b"\x00")  # gzip allows several members, and padding
    return b"".join(parts)
