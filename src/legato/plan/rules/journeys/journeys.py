"""`journey:` who comes in, what happens to them step by step, and how they leave."""

from __future__ import annotations

from typing import Literal

import msgspec
from dateutil.rrule import rrulestr

from legato.model.definitions.journey import END, Entry, Exit, Journey
from legato.model.ids import digest
from legato.model.instant import Duration
from legato.model.noun import to_bytes
from legato.model.rule import Rule
from legato.plan import form
from legato.plan.conditions.conditions import Hand, read_condition
from legato.plan.conditions.properties import property_schema
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.rules.journeys.flow import check_flow
from legato.plan.rules.journeys.steps import Course, read_same
from legato.plan.scope import Scope
from legato.plan.source import Fields, Items, Value

AGAIN = ("once", "after exit", "any time")
KINDS = ("on", "segment", "schedule", "api")


def read_journey(scope: Scope, tree: Fields) -> Journey:
    """Read a journey; its version is the digest of everything but the places in the text."""
    part = Form(scope.findings, tree, "this journey")
    name = part.need_read("journey", form.text, "", example="journey: cart_rescue")
    purpose = part.read("purpose", form.text, "")
    if purpose:
        scope.refer("purpose", purpose, part.place_of_value("purpose"))
    entry = _entry(scope, part)
    hand = Hand(entry=_entry_event(entry))
    course = Course(scope, journey=name, purpose=purpose, hand=hand)
    first = course.lay(part.need("steps", "steps: [...]"), "", END)
    check_flow(scope.findings, course, first)
    overdue = part.read("overdue", form.one_of(("send", "skip")), "skip")
    journey = Journey(
        name=name,
        title=part.read("title", form.text, name),
        owner=part.need_read("owner", form.text, "", example="owner: growth"),
        purpose=purpose,
        entry=entry,
        exits=_exits(scope, part, hand),
        steps=course.steps,
        first=first,
        version="",
        overdue="send" if overdue == "send" else "skip",
    )
    part.take("waive")  # read apart: it says nothing about what the journey does
    part.take("rollout")  # nor does it, but about who gets it
    part.close()
    scope.step_places.update(((name, step), place) for step, place in course.places.items())
    places = {step: f"{place.file}:{place.line}" for step, place in course.places.items()}
    version = digest(to_bytes(journey))
    return msgspec.structs.replace(journey, version=version, places=places)


def _entry(scope: Scope, outer: Form) -> Entry:
    value = outer.need("enter", "enter: {on: Checkout Started}")
    tree = form.fields(scope.findings, value, "enter") if value is not None else None
    if tree is None:
        return Entry(kind="api")
    part = Form(scope.findings, tree, "`enter`")
    kinds = [kind for kind in KINDS if kind in part]
    is_scheduled = kinds == ["segment", "schedule"]
    if len(kinds) != 1 and not is_scheduled:
        scope.findings.report(
            "J306",
            part.place,
            "a journey is entered in one way",
            "write one of `on: Event`, `segment: name`, `schedule: RRULE` (perhaps with "
            "`segment: name`) or `api: true`",
        )
        return Entry(kind="api")
    again, cooldown = _again(part)
    when = part.take("when")
    entry = Entry(
        kind="schedule" if is_scheduled else _kind(kinds[0]),
        on=_on(scope, part),
        when=_when(scope, part, when),
        key=_key(scope, part),
        again=again,
        cooldown=cooldown,
        rrule=part.read("schedule", _rrule, ""),
        segment=part.read("segment", form.text, "") if is_scheduled else "",
        with_present=kinds == ["segment"]
        and part.read("with_present", form.boolean, default=False),
    )
    part.read("api", form.boolean, default=True)
    part.close()
    return entry


def _kind(word: str) -> Literal["event", "segment", "schedule", "api"]:
    match word:
        case "on":
            return "event"
        case "segment" | "schedule" | "api":
            return word
        case _:
            raise AssertionError(word)


