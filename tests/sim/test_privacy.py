"""What may not be used or may not go there does not, though no definition names it."""

from __future__ import annotations

import pytest

from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import Decided, Settled
from legato.plan.diff import retire
from legato.simulate.world import START, Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

CATALOG = """
trait: diagnosis
owner: care
purpose: support
privacy: health
schema: {type: string}
---
trait: country
owner: crm
purpose: service
schema: {type: string}
---
event: Ticket Filed
owner: desk
purpose: service
schema:
  type: object
  properties:
    ticket_id: {type: string}
    case:
      type: object
      properties:
        topic: {type: string}
        illness: {type: string, privacy: health, purposes: [support]}
---
event: Note Taken
owner: desk
purpose: service
schema: {type: object, additionalProperties: true}
"""
PURPOSES = BASE["policies.yaml"].replace(
    "  service:", "  support: {basis: contract, promotional: false, may_use: [service]}\n  service:"
)
EVERYTHING = """
template: all
purpose: {purpose}
email: {{body: "{body}"}}
---
journey: tell
title: Tell
owner: desk
purpose: {purpose}
enter: {{on: {event}}}
steps:
  - send: {{message: all, on: email, expires: 6h}}
"""


def told(purpose: str, body: str, *, event: str = "Ticket Filed", accepts: str = "") -> World:
    definitions = {"policies": PURPOSES, "privacy": CATALOG}
    if accepts:
        mail = "destination: mail\n"
        text = BASE["destinations.yaml"].replace(mail, f"{mail}accepts: {accepts}\n")
        definitions["destinations"] = text
    text = EVERYTHING.format(purpose=purpose, body=body, event=event)
    return open_world(compile_plan(text, **definitions))


def ill_person(world: World) -> None:
    known_person(world, "ana")
    world.identify("ana", {"diagnosis": "canary-health", "country": "PT"})
    world.advance(MINUTE)


def sent(world: World) -> str:
    return "".join(str(one.delivery.content) for one in world.sent)


FILED = {"ticket_id": "t1", "case": {"topic": "bill", "illness": "canary-event"}, "extra": "canary"}
LOOPS = "{% for one in profile %}{{ one }} {% endfor %}{{ event }}"


def test_a_whole_profile_and_event_hold_only_what_the_purpose_may_have() -> None:
    world = told("marketing", LOOPS)
    ill_person(world)

    world.track("ana", "Ticket Filed", FILED)
    world.advance(MINUTE)

    assert "bill" in sent(world)
    assert "ana" in sent(world)
    assert "canary" not in sent(world)


@pytest.mark.parametrize(
    ("purpose", "accepts", "is_told"),
    [("support", "health", True), ("support", "", False), ("service", "health", False)],
)
def test_health_goes_where_both_its_purpose_and_the_exit_allow(
    purpose: str, accepts: str, *, is_told: bool
) -> None:
    world = told(purpose, "{{ event }}", accepts=accepts)
    ill_person(world)

    world.track("ana", "Ticket Filed", FILED)
    world.advance(MINUTE)

    assert ("canary-event" in sent(world)) is is_told


def test_the_body_of_an_identify_is_bound_as_the_traits_are() -> None:
    world = told("service", "{{ event }} to you", event="Identified")
    known_person(world, "ana")

    world.identify("ana", {"diagnosis": "canary", "plan": "gold", "unknown": "canary"})
    world.advance(MINUTE)

    assert "gold" in sent(world)
    assert "canary" not in sent(world)


GUARDED = """
journey: tell
title: Tell
owner: desk
purpose: marketing
enter: {on: Note Taken}
steps:
  - wait: 1h
  - when: {trait: {plan: {is_not: gold}}}
    then: []
  - send: {message: reminder, on: email, expires: 6h}
"""


def test_people_on_an_older_version_are_not_sent_what_the_catalog_now_withholds() -> None:
    before = compile_plan(GUARDED, policies=PURPOSES, privacy=CATALOG)
    world = open_world(before)
    known_person(world, "ana")
    world.track("ana", "Note Taken")
    bound = "trait: plan\ntitle: plan\nowner: crm\npurpose: service"
    catalog = BASE["catalog.yaml"].replace(bound, bound.replace("service", "support"))
    after = compile_plan(
        GUARDED.replace("plan: {is_not", "name: {is_not"),
        policies=PURPOSES,
        privacy=CATALOG,
        catalog=catalog,
    )

    world.activate(retire(before, after, ()))
    world.advance(2 * HOUR)

    notes = [note for note in world.notes_of("ana") if isinstance(note, Decided)]
    assert [note.reason.code for note in notes if note.reason] == ["purpose.withheld"]
    assert "trait `plan`" in str(notes[0].reason)
    assert sent(world) == ""


NIGHTLY = """
template: note
purpose: service
email: {body: "BODY"}
---
journey: tell
title: Tell
owner: desk
purpose: service
enter: {on: Ticket Filed}
steps:
  - send: {message: note, on: email, expires: 1d}
---
quiet_hours: night
from: "00:00"
to: "23:00"
purposes: [service]
unknown_zones: [UTC]
"""
PLAIN = "It is night."
BODIES = {
    "whole": "{% for one in profile %}{{ one }}{% endfor %} {{ event }}",
    "named": "{{ profile.country }} {{ event.case.topic }}",
    "plain": PLAIN,
}
NARROWED = {
    "a trait for other purposes": ("country\nowner: crm\npurpose: service", "purpose: support"),
    "a trait that is delicate": ("country\nowner: crm\npurpose: service", "privacy: sensitive"),
    "a property": ("topic: {type: string", "privacy: health, purposes: [support]"),
}


