"""Digests in place of values: SHA-256 of a value in one spelling, as advertising networks match.

No pepper: a digest that only we could make would match nobody's. So a digest of a phone number can
be guessed by trying all numbers; it is less to lose, and still personal data.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import phonenumbers

from legato.model.plan import HashKind

WORDS: Mapping[str, HashKind] = {
    "sha256 text": "text",
    "sha256 email": "email",
    "sha256 phone": "phone",
}
"""What definitions may write after `hash:`, besides `sha256` alone."""
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_KINDS_BY_NAME: tuple[tuple[str, HashKind], ...] = (
    ("mail", "email"),
    ("phone", "phone"),
    ("mobile", "phone"),
    ("msisdn", "phone"),
)


def hash_kind(word: object, name: str) -> HashKind:
    """Return how a value is spelled before its digest; empty where the word means nothing.

    `sha256` alone goes by the name: what is called an e-mail or a phone is spelled as one.
    """
    if word != "sha256":
        known: HashKind = WORDS.get(str(word), "")
        return known
    heard = name.casefold()
    for part, kind in _KINDS_BY_NAME:
        if part in heard:
            return kind
    return "text"


def hashed(kind: HashKind, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the digest of a value, or of each in a list; null and digests stay as they are."""
    if value is None or not kind:
        return value
    if isinstance(value, list):
        return [hashed(kind, one) for one in cast("list[Any]", value)]
    if not isinstance(value, str):
        value = msgspec.json.encode(value, order="deterministic").decode()
    text = value.strip()
    if not text:
        return text
    if _DIGEST.fullmatch(text):
        return text.lower()
    return hashlib.sha256(_spelled(kind, text).encode("utf-8", "surrogatepass")).hexdigest()


def is_digest(value: object) -> bool:
    """Return whether a value is a SHA-256 digest in hexadecimal digits."""
    return isinstance(value, str) and _DIGEST.fullmatch(value.strip()) is not None


def _spelled(kind: HashKind, text: str) -> str:
    match kind:
        case "email":
            return text.lower()
        case "phone":
            return _phone(text)
        case _:
            return text


def _phone(text: str) -> str:
    """Return a number as E.164 has it, where it says its country; else its digits."""
    international = re.sub(r"^00", "+", re.sub(r"^tel:", "", text))
    try:
        number = phonenumbers.parse(international, None)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", text) or text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
