"""Every gate closes when it must, says why, and opens again."""

from __future__ import annotations

from legato.model.ids import share
from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import Decided, Revoked, Settled
from legato.model.plan import Plan
from legato.simulate.provider import Provider
from legato.simulate.world import START, Scene, World
from tests.sim.shopkeeping import BASE, CART, compile_plan, known_person, open_world

AT_ONCE = """
journey: {name}
title: At once
owner: growth
purpose: marketing
enter: {{on: Product Viewed, key: sku, again: any time}}
steps:
  - send: {{message: reminder, on: {on}, expires: 6h, about: sku}}
"""


def plan_with(policy: str, *, on: str = "email", journeys: int = 1) -> Plan:
    texts = [AT_ONCE.format(name=f"j{index}", on=on) for index in range(journeys)]
    return compile_plan(*texts, policies=BASE["policies.yaml"] + "\n---\n" + policy)


def refusals(world: World, who: str) -> list[str]:
    """Return the reason codes of what was refused at decision."""
    notes = [note for note in world.notes_of(who) if isinstance(note, Decided)]
    return [note.reason.code for note in notes if note.verdict == "refuse" and note.reason]


CAP = "cap: week\nat_most: 3\nwithin: 7d\n"


def test_a_cap_holds_across_journeys_firing_at_one_instant() -> None:
    world = open_world(plan_with(CAP, journeys=12))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    assert len(world.messages("ana")) == 3
    assert refusals(world, "ana") == ["cap.reached"] * 9


def test_a_cap_counts_a_rolling_window_not_a_calendar_day() -> None:
    cap = "cap: day\nat_most: 1\nwithin: 1d\n"
    world = open_world(plan_with(cap), Scene(start=START + 13 * HOUR + 55 * MINUTE))  # 23:55
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(10 * MINUTE)
    world.track("ana", "Product Viewed", {"sku": "b"})
    world.advance(DAY - 9 * MINUTE)  # a minute: the cap counts from the provider's answer
    world.track("ana", "Product Viewed", {"sku": "c"})
    world.advance(MINUTE)

    assert len(world.messages("ana")) == 2
    assert refusals(world, "ana") == ["cap.reached"]


def test_a_failed_delivery_gives_its_place_under_the_cap_back() -> None:
    broken = {"mail": Provider(fault_share=1.0)}
    world = open_world(plan_with("cap: week\nat_most: 1\nwithin: 30d\n"), Scene(providers=broken))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(DAY)
    world.track("ana", "Product Viewed", {"sku": "b"})

    assert refusals(world, "ana") == []


QUIET = """quiet_hours: night
from: "21:00"
to: "08:00"
unknown_zones: [Europe/Lisbon, Europe/Athens]
"""


def test_quiet_hours_hold_a_message_until_morning_where_the_person_is() -> None:
    plan = plan_with(QUIET.replace('"08:00"', '"01:00"'))
    world = open_world(plan, Scene(start=START + 12 * HOUR))  # 22:00 UTC, 23:00 in Berlin
    known_person(world, "ana", zone="Europe/Berlin")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(HOUR)
    early = world.messages("ana")
    world.advance(HOUR + MINUTE)

    assert early == []
    assert world.messages("ana") == ["reminder"]
    assert world.sent[0].at >= START + 14 * HOUR


def test_an_unknown_zone_is_quiet_while_any_plausible_zone_is() -> None:
    world = open_world(plan_with(QUIET), Scene(start=START + 9 * HOUR + 30 * MINUTE))  # 19:30 UTC
    world.identify(
        "ana",
        {"email": "ana@example.com"},
        {"consent": {"categoryPreferences": {"Ads": True}}},
    )

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    assert world.messages("ana") == []  # 21:30 in Athens, 19:30 in Lisbon


def test_consent_withdrawn_while_quiet_hours_hold_a_message_drops_it() -> None:
    plan = plan_with(QUIET.replace('"08:00"', '"01:00"'))
    world = open_world(plan, Scene(start=START + 12 * HOUR))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    world.advance(DAY)

    assert world.messages("ana") == []
    [settled] = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert settled.reason is not None
    assert settled.reason.code == "consent.withdrawn"


