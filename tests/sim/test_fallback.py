"""A channel that does not take a message in time, or refuses it, is followed by the next one."""

from __future__ import annotations

import os
from collections import Counter

import msgspec
import pytest

from legato.model.delivery import Delivery
from legato.model.event import JourneySwitched, TimerFired
from legato.model.instant import DAY, HOUR, MINUTE, SECOND
from legato.model.note import Decided, Settled
from legato.model.plan import Plan
from legato.plan.diff import retire
from legato.simulate.dice import Dice
from legato.simulate.provider import Provider
from legato.simulate.replay import refold
from legato.simulate.world import START, Scene, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

SEEDS = int(os.environ.get("LEGATO_FALLBACK_SEEDS", "3000"))
CHUNKS = 10
PEOPLE = 4

NOTICE = """
journey: notice
title: Notice
owner: orders
purpose: {purpose}
enter: {{on: Product Viewed, key: sku, again: any time}}
leave:
  - {{on: Order Completed, same: sku, as: goal}}
steps:
  - send: {{message: notice, on: {on}, expires: {expires}, fall_back: 10m}}
"""
TEMPLATE = """
template: notice
title: Notice
sms: {body: "Look at {{ event.sku }}"}
email: {subject: "Look", body: "Look at {{ event.sku }}, {{ profile.name | default: 'you' }}"}
chat: {body: "Look"}
"""
CHAT = "\n---\nchannel: chat\ndestination: chats\naddress: trait phone\n"
CHATS = '\n---\ndestination: chats\nconnector: file\nsettings: {path: "-"}\n'
DOWN = Provider(fault_share=1.0)


def plan_with(
    policy: str = "",
    *,
    on: str = "[sms, email]",
    purpose: str = "marketing",
    expires: str = "6h",
    on_doubt: str = "resend",
) -> Plan:
    destinations = BASE["destinations.yaml"].replace(
        "destination: gateway\n", f"destination: gateway\non_doubt: {on_doubt}\n"
    )
    return compile_plan(
        NOTICE.format(purpose=purpose, on=on, expires=expires),
        templates=BASE["templates.yaml"] + "\n---\n" + TEMPLATE,
        channels=BASE["channels.yaml"] + CHAT,
        destinations=destinations + CHATS,
        policies=BASE["policies.yaml"] + "\n---\n" + policy,
    )


def world_of(plan: Plan, **providers: Provider) -> World:
    world = open_world(plan, Scene(providers=providers))
    known_person(world, "ana")
    world.track("ana", "Product Viewed", {"sku": "a"})
    return world


def channels(world: World) -> list[str]:
    return [sent.delivery.channel for sent in world.sent]


def fell_back(world: World) -> list[tuple[str, str]]:
    """Return why other channels were tried, and to what end."""
    notes = [note for _, _, note in world.notes if isinstance(note, Decided)]
    return [(note.fell_back.code, note.verdict) for note in notes if note.fell_back is not None]


def remembered(world: World) -> int:
    state = world.state("ana")
    assert state is not None
    return len(state.fallbacks)


def test_a_provider_that_is_down_is_followed_by_the_next_channel_when_its_time_is_over() -> None:
    world = world_of(plan_with(), gateway=DOWN)

    world.advance(10 * MINUTE)
    early = channels(world)
    world.advance(SECOND)

    assert early == []
    assert channels(world) == ["email"]
    assert fell_back(world) == [("fallback.too_slow", "pass")]
    assert remembered(world) == 0


def test_a_channel_that_takes_it_in_time_is_followed_by_none() -> None:
    world = world_of(plan_with())
    before = remembered(world)

    world.advance(DAY)

    assert before == 1
    assert channels(world) == ["sms"]
    assert remembered(world) == 0


def test_a_bounce_is_followed_at_once_and_counts_nothing_under_the_cap() -> None:
    world = world_of(
        plan_with("cap: one\nat_most: 1\nwithin: 7d\n"), gateway=Provider(bounce_share=1.0)
    )

    world.advance(SECOND)

    assert channels(world) == ["email"]
    assert fell_back(world) == [("fallback.bounced", "pass")]


