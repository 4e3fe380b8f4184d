"""The token of a link: whom and what it is about, signed.

    base64url(key number (2 bytes) | payload | MAC (16 bytes)) + "a"

The payload is a MessagePack array. The MAC is HMAC-SHA256 over what stands before it, cut to 128
bits (RFC 2104 allows half): links stand in letters and text messages. The last letter is the
version of the format; as base64url may end in `-` or `_`, it also keeps mail programs from taking
a link's end for punctuation.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from legato.model.definitions.links import LinkKind
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import SECOND, Duration, Instant
from legato.model.noun import ENCODER, Noun
from legato.ports.links import LinkKey

VERSION = "a"
NUMBER_BYTES = 2
MAC_BYTES = 16
TOKEN_LENGTH_MAX = 1_024
"""Ours are under 250 characters; more is not looked at."""
_LABEL = b"legato link a\x00"
"""A key of ours signs nothing else that could be shown here."""

Unsound: TypeAlias = Literal["malformed", "unsigned", "expired"]
"""No token of ours at all; not signed by us, or altered; signed too long ago."""


class Token(Noun, frozen=True, kw_only=True, array_like=True):
    """What a link says."""

    kind: LinkKind
    person_id: PersonId
    purpose: str
    channel: str
    delivery_id: DeliveryId
    """The message that carried it."""
    issued_at: Instant
    """When that was decided, in whole seconds."""


_DECODER = msgspec.msgpack.Decoder(Token)


def sign(token: Token, key: LinkKey) -> str:
    """Return a token's text. The same token and key give the same text."""
    seconds = msgspec.structs.replace(token, issued_at=token.issued_at // SECOND)
    signed = key.number.to_bytes(NUMBER_BYTES, "big") + ENCODER.encode(seconds)
    data = signed + _mac(key, signed)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode() + VERSION


def verify(
    text: str, keys: Mapping[int, LinkKey], *, valid: Mapping[LinkKind, Duration], now: Instant
) -> Token | Unsound:
    """Return what a token says, if we signed it and its time is not over."""
    data = _decoded(text)
    if data is None:
        return "malformed"
    key = keys.get(int.from_bytes(data[:NUMBER_BYTES], "big"))
    signed, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
    if key is None or not hmac.compare_digest(mac, _mac(key, signed)):
        return "unsigned"
    seconds = _DECODER.decode(signed[NUMBER_BYTES:])
    token = msgspec.structs.replace(seconds, issued_at=seconds.issued_at * SECOND)
    return token if now < token.issued_at + valid[token.kind] else "expired"


def _mac(key: LinkKey, signed: bytes) -> bytes:
    return hmac.digest(key.secret, _LABEL + signed, "sha256")[:MAC_BYTES]


def _decoded(text: str) -> bytes | None:
    if len(text) > TOKEN_LENGTH_MAX or not text.endswith(VERSION) or not text.isascii():
        return None
    body = text[: -len(VERSION)]
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # The last character may have bits that stand for nothing: only one spelling is taken.
    is_ours = base64.urlsafe_b64encode(data).rstrip(b"=").decode() == body
    return data if is_ours and len(data) > NUMBER_BYTES + MAC_BYTES else None
