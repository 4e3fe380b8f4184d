"""Reading the core segment of a TC string, as IAB Tech Lab publishes its format (TCF v2).

A string is URL-safe base64 segments between dots; the first is the core, a run of bit fields. Only
what decides about consent is kept, the fields between are stepped over:

    version 6 · created 36 · last updated 36 · CMP 12+12 · screen 6 · language 12 · vendor list 12
    · policy 6 · two flags · special features 12 · purposes consented 24 · purposes by legitimate
    interest 24 · flag · country 12 · vendors consented · vendors by legitimate interest
    · publisher restrictions

Vendors are a bit field up to the greatest, or a list of ranges. Ranges are never unfolded: a few
bytes can name every vendor thousands of times.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from functools import lru_cache
from typing import TypeAlias

from legato.model.instant import Instant
from legato.model.noun import Noun

VERSION = 2
STRING_LENGTH_MAX = 24_000
"""Two bit fields of all 65,535 vendors are under 22,000; real strings are under 2,000."""
PURPOSES = 24
DECISECOND = 100_000
FLATLY_NOT_ALLOWED = 0
REQUIRE_LEGITIMATE_INTEREST = 2

Numbers: TypeAlias = tuple[tuple[int, int], ...]
"""Ranges of ids, both ends within."""


class BadString(Noun, frozen=True):
    """Why a string is no TC string: never the string, which is personal."""

    what: str


class Restriction(Noun, frozen=True, kw_only=True):
    """What a publisher forbids vendors for one purpose, whatever the person chose."""

    purpose: int
    kind: int
    vendors: Numbers


class Transparency(Noun, frozen=True, kw_only=True):
    """What a TC string says."""

    created_at: Instant
    updated_at: Instant
    cmp: int
    language: str
    vendor_list: int
    purposes: tuple[int, ...]
    """Consented to."""
    interests: tuple[int, ...]
    """Purposes whose legitimate interest was not objected to."""
    vendors: Numbers
    """Consented to."""
    vendor_interests: Numbers
    restrictions: tuple[Restriction, ...]

    def agrees(self, purpose: int, vendor: int | None) -> bool:
        """Return whether a purpose is consented to: for a vendor, where one is given."""
        if purpose not in self.purposes:
            return False
        if vendor is None:
            return True
        return is_among(vendor, self.vendors) and not any(
            one.purpose == purpose
            and one.kind in (FLATLY_NOT_ALLOWED, REQUIRE_LEGITIMATE_INTEREST)
            and is_among(vendor, one.vendors)
            for one in self.restrictions
        )


def is_among(number: int, numbers: Numbers) -> bool:
    """Return whether a number lies in one of the ranges."""
    return any(first <= number <= last for first, last in numbers)


@lru_cache(1_024)
def decode_tcf(text: str) -> Transparency | BadString:
    """Read a TC string; the same one comes with every page a person sees."""
    core = text.split(".", 1)[0]
    if not core or len(core) > STRING_LENGTH_MAX:
        return BadString("its length is not that of one")
    if "+" in core or "/" in core:
        return BadString(_NOT_BASE64)
    try:
        data = b64decode(core + "=" * (-len(core) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return BadString(_NOT_BASE64)
    try:
        return _core(_Bits(data))
    except _EndedError:
        return BadString("it ends in the middle of a field")


_NOT_BASE64 = "it is not URL-safe base64"


class _EndedError(Exception):
    """A field reaches beyond the last bit."""


class _Bits:
    """Numbers, most significant bit first."""

    def __init__(self, data: bytes) -> None:
        self._left = len(data) * 8
        self._all = int.from_bytes(data, "big")

    def number(self, width: int) -> int:
        self._left -= width
        if self._left < 0:
            raise _EndedError
        return (self._all >> self._left) & ((1 << width) - 1)

    def flags(self, width: int) -> tuple[int, ...]:
        """Return the numbers, from 1, of the bits that are set."""
        text = f"{self.number(width):0{width}b}" if width else ""
        return tuple(index for index, bit in enumerate(text, 1) if bit == "1")


def _core(bits: _Bits) -> Transparency | BadString:
    version = bits.number(6)
    if version != VERSION:
        return BadString(f"it is of version {version}, and only {VERSION} is read")
    created_at, updated_at = bits.number(36) * DECISECOND, bits.number(36) * DECISECOND
    cmp = bits.number(12)
    bits.number(12 + 6)  # the CMP's own version, its screen
    language = _letters(bits)
    vendor_list = bits.number(12)
    bits.number(6 + 1 + 1 + 12)  # policy, two flags, special features
    purposes, interests = bits.flags(PURPOSES), bits.flags(PURPOSES)
    bits.number(1 + 12)  # treatment of purpose 1, the publisher's country
    return Transparency(
        created_at=created_at,
        updated_at=updated_at,
        cmp=cmp,
        language=language,
        vendor_list=vendor_list,
        purposes=purposes,
        interests=interests,
        vendors=_vendors(bits),
        vendor_interests=_vendors(bits),
        restrictions=tuple([_restriction(bits) for _ in range(bits.number(12))]),
    )


def _letters(bits: _Bits) -> str:
    return chr(ord("A") + bits.number(6)) + chr(ord("A") + bits.number(6))


def _vendors(bits: _Bits) -> Numbers:
    greatest = bits.number(16)
    if bits.number(1):
        return _ranges(bits)
    return tuple((vendor, vendor) for vendor in bits.flags(greatest))


def _restriction(bits: _Bits) -> Restriction:
    return Restriction(purpose=bits.number(6), kind=bits.number(2), vendors=_ranges(bits))


def _ranges(bits: _Bits) -> Numbers:
    return tuple([_range(bits) for _ in range(bits.number(12))])


def _range(bits: _Bits) -> tuple[int, int]:
    is_range = bits.number(1)
    first = bits.number(16)
    return first, bits.number(16) if is_range else first
