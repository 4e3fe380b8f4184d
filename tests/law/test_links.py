"""Laws of links: what was signed is read back, and nothing else is taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from legato.govern.links.token import MAC_BYTES, VERSION, Token, sign, verify
from legato.model.definitions.links import LinkKind
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import DAY, SECOND
from legato.ports.links import LinkKey

KEYS = {number: LinkKey(number=number, secret=bytes([number]) * 32, made_at=0) for number in (1, 2)}
VALID: dict[LinkKind, int] = {"unsubscribe": 60 * DAY, "preferences": 60 * DAY, "confirm": 3 * DAY}
TEXTS = st.text(max_size=40)
TOKENS = st.builds(
    Token,
    kind=st.sampled_from(["unsubscribe", "preferences", "confirm"]),
    person_id=TEXTS.map(PersonId),
    purpose=TEXTS,
    channel=TEXTS,
    delivery_id=TEXTS.map(DeliveryId),
    issued_at=st.integers(0, 4_000_000_000).map(lambda seconds: seconds * SECOND),
)


@given(TOKENS, st.sampled_from([1, 2]))
def test_a_token_is_read_back_as_it_was_signed(token: Token, number: int) -> None:
    text = sign(token, KEYS[number])

    assert verify(text, KEYS, valid=VALID, now=token.issued_at) == token
    assert sign(token, KEYS[number]) == text


@given(TOKENS, st.data())
def test_a_token_with_any_character_changed_is_refused(token: Token, data: st.DataObject) -> None:
    text = sign(token, KEYS[1])
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda one: one != text[place]))

    changed = text[:place] + other + text[place + 1 :]

    assert verify(changed, KEYS, valid=VALID, now=token.issued_at) in ("malformed", "unsigned")


@given(st.text(max_size=300))
def test_whatever_else_is_shown_is_refused(text: str) -> None:
    assert verify(text, KEYS, valid=VALID, now=0) in ("malformed", "unsigned")
    assert verify(text + VERSION, KEYS, valid=VALID, now=0) in ("malformed", "unsigned")


@given(TOKENS)
def test_a_token_works_to_the_end_of_its_time_and_no_longer(token: Token) -> None:
    text = sign(token, KEYS[1])
    ends = token.issued_at + VALID[token.kind]

    assert verify(text, KEYS, valid=VALID, now=ends - 1) == token
    assert verify(text, KEYS, valid=VALID, now=ends) == "expired"


@given(TOKENS)
def test_a_key_that_was_taken_away_verifies_nothing(token: Token) -> None:
    text = sign(token, KEYS[1])

    assert verify(text, {2: KEYS[2]}, valid=VALID, now=token.issued_at) == "unsigned"


def test_the_mac_is_as_long_as_a_link_can_bear() -> None:
    assert MAC_BYTES * 8 >= 128