def test_an_address_that_bounced_for_somebody_else_is_followed_by_the_next_channel() -> None:
    world = world_of(plan_with(), gateway=Provider(bounce_share=1.0))
    world.advance(MINUTE)
    known_person(world, "ben")  # at the same phone

    world.track("ben", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    assert channels(world) == ["email", "email"]
    assert fell_back(world) == [("fallback.bounced", "pass"), ("fallback.suppressed", "pass")]


def test_the_place_under_the_cap_goes_over_to_the_next_channel() -> None:
    world = world_of(plan_with("cap: one\nat_most: 1\nwithin: 7d\n"), gateway=DOWN)

    world.advance(HOUR)
    world.track("ana", "Product Viewed", {"sku": "b"})
    world.advance(HOUR)

    assert channels(world) == ["email"]


def test_each_channel_has_its_time_and_the_message_expires_as_a_whole() -> None:
    world = world_of(plan_with(on="[sms, chat, email]"), gateway=DOWN, chats=DOWN, mail=DOWN)

    world.advance(DAY)

    decided = [note for note in world.notes_of("ana") if isinstance(note, Decided)]
    assert [note.channel for note in decided] == ["sms", "chat", "email"]
    assert [note.instead_of for note in decided] == [
        None,
        decided[0].delivery_id,
        decided[1].delivery_id,
    ]
    assert len(dict.fromkeys(note.delivery_id for note in decided)) == 3
    assert channels(world) == []
    outcomes = [world.outcomes[note.delivery_id] for note in decided]
    assert outcomes == ["refused", "refused", "expired"]
    assert remembered(world) == 0


def test_the_last_of_three_channels_gets_it_after_twice_the_time() -> None:
    world = world_of(plan_with(on="[sms, chat, email]"), gateway=DOWN, chats=DOWN)

    world.advance(20 * MINUTE + SECOND)

    assert channels(world) == ["email"]
    assert world.sent[0].delivery.expires_at == START + 6 * HOUR
    first = next(note for note in world.notes_of("ana") if isinstance(note, Decided))
    assert world.sent[0].delivery.first_id == first.delivery_id


def test_all_gates_are_read_anew_for_the_next_channel() -> None:
    quiet = 'quiet_hours: noon\nfrom: "10:05"\nto: "11:00"\nchannels: [email]\n'
    world = world_of(plan_with(quiet), gateway=DOWN)

    world.advance(30 * MINUTE)
    early = channels(world)
    world.advance(HOUR)

    assert early == []
    assert channels(world) == ["email"]
    assert world.sent[0].at >= START + HOUR
    assert fell_back(world) == [("fallback.too_slow", "hold")]


def test_consent_withdrawn_meanwhile_stops_every_channel() -> None:
    world = world_of(plan_with(), gateway=DOWN)

    world.advance(5 * MINUTE)
    world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    world.advance(DAY)

    assert channels(world) == []
    assert fell_back(world) == []


def test_consent_withdrawn_while_an_attempt_outlasts_its_time_stops_the_next_channel() -> None:
    stuck = Provider(fault_share=1.0, latency_least=20 * MINUTE, latency_most=20 * MINUTE)
    world = world_of(plan_with(), gateway=stuck)

    world.advance(15 * MINUTE)
    world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    world.advance(DAY)

    assert channels(world) == []
    assert fell_back(world) == []


def test_another_yes_while_an_attempt_outlasts_its_time_changes_nothing() -> None:
    stuck = Provider(fault_share=1.0, latency_least=20 * MINUTE, latency_most=20 * MINUTE)
    world = world_of(plan_with(), gateway=stuck)

    world.advance(15 * MINUTE)
    world.track("ana", "Consent Changed", {"purpose": "service", "granted": True})
    world.advance(6 * MINUTE)

    assert channels(world) == ["email"]


def test_an_attempt_that_outlasts_its_time_and_succeeds_is_the_only_one() -> None:
    slow = Provider(latency_least=20 * MINUTE, latency_most=20 * MINUTE)
    world = world_of(plan_with(), gateway=slow)

    world.advance(DAY)

    assert channels(world) == ["sms"]
    assert fell_back(world) == []


def test_leaving_the_journey_takes_the_message_back_from_every_channel() -> None:
    world = world_of(plan_with(), gateway=DOWN, mail=DOWN)

    world.advance(15 * MINUTE)
    world.track("ana", "Order Completed", {"sku": "a"})
    world.advance(DAY)

    outcomes = list(world.outcomes.values())
    assert outcomes == ["refused", "refused"]
    assert channels(world) == []


def switch(world: World, *, is_paused: bool) -> None:
    world.feed(JourneySwitched(received_at=world.now, journey="notice", is_paused=is_paused))
    world.touch_everybody()


def test_while_its_journey_is_paused_no_other_channel_is_tried() -> None:
    world = world_of(plan_with(), gateway=DOWN)

    switch(world, is_paused=True)
    world.advance(HOUR)
    world.touch_everybody()
    world.advance(HOUR)
    assert fell_back(world) == []
    meanwhile = channels(world)
    switch(world, is_paused=False)
    world.advance(SECOND)

    assert meanwhile == []
    assert channels(world) == ["email"]


def test_a_bounce_while_its_journey_is_paused_waits_for_the_end_of_the_pause() -> None:
    late = Provider(bounce_share=1.0, latency_least=MINUTE, latency_most=MINUTE)
    world = world_of(plan_with(), gateway=late)

    switch(world, is_paused=True)
    world.advance(HOUR)
    meanwhile = channels(world)
    switch(world, is_paused=False)
    world.advance(SECOND)

    assert meanwhile == []
    assert channels(world) == ["email"]
    assert fell_back(world) == [("fallback.bounced", "hold")]


def test_what_waits_through_a_pause_longer_than_it_lives_is_not_sent() -> None:
    world = world_of(plan_with(), gateway=DOWN)

    switch(world, is_paused=True)
    world.advance(7 * HOUR)
    switch(world, is_paused=False)
    world.advance(HOUR)

    assert channels(world) == []


def test_two_people_who_become_one_keep_what_their_messages_may_still_do() -> None:
    world = open_world(plan_with(purpose="service"), Scene(providers={"gateway": DOWN}))
    known_person(world, "ana")
    world.advance(MINUTE)
    device = {"user_id": None, "anonymous_id": "d1"}
    traits = {"phone": "+447700900002", "email": "ana@home.example"}
    for event in (
        world.event("", "identify", traits),
        world.event("", "track", {"sku": "a"}, name="Product Viewed"),
    ):
        world.feed(msgspec.structs.replace(event, **device))
    world.advance(MINUTE)
    both = world.event("ana", "identify", {})
    world.feed(msgspec.structs.replace(both, anonymous_id="d1"))

    world.advance(10 * MINUTE)

    state = world.state("ana")
    assert state is not None
    assert len(state.merged) == 1
    assert state.fallbacks == {}
    assert channels(world) == ["email"]


def test_a_new_version_of_the_journey_does_not_strand_what_is_on_its_way() -> None:
    old = plan_with()
    world = world_of(old, gateway=DOWN)
    new = plan_with(on="[sms, email, chat]", expires="1h")

    world.advance(MINUTE)
    world.activate(retire(old, new, ()))
    world.touch_everybody()
    world.advance(DAY)

    assert channels(world) == ["email"]
    assert world.sent[0].delivery.expires_at == START + 6 * HOUR


def test_a_channel_that_is_gone_is_not_tried_and_the_record_says_so() -> None:
    world = world_of(plan_with(), gateway=DOWN)
    only_sms = NOTICE.format(purpose="marketing", on="sms", expires="6h").replace(
        ", fall_back: 10m", ""
    )
    templates = BASE["templates.yaml"].replace("email:", "sms:").split("\n---\n")[1]
    new = compile_plan(
        only_sms,
        templates=templates + '\n---\ntemplate: notice\nsms: {body: "Look"}\n',
        channels=BASE["channels.yaml"].split("\n---\n")[-1].split("---")[-1],
    )

    world.activate(new)
    world.advance(HOUR)

    settled = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert channels(world) == []
    assert [note.kept_to.code for note in settled if note.kept_to] == ["fallback.gone"]


def test_a_lost_answer_keeps_the_message_on_its_channel_under_one_id() -> None:
    world = world_of(plan_with(), gateway=Provider(lost_share=1.0))

    world.advance(DAY)

    assert channels(world) == ["sms"]
    assert world.repeated[-1].at > START + 5 * HOUR
    assert {sent.delivery.delivery_id for sent in world.repeated} == {
        world.sent[0].delivery.delivery_id
    }
    assert fell_back(world) == []
    assert remembered(world) == 0


def test_what_may_have_arrived_keeps_its_place_under_the_cap() -> None:
    policy = "cap: one\nat_most: 1\nwithin: 7d\n"
    world = world_of(plan_with(policy), gateway=Provider(lost_share=1.0))

    world.advance(DAY)
    world.track("ana", "Product Viewed", {"sku": "b"})
    world.advance(DAY)

    assert channels(world) == ["sms"]


def test_a_lost_answer_of_a_destination_that_is_not_asked_twice_ends_in_doubt() -> None:
    world = world_of(plan_with(on_doubt="skip"), gateway=Provider(lost_share=1.0))

    world.advance(DAY)

    settled = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert channels(world) == ["sms"]
    assert world.repeated == []
    assert [note.kept_to.code for note in settled if note.kept_to] == ["fallback.in_doubt"]


def test_a_crash_in_mid_attempt_does_not_send_by_a_second_channel() -> None:
    slow = Provider(latency_least=8 * MINUTE, latency_most=9 * MINUTE)
    world = world_of(plan_with(), gateway=slow)

    world.advance(5 * MINUTE)
    world.crash()
    world.advance(4 * MINUTE)
    world.crash()
    world.advance(DAY)

    assert channels(world) == ["sms"]
    assert len(world.repeated) >= 1


def test_a_crash_between_the_call_back_and_the_lane_loses_nothing() -> None:
    world = world_of(plan_with(), gateway=DOWN)
    state = world.state("ana")
    assert state is not None
    assert state.alarm_at == START + 10 * MINUTE

    world.advance(10 * MINUTE)
    world.feed(
        TimerFired(received_at=world.now + 1, person_id=state.person_id, due_at=START + 10 * MINUTE)
    )
    world.crash()
    world.advance(MINUTE)

    assert channels(world) == ["email"]
    assert remembered(world) == 0


LATE = """
journey: notice
title: Notice
owner: orders
purpose: service
enter: {on: Product Viewed, key: sku}
steps:
  - {wait: 5m, label: again}
  - wait_for:
      - {on: Cart Updated, go_to: again, at_most: 2}
      - {after: 1m}
  - send: {message: notice, on: [sms, email], expires: 1d, fall_back: 1m}
  - wait: 5d
"""


@pytest.mark.parametrize("mail", [Provider(), DOWN])
def test_a_late_event_undoes_what_has_not_left_by_any_channel(mail: Provider) -> None:
    texts = BASE["templates.yaml"] + "\n---\n" + TEMPLATE.partition("chat:")[0]
    plan = compile_plan(LATE, templates=texts)
    world = open_world(plan, Scene(providers={"gateway": DOWN, "mail": mail}))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(5 * MINUTE + 30 * SECOND)
    update = world.event("ana", "track", {"sku": "a"}, name="Cart Updated")
    world.advance(3 * MINUTE)
    world.feed(msgspec.structs.replace(update, received_at=world.now))
    world.advance(HOUR)

    decided = [note for note in world.notes_of("ana") if isinstance(note, Decided)]
    if mail is DOWN:
        assert world.outcomes[decided[1].delivery_id] == "refused"
        assert [note.channel for note in decided] == ["sms", "email", "sms", "email"]
    else:
        assert channels(world) == ["email"]
        assert [note.channel for note in decided] == ["sms", "email"]


def test_replaying_the_log_gives_the_same_ids() -> None:
    log = MemoryLog()
    plan = plan_with(on="[sms, chat, email]")
    scene = Scene(providers={"gateway": DOWN, "chats": Provider(bounce_share=1.0)})
    world = World(plan, log, MemoryStore(), scene)
    known_person(world, "ana")
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(DAY)

    again = refold(log, MemoryStore, turn_records=7)

    assert channels(world) == ["email"]
    assert len(again.delivery_ids) == 3
    assert again.decision_digest == world.decision_digest()


def shaky(dice: Dice) -> Provider:
    """Return a first channel that is down, throttles, answers late or loses its answers."""
    slowest = dice.pick((SECOND, MINUTE, 12 * MINUTE), "slowest")
    return Provider(
        latency_most=slowest,
        fault_share=dice.pick((0.5, 0.9, 1.0), "faults"),
        bounce_share=dice.pick((0.0, 0.1), "bounces"),
        lost_share=dice.pick((0.0, 0.1, 0.5), "lost"),
    )


def story(seed: int, plans: tuple[Plan, ...]) -> tuple[World, Provider]:
    """Let some people be told something, by a bad provider first, through crashes."""
    dice = Dice(seed)
    gateway = shaky(dice)
    world = open_world(dice.pick(plans, "plan"), Scene(seed=seed, providers={"gateway": gateway}))
    for number in range(PEOPLE):
        known_person(world, f"p{number}")
        world.track(f"p{number}", "Product Viewed", {"sku": f"s{number}"})
    for number in range(dice.between(0, 3, "crashes")):
        world.at(START + round(dice.throw("crash", number) * 30 * MINUTE), world.crash)
    world.advance(DAY)
    return world, gateway


def first_id(delivery: Delivery) -> str:
    return delivery.first_id or delivery.delivery_id


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_seed_sends_a_message_twice_or_loses_it(chunk: int) -> None:
    plans = (plan_with(), plan_with(on="[sms, chat, email]"), plan_with(on_doubt="skip"))
    count: Counter[str] = Counter()
    for seed in range(chunk, SEEDS, CHUNKS):
        world, gateway = story(seed, plans)
        messages = Counter(first_id(sent.delivery) for sent in world.sent)
        assert max(messages.values(), default=1) == 1, seed
        in_doubt = sum(
            isinstance(note, Settled) and note.kept_to is not None for _, _, note in world.notes
        )
        assert len(messages) + in_doubt >= PEOPLE, seed
        if not gateway.lost_share and not in_doubt:
            assert len(messages) == PEOPLE, seed
        count.update(channels(world))

    assert min(count["sms"], count["email"]) > SEEDS // CHUNKS // 10
