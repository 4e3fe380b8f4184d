"""The example's journeys, one story each, and its history at two speeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from legato.cli.demo.replay import Fact, load_history
from legato.expr.template import Template, compile_template
from legato.model.event import NAME_OF_KIND, CustomerEvent
from legato.model.ids import EventId, derive
from legato.model.instant import DAY, HOUR, MINUTE, Instant, format_instant, parse_instant
from legato.model.note import Alerted, Decided, Entered, NotEntered
from legato.model.plan import Plan, Policies
from legato.plan.scale import scale_plan
from legato.simulate.provider import Provider
from legato.simulate.world import START, Scene, World
from legato.stores.memory import MemoryLog, MemoryStore
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"
AGREED = {"consent": {"categoryPreferences": {"Advertising": True}}}
CART = {
    "cart_id": "c1",
    "value": 80,
    "currency": "GBP",
    "product_id": "p1",
    "product_name": "Paper chain kit",
    "line_count": 2,
}
ORDER = {
    "order_id": "o1",
    "cart_id": "c1",
    "customer_id": "ana",
    "total": 80,
    "currency": "GBP",
    "line_count": 1,
    "products": [{"product_id": "p1", "name": "Paper chain kit", "price": 40, "quantity": 2}],
}
SYNCED = {"order_id": "o1", "status": "updated"}
TICKET = {"ticket_id": "t1", "category": "complaint", "order_id": "o1"}
LOOKED = {"product_id": "p1", "name": "Paper chain kit", "price": 40, "currency": "GBP"}
LAPSE = 3_600


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return the shop without its holdout: these stories are of people who are not in it."""
    loaded = check_files(read_workspace(SHOP))
    assert loaded.plan is not None, loaded.problems
    policies = msgspec.structs.replace(loaded.plan.policies, holdouts=())
    return msgspec.structs.replace(loaded.plan, policies=policies)


def open_world(plan: Plan, *, start: Instant = START) -> World:
    crm = Provider(answer=b'{"accepted":true}')
    scene = Scene(start=start, providers={"crm": crm})
    return World(plan, MemoryLog(), MemoryStore(), scene)


def arrive(world: World, *, years: int = 0, **traits: object) -> None:
    since = format_instant(world.now - years * 365 * DAY)
    who = {"name": "Ana Reis", "email": "ana@example.com", "customer_since": since, **traits}
    world.identify("ana", who, AGREED)


def confirm(world: World) -> None:
    event = msgspec.structs.replace(
        world.event("ana", "track", SYNCED, name="Order Synced"), source="crm"
    )
    world.receive(event)


def letters(world: World) -> list[str]:
    """Return the messages that went out, in order; audiences and calls are no messages."""
    return [sent.delivery.message for sent in world.sent if sent.delivery.operation == "send"]


def leave_cart(world: World, **changes: object) -> None:
    for number in range(3):
        world.track("ana", "Product Viewed", {**LOOKED, "product_id": f"p{number}"})
    world.track("ana", "Checkout Started", {**CART, **changes})


