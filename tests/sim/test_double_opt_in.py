"""A yes that has to be confirmed opens nothing before, and is asked for by the engine itself."""

from __future__ import annotations

from msgspec.structs import replace

from legato.model.consent import CONFIRMED, Evidence
from legato.model.event import ConsentSaid
from legato.model.ids import EventId, derive
from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import ConsentSet, Decided
from legato.model.plan import Plan
from legato.simulate.dice import Dice
from legato.simulate.world import World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world, statement

AT_ONCE = """
journey: at_once
title: At once
owner: growth
purpose: marketing
enter: {on: Product Viewed, key: sku, again: any time}
steps:
  - send: {message: reminder, on: {on}, expires: 6h, about: sku}
"""
ASK = """
---
template: please_confirm
purpose: service
email: {subject: Please confirm, body: "Yes, write to me: {{ confirm_url }}"}
---
pages: {url: "https://pages.example"}
"""
RULE = "double_opt_in: {purpose: marketing, channels: [email], message: please_confirm}"


def plan_of(extra: str = "", *, on: str = "email") -> Plan:
    consent = f"consent: {{opt_out_scope: topic, {RULE[:-1]}{extra}}}}}"
    policies = BASE["policies.yaml"].split("---")[0] + "---\n" + consent
    journey = AT_ONCE.replace("{on}", on)
    return compile_plan(journey, policies=policies, templates=BASE["templates.yaml"] + ASK)


def confirmation(world: World, who: str, source: str = "page:confirm") -> ConsentSaid:
    said = statement(world, who, "marketing", is_granted=True, channel="email")
    evidence = Evidence(method=CONFIRMED, ip_digest="d1")
    event_id = EventId(derive("ev", source, str(world.now)))
    return replace(said, event_id=event_id, source=source, evidence=evidence, is_confirmation=True)


def email_only(world: World, who: str) -> None:
    world.identify(who, {"email": f"{who}@example.com"})
    world.advance(MINUTE)


def lines(world: World, who: str) -> list[tuple[str, str]]:
    notes = [note for note in world.notes_of(who) if isinstance(note, ConsentSet)]
    return [(note.channel, note.standing) for note in notes]


def refusals(world: World, who: str) -> list[str]:
    notes = [note for note in world.notes_of(who) if isinstance(note, Decided)]
    return [note.reason.code for note in notes if note.reason is not None]


def test_nothing_is_sent_before_a_yes_is_confirmed_and_everything_after() -> None:
    world = open_world(plan_of())
    email_only(world, "ana")

    world.feed(statement(world, "ana", "marketing", is_granted=True))
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(HOUR)
    before = world.messages("ana")
    world.feed(confirmation(world, "ana"))
    world.track("ana", "Product Viewed", {"sku": "b"})
    world.advance(HOUR)

    assert before == ["please_confirm"]
    assert "consent.pending" in refusals(world, "ana")
    assert world.messages("ana") == ["please_confirm", "reminder"]


def test_the_question_carries_the_link_and_what_it_asks_for() -> None:
    world = open_world(plan_of())
    email_only(world, "ana")

    world.feed(statement(world, "ana", "marketing", is_granted=True))
    world.advance(MINUTE)

    [sent] = world.sent
    assert sent.delivery.content["body"] == "Yes, write to me: LEGATOxCONFIRMxLINK"
    assert (sent.delivery.purpose, sent.delivery.about) == ("service", "marketing")


def test_what_was_said_and_what_confirmed_it_stand_in_the_ledger() -> None:
    world = open_world(plan_of())
    email_only(world, "ana")

    world.feed(statement(world, "ana", "marketing", is_granted=True, channel="email"))
    world.feed(confirmation(world, "ana"))

    asked, confirmed = [note for note in world.notes_of("ana") if isinstance(note, ConsentSet)]
    assert asked.line is not None
    assert confirmed.line is not None
    assert (asked.standing, confirmed.standing) == ("pending", "present")
    assert confirmed.line.confirms == asked.line.record
    assert confirmed.line.wording == "preferences-3"
    assert (confirmed.line.source, confirmed.line.evidence.ip_digest) == ("page:confirm", "d1")


def test_a_yes_to_every_channel_opens_those_that_need_no_confirmation() -> None:
    world = open_world(plan_of(on="[email, sms]"))
    known_person(world, "ana", consents=False)
    world.advance(MINUTE)

    world.feed(statement(world, "ana", "marketing", is_granted=True))
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(HOUR)

    by_channel = [(sent.delivery.message, sent.delivery.channel) for sent in world.sent]
    assert by_channel == [("please_confirm", "email"), ("reminder", "sms")]