def test_a_withdrawal_in_one_channel_closes_all_when_the_scope_is_global() -> None:
    world = open_world(plan_with(CAP, on="sms"))
    known_person(world, "ana")

    world.track(
        "ana", "Consent Changed", {"purpose": "marketing", "granted": False, "channel": "email"}
    )
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    assert refusals(world, "ana") == ["consent.withdrawn"]


def test_a_withdrawal_in_one_channel_leaves_the_others_when_the_scope_is_channel() -> None:
    policies = BASE["policies.yaml"].replace("scope: global", "scope: channel")
    world = open_world(compile_plan(AT_ONCE.format(name="j", on="sms"), policies=policies))
    known_person(world, "ana")

    world.track(
        "ana", "Consent Changed", {"purpose": "marketing", "granted": False, "channel": "email"}
    )
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    assert world.messages("ana") == ["reminder"]


BOUGHT = """suppress: bought
when: {did_same: Order Completed, on: "products[].sku", within: 14d}
because: bought it already
"""


def test_nobody_is_chased_for_what_they_bought() -> None:
    world = open_world(plan_with(BOUGHT))
    known_person(world, "ana")

    world.track("ana", "Order Completed", {"products": [{"sku": "coat"}, {"sku": "hat"}]})
    world.track("ana", "Product Viewed", {"sku": "hat"})
    world.track("ana", "Product Viewed", {"sku": "shoe"})
    world.advance(MINUTE)

    assert [sent.delivery.about for sent in world.sent] == ["shoe"]
    assert refusals(world, "ana") == ["state.suppressed"]


def test_a_purchase_calls_back_what_was_about_to_leave() -> None:
    slow = {"mail": Provider(fault_share=1.0)}
    world = open_world(plan_with(BOUGHT), Scene(providers=slow))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "hat"})
    world.track("ana", "Order Completed", {"products": [{"sku": "hat"}]})
    world.advance(MINUTE)

    [revoked] = [note for note in world.notes_of("ana") if isinstance(note, Revoked)]
    assert revoked.reason.code == "state.suppressed"
    assert list(world.outcomes.values()) == ["refused"]


def test_a_bounced_address_is_not_written_to_again() -> None:
    bouncing = {"mail": Provider(bounce_share=1.0)}
    world = open_world(plan_with(CAP), Scene(providers=bouncing))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)
    world.track("ana", "Product Viewed", {"sku": "b"})
    world.advance(MINUTE)

    assert refusals(world, "ana") == ["suppression.listed"]


def test_a_message_past_its_time_to_live_is_not_sent() -> None:
    late = {"mail": Provider(fault_share=1.0)}
    world = open_world(plan_with(CAP), Scene(providers=late))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(DAY)

    assert world.messages("ana") == []
    assert list(world.outcomes.values()) == ["failed"]


