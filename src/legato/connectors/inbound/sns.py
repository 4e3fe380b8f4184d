"""Amazon SNS: what is signed is made of fields of the body, with a key from a certificate.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
The certificate's address stands in the very message that is to be proven, so it counts only where
Amazon alone can put certificates.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from legato.connectors.inbound.call import Read
from legato.model.instant import Duration, parse_instant, to_datetime

_HOST = r"https://sns\.[a-z0-9-]{1,32}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[A-Za-z0-9]{1,128}\.pem")
_VISIT = re.compile(_HOST + r"/\?[A-Za-z0-9=&%:._~-]{1,2000}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_HASHES = {"1": SHA1, "2": SHA256}


def certificate_url(read: Read) -> str | None:
    """Return where the certificate is; None where the message names no place of Amazon's."""
    url = _fields(read).get("SigningCertURL")
    return url if isinstance(url, str) and _CERTIFICATE.fullmatch(url) else None


def is_visitable(url: object) -> bool:
    """Return whether an address that a message wants called is one of Amazon's."""
    return isinstance(url, str) and _VISIT.fullmatch(url) is not None


def message_of(read: Read) -> object:
    """Return what a notification carries: JSON in a text."""
    message = _fields(read).get("Message")
    try:
        return msgspec.json.decode(message) if isinstance(message, str) else None
    except (msgspec.DecodeError, RecursionError):
        return None


def sns_fault(
    read: Read, certificate: bytes | None, *, topics: Sequence[str], tolerance: Duration
) -> Literal["unsigned", "forged", "too_old"] | None:
    """Return why a message is not believed; None to believe it."""
    fields = _fields(read)
    signature = fields.get("Signature")
    signed = _signed(fields)
    if not isinstance(signature, str) or signed is None:
        return "unsigned"
    if certificate is None or fields.get("TopicArn") not in topics:
        return "forged"
    try:
        known = x509.load_pem_x509_certificate(certificate)
        key, method = known.public_key(), _HASHES[str(fields.get("SignatureVersion"))]
        if not isinstance(key, rsa.RSAPublicKey):
            return "forged"
        key.verify(base64.b64decode(signature), signed, PKCS1v15(), method())
    except (ValueError, KeyError, binascii.Error, InvalidSignature):
        return "forged"
    now = to_datetime(read.call.received_at)
    if not known.not_valid_before_utc <= now <= known.not_valid_after_utc:
        return "forged"
    sent_at = parse_instant(str(fields.get("Timestamp")))
    if sent_at is None or (tolerance and abs(read.call.received_at - sent_at) > tolerance):
        return "too_old"
    return None


def _fields(read: Read) -> Mapping[str, Any]:
    body: object = read.body
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


def _signed(fields: Mapping[str, Any]) -> bytes | None:
    names = _SIGNED.get(str(fields.get("Type")))
    if names is None:
        return None
    present = [name for name in names if fields.get(name) is not None]
    return "".join(f"{name}\n{fields[name]}\n" for name in present).encode()
