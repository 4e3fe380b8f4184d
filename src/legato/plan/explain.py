"""A journey and a segment as people would tell them: sentences, and an outline of the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from legato.expr.english import WEEKDAYS, listed, sentence
from legato.model.definitions.journey import (
    END,
    Audience,
    Branch,
    Call,
    Entry,
    Exit,
    Freshness,
    GoTo,
    Journey,
    JourneyStep,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.definitions.stream import Stream
from legato.model.instant import format_duration
from legato.model.plan import SegmentType
from legato.model.rule import Rule
from legato.plan.rules.journeys.flow import successors
from legato.plan.rules.journeys.steps import UNBOUNDED


def stream_text(stream: Stream | None) -> str:
    """Tell which events a destination gets."""
    if stream is None:
        return "gets no events"
    names = _quoted(stream.only) if stream.only else "all events"
    but = f" but {_quoted(stream.apart_from)}" if stream.apart_from else ""
    parts = [f"gets {names}{but} for {stream.purpose}"]
    if stream.types:
        parts.append(f"of the type {listed(stream.types)}")
    if stream.sources:
        parts.append(f"from {listed(stream.sources)}")
    if stream.when is not None:
        parts.append(f"when {sentence(stream.when)}")
    if stream.without:
        parts.append(f"without {listed(stream.without, 'and')}")
    if stream.late == "drop":
        parts.append("unless they come too late")
    if stream.unchanged == "drop":
        parts.append("of identify and group those that say something new")
    return ", ".join(parts)


def _quoted(names: Sequence[str]) -> str:
    return listed([f"'{name}'" for name in names], "and")


def journey_text(journey: Journey) -> str:
    """Tell a journey: who comes in, how they leave, and what happens in between."""
    purpose = f", for {journey.purpose}" if journey.purpose else ""
    lines = [
        f"{journey.title} ({journey.name}), kept by {journey.owner}{purpose}",
        "",
        f"Begins {entry_text(journey.entry)}.",
        *(f"{exit_text(way)}." for way in journey.exits),
        "",
        *outline(journey),
    ]
    return "\n".join(lines) + "\n"


def segment_text(segment: SegmentType) -> str:
    """Tell who is in a segment."""
    owner = f", kept by {segment.owner}" if segment.owner else ""
    lines = [
        f"{segment.title or segment.name} ({segment.name}){owner}",
        "",
        f"Holds everyone of whom this is true: {sentence(segment.rule)}.",
    ]
    if segment.destinations:
        lines.append(f"Kept in step with {listed(segment.destinations, 'and')}.")
    return "\n".join(lines) + "\n"


def entry_text(entry: Entry) -> str:
    """Say how people come in, after 'begins'."""
    match entry.kind:
        case "event":
            how = f"when {entry.on} happens"
        case "segment":
            how = f"when someone enters the segment {entry.on}"
        case "schedule":
            who = f"everyone in the segment {entry.segment}" if entry.segment else "everyone"
            how = f"on schedule ({entry.rrule}) for {who}"
        case "api":
            how = "when it is called"
    guard = f", if {sentence(entry.when)}" if entry.when is not None else ""
    key = f"; one passage for each {entry.key}" if entry.key else ""
    return f"{how}{guard}{key}; {again_text(entry)}"


def again_text(entry: Entry) -> str:
    """Say how often the same person may come in."""
    match entry.again:
        case "once":
            return "once only"
        case "after_exit":
            return "again once they have left"
        case "cooldown":
            return f"again {format_duration(entry.cooldown)} after the last entry"
        case "concurrent":
            return "again at any time"


def exit_text(way: Exit) -> str:
    """Say one way to leave."""
    outcome = "with its goal reached" if way.is_goal else f'as "{way.outcome}"'
    said = outcome if way.is_goal or way.outcome else "quietly"
    if not way.on:
        return f"Ends {said} as soon as this holds: {_rule(way.when)}"
    return f"Ends {said} when {_event(way.on, way.same, way)}"


def outline(journey: Journey) -> list[str]:
    """Return a line for each step, in the order in which people come to them."""
    order = reading_order(journey)
    lines: list[str] = []
    for index, step_id in enumerate(order):
        step = journey.steps[step_id]
        following = order[index + 1] if index + 1 < len(order) else END
        lines.append(f"[{step_id}] {step_text(step)}{_onward(step, following)}")
        lines += [f"    {line}" for line in _branches(step)]
    return lines or ["Nothing happens in it."]


def step_text(step: JourneyStep) -> str:
    """Say what one step does, after 'it'."""
    match step:
        case Wait():
            return f"waits {format_duration(step.duration)}"
        case WaitUntil():
            days = listed([WEEKDAYS[day] for day in step.weekdays]) if step.weekdays else "any day"
            return f"waits until {step.minute // 60:02d}:{step.minute % 60:02d} on {days}"
        case WaitFor():
            return "waits for a confirmation" if step.is_confirmation else "waits for the first of"
        case Branch():
            return f"asks: {sentence(step.when)}?"
        case Split():
            return "splits people by chance, the same person always the same way"
        case Send():
            return _send(step)
        case SetTrait():
            return f"sets {listed(list(step.traits), 'and')}"
        case Audience():
            verb = "puts them on" if step.operation == "join" else "takes them off"
            return f"{verb} the audience {step.audience}"
        case Call():
            return f"calls {step.destination} and waits up to {format_duration(step.timeout)}"
        case GoTo():
            bound = "" if step.at_most >= UNBOUNDED else f", at most {step.at_most} times"
            return f"goes to [{step.target}]{bound}"
        case Leave():
            return f"ends: {step.outcome}"
        case _:
            assert_never(step)


def ways(step: JourneyStep) -> list[tuple[str, str]]:
    """Return the ways on from a step that has several: when each is taken, and where it goes."""
    match step:
        case WaitFor():
            return [(_case(case), case.next) for case in step.cases]
        case Branch():
            answers = [("yes", step.then), ("no", step.otherwise)]
            return answers if step.stale is None else [*answers, (_stale(step), step.stale)]
        case Split():
            return [(f"{arm.share:.0%} {arm.name}", arm.next) for arm in step.arms]
        case Call():
            answers = [(f"if {sentence(rule)}", goal) for rule, goal in step.answers]
            return [
                *answers,
                ("any other answer", step.otherwise),
                ("no answer", step.failed),
            ]
        case _:
            return []


def _send(step: Send) -> str:
    if len(step.channels) == 1:
        channel = step.channels[0]
    elif step.prefer == "cheapest":
        channel = f"the cheapest of {listed(step.channels)}"
    else:
        channel = f"the first possible of {listed(step.channels)}"
    about = f", about {step.about}" if step.about else ""
    limit = format_duration(step.expires)
    offer = f", offering {step.offer}" if step.offer else ""
    what = f"sends {step.message} by {channel} for {step.purpose}{about}{offer}, within {limit}"
    return what + _others(step)


def _others(step: Send) -> str:
    if not step.fall_back:
        return ""
    slow = format_duration(step.fall_back)
    return f"; by another of them if one fails or does not take it within {slow}"


def _branches(step: JourneyStep) -> list[str]:
    return [f"{when} → {_target(goal)}" for when, goal in ways(step)]


def _stale(step: Branch) -> str:
    limits = [f"{each.trait}: {_limits(each)}" for each in step.fresh_for]
    return f"too old to say ({'; '.join(limits)})"


def _limits(limit: Freshness) -> str:
    limits = [f"{format_duration(age)} in {name}" for name, age in limit.segments.items()]
    if limit.otherwise:
        limits.append(f"{format_duration(limit.otherwise)}{' otherwise' if limits else ''}")
    return ", ".join(limits)


def _case(case: WaitCase) -> str:
    if case.after is not None:
        return f"after {format_duration(case.after)}"
    bound = f" (at most {case.at_most} times)" if case.at_most else ""
    if not case.on:
        return f"as soon as this holds: {_rule(case.when)}{bound}"
    source = f" from {case.source}" if case.source else ""
    return f"{_event(case.on, case.same, case)}{source}{bound}"


def _event(name: str, same: str, way: Exit | WaitCase) -> str:
    shared = f" with the same {same}" if same else ""
    guard = f", if {sentence(way.when)}" if way.when is not None else ""
    return f"{name} happens{shared}{guard}"


def _rule(rule: Rule | None) -> str:
    return "always" if rule is None else sentence(rule)


def _onward(step: JourneyStep, following: str) -> str:
    """Say where it goes next, unless that is the line below."""
    goals = successors(step)
    if len(goals) != 1 or goals[0] == following or isinstance(step, WaitFor | GoTo):
        return ""
    return f" → {_target(goals[0])}"


def _target(step_id: str) -> str:
    return f"[{step_id}]" if step_id != END else "the end"


def reading_order(journey: Journey) -> list[str]:
    """Return the steps as they were written, or with forks before what follows them."""
    done: dict[str, None] = {}
    order: list[str] = []
    stack: list[tuple[str, bool]] = [(journey.first, False)]
    while stack:
        step_id, is_left = stack.pop()
        if is_left:
            order.append(step_id)
            continue
        if step_id in done or step_id not in journey.steps:
            continue
        done[step_id] = None
        stack.append((step_id, True))
        stack.extend((goal, False) for goal in successors(journey.steps[step_id]))
    order.reverse()
    return sorted(order, key=lambda step_id: _line(journey, step_id))


def _line(journey: Journey, step_id: str) -> int:
    line = journey.places.get(step_id, "").rpartition(":")[2]
    return int(line) if line.isdigit() else 0
