"""Whether a call comes from whom it says: computed again with the shared secret, and compared.

What is signed are the bytes as they came, never JSON that was read and written again. Everything
secret is compared in constant time. A signature that may be played back carries its time; only
what is genuine is told that it is too old, everything else would be a hint.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Literal, TypeAlias, assert_never, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from legato.connectors.inbound.call import Call, Read
from legato.connectors.inbound.sns import sns_fault
from legato.connectors.inbound.spec import Part, Verify
from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node
from legato.connectors.language.value import MISSING, ExpressionError, as_text
from legato.model.instant import SECOND, Instant, parse_instant

Fault: TypeAlias = Literal["unsigned", "forged", "too_old", "not_allowed"]

_MS_FROM = 100_000_000_000
"""Of numbers that are instants, those from here on count milliseconds: in seconds it is 5138."""
_US_FROM = _MS_FROM * 1_000
_DIGITS_MAX = 17


def fault_of(
    verify: Verify, read: Read, settings: Mapping[str, Any], certificate: bytes | None = None
) -> Fault | None:
    """Return why a call is not believed; None to believe it.

    `settings` hold secrets by value. `certificate` is what `sns.certificate_url` leads to.
    """
    scope = read.scope(settings)
    try:
        if verify.pairs is not None:
            scope["pairs"] = _pairs(_text(verify.pairs, scope))
        if verify.addresses is not None and not _is_within(read.call, verify.addresses.read(scope)):
            return "not_allowed"
        match verify.kind:
            case "none":
                return None
            case "secret":
                return _fault_of_secret(verify, scope)
            case "hmac":
                return _fault_of_hmac(verify, read, scope)
            case "ecdsa_p256":
                return _fault_of_ecdsa(verify, read, scope)
            case "sns":
                topics = verify.topics.read(scope) if verify.topics is not None else None
                return sns_fault(
                    read, certificate, topics=_texts(topics), tolerance=verify.tolerance
                )
            case _:
                assert_never(verify.kind)
    except ExpressionError:
        return "unsigned"


def instant_of(value: object) -> Instant | None:
    """Read an instant however providers write it: seconds, milliseconds, ISO 8601."""
    if isinstance(value, str):
        text = value.strip()
        if not text.replace(".", "", 1).isdigit() or len(text) > _DIGITS_MAX:
            return parse_instant(text)
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    if value < _MS_FROM:
        return round(value * SECOND)
    return round(value * 1_000) if value < _US_FROM else round(value)


def _fault_of_secret(verify: Verify, scope: Mapping[str, Any]) -> Fault | None:
    given, wanted = _found(verify.given, scope), _found(verify.secret, scope)
    if not given or not wanted:
        return "unsigned"
    return None if _is_any(given, [one.encode() for one in wanted], str.encode) else "forged"


def _fault_of_hmac(verify: Verify, read: Read, scope: Mapping[str, Any]) -> Fault | None:
    given = _found(verify.given, scope)
    keys = [_key(verify, one) for one in _found(verify.secret, scope)]
    if not given or not all(keys):
        return "unsigned"
    signed, sent_at = _signed(verify, read, scope)
    if signed is None:
        return "unsigned"
    right = [hmac.digest(key, signed, verify.algorithm) for key in keys if key]
    if not _is_any(given, right, lambda text: _bytes_of(verify, text)):
        return "forged"
    return _age_fault(verify, read, sent_at)


def _fault_of_ecdsa(verify: Verify, read: Read, scope: Mapping[str, Any]) -> Fault | None:
    given, keys = _found(verify.given, scope), _found(verify.secret, scope)
    signed, sent_at = _signed(verify, read, scope)
    if not given or not keys or signed is None:
        return "unsigned"
    try:
        key = load_der_public_key(base64.b64decode(keys[0]))
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(base64.b64decode(given[0]), signed, ec.ECDSA(SHA256()))
    except (ValueError, binascii.Error, InvalidSignature, UnsupportedAlgorithm, AssertionError):
        return "forged"
    return _age_fault(verify, read, sent_at)


def _age_fault(verify: Verify, read: Read, sent_at: Instant | None) -> Fault | None:
    if sent_at is None or not verify.tolerance:
        return None
    return "too_old" if abs(read.call.received_at - sent_at) > verify.tolerance else None


def _signed(
    verify: Verify, read: Read, scope: Mapping[str, Any]
) -> tuple[bytes | None, Instant | None]:
    """Return what is signed, and when it was; nothing where a part of it is missing."""
    second, sent_at = "", None
    if verify.timestamp is not None:
        second = _text(verify.timestamp, scope)
        sent_at = instant_of(second)
        if sent_at is None:
            return None, None
    parts = [_part(part, read, scope, second) for part in verify.over]
    return b"".join(parts), sent_at


def _part(part: Part, read: Read, scope: Mapping[str, Any], second: str) -> bytes:
    match part.kind:
        case "raw":
            return read.call.body
        case "timestamp":
            return second.encode()
        case "url":
            return read.call.url.encode()
        case "method":
            return read.call.method.encode()
        case "form":
            pairs = dict.fromkeys(sorted(read.fields))
            return "".join(f"{name}{value}" for name, value in pairs).encode()
        case "text":
            return part.text.encode()
        case "value":
            return _text(part.value, scope).encode() if part.value is not None else b""
        case _:
            assert_never(part.kind)


def _key(verify: Verify, secret: str) -> bytes:
    text = secret.removeprefix(verify.key_prefix)
    try:
        match verify.key_encoding:
            case "text":
                return text.encode()
            case "hex":
                return bytes.fromhex(text)
            case "base64":
                return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _bytes_of(verify: Verify, given: str) -> bytes:
    text = given.strip()
    if not text.startswith(verify.prefix):
        return b""
    text = text.removeprefix(verify.prefix)
    try:
        return bytes.fromhex(text) if verify.encoding == "hex" else base64.b64decode(text)
    except (ValueError, binascii.Error):
        return b""


def _is_any(given: list[str], right: list[bytes], bytes_of: Callable[[str], bytes]) -> bool:
    """Compare each with each. How long it takes says nothing of how near one was."""
    found = False
    for text in given:
        for one in right:
            found |= hmac.compare_digest(one, bytes_of(text))
    return found


def _pairs(text: str) -> dict[str, list[str]]:
    """Read `t=1,v1=abc,v1=def`."""
    found: dict[str, list[str]] = {}
    for part in text.split(","):
        name, is_pair, value = part.strip().partition("=")
        if is_pair:
            found.setdefault(name, []).append(value)
    return found


def _is_within(call: Call, networks: object) -> bool:
    try:
        peer = ip_address(call.peer)
        return any(peer in ip_network(one, strict=False) for one in _texts(networks))
    except ValueError:
        return False


def _found(node: Node | None, scope: Mapping[str, Any]) -> list[str]:
    return _texts(node.read(scope)) if node is not None else []


def _texts(value: object) -> list[str]:
    items = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
    return [as_text(one) for one in items if one is not MISSING and one is not None and one != ""]


def _text(expression: Expression, scope: Mapping[str, Any]) -> str:
    return next(iter(_texts(expression.read(scope))), "")
