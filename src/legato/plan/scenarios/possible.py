"""What a scenario expects and can never be, whatever the engine does."""

from __future__ import annotations

from collections import Counter

from legato.expr.calendar import Calendar
from legato.model.definitions.journey import Journey
from legato.model.event import NAME_OF_KIND
from legato.model.instant import Duration
from legato.model.plan import Plan
from legato.model.problem import Place
from legato.plan import form
from legato.plan.findings import Findings, nearest
from legato.plan.scenarios.names import Names
from legato.plan.scenarios.scenario import (
    Applies,
    Calls,
    Cost,
    Count,
    Does,
    Ends,
    Enters,
    Expectation,
    Expected,
    Messages,
    Refuses,
    Scenario,
    Stands,
    What,
)
from legato.plan.scenarios.then import outcomes_of

_IDENTIFIED = NAME_OF_KIND["identify"]


def report_impossible(names: Names, scenario: Scenario) -> None:
    """Report expectations that no run could meet."""
    if any(isinstance(one, Applies) for one in scenario.happenings):
        return  # under the other plan it may
    for person in scenario.people:
        mine = [one for one in scenario.then if getattr(one, "person", "") == person.name]
        _report_unbegun(names, scenario, person.name, mine)
        _report_unsendable(names, mine)
        _report_contradictions(names.findings, names.plan, mine)
        _report_too_late(names.findings, scenario, mine)
    for one in scenario.then:
        match one:
            case Ends(journey=""):
                _report_outcome(names, scenario, one)
            case _:
                pass


def _report_unbegun(names: Names, scenario: Scenario, person: str, then: list[Expectation]) -> None:
    """Report what needs a journey whose entry never happens."""
    begun = _begun(names.plan, scenario, person)
    for one in then:
        match one:
            case Ends(journey=name) | Stands(journey=name) | Enters(journey=name, is_meant=True):
                if name and name not in begun:
                    _unbegun(names, one.place, f"{name} cannot begin", [name])
            case Messages():
                for item in one.items:
                    _report_unsent(names, item.what, item.place, begun)
            case Refuses():
                _report_unsent(names, one.what, one.place, begun)
            case Count(how="exactly" | "at_least") if one.number:
                _report_unsent(names, one.what, one.place, begun)
            case _:
                pass


def _report_unsent(names: Names, what: What, place: Place, begun: dict[str, None]) -> None:
    senders = [journey.name for journey in names.senders(what)]
    if senders and not any(name in begun for name in senders):
        _unbegun(names, place, f"nothing can send {what}", senders)


def _unbegun(names: Names, place: Place, what: str, journeys: list[str]) -> None:
    plan = names.plan
    needed = dict.fromkeys(_entry_of(plan, name) for name in journeys)
    names.findings.report(
        "G305",
        place,
        f"{what} here: {' or '.join(journeys)} begins with {' or '.join(needed)}, and that never "
        "happens in this story",
        f"let it happen under `when`: {next(iter(needed))}",
    )


def _entry_of(plan: Plan, journey: str) -> str:
    entry = plan.journeys[journey].entry
    if entry.kind == "schedule":
        return f"`put into {journey}` or its schedule"
    return f"`{entry.on}`" if entry.on else f"`put into {journey}`"


def _begun(plan: Plan, scenario: Scenario, person: str) -> dict[str, None]:
    """Return the journeys that what happens could begin. Segments may, whatever happens."""
    events = {_IDENTIFIED: None}
    called: dict[str, None] = {}
    for one in scenario.happenings:
        match one:
            case Does() if one.person == person:
                events[one.event] = None
            case Calls() if one.person == person:
                called[one.journey] = None
            case _:
                pass
    mapped = {mapping.event for mapping in plan.mappings.values()}
    return {
        journey.name: None
        for journey in plan.journeys.values()
        if journey.entry.kind == "segment"
        or journey.entry.on in events
        or journey.entry.on in mapped
        or _is_told(plan, journey.entry.on)
        or journey.name in called
        or _comes_round(plan, journey, scenario)
    }


def _comes_round(plan: Plan, journey: Journey, scenario: Scenario) -> bool:
    """Return whether a journey's schedule does, from the first thing that happens to the end."""
    if journey.entry.kind != "schedule":
        return False
    begin = min((scenario.start, *(one.at for one in scenario.happenings)))
    next_at = Calendar(journey.entry.rrule, plan.zone).next(begin - 1)
    return next_at is not None and next_at <= scenario.end


def _is_told(plan: Plan, event: str) -> bool:
    """Return whether a provider's call may be such an event."""
    hooked = (one.hook.event for one in plan.sources.values() if one.hook is not None)
    inbound = any(one.inbound is not None for one in plan.sources.values())
    return event in tuple(hooked) or (inbound and event in plan.events)