def _on(scope: Scope, part: Form) -> str:
    """Return the event or the segment that people come in by."""
    if "on" in part:
        event = part.read("on", form.text, "")
        if event:
            scope.refer("event", event, part.place_of_value("on"))
        return event
    if "segment" in part:
        segment = part.read("segment", form.text, "")
        if segment:
            scope.refer("segment", segment, part.place_of_value("segment"))
        return "" if "schedule" in part else segment
    return ""


def _when(scope: Scope, part: Form, value: Value | None) -> Rule | None:
    if value is None:
        return None
    event = part.read("on", form.text, "") if "on" in part else None
    return read_condition(scope, value, Hand(event=event))


def _key(scope: Scope, part: Form) -> str:
    key = part.read("key", form.text, "")
    if not key:
        return ""
    if "on" not in part:
        scope.findings.report(
            "R404",
            part.place_of("key"),
            "`key` names a property of the event that people come in by; there is no event here",
            "remove it, or enter on an event",
        )
        return ""
    property_schema(scope, part.read("on", form.text, ""), key, part.place_of_value("key"))
    return key


def _again(
    part: Form,
) -> tuple[Literal["once", "after_exit", "cooldown", "concurrent"], Duration]:
    value = part.take("again")
    word = part.read("again", form.text, "after exit") if value is not None else "after exit"
    match word:
        case "once":
            return "once", 0
        case "after exit":
            return "after_exit", 0
        case "any time":
            return "concurrent", 0
        case _:
            cooldown = form.parse_duration(word.removeprefix("after "))
            if cooldown and value is not None and word.startswith("after "):
                return "cooldown", cooldown
            if value is not None:
                part.findings.report(
                    "D105",
                    value.place,
                    "`again` does not say when the same person may come in again",
                    "write once, after exit, any time, or after a time, as `again: after 24h`",
                )
            return "after_exit", 0


def _rrule(findings: Findings, value: Value, what: str) -> str | None:
    text = form.text(findings, value, what)
    if text is None:
        return None
    fault = _rrule_fault(text)
    if fault:
        findings.report(
            "J312",
            value.place,
            f"`{what}` is no recurrence: {fault}",
            'write as RFC 5545 does: `schedule: "DTSTART:20260302T090000 RRULE:FREQ=WEEKLY"`; '
            "times are those of the workspace's zone",
        )
        return None
    return text


def _rrule_fault(text: str) -> str:
    if "DTSTART:" not in text:  # without one, dateutil would take the present moment
        return "it has no DTSTART, so it is not clear when it begins"
    if "TZID" in text:
        return "it names a zone of its own"
    try:
        rrulestr(text)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        return str(error) or "it cannot be read"
    return ""


def _entry_event(entry: Entry) -> str | None:
    match entry.kind:
        case "event":
            return entry.on
        case "api":
            return ""
        case "segment" | "schedule":
            return None


def _exits(scope: Scope, part: Form, hand: Hand) -> tuple[Exit, ...]:
    value = part.take("leave")
    if value is None:
        return ()
    found = value if isinstance(value, Items) else Items(place=value.place, items=(value,))
    exits: list[Exit] = []
    for item in found.items:
        tree = form.fields(scope.findings, item, "leave")
        if tree is not None:
            exits.append(_exit(scope, Form(scope.findings, tree, "this way to leave"), hand))
    return tuple(exits)


def _exit(scope: Scope, part: Form, hand: Hand) -> Exit:
    event = part.read("on", form.text, "")
    if event:
        scope.refer("event", event, part.place_of_value("on"))
    condition = part.take("when")
    if not event and condition is None:
        part.need("on", "on: Order Completed")
    outcome = part.read("as", form.text, "")
    at_hand = Hand(event=event or None, entry=hand.entry)
    found = Exit(
        on=event,
        when=None if condition is None else read_condition(scope, condition, at_hand),
        same=read_same(scope, part, event, entry=hand.entry),
        is_goal=outcome == "goal",
        outcome="" if outcome == "goal" else outcome,
    )
    part.close()
    return found
