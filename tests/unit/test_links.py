"""Links in messages: filled at the instant of sending, and nowhere before."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from legato.connectors.mail import Letter, compose
from legato.govern.links.keys import Keys
from legato.govern.links.linker import Linker
from legato.govern.links.token import Token, verify
from legato.model.definitions.links import CONFIRM, PREFERENCES, UNSUBSCRIBE, Pages
from legato.model.delivery import Delivery
from legato.model.instant import DAY, HOUR, SECOND
from legato.model.plan import Plan, Purpose
from legato.model.problem import LegatoError, Reason
from legato.ports.links import KeyRing, LinkKey
from legato.stores.govern.keys import Keys as VaultKeys
from legato.stores.govern.link_keys import OLD_FILE_NAME, SealedKeys
from legato.stores.govern.vault import Vault
from tests.unit.lane_world import START, delivery

PLAN = Plan(
    name="shop",
    purposes={
        "marketing": Purpose(name="marketing", basis="consent"),
        "service": Purpose(name="service", basis="contract", is_promotional=False),
    },
    pages=Pages(url="https://shop.example/mail", mailto="leave@shop.example"),
)
VALID = dict.fromkeys(("unsubscribe", "preferences", "confirm"), 400 * DAY)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return ring_in(tmp_path)


def ring_in(folder: Path) -> Keys:
    """Return the keys of a data folder as they are read at a start."""
    vault = Vault(folder, VaultKeys({}, folder / "keys", apart_from=folder / "workspace"))
    ring = Keys(SealedKeys(vault, folder), lambda: START)
    ring.open()
    return ring


def message(purpose: str = "marketing", **content: object) -> Delivery:
    one = delivery(1, person="ana", expires_at=START + HOUR)
    return replace(one, purpose=purpose, channel="email", content=content)


def filled(keys: Keys, one: Delivery, *, plan: Plan = PLAN, is_email: bool = True) -> Delivery:
    found = Linker(keys, lambda: plan).fill(one, is_email=is_email)
    assert isinstance(found, Delivery)
    return found


def read(keys: Keys, url: str) -> Token:
    found = verify(url.rpartition("/")[2], keys.by_number(), valid=VALID, now=START)
    assert isinstance(found, Token)
    return found


def test_every_link_of_a_message_is_signed_for_its_person_and_purpose(keys: Keys) -> None:
    one = message(body=f"No more: {UNSUBSCRIBE}", data={"more": [PREFERENCES]})

    content = filled(keys, one).content

    assert content["body"].startswith("No more: https://shop.example/mail/u/")
    assert content["data"]["more"][0].startswith("https://shop.example/mail/p/")
    token = read(keys, content["body"])
    assert (token.kind, token.person_id) == ("unsubscribe", one.person_id)
    assert (token.purpose, token.channel) == ("marketing", "email")
    assert (token.delivery_id, token.issued_at) == (one.delivery_id, START)


def test_a_link_to_confirm_is_about_what_the_message_is_about(keys: Keys) -> None:
    one = replace(message("service", body=CONFIRM), about="marketing")

    token = read(keys, filled(keys, one).content["body"])

    assert (token.kind, token.purpose, token.channel) == ("confirm", "marketing", "email")


def test_promotional_email_is_given_the_header_also_where_no_link_is_printed(keys: Keys) -> None:
    content = filled(keys, message(body="Look!")).content

    assert read(keys, content["unsubscribe_url"]).kind == "unsubscribe"
    assert content["unsubscribe_mailto"].startswith("mailto:leave@shop.example?subject=")


def test_other_messages_are_left_as_they_are(keys: Keys) -> None:
    service, sms = message("service", body="A receipt."), message(body="Look!")

    assert filled(keys, service) is service
    assert filled(keys, sms, is_email=False) is sms


def test_a_repeated_attempt_is_the_same_request(keys: Keys) -> None:
    one = message(body=UNSUBSCRIBE)

    assert filled(keys, one) == filled(keys, one)


@pytest.mark.parametrize("text", [UNSUBSCRIBE.upper(), PREFERENCES[:16], CONFIRM.lower()])
def test_a_link_that_a_filter_has_altered_stops_the_message(keys: Keys, text: str) -> None:
    found = Linker(keys, lambda: PLAN).fill(message(body=text), is_email=True)

    assert isinstance(found, Reason)
    assert found.code == "links.altered"


def test_without_pages_a_message_with_a_link_is_not_sent(keys: Keys) -> None:
    found = Linker(keys, lambda: replace(PLAN, pages=Pages())).fill(
        message(body=UNSUBSCRIBE), is_email=True
    )

    assert isinstance(found, Reason)
    assert found.code == "links.no_url"


def test_keys_are_made_once_and_stand_in_no_file(tmp_path: Path) -> None:
    made = ring_in(tmp_path).newest()

    assert ring_in(tmp_path).newest() == made
    forms = (made.secret, base64.b64encode(made.secret), made.secret.hex().encode())
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or not any(form in path.read_bytes() for form in forms), path.name


def test_no_key_is_made_before_a_link_is_signed(tmp_path: Path) -> None:
    ring_in(tmp_path)

    assert list(tmp_path.rglob("*")) == []


def test_the_keys_of_an_older_legato_are_sealed_and_their_links_work(tmp_path: Path) -> None:
    old = KeyRing(links=(LinkKey(number=4, secret=b"s" * 32, made_at=START),))
    (tmp_path / OLD_FILE_NAME).write_bytes(msgspec.json.encode(old))

    taken, again = ring_in(tmp_path), ring_in(tmp_path)

    assert taken.newest() == again.newest() == old.links[0]
    assert not (tmp_path / OLD_FILE_NAME).exists()


def test_a_renewed_key_signs_and_the_one_before_still_verifies(keys: Keys, tmp_path: Path) -> None:
    before = filled(keys, message(body=UNSUBSCRIBE)).content["body"]

    assert keys.renew() == 2

    after = filled(keys, message(body=UNSUBSCRIBE)).content["body"]
    assert before != after
    reopened = ring_in(tmp_path)
    assert read(reopened, before) == read(reopened, after)


def test_what_a_forgotten_key_signed_counts_no_more(keys: Keys, tmp_path: Path) -> None:
    url = filled(keys, message(body=UNSUBSCRIBE)).content["body"]

    assert keys.forget(1)

    for ring in (keys, ring_in(tmp_path)):
        found = verify(url.rpartition("/")[2], ring.by_number(), valid=VALID, now=START)
        assert found == "unsigned"
        assert ring.newest().number == 2, "no number is given twice"
    assert not keys.forget(1)


def test_unreadable_keys_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / OLD_FILE_NAME).write_text("nothing")

    with pytest.raises(LegatoError, match="Restore the file"):
        ring_in(tmp_path)


def test_keys_are_not_shown_in_a_trace(keys: Keys) -> None:
    assert keys.newest().secret.hex() not in repr(keys.newest())
    assert repr(keys.newest().secret) not in repr(keys.newest())


def test_long_links_stand_whole_in_the_header(keys: Keys) -> None:
    content = filled(keys, message(body="Look!")).content
    letter = Letter(
        sender="news@shop.example",
        recipient="ana@example.com",
        subject="Olá",
        text="Look!",
        html="",
        delivery_id="delivery_1",
        at=1_772_445_600 * SECOND,
        list_unsubscribe=content["unsubscribe_url"],
        unsubscribe_mailto=content["unsubscribe_mailto"],
    )

    made = compose(letter)

    assert not isinstance(made, str)
    url, mailto = content["unsubscribe_url"], content["unsubscribe_mailto"]
    header = f"List-Unsubscribe: <{url}>,\r\n <{mailto}>\r\n"
    assert header.encode() in made.message
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in made.message
    assert max(len(line) for line in made.message.split(b"\r\n")) <= 998
