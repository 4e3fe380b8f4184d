"""Whether a call comes from whom it says: computed again with the shared secret, and compared.

Twilio signs its URL and the sorted fields of the form with SHA-1, as
https://www.twilio.com/docs/usage/webhooks/webhooks-security says. Others sign the raw body with
SHA-256, many with the second of sending before it, so that a recorded call cannot be played back.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, assert_never

from legato.model.definitions.source import Hook
from legato.model.instant import SECOND, Instant
from legato.model.noun import Noun

SignatureFault: TypeAlias = Literal["unsigned", "forged", "too_old"]

TWILIO_HEADER = "x-twilio-signature"
SECOND_DIGITS_MAX = 12
"""Beyond that, no clock."""


class Call(Noun, frozen=True, kw_only=True):
    """A request as it came."""

    url: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    fields: Sequence[tuple[str, str]] = ()
    """Of a form, in the order sent."""
    received_at: Instant


def fault_of(hook: Hook, call: Call, secret: str) -> SignatureFault | None:
    """Return why a call is not believed; None to believe it."""
    match hook.kind:
        case "twilio_sms":
            return _fault_of_twilio(hook, call, secret)
        case "webhook":
            return _fault_of_webhook(hook, call, secret)
        case _:
            assert_never(hook.kind)


def twilio_signature(url: str, fields: Sequence[tuple[str, str]], secret: str) -> str:
    """Return what Twilio writes into its header."""
    text = url + "".join(f"{name}{value}" for name, value in sorted(fields))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


def _fault_of_twilio(hook: Hook, call: Call, secret: str) -> SignatureFault | None:
    given = call.headers.get(TWILIO_HEADER, "")
    if not given:
        return "unsigned"
    right = twilio_signature(hook.url or call.url, call.fields, secret)
    return None if hmac.compare_digest(right.encode(), given.encode()) else "forged"


def _fault_of_webhook(hook: Hook, call: Call, secret: str) -> SignatureFault | None:
    given = call.headers.get(hook.header.lower(), "")
    if not given:
        return "unsigned"
    signed = call.body
    sent_at: Instant | None = None
    if hook.timestamp:
        second = call.headers.get(hook.timestamp.lower(), "")
        if not (second.isascii() and second.isdigit() and len(second) <= SECOND_DIGITS_MAX):
            return "unsigned"
        sent_at = int(second) * SECOND
        signed = second.encode() + b"." + call.body
    right = hmac.digest(secret.encode(), signed, "sha256")
    if not hmac.compare_digest(right, _bytes_of(hook, given)):
        return "forged"
    # Only what is genuine is told that it is old: everything else would be a hint.
    if sent_at is not None and abs(call.received_at - sent_at) > hook.tolerance:
        return "too_old"
    return None


def _bytes_of(hook: Hook, given: str) -> bytes:
    text = given.strip()
    if hook.prefix:
        if not text.startswith(hook.prefix):
            return b""
        text = text.removeprefix(hook.prefix)
    try:
        return bytes.fromhex(text) if hook.encoding == "hex" else base64.b64decode(text)
    except (ValueError, binascii.Error):
        return b""
