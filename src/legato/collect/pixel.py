"""Calls in the query of an image's address: for e-mails, and pages without scripts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

_OBJECTS = ("properties", "context", "traits", "integrations")
_ENCODER = msgspec.json.Encoder()


def pixel_call(query: Mapping[str, str]) -> bytes | None:
    """Return the call as JSON; None where it cannot be read.

    Segment's pixel carries one base64 text, `data`. Rudder's has a parameter a field; objects
    are JSON (`properties={"sku":1}`) or dotted (`properties.sku=1`).
    """
    data = query.get("data")
    if data is not None:
        return _decode(data)
    call: dict[str, Any] = {}
    for name, text in query.items():
        outer, dot, inner = name.partition(".")
        if dot and inner and outer in _OBJECTS:
            held = call.setdefault(outer, {})
            if isinstance(held, dict):
                held[inner] = text
        elif name in _OBJECTS:
            call[name] = _json(text)
        else:
            call[name] = text
    try:
        return _ENCODER.encode(call)
    except RecursionError:
        return None


def _decode(text: str) -> bytes | None:
    plain = text.strip().replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return text  # judged later like any other body that is no object