def test_a_person_is_asked_twice_in_seven_days_at_most() -> None:
    world = open_world(plan_of())
    email_only(world, "ana")

    for _ in range(20):
        world.feed(statement(world, "ana", "marketing", is_granted=True, channel="email"))
        world.advance(8 * HOUR)
    week = world.messages("ana")
    world.advance(DAY)
    world.feed(statement(world, "ana", "marketing", is_granted=True, channel="email"))
    world.advance(HOUR)

    assert week == ["please_confirm"] * 2
    assert "consent.asked_enough" in refusals(world, "ana")
    assert world.messages("ana") == ["please_confirm"] * 3


def test_a_confirmation_that_comes_too_late_or_twice_changes_nothing() -> None:
    world = open_world(plan_of(", expires: 1d"))
    email_only(world, "ana")
    world.feed(statement(world, "ana", "marketing", is_granted=True, channel="email"))
    world.advance(DAY + HOUR)
    late = confirmation(world, "ana")

    world.feed(late)
    world.advance(HOUR)
    world.feed(statement(world, "ana", "marketing", is_granted=True, channel="email"))
    world.feed(confirmation(world, "ana"))
    world.advance(HOUR)
    world.feed(confirmation(world, "ana", "page:again"))

    standings = [standing for _, standing in lines(world, "ana")]
    assert standings == ["pending", "void", "pending", "present", "void"]


def test_a_no_ends_the_wait_and_takes_the_question_back() -> None:
    quiet = '\n---\nquiet_hours: night\nfrom: "00:00"\nto: "23:00"\npurposes: [service]\n'
    consent = f"consent: {{opt_out_scope: topic, {RULE}}}"
    policies = BASE["policies.yaml"].split("---")[0] + "---\n" + consent + quiet
    world = open_world(compile_plan(policies=policies, templates=BASE["templates.yaml"] + ASK))
    email_only(world, "ana")

    world.feed(statement(world, "ana", "marketing", is_granted=True, channel="email"))
    world.advance(MINUTE)
    world.feed(statement(world, "ana", "marketing", is_granted=False, channel="email"))
    world.advance(DAY)
    world.feed(confirmation(world, "ana"))

    assert world.sent == []
    assert lines(world, "ana")[-1] == ("email", "void")


def test_no_client_can_claim_a_confirmation_and_the_desk_can_bring_one() -> None:
    world = open_world(plan_of())
    email_only(world, "ana")

    body = {"purpose": "marketing", "granted": True, "channel": "email", "method": CONFIRMED}
    world.track("ana", "Consent Changed", body)
    claimed = lines(world, "ana")
    said = statement(world, "ana", "marketing", is_granted=True, channel="email")
    world.feed(replace(said, source="import", evidence=Evidence(method=CONFIRMED)))

    assert claimed == [("email", "pending")]
    assert lines(world, "ana")[-1] == ("email", "present")


def test_no_marketing_without_a_confirmed_yes_in_five_hundred_lives() -> None:
    plan = plan_of()
    sent_count = 0
    for seed in range(500):
        dice = Dice(seed)
        world = open_world(plan)
        email_only(world, "ana")
        is_open, may_confirm = False, False
        for turn in range(12):
            match dice.pick(("yes", "no", "confirm", "view", "tool"), "what", turn):
                case "yes":
                    channel = dice.pick(("*", "email"), "channel", turn)
                    world.feed(
                        statement(world, "ana", "marketing", is_granted=True, channel=channel)
                    )
                    may_confirm = not is_open
                case "no":
                    world.feed(statement(world, "ana", "marketing", is_granted=False))
                    is_open = may_confirm = False
                case "confirm":
                    world.feed(confirmation(world, "ana"))
                    is_open, may_confirm = is_open or may_confirm, False
                case "tool":
                    context = {"consent": {"categoryPreferences": {"Ads": True}}}
                    world.identify("ana", {}, context)
                case _:
                    world.track("ana", "Product Viewed", {"sku": f"s{turn}"})
            before = world.messages("ana").count("reminder")
            world.advance(MINUTE)
            sent = world.messages("ana").count("reminder") - before
            assert is_open or sent == 0, seed
            sent_count += sent
        assert world.messages("ana").count("please_confirm") <= 2, seed
    assert sent_count > 100
