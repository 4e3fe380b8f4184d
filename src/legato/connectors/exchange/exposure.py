"""Who may have digests only is never given an address."""

from __future__ import annotations

import re

import msgspec

from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.spec import Spec
from legato.model.wire import Request

DIGESTS_ONLY = ("ads", "prompt")
"""Categories that are given digests of identifiers, never identifiers."""
ADDRESS_CHARS_MIN = 5
"""A shorter address names nobody, and would be found in any text."""


def check_unexposed(spec: Spec, address: str, request: Request) -> None:
    """Refuse a request that would hand an address itself to who may have digests only."""
    address = address.strip().lower()
    if spec.head.category not in DIGESTS_ONLY or len(address) < ADDRESS_CHARS_MIN:
        return
    is_digest = re.fullmatch(r"[0-9a-f]{64}", address) is not None
    if not is_digest and address.encode() in msgspec.msgpack.encode(request).lower():
        raise RefusalError("exposed", f"{spec.head.id} would be given an address that is no digest")