def test_the_cheapest_channel_that_is_open_is_chosen_and_the_others_are_on_record() -> None:
    world = open_world(plan_with(CAP, on="{cheapest_of: [sms, email]}"))
    known_person(world, "ana")
    world.identify(
        "bob", {"phone": "+447700900002"}, {"consent": {"categoryPreferences": {"Ads": True}}}
    )

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.track("bob", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    assert [sent.delivery.channel for sent in world.sent] == ["email", "sms"]
    [decided] = [note for note in world.notes_of("bob") if isinstance(note, Decided)]
    assert [candidate.channel for candidate in decided.candidates] == ["email", "sms"]


def test_the_held_out_share_is_drawn_by_digest_and_gets_nothing_promotional() -> None:
    world = open_world(plan_with('holdout: global\nshare: 20%\nsalt: "s"\n'))
    people = [f"p{number}" for number in range(200)]
    for who in people:
        known_person(world, who)
        world.track(who, "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    without = [who for who in people if not world.messages(who)]
    states = {who: world.state(who) for who in people}
    expected = [who for who, state in states.items() if state and share("s", state.person_id) < 0.2]
    assert without == expected
    assert 20 <= len(without) <= 60


def test_service_messages_pass_where_promotion_may_not() -> None:
    receipt = CART.replace("message: reminder", "message: receipt, purpose: service")
    plan = compile_plan(
        receipt, policies=BASE["policies.yaml"] + "\n---\n" + CAP + "\n---\n" + QUIET
    )
    world = open_world(plan, Scene(start=START + 12 * HOUR))
    known_person(world, "ana", consents=False)

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.advance(HOUR)

    assert world.messages("ana") == ["receipt"]


def test_a_template_that_fails_is_a_reason_and_stops_nobody_else() -> None:
    templates = BASE["templates.yaml"].replace(" | default: 'there'", "")
    world = open_world(compile_plan(CART, templates=templates))
    known_person(world, "ana")
    known_person(world, "bob")
    world.identify("bob", {"name": "Bob"})

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.track("bob", "Checkout Started", {"cart_id": "d"})
    world.advance(HOUR)

    assert refusals(world, "ana") == ["template.failed"]
    assert world.messages("bob") == ["reminder"]


AUDIENCE = """segment: keen
title: Keen
owner: growth
purpose: marketing
when: {did: Product Viewed, within: 1h}
keep_in: [lists]
"""
LISTS = """
---
destination: lists
connector: webhook
settings: {url: "http://127.0.0.1:1/", signing_key: {secret: K}}
allow_private: true
"""


def test_an_audience_follows_its_segment_and_is_left_when_consent_is_withdrawn() -> None:
    world = open_world(
        compile_plan(segments=AUDIENCE, destinations=BASE["destinations.yaml"].rstrip() + LISTS)
    )
    for who in ("ana", "bob", "eve"):
        known_person(world, who, consents=who != "eve")
        world.track(who, "Product Viewed")
    world.advance(MINUTE)

    world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    world.advance(2 * HOUR)

    said = [(sent.delivery.operation, sent.delivery.address) for sent in world.sent]
    assert [one for one in said if one[0].startswith("audience")] == [
        ("audience_add", "ana@example.com"),
        ("audience_add", "bob@example.com"),
        ("audience_remove", "ana@example.com"),
        ("audience_remove", "bob@example.com"),
    ]


def test_who_has_no_address_stays_off_a_list_for_a_reason() -> None:
    lists = BASE["destinations.yaml"].rstrip() + LISTS
    world = open_world(compile_plan(segments=AUDIENCE, destinations=lists))

    world.track("ana", "Product Viewed")
    world.advance(MINUTE)

    [settled] = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert settled.reason is not None
    assert settled.reason.code == "reachable.no_address"
    assert world.sent == []


def test_what_people_call_themselves_cannot_carry_markup_into_html() -> None:
    html = BASE["templates.yaml"].replace(
        "email: {subject:",
        "email: {html: \"<b>{{ profile.name | default: 'you' }}</b>\", subject:",
        1,
    )
    world = open_world(compile_plan(CART, templates=html))
    known_person(world, "ana")
    world.identify("ana", {"name": "<script>"})

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.advance(HOUR)

    assert world.sent[0].delivery.content["html"] == "<b>&lt;script&gt;</b>"
    assert world.sent[0].delivery.content["body"] == "Hello <script>"


def test_a_suppressed_address_is_nobodys_any_more() -> None:
    bouncing = {"mail": Provider(bounce_share=1.0)}
    world = open_world(plan_with(CAP), Scene(providers=bouncing))
    known_person(world, "ana")
    world.identify("bob", {"phone": "+447700900002"})
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    consents = {"consent": {"categoryPreferences": {"Ads": True}}}
    shared = compile_plan(
        AT_ONCE.format(name="j", on="email"),
        identity=BASE["identity.yaml"].replace("email", "mail"),
    )
    world.activate(shared)
    world.identify("bob", {"email": "ana@example.com"}, consents)
    world.track("bob", "Product Viewed", {"sku": "b"})
    world.advance(MINUTE)

    [settled] = [note for note in world.notes_of("bob") if isinstance(note, Settled)]
    assert settled.reason is not None
    assert settled.reason.code == "suppression.listed"
