"""TC strings: published ones read as published, made ones read as made, others refused."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.consents.tcf import (
    BadString,
    Numbers,
    Restriction,
    Transparency,
    decode_tcf,
    is_among,
)

BITS = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"
"""With a segment of disclosed vendors behind it where it was published; see the README of
mobilefuse/php-tcf2-decoder."""
RANGES = "CPhBZtcPhBZtcACABAENCACgAIAAAAAAAAAAH2QAYH0AfYB9kAGB9YH2AAAA.YAAAAAAAAAAA"
"""As read by IAB's own decoder, in the source of Ketch's Android SDK."""
RESTRICTED = (
    "COxPe2TOxPe2TALABAENAPCgAAAAAAAAAAAAAFAAAAoAAA4IACACAIABgACAFA4ADACAAIygAGADwAQBIAIAIB0AEAEB"
    "SACACAA"
)
REQUIRES = "COwAdDhOwAdDhN4ABAENAPCgAAQAAv___wAAAFP_AAp_4AI6ACACAA"
"""Both from the tests of prebid/go-gdpr."""


def read(text: str) -> Transparency:
    found = decode_tcf(text)
    assert isinstance(found, Transparency), found
    return found


def test_a_published_string_with_bit_fields() -> None:
    found = read(BITS + ".IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAA")

    assert found.created_at == found.updated_at == 1_582_243_059_300_000
    assert (found.cmp, found.language, found.vendor_list) == (27, "EN", 15)
    assert (found.purposes, found.interests) == ((1, 2, 3), ())
    assert found.vendors == found.vendor_interests == ((2, 2), (6, 6), (8, 8))
    assert found.restrictions == ()


def test_a_published_string_with_ranges() -> None:
    found = read(RANGES)

    assert found.created_at == 1_666_014_294_000_000
    assert (found.cmp, found.language, found.vendor_list) == (2, "EN", 128)
    assert (found.purposes, found.interests) == ((1,), ())
    named = [number for number in range(2_000) if is_among(number, found.vendors)]
    assert named == [1000, 1001, 1002, 1003, 1004]
    by_interest = [number for number in range(2_000) if is_among(number, found.vendor_interests)]
    assert by_interest == [1003, 1004]


def test_published_strings_with_restrictions() -> None:
    found = read(RESTRICTED)
    kinds = {
        (one.purpose, one.kind, vendor)
        for one in found.restrictions
        for vendor in (5, 11, 32, 42, 44, 500)
        if is_among(vendor, one.vendors)
    }
    assert {(1, 0, 32), (2, 0, 32), (2, 0, 5), (2, 0, 11), (2, 1, 32)} <= kinds
    assert not {(1, 1, 32), (2, 0, 44), (2, 0, 500), (2, 1, 42)} & kinds

    requires = read(REQUIRES)
    assert (requires.cmp, requires.vendor_list) == (888, 15)
    assert [(one.purpose, one.kind, one.vendors) for one in requires.restrictions] == [
        (7, 1, ((32, 32),))
    ]


def test_a_publisher_may_forbid_what_the_person_allowed() -> None:
    forbids = Restriction(purpose=2, kind=0, vendors=((12, 13),))
    one = made(purposes=(1, 2), vendors=((10, 20),), restrictions=(forbids,))

    found = read(encode(one))

    assert found.agrees(2, 11)
    assert not found.agrees(2, 12)
    assert found.agrees(1, 12)
    assert found.agrees(2, None)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "length"),
        (".IFoEUQQgAIQw", "length"),
        ("C" * 30_000, "length"),
        ("COvFyGBOvFyGB AbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA", "base64"),
        ("COvFyGBOvFyGB/AbAAAENAPCAAOAAAAAAAAAAAEEUACCKAA", "base64"),
        ("CÖvFyGB", "base64"),
        ("C", "base64"),
        ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "version 1"),
        (BITS[:20], "ends"),
        (BITS[:-7], "ends"),
    ],
)
def test_what_is_no_tc_string_is_refused_without_repeating_it(text: str, what: str) -> None:
    found = decode_tcf(text)

    assert isinstance(found, BadString)
    assert what in found.what
    assert len(text) < 2 or text not in found.what


NUMBERS = st.integers(1, 65_535)
RANGES_OF = st.lists(
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair))), max_size=6
).map(tuple)
PURPOSES = st.lists(st.integers(1, 24), unique=True).map(lambda found: tuple(sorted(found)))
STRINGS = st.builds(
    Transparency,
    created_at=st.integers(0, (1 << 36) - 1).map(lambda count: count * 100_000),
    updated_at=st.integers(0, (1 << 36) - 1).map(lambda count: count * 100_000),
    cmp=st.integers(0, 4_095),
    language=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
    vendor_list=st.integers(0, 4_095),
    purposes=PURPOSES,
    interests=PURPOSES,
    vendors=RANGES_OF,
    vendor_interests=RANGES_OF,
    restrictions=st.lists(
        st.builds(
            Restriction, purpose=st.integers(1, 24), kind=st.integers(0, 2), vendors=RANGES_OF
        ),
        max_size=4,
    ).map(tuple),
)


@settings(max_examples=300, deadline=None)
@given(STRINGS)
def test_what_is_written_is_read_again(one: Transparency) -> None:
    assert decode_tcf(encode(one)) == one


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(1, 400), unique=True, max_size=40).map(sorted))
def test_a_bit_field_and_ranges_name_the_same_vendors(vendors: list[int]) -> None:
    numbers = tuple((vendor, vendor) for vendor in vendors)
    one = made(vendors=numbers)

    assert decode_tcf(encode(one, is_bits=True)) == decode_tcf(encode(one))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz019-_", max_size=120))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(decode_tcf(text), Transparency | BadString)


def made(
    *,
    purposes: tuple[int, ...] = (),
    vendors: Numbers = (),
    restrictions: tuple[Restriction, ...] = (),
) -> Transparency:
    return Transparency(
        created_at=0,
        updated_at=0,
        cmp=1,
        language="EN",
        vendor_list=2,
        purposes=purposes,
        interests=(),
        vendors=vendors,
        vendor_interests=(),
        restrictions=restrictions,
    )


def encode(one: Transparency, *, is_bits: bool = False) -> str:
    """Write a TC string, by the published table of fields."""
    letters = "".join(number(ord(letter) - ord("A"), 6) for letter in one.language)
    bits = number(2, 6) + number(one.created_at // 100_000, 36)
    bits += number(one.updated_at // 100_000, 36) + number(one.cmp, 12) + number(7, 12)
    bits += number(3, 6) + letters + number(one.vendor_list, 12) + number(4, 6) + "10"
    bits += number(0, 12) + flags(one.purposes, 24) + flags(one.interests, 24) + "1"
    bits += number(2, 6) + number(5, 6)
    for vendors in (one.vendors, one.vendor_interests):
        greatest = max((last for _, last in vendors), default=0)
        bits += number(greatest, 16)
        if is_bits:
            bits += "0" + flags(tuple(first for first, _ in vendors), greatest)
        else:
            bits += "1" + ranges(vendors)
    bits += number(len(one.restrictions), 12)
    for restriction in one.restrictions:
        bits += number(restriction.purpose, 6) + number(restriction.kind, 2)
        bits += ranges(restriction.vendors)
    bits += "0" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int, width: int) -> str:
    return f"{value:0{width}b}"


def flags(numbers: tuple[int, ...], width: int) -> str:
    return "".join("1" if index in numbers else "0" for index in range(1, width + 1))


def ranges(numbers: Numbers) -> str:
    written = number(len(numbers), 12)
    for first, last in numbers:
        is_range = last != first
        written += ("1" if is_range else "0") + number(first, 16)
        written += number(last, 16) if is_range else ""
    return written
