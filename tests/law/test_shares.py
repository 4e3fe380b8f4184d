"""Chance is a digest: the same everywhere, for ever, and as even as it says."""

from __future__ import annotations

import hashlib

import pytest

from legato.model.ids import PersonId, derive, share

PEOPLE = 100_000
POINT = 0.01
KNOWN = {
    ("s", "p"): 0.7273743607826831,
    ("cart_rescue/colour", "person_1"): 0.6913224464332545,
    ("global", "person_00ff"): 0.8924813789754241,
}
"""Written down once: people in an experiment must not change arms with a new version."""


def people() -> list[PersonId]:
    return [PersonId(derive("person", str(number))) for number in range(PEOPLE)]


@pytest.mark.parametrize("salt", ["cart_rescue/colour", "global", "v2"])
@pytest.mark.parametrize("arm", [0.01, 0.05, 0.3, 0.5])
def test_a_share_of_a_hundred_thousand_is_right_within_half_a_point(salt: str, arm: float) -> None:
    drawn = sum(share(salt, person) < arm for person in people()) / PEOPLE

    assert abs(drawn - arm) <= 0.5 * POINT


def test_two_salts_divide_people_independently() -> None:
    everybody = people()

    both = sum(share("one", who) < 0.5 and share("two", who) < 0.5 for who in everybody)

    assert abs(both / PEOPLE - 0.25) <= 0.5 * POINT


def test_a_share_is_what_its_definition_says_in_any_language() -> None:
    text = b"cart_rescue/colour\0person_1"
    first_bits = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 11

    assert share("cart_rescue/colour", "person_1") == first_bits / 2**53


def test_a_share_is_the_one_of_every_version_before() -> None:
    assert {key: share(*key) for key in KNOWN} == KNOWN
