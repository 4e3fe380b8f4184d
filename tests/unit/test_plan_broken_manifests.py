"""The rest of a plan, where manifests of the workspace's own are broken."""

from __future__ import annotations

from legato.model.plan import Plan
from legato.plan.load import Loaded, load

SHOP = """workspace: shop
---
identity: [{kind: user_id, from: [user_id]}]
---
purposes: {marketing: {basis: consent}}
"""
BOOKINGS = """inbound: 1
id: bookings
name: Bookings
docs: https://bookings.example
settings: {key: {type: string, secret: true}}
verify: {kind: secret, given: =header.sig, secret: =settings.key}
events:
  - when: item.kind
    emit: {event: Booked, user_id: =item.who}
  - ignore: the rest is nothing to us
"""
BROKEN = BOOKINGS.replace("=item.who", "=itm.who")
ACME = """manifest: 1
id: acme
name: Acme
category: stream
docs: https://acme.example
transport: file
routes:
  - on: event
    request: {path: /tmp/acme, line: {id: =event.messageId, name: =evnt.event}}
"""
TABLES = """source: tables
connector: bookings
"""
OUT = """destination: out
connector: acme
events: {purpose: marketing}
"""
GUESTS = """segment: guests
owner: shop
when: {did: Booked}
"""


def loaded(**documents: str) -> Loaded:
    files = {f"{name}.yaml": text for name, text in documents.items()}
    return load({"shop.yaml": SHOP, **files}, {})


def rest(**documents: str) -> Plan:
    found = loaded(**documents)
    assert found.plan is None
    assert found.rest is not None, found.problems
    return found.rest


def test_manifests_without_a_mistake_leave_no_rest() -> None:
    found = loaded(bookings=BOOKINGS, tables=TABLES, guests=GUESTS)

    assert found.problems == ()
    assert found.rest is None
    assert found.plan is not None
    assert found.plan.sources["tables"].broken is None


def test_each_way_has_its_own_mistake() -> None:
    plan = rest(bookings=BROKEN, tables=TABLES, acme=ACME, out=OUT)

    broken = plan.sources["tables"].broken
    assert broken is not None
    assert broken.in_one_line() == (
        "bookings.yaml:9:27: in this manifest, there is no `itm` here. Did you mean `item`?"
    )
    assert plan.destinations["out"].broken.startswith("acme.yaml:9:61: in this manifest,")


def test_a_connector_of_the_same_name_the_other_way_is_well() -> None:
    same = ACME.replace("evnt", "event").replace("id: acme", "id: bookings")
    out = OUT.replace("acme", "bookings")

    plan = rest(bookings=BROKEN, tables=TABLES, same=same, out=out)

    assert plan.sources["tables"].broken is not None
    assert plan.destinations["out"].broken == ""


def test_a_broken_manifest_that_nobody_uses_stops_nobody() -> None:
    plan = rest(bookings=BROKEN)

    assert plan.sources == {}


def test_events_of_a_broken_manifest_are_known_as_far_as_they_can_be_read() -> None:
    plan = rest(bookings=BROKEN, tables=TABLES, guests=GUESTS)
    misspelt = loaded(bookings=BROKEN, tables=TABLES, guests=GUESTS.replace("Booked", "Boked"))

    assert plan.events["Booked"].title == "Told by Bookings"
    assert misspelt.rest is None
    assert [one.code for one in misspelt.problems] == ["X301", "N202"]


def test_where_they_cannot_any_event_may_be_one_of_them() -> None:
    for broken in (
        BOOKINGS.replace("event: Booked", "evnt: Booked"),
        BOOKINGS.replace("emit:", "emti:"),
        BOOKINGS.replace("events:", "evnets:"),
        BOOKINGS.replace("name: Bookings", "name: [Bookings"),
    ):
        plan = rest(bookings=broken, tables=TABLES, guests=GUESTS)

        assert plan.events["Booked"].title == "Perhaps told by bookings"


def test_what_only_a_whole_manifest_could_ask_for_is_no_mistake_of_its_source() -> None:
    plan = rest(bookings=BROKEN, tables=TABLES + "settings: {key: 1}\nhelp: helping\nask: asking\n")

    assert plan.sources["tables"].broken is not None


def test_a_mistake_in_a_file_with_other_documents_lets_nothing_run() -> None:
    found = loaded(bookings=BROKEN + "---\n" + TABLES)

    assert (found.plan, found.rest) == (None, None)
