"""What comes in another shape than declared: refused, kept, taken without it, or mapped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from legato.model.instant import MINUTE
from legato.model.note import Admitted, Alerted, Mapped, Rejected
from legato.simulate.world import World
from tests.sim.shopkeeping import BASE, CART, compile_plan, known_person, open_world

ORDER = """
event: Order Completed
owner: web
purpose: service
{policy}
schema:
  type: object
  required: [order_id, total]
  properties:
    order_id: {{type: string}}
    total: {{type: number}}
    cart_id: {{type: string}}
    status: {{enum: [done, open]}}
    lines:
      type: array
      items:
        type: object
        required: [sku]
        properties: {{sku: {{type: string}}, price: {{type: number}}}}
"""
SOURCES = "source: web\nwrite_keys: [k1]\n---\nsource: crm\nwrite_keys: [k2]"
BUYS = """
journey: thanks
owner: growth
purpose: service
enter: {on: Order Completed, when: {property: {total: {over: 50}}}}
steps:
  - send: {message: receipt, on: email, expires: 1d}
  - wait: 1h
"""
RENAMED = """
mapping: amounts
event: Order Completed
rename: {amt: total, "lines[].cost": "lines[].price"}
convert: {total: number, "lines[].price": number}
default: {status: open}
map: {status: {finished: done}}
"""


def world_of(policy: str = "", mapping: str = "") -> World:
    events = [
        text for text in BASE["events.yaml"].split("\n---\n") if "Order Completed" not in text
    ]
    catalog = "\n---\n".join([*events, ORDER.format(policy=policy)])
    files = {"sources": SOURCES} | ({"mappings": mapping} if mapping else {})
    world = open_world(compile_plan(CART, BUYS, events=catalog, **files))
    known_person(world, "ana")
    return world


def order(world: World, body: Mapping[str, Any], source: str = "web") -> list[object]:
    """Feed an order; return the notes that it left."""
    before = len(world.notes)
    event = world.event("ana", "track", body, name="Order Completed")
    world.feed(msgspec.structs.replace(event, source=source))
    world.advance(MINUTE)
    return [note for _, _, note in world.notes[before:]]


def refused(world: World) -> list[str]:
    """Return why events were refused."""
    return [note.reason.code for _, _, note in world.notes if isinstance(note, Rejected)]


WRONG = {"order_id": "o1", "total": "a lot"}


@pytest.mark.parametrize(
    ("policy", "code", "is_admitted"),
    [
        ("", "event.shape", False),
        ("on_violation: quarantine", "event.shape", False),
        ("on_violation: block", "event.blocked", False),
        ("on_violation: omit_field", "event.shape", False),
        ("on_violation: warn", "", True),
        ("on_violation: {crm: warn, otherwise: block}", "event.blocked", False),
        ("on_violation: {web: warn, otherwise: block}", "", True),
    ],
)
def test_each_policy_does_what_it_says(policy: str, code: str, is_admitted: bool) -> None:  # noqa: FBT001 - a case
    world = world_of(policy)

    notes = order(world, WRONG)

    assert refused(world) == ([code] if code else [])
    assert any(isinstance(note, Admitted) for note in notes) is is_admitted
    assert "a lot" not in str(notes)


def test_a_field_that_breaks_the_shape_is_left_out_and_named() -> None:
    world = world_of("on_violation: omit_field")
    body = {
        "order_id": "o1",
        "total": 60,
        "cart_id": 7,
        "status": "lost",
        "lines": [{"sku": "a", "price": "x"}, {"sku": "b", "price": 2}, {"sku": "c", "price": "y"}],
    }

    notes = order(world, body)

    (warning,) = (note.reason for note in notes if isinstance(note, Alerted))
    assert warning.code == "event.omitted"
    assert all(f"`{name}`" in warning.what for name in ("cart_id", "status", "lines[].price"))
    assert world.messages("ana") == ["receipt"]
    (entered,) = world_enrollments(world)
    lines = [{"sku": "a"}, {"sku": "b", "price": 2}, {"sku": "c"}]
    assert entered == {"order_id": "o1", "total": 60, "lines": lines}


def world_enrollments(world: World) -> list[object]:
    state = world.state("ana")
    assert state is not None
    return [msgspec.json.decode(one.entry) for one in state.enrollments]


def test_what_is_required_and_missing_cannot_be_left_out() -> None:
    world = world_of("on_violation: omit_field")

    order(world, {"order_id": "o1", "total": 60, "lines": [{"price": 1}]})

    assert refused(world) == ["event.shape"]
    assert world.messages("ana") == []


@pytest.mark.parametrize(("policy", "is_kept"), [("omit", False), ("warn", True), ("keep", True)])
def test_properties_that_nobody_declared_are_kept_warned_of_or_left_out(
    policy: str,
    is_kept: bool,  # noqa: FBT001 - a case
) -> None:
    world = world_of(f"undeclared: {policy}")
    body = {"order_id": "o1", "total": 60, "coupon": "X", "lines": [{"sku": "a", "gift": 1}]}

    notes = order(world, body)

    codes = [note.reason.code for note in notes if isinstance(note, Alerted)]
    assert codes == ([] if policy == "keep" else ["event.undeclared"])
    (entered,) = world_enrollments(world)
    kept = {"order_id": "o1", "total": 60, "lines": [{"sku": "a"}]}
    assert entered == (body if is_kept else kept)


def test_a_name_that_may_be_somebodys_data_is_not_repeated() -> None:
    world = world_of("undeclared: omit")

    notes = order(world, {"order_id": "o1", "total": 60, "ana@example.com": 1})

    assert "ana@" not in str(notes)
    assert "no word" in str(notes)


def test_a_mapping_reads_what_came_in_another_shape_and_says_so() -> None:
    world = world_of(mapping=RENAMED)

    notes = order(
        world,
        {
            "order_id": "o",
            "amt": "61.5",
            "status": "finished",
            "lines": [{"sku": "a", "cost": "2"}],
        },
    )

    (mapped,) = (note for note in notes if isinstance(note, Mapped))
    assert mapped.mapping == "amounts"
    assert "renamed `amt` to `total`" in mapped.what
    assert world.messages("ana") == ["receipt"]
    (entered,) = world_enrollments(world)
    assert entered == {
        "order_id": "o",
        "total": 61.5,
        "status": "done",
        "lines": [{"sku": "a", "price": 2}],
    }


def test_a_mapping_leaves_alone_what_has_its_shape() -> None:
    world = world_of(mapping=RENAMED)
    body = {"order_id": "o", "total": 70, "amt": 3, "status": "open"}

    notes = order(world, body)

    assert not any(isinstance(note, Mapped) for note in notes)
    assert world_enrollments(world) == [body]


def test_a_mapping_of_one_source_does_not_touch_another() -> None:
    world = world_of(mapping=RENAMED + "source: crm\n")

    order(world, {"order_id": "o1", "amt": 60}, source="web")
    order(world, {"order_id": "o2", "amt": 60}, source="crm")

    assert refused(world) == ["event.shape"]
    assert world.messages("ana") == ["receipt"]


def test_an_event_under_another_name_is_taken_for_the_declared_one() -> None:
    world = world_of(mapping="mapping: names\nevent: Order Completed\ncalled: order_done\n")

    world.track("ana", "order_done", {"order_id": "o", "total": 60})
    world.advance(MINUTE)

    assert world.messages("ana") == ["receipt"]


def test_nobody_is_recognised_by_a_field_that_was_left_out() -> None:
    identity = BASE["identity.yaml"] + "  - {kind: card, from: [properties.card]}\n"
    signed_up = (
        "event: Carded\nowner: web\npurpose: service\non_violation: omit_field\n"
        "schema: {type: object, properties: {card: {type: string, minLength: 3}}}"
    )
    plan = compile_plan(identity=identity, carded=signed_up)
    world = open_world(plan)

    world.track("ana", "Carded", {"card": "00"})
    world.track("bob", "Carded", {"card": "00"})

    ana, bob = world.state("ana"), world.state("bob")
    assert ana is not None
    assert bob is not None
    assert ana.person_id != bob.person_id
    assert "card" not in ana.identifiers