def narrowed(how: str) -> str:
    old, new = NARROWED[how]
    if how == "a property":
        return CATALOG.replace(old, f"{old}, {new}")
    changed = old.replace("purpose: service", new) if "purpose" in new else f"{old}\n{new}"
    return CATALOG.replace(old, changed)


def written_at_night(body: str) -> World:
    text = NIGHTLY.replace("BODY", body)
    world = open_world(compile_plan(text, policies=PURPOSES, privacy=CATALOG))
    ill_person(world)
    world.track("ana", "Ticket Filed", FILED)
    assert sent(world) == ""
    return world


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("how", NARROWED)
def test_what_was_written_before_the_catalog_was_narrowed_does_not_leave(
    body: str, how: str
) -> None:
    world = written_at_night(BODIES[body])
    text = NIGHTLY.replace("BODY", PLAIN)

    world.activate(compile_plan(text, policies=PURPOSES, privacy=narrowed(how)))
    world.advance(DAY)

    ends = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    reasons = [note.reason.code for note in ends if note.reason]
    if body == "plain":
        assert reasons == []
        assert PLAIN in sent(world)
    else:
        kind = "class" if how == "a trait that is delicate" else "purpose"
        assert reasons == [f"{kind}.narrowed"]
        assert sent(world) == ""


def test_what_was_written_before_leaves_where_the_catalog_still_allows_it() -> None:
    world = written_at_night(BODIES["whole"])
    text = NIGHTLY.replace("BODY", PLAIN)

    world.activate(compile_plan(text, policies=PURPOSES, privacy=CATALOG))
    world.advance(DAY)

    assert "PT" in sent(world)


RESIDENCY = """
residency: {trait: country, regions: {eu: [PT, DE], us: [US]}, unknown: eu}
"""
AT_HOME = """
journey: home
title: Home
owner: desk
purpose: service
enter: {on: Note Taken}
steps:
  - send: {message: receipt, on: email, expires: 1d}
  - wait: 1d
"""


def living(country: str) -> World:
    destinations = BASE["destinations.yaml"].replace("connector", "regions: [us]\nconnector")
    plan = compile_plan(
        AT_HOME,
        policies=PURPOSES,
        privacy=CATALOG,
        residency=RESIDENCY,
        destinations=destinations,
    )
    world = open_world(plan)
    known_person(world, "ana")
    if country:
        world.identify("ana", {"country": country})
    world.track("ana", "Note Taken")
    world.advance(MINUTE)
    return world


@pytest.mark.parametrize(("country", "count"), [("US", 1), (" us ", 1), ("PT", 0), ("", 0)])
def test_nothing_goes_to_a_destination_outside_a_persons_region(country: str, count: int) -> None:
    world = living(country)

    assert len(world.messages("ana")) == count
    reasons = [note.reason for note in world.notes_of("ana") if isinstance(note, Decided)]
    assert [reason.code for reason in reasons if reason] == ["residency.outside"] * (1 - count)


JOINS = """
journey: lists
title: Lists
owner: desk
purpose: service
enter: {on: Note Taken}
steps:
  - join: {audience: noted, destination: lists}
  - call: {destination: asked, content: {plan: "{{ profile.plan | default: 'none' }}"}}
"""
TO_SYSTEMS = (
    BASE["destinations.yaml"].replace("connector", "regions: any\nconnector")
    + """
---
destination: lists
connector: webhook
settings: {url: "https://example.org/lists"}
regions: [us]
---
destination: asked
connector: http_call
settings: {url: "https://example.org/ask"}
regions: [us]
"""
)


def test_lists_and_calls_outside_a_persons_region_are_refused_too() -> None:
    plan = compile_plan(
        JOINS,
        policies=PURPOSES,
        privacy=CATALOG,
        residency=RESIDENCY,
        destinations=TO_SYSTEMS,
    )
    world = open_world(plan)
    known_person(world, "ana")

    world.track("ana", "Note Taken")
    world.advance(DAY)

    settled = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert [note.reason.code for note in settled if note.reason] == ["residency.outside"] * 2
    assert world.sent == []


def test_somebody_who_moves_while_a_message_waits_is_asked_about_again() -> None:
    night = '---\nquiet_hours: night\nfrom: "21:00"\nto: "08:00"\npurposes: [service]\n'
    destinations = BASE["destinations.yaml"].replace("connector", "regions: [us]\nconnector")
    plan = compile_plan(
        AT_HOME,
        policies=PURPOSES + night,
        privacy=CATALOG,
        residency=RESIDENCY,
        destinations=destinations,
    )
    world = open_world(plan, Scene(start=START + 12 * HOUR))
    known_person(world, "ana")
    world.identify("ana", {"country": "US"})
    world.track("ana", "Note Taken")
    world.advance(HOUR)

    world.identify("ana", {"country": "DE"})
    world.advance(DAY)

    settled = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert [note.reason.code for note in settled if note.reason] == ["residency.outside"]
    assert world.sent == []
