"""Functions that make a person's identifiers comparable without giving them away.

Providers that match people ask for SHA-256 over a normal form, and accept what the customer has
digested already: `hashed` does both, by the kind of data.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping

import phonenumbers

from legato.connectors.language.function import Function
from legato.connectors.language.functions.instants import instant_of
from legato.connectors.language.value import Value, as_text, rows_of
from legato.model.instant import to_datetime

_NO_KIND = 2
"""Of what digests something of which it is not told what kind of personal data it is."""
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_DIGEST_CHARS = 64
_DATE = re.compile(r"[0-9]{8}")
_ZIP_OF_HOUSE = re.compile(r"([0-9]{5})-[0-9]{4}")
"""A ZIP code of the United States with the four digits that say which house."""
_SPACES = {"dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL}
"""Name spaces of UUIDs: the same text gives the same id wherever it is asked of it."""
_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "base64url": lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
}


def _email(text: str) -> str:
    return text.strip().lower()


def _gmail(text: str) -> str:
    """Leave out what Gmail ignores, as Google asks for customer match."""
    local, at, domain = _email(text).rpartition("@")
    if domain in ("gmail.com", "googlemail.com"):
        local = local.split("+", 1)[0].replace(".", "")
    return f"{local}{at}{domain}"


def _phone(text: str) -> str:
    """Leave the digits, without zeros in front: what Meta and its like ask for."""
    return _digits(text).lstrip("0")


def _name(text: str) -> str:
    """Leave letters of any script: lower case, nothing between them."""
    text = text.strip().lower()
    return text if text.isalpha() else _of_categories("LM", text)


def _plain(text: str) -> str:
    return text.strip().lower()


def _place(text: str) -> str:
    """Leave letters and digits: a city or region may be numbered."""
    text = text.lower()
    return text if text.isalnum() else _of_categories("LMN", text)


def _of_categories(wanted: str, text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] in wanted)


def _zip(text: str) -> str:
    """Leave no space and no dash; of those of the United States the first five digits."""
    compact = "".join(text.lower().split())
    whole = _ZIP_OF_HOUSE.fullmatch(compact)
    return whole[1] if whole is not None else compact.replace("-", "")


def _gender(text: str) -> str:
    return text.strip().lower()[:1]


def _birthday(text: str) -> str:
    """Write year, month and day in eight digits; what comes so is no number of seconds."""
    if _DATE.fullmatch(text.strip()):
        return text.strip()
    instant = instant_of(text)
    return to_datetime(instant).strftime("%Y%m%d") if instant is not None else _digits(text)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


NORMAL: Mapping[str, Callable[[str], str]] = {
    "email": _email,
    "gmail": _gmail,
    "phone": _phone,
    "phone_e164": str.strip,
    "name": _name,
    "gender": _gender,
    "birthday": _birthday,
    "city": _place,
    "state": _place,
    "zip": _zip,
    "country": _plain,
    "street": _plain,
    "id": str.strip,
    "device": _plain,
    "text": str,
}
"""Kind of personal data -> its normal form."""


def _normal(value: object, kind: str) -> str | None:
    return NORMAL[kind](as_text(value)) or None


def _hashed(value: object, kind: str) -> Value:
    """Return the SHA-256 of the normal form; what is one already stays. Lists item by item."""
    if isinstance(value, list):
        each = (_hashed(item, kind) for item in rows_of(value) if item is not None)
        return [one for one in each if one]
    text = as_text(value).strip()
    if len(text) == _DIGEST_CHARS and _DIGEST.fullmatch(text):
        return text.lower()
    normal = NORMAL[kind](text)
    return hashlib.sha256(normal.encode()).hexdigest() if normal else None


def _is_digest(value: object) -> bool:
    return _DIGEST.fullmatch(as_text(value)) is not None


def _plain_digest(algorithm: str) -> Callable[..., str]:
    def call(value: object, encoding: str = "hex") -> str:
        made = hashlib.new(algorithm, as_text(value).encode(), usedforsecurity=False)
        return _encoded(made.digest(), encoding)

    return call


_sha256 = _plain_digest("sha256")


def _digest(value: object) -> str:
    """Return the SHA-256 of a text, or the text where it is one already."""
    text = as_text(value)
    return text.lower() if _DIGEST.fullmatch(text) else _sha256(text)


def _encoded(raw: bytes, encoding: str) -> str:
    if encoding not in _ENCODINGS:
        raise ValueError(encoding)
    return _ENCODINGS[encoding](raw)


def _mac(algorithm: str) -> Callable[..., str]:
    def call(value: object, key: str, encoding: str = "hex") -> str:
        raw = hmac.digest(as_text(key).encode(), as_text(value).encode(), algorithm)
        return _encoded(raw, encoding)

    return call


def _e164(value: object, region: object = None) -> str | None:
    """Return a phone number in its international form; null where it cannot be one."""
    try:
        text = as_text(value)
        number = phonenumbers.parse(text, str(region) if region else None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _uuid(value: object, space: object = None) -> str | None:
    """Derive a UUID from a text: the same text gives the same id, of version 5 in a name space."""
    if space is not None:
        known = _SPACES.get(as_text(space))
        return str(uuid.uuid5(known, as_text(value))) if known else None
    raw = hashlib.sha256(as_text(value).encode()).hexdigest()
    return f"{raw[:8]}-{raw[8:12]}-8{raw[13:16]}-a{raw[17:20]}-{raw[20:32]}"


DIGESTS: Mapping[str, Function] = {
    "normal": Function(_normal, 2, 2),
    "hashed": Function(_hashed, 2, 2, kind_at=1),
    "digest": Function(_digest, kind_at=1),
    "is_digest": Function(_is_digest),
    "sha256": Function(_sha256, 1, 2, kind_at=_NO_KIND),
    "sha512": Function(_plain_digest("sha512"), 1, 2, kind_at=_NO_KIND),
    "sha1": Function(_plain_digest("sha1"), 1, 2, kind_at=_NO_KIND),
    "md5": Function(_plain_digest("md5"), 1, 2, kind_at=_NO_KIND),
    "hmac_sha1": Function(_mac("sha1"), 2, 3),
    "hmac_sha256": Function(_mac("sha256"), 2, 3),
    "phone_e164": Function(_e164, 1, 2),
    "uuid": Function(_uuid, 1, 2),
}