def test_a_cart_left_behind_is_asked_after_twice(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    leave_cart(world)
    world.advance(3 * DAY)

    assert letters(world) == ["cart_reminder", "cart_question"]


def test_a_cart_that_is_paid_for_is_not_asked_after(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    leave_cart(world)
    world.advance(29 * MINUTE)
    world.track("ana", "Order Completed", ORDER)
    world.advance(3 * DAY)

    assert "cart_reminder" not in letters(world)


def test_a_product_bought_on_another_way_is_not_reminded_of(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    leave_cart(world)
    world.track("ana", "Order Completed", {**ORDER, "cart_id": "another"})
    world.advance(HOUR)

    refused = [n for n in world.notes_of("ana") if isinstance(n, Decided) and n.verdict == "refuse"]
    assert [note.message for note in refused] == ["cart_reminder"]
    assert "cart_reminder" not in letters(world)


def test_without_consent_nothing_promotional_goes(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)
    world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})

    leave_cart(world)
    world.advance(3 * DAY)

    assert letters(world) == []


def test_thanks_wait_for_the_crm(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    world.track("ana", "Order Completed", ORDER)
    world.advance(20 * MINUTE)
    before = letters(world)
    confirm(world)
    world.advance(MINUTE)

    assert (before, letters(world)) == ([], ["order_thanks"])


def test_a_late_crm_is_apologised_for_and_raises_an_alert(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    world.track("ana", "Order Completed", ORDER)
    world.advance(HOUR)
    confirm(world)
    world.advance(MINUTE)

    assert letters(world) == ["order_delayed", "order_thanks"]
    assert any(isinstance(note, Alerted) for note in world.notes_of("ana"))


def test_whoever_has_given_no_name_is_greeted_all_the_same(plan: Plan) -> None:
    fields = [field for one in plan.templates.values() for field in one.texts.values()]
    texts = [text for field in fields for text in field.values()]
    greetings = {line for text in texts for line in text.splitlines() if line.startswith("Hello ")}
    assert greetings

    for greeting in greetings:
        template = compile_template(greeting)
        assert isinstance(template, Template)
        assert template.render({"profile": {}}) == "Hello there,"
        assert template.render({"profile": {"name": "Ana Belo"}}) == "Hello Ana,"


def test_another_source_cannot_confirm_an_order(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    world.track("ana", "Order Completed", ORDER)
    world.advance(MINUTE)
    world.track("ana", "Order Synced", SYNCED)
    world.advance(MINUTE)

    assert letters(world) == []


def test_a_new_customer_is_welcomed(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    world.track("ana", "Signed Up", {"method": "web"})
    world.advance(3 * DAY)

    assert letters(world) == ["welcome_hello", "welcome_ideas"]


def test_a_customer_of_ten_years_is_never_welcomed(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world, years=10)

    world.track("ana", "Signed Up", {"method": "app"})
    world.advance(3 * DAY)

    assert letters(world) == []
    turned_away = [note for note in world.notes_of("ana") if isinstance(note, NotEntered)]
    assert [note.journey for note in turned_away] == ["welcome"]


def test_somebody_of_whom_nothing_is_known_is_not_welcomed(plan: Plan) -> None:
    world = open_world(plan)

    world.track("ana", "Signed Up", {"method": "web"})

    assert not any(isinstance(note, Entered) for note in world.notes_of("ana"))


def test_an_open_complaint_stops_promotion_until_a_day_after_it_is_solved(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    world.track("ana", "Ticket Opened", TICKET)
    world.advance(5 * DAY)
    leave_cart(world)
    world.advance(HOUR)
    world.track("ana", "Ticket Solved", {"ticket_id": "t1"})
    world.advance(23 * HOUR)
    leave_cart(world, cart_id="c2")
    world.advance(30 * MINUTE)
    during = letters(world)
    world.advance(HOUR)
    leave_cart(world, cart_id="c3")
    world.advance(HOUR)

    assert during == ["complaint_received", "complaint_still_open"]
    assert letters(world) == [*during, "cart_reminder"]


def test_three_failed_sign_ins_in_five_minutes_bring_help_once_a_day(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    for _ in range(6):
        world.track("ana", "Login Failed", {"why": "wrong_password"})
        world.advance(MINUTE)

    assert letters(world) == ["login_help"]


def test_three_failed_sign_ins_in_an_hour_bring_nothing(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    for _ in range(3):
        world.track("ana", "Login Failed", {"why": "wrong_password"})
        world.advance(20 * MINUTE)

    assert letters(world) == []


def test_a_buyer_is_taken_off_the_advertising_audience(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)
    for number in range(3):
        world.track("ana", "Product Viewed", {**LOOKED, "product_id": f"p{number}"})
    world.advance(3 * HOUR)

    world.track("ana", "Order Completed", {**ORDER, "cart_id": "another"})
    world.advance(MINUTE)

    changes = [
        (sent.delivery.operation, sent.delivery.message)
        for sent in world.sent
        if sent.delivery.destination == "ads"
    ]
    assert changes == [
        ("audience_add", "looked_around"),
        ("audience_remove", "looked_around"),
        ("audience_add", "recent_buyers"),
    ]


def test_who_has_not_bought_for_three_weeks_is_missed(plan: Plan) -> None:
    world = open_world(plan)
    arrive(world)

    world.track("ana", "Order Completed", ORDER)
    confirm(world)
    world.advance(22 * DAY)

    assert letters(world)[-1] == "miss_you"


def test_a_time_lapse_decides_as_real_time_does(plan: Plan) -> None:
    """Quiet hours apart: no clock on a wall runs faster, so the shop is compared without them."""
    policies = msgspec.structs.replace(plan.policies, quiet_hours=())
    plan = msgspec.structs.replace(plan, policies=policies)
    facts = load_history(SHOP / "history.jsonl.gz")[:3_000]

    real, lapse = play(plan, facts, speed=1), play(plan, facts, speed=LAPSE)

    assert sum(real.values()) > 300
    assert lapse == real


def play(plan: Plan, facts: list[Fact], *, speed: int) -> Mapping[tuple[str, str], int]:
    """Count who was sent what, when a history happens at a speed and providers answer at once."""
    first = facts[0].at
    instant = Provider(latency_least=0, latency_most=0)
    crm = Provider(latency_least=0, latency_most=0, answer=b'{"accepted":true}')
    providers = dict.fromkeys(plan.destinations, instant) | {"crm": crm}
    world = World(
        scale_plan(plan, speed),
        MemoryLog(),
        MemoryStore(),
        Scene(start=first, providers=providers),
    )

    def moved(at: Instant) -> Instant:
        return first + (at - first) // speed

    for fact in facts:
        world.run_until(moved(fact.at))
        world.receive(event_of(fact, world.now, moved))
    return Counter((sent.delivery.person_id, sent.delivery.message) for sent in world.sent)


def event_of(fact: Fact, now: Instant, moved: Callable[[Instant], Instant]) -> CustomerEvent:
    item = fact.item
    body = dict(item.get("properties") or item.get("traits") or {})
    since = parse_instant(str(body.get("customer_since", "")))
    if since is not None:
        body["customer_since"] = format_instant(moved(since))
    return CustomerEvent(
        event_id=EventId(derive("event", fact.source, item["messageId"])),
        received_at=now,
        occurred_at=now,
        source=fact.source,
        message_id=item["messageId"],
        kind=item["type"],
        name=item.get("event") or NAME_OF_KIND[item["type"]],
        user_id=item.get("userId"),
        anonymous_id=item["anonymousId"],
        body=msgspec.json.encode(body),
        context=msgspec.json.encode(item.get("context", {})),
    )


def test_the_shop_keeps_a_holdout_and_quiet_hours() -> None:
    loaded = check_files(read_workspace(SHOP))
    assert loaded.plan is not None

    policies: Policies = loaded.plan.policies

    assert [held.share for held in policies.holdouts] == [0.05]
    assert [(night.start, night.end) for night in policies.quiet_hours] == [(1_260, 480)]
