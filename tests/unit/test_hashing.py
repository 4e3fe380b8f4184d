"""Digests are those that advertising networks match, and the value itself is nowhere."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from legato.collect import wire
from legato.collect.wire import Arrival
from legato.core.identifiers import normal_identifier
from legato.core.privacy.entry import Entry
from legato.expr.hashing import hash_kind, hashed
from legato.model.event import CustomerEvent, RejectedItem
from legato.model.plan import HashKind, Plan
from legato.workspace import check_files

WORKSPACE = """workspace: hashing
---
identity:
  - {kind: user_id, from: [user_id]}
  - {kind: email, from: [traits.email, properties.buyer.email], hash: sha256, blocked: [none]}
  - {kind: device, from: [context.device.id], hash: sha256 text}
---
purposes: {service: {basis: contract, promotional: false}}
---
source: web
write_keys: [key-of-the-web]
---
trait: email
owner: data
purpose: service
hash: sha256
schema: {type: string}
---
trait: mobile
owner: data
purpose: service
hash: sha256
schema: {type: string}
---
event: Ticket Filed
owner: desk
purpose: service
schema:
  properties:
    people:
      type: array
      items: {type: object, properties: {tax_number: {type: string, hash: sha256}}}
---
mapping: old tickets
owner: desk
event: Ticket Filed
called: ticket
rename: {tax_no: people}
---
mapping: renamed
owner: data
event: Identified
rename: {e_mail: email}
"""


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def plan() -> Plan:
    loaded = check_files({"all.yaml": WORKSPACE})
    assert loaded.plan is not None, "\n".join(map(str, loaded.problems))
    return loaded.plan


def taken_in(call: dict[str, Any]) -> CustomerEvent | RejectedItem:
    raw = msgspec.json.encode(call)
    judged = wire.judge(wire.read_item(raw), raw, Arrival(source="web", received_at=1, sequence=1))
    event = Entry(plan()).apply(judged)
    assert isinstance(event, CustomerEvent | RejectedItem)
    return event


@pytest.mark.parametrize(
    ("kind", "value", "spelled"),
    [
        ("email", " Ana@Example.COM ", "ana@example.com"),
        ("phone", "+44 (20) 7946-0958", "+442079460958"),
        ("phone", "0044 20 7946 0958", "+442079460958"),
        ("phone", "tel:+351912345678", "+351912345678"),
        ("phone", "912 345 678", "912345678"),
        ("text", " AB-1 ", "AB-1"),
        ("text", 42, "42"),
    ],
)
def test_a_value_is_spelled_in_one_way_before_its_digest(
    kind: HashKind, value: object, spelled: str
) -> None:
    assert hashed(kind, value) == sha(spelled)


def test_what_is_a_digest_already_is_left() -> None:
    assert hashed("email", sha("a").upper()) == sha("a")
    assert hashed("email", hashed("email", "a@b.c")) == sha("a@b.c")
    assert hashed("email", None) is None
    assert hashed("email", ["A@b.c"]) == [sha("a@b.c")]


@pytest.mark.parametrize(
    ("word", "name", "kind"),
    [
        ("sha256", "Work E-Mail", "email"),
        ("sha256", "mobile", "phone"),
        ("sha256", "tax_number", "text"),
        ("sha256 phone", "contact", "phone"),
        ("md5", "email", ""),
    ],
)
def test_a_name_says_how_a_value_is_spelled(word: str, name: str, kind: str) -> None:
    assert hash_kind(word, name) == kind


CANARY = "Canary@Example.org"
CALLS: list[dict[str, Any]] = [
    {"type": "identify", "userId": "1", "traits": {"email": CANARY, "mobile": "+351912345678"}},
    {"type": "identify", "userId": "1", "traits": {"e_mail": CANARY}},
    {"type": "track", "event": "A", "userId": "1", "context": {"traits": {"email": CANARY}}},
    {"type": "identify", "userId": "1", "context": {"traits": {"email": [CANARY]}}},
    {"type": "track", "event": "A", "userId": "1", "properties": {"buyer": {"email": CANARY}}},
    {"type": "track", "event": "A", "userId": "1", "context": {"device": {"id": CANARY}}},
    {
        "type": "track",
        "event": "Ticket Filed",
        "userId": "1",
        "properties": {"people": [{"tax_number": CANARY}, {"tax_number": CANARY}]},
    },
    {
        "type": "track",
        "event": "ticket",
        "userId": "1",
        "properties": {"people": [{"tax_number": CANARY}]},
    },
    {"type": "track", "traits": {"email": CANARY}, "properties": {"buyer": [{"email": CANARY}]}},
    {"type": "wrong", "userId": "1", "context": {"traits": {"email": CANARY}}},
    {"userId": "1", "properties": {"people": [{"tax_number": CANARY}]}},
]


@pytest.mark.parametrize("call", CALLS)
def test_no_call_brings_the_value_itself_in(call: dict[str, Any]) -> None:
    stored = msgspec.msgpack.encode(taken_in(call))

    assert CANARY.encode() not in stored
    assert b"912345678" not in stored
    assert sha(CANARY.lower()).encode() in stored or sha(CANARY).encode() in stored


def test_a_call_that_is_not_even_json_is_kept_without_its_text() -> None:
    raw = b'{"traits": {"email": "canary@example.org"'
    judged = wire.judge(None, raw, Arrival(source="web", received_at=1, sequence=1))

    event = Entry(plan()).apply(judged)

    assert isinstance(event, RejectedItem)
    assert event.raw == b'"withheld: 41 bytes that cannot be read"'


def test_a_value_that_names_nobody_goes_on_naming_nobody() -> None:
    event = taken_in({"type": "identify", "userId": "1", "traits": {"email": "None"}})

    assert isinstance(event, CustomerEvent)
    assert event.body == b'{"email":"None"}'


def test_somebody_is_found_by_the_value_and_by_its_digest() -> None:
    email = plan().identity.kinds[1]

    assert normal_identifier(email, " Ana@Example.com") == sha("ana@example.com")
    assert normal_identifier(email, sha("ana@example.com")) == sha("ana@example.com")


def test_a_plan_that_hashes_nothing_leaves_events_as_they_are() -> None:
    assert Entry(Plan(name="a")).is_empty