def _report_unsendable(names: Names, then: list[Expectation]) -> None:
    """Report messages by a channel that no journey sends them by."""
    for what, place in _wanted(then):
        if not what.channel or names.senders(what) or not names.senders(What(message=what.message)):
            continue
        sends = [s for j in names.senders(What(message=what.message)) for s in j.steps.values()]
        ways = dict.fromkeys(
            channel
            for step in sends
            if getattr(step, "message", None) == what.message
            for channel in getattr(step, "channels", ())
        )
        names.findings.report(
            "G305",
            place,
            f"no journey sends {what.message} by {what.channel}",
            f"it goes by {form.listed(ways)}",
        )


def _wanted(then: list[Expectation]) -> list[tuple[What, Place]]:
    found: list[tuple[What, Place]] = []
    for one in then:
        match one:
            case Messages():
                found += [(item.what, item.place) for item in one.items]
            case Count(how="exactly" | "at_least") if one.number:
                found.append((one.what, one.place))
            case Refuses():
                found.append((one.what, one.place))
            case _:
                pass
    return found


def _report_contradictions(findings: Findings, plan: Plan, then: list[Expectation]) -> None:
    """Report numbers that no run can have at once, and two ends of one passage."""
    items = [item for one in then if isinstance(one, Messages) for item in one.items]
    has_list = any(isinstance(one, Messages) for one in then)
    for one in (one for one in then if isinstance(one, Count)):
        sure = sum(_is_within(item.what, one.what) for item in items)
        possible = sum(_may_be(item.what, one.what) for item in items) if has_list else None
        _report_count(findings, one, sure, possible, then)
    least = sum(_price(plan, item) for item in items)
    for one in (one for one in then if isinstance(one, Cost)):
        if one.micros < least:
            what = f"the messages expected cost {least / 1e6:g} at least"
            findings.report("G306", one.place, what, "allow that much, or expect fewer messages")
    ended = {one.journey: one for one in then if isinstance(one, Ends)}
    for one in (one for one in then if isinstance(one, Stands)):
        if one.journey in ended:
            what = f"{one.journey} cannot have ended, and stand at `{one.step}` too"
            findings.report("G306", one.place, what, "keep one of the two")
    entered = Counter((one.journey) for one in then if isinstance(one, Enters) and not one.is_meant)
    for one in then:
        if isinstance(one, Ends | Stands) and entered[one.journey]:
            what = f"{one.journey} cannot be entered never, and be stood in or end"
            findings.report("G306", one.place, what, "keep one of the two")


def _report_count(
    findings: Findings, one: Count, sure: int, possible: int | None, then: list[Expectation]
) -> None:
    most = 0 if one.how == "never" else one.number
    if one.how in ("never", "at_most", "exactly") and sure > most:
        what = f"`messages` expects {one.what} {_times(sure)}, and this {_times(most)} at most"
        findings.report("G306", one.place, what, "change one of the two")
    elif one.how in ("at_least", "exactly") and possible is not None and possible < one.number:
        what = f"`messages` expects {one.what} {_times(possible)} at most, and this more often"
        findings.report("G306", one.place, what, "change one of the two")
    if one.how not in ("at_least", "exactly"):
        return
    for other in (other for other in then if isinstance(other, Count)):
        limit = 0 if other.how == "never" else other.number
        is_limit = other.how in ("never", "at_most") and _is_within(one.what, other.what)
        if is_limit and one.number > limit:
            what = f"{one.what} {_times(one.number)} is more than {_times(limit)}"
            findings.report("G306", one.place, what, f"change this or {other.place}")


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _is_within(one: What, other: What) -> bool:
    """Return whether all that one means is meant by the other."""
    is_message = other.message in ("", one.message)
    return is_message and other.channel in ("", one.channel)


def _may_be(one: What, other: What) -> bool:
    is_message = "" in (one.message, other.message) or one.message == other.message
    return is_message and ("" in (one.channel, other.channel) or one.channel == other.channel)


def _price(plan: Plan, item: Expected) -> int:
    prices = [c.cost_micros for c in plan.channels.values() if item.what.channel in ("", c.name)]
    return min(prices, default=0)


def _report_too_late(findings: Findings, scenario: Scenario, then: list[Expectation]) -> None:
    """Report messages that are expected after the story is over."""
    length: Duration = scenario.end - scenario.start
    for one in then:
        for item in one.items if isinstance(one, Messages) else ():
            is_late = item.at is not None and item.at > scenario.end
            if is_late or (item.after is not None and item.after > length):
                findings.report(
                    "G302",
                    item.place,
                    "this is expected after the story is over",
                    "let time pass: end `when` with a line such as `after 2d`",
                )


def _report_outcome(names: Names, scenario: Scenario, one: Ends) -> None:
    """Report an outcome that none of the journeys which may begin here has."""
    begun = _begun(names.plan, scenario, one.person)
    journeys = [j for j in names.plan.journeys.values() if j.name in begun]
    known = [outcome for journey in journeys for outcome in outcomes_of(journey)]
    if one.outcome in known:
        return
    near = nearest(one.outcome, known)
    names.findings.report(
        "N202",
        one.place,
        f"no journey that may begin here ends in `{one.outcome}`",
        f"did you mean `{near}`?" if near else f"use {form.listed(dict.fromkeys(known))}",
    )
