"""Messages as bytes: each behind its length, several in one go."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

M = TypeVar("M")

_LENGTH = struct.Struct(">I")
_ENCODER = msgspec.msgpack.Encoder()


def frame(messages: Sequence[object]) -> bytes:
    """Return messages as they go over a socket."""
    bodies = [_ENCODER.encode(message) for message in messages]
    return b"".join(part for body in bodies for part in (_LENGTH.pack(len(body)), body))


class Unframer(Generic[M]):
    """Takes bytes as they come and gives the messages that are whole."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[M]) -> None:
        self._decoder = decoder
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[M]:
        self._pending += data
        start, size = 0, len(self._pending)
        try:
            while size - start >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._pending, start)
                end = start + _LENGTH.size + length
                if end > size:
                    return
                body = bytes(self._pending[start + _LENGTH.size : end])
                start = end
                yield self._decoder.decode(body)
        finally:
            del self._pending[:start]
