"""Whether a story came out as it says it must: each expectation against what happened."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, assert_never

from legato.expr.tally import measure
from legato.expr.wall import minute_of_day
from legato.model.consent import EVERY_CHANNEL, ledger_key
from legato.model.instant import MINUTE, Instant, format_duration
from legato.model.note import UNDONE, Decided, Entered, GateSeen, Left, Settled, Story
from legato.model.noun import Noun
from legato.model.problem import Place
from legato.model.state import Enrollment
from legato.plan.scenarios.scenario import (
    Agrees,
    Belongs,
    Cost,
    Count,
    Ends,
    Enters,
    Expectation,
    Expected,
    Messages,
    Refuses,
    Requests,
    Sets,
    Stands,
    TraitIs,
    What,
)
from legato.simulate.lane import Sent
from legato.simulate.scenario.desk import holds
from legato.simulate.scenario.run import Lived
from legato.simulate.scenario.words import shown_value, times, wall

Kind: TypeAlias = Literal["missing", "extra", "other"]


class Miss(Noun, frozen=True, kw_only=True):
    """An expectation that was not met, or a part of one."""

    place: Place
    expected: str
    actual: str
    kind: Kind = "other"
    """`missing`: a message that did not go; `extra`: one that should not have."""
    person: str = ""
    message: str = ""
    """Which is to be explained."""
    at: Instant | None = None
    """Of what went otherwise; None: the end of the story."""


def judge(lived: Lived) -> list[Miss]:
    """Return every way in which a story came out otherwise, in the order of its `then`."""
    return [miss for one in lived.scenario.then for miss in _judge(lived, one)]


def _judge(lived: Lived, one: Expectation) -> list[Miss]:
    match one:
        case Messages():
            return _messages(lived, one)
        case Count():
            return _count(lived, one)
        case Cost():
            return _cost(lived, one)
        case Refuses():
            return _refuses(lived, one)
        case Ends():
            return _ends(lived, one)
        case Stands():
            return _stands(lived, one)
        case Enters():
            return _enters(lived, one)
        case Belongs() | TraitIs() | Agrees():
            return _known(lived, one)
        case Sets():
            return _sets_aside(lived, one)
        case Requests():
            return _requests(lived, one)
        case _:
            assert_never(one)


def is_meant(sent: Sent, what: What) -> bool:
    """Return whether a message is one of those meant."""
    is_message = what.message in ("", sent.delivery.message)
    return is_message and what.channel in ("", sent.delivery.channel)


def _messages(lived: Lived, one: Messages) -> list[Miss]:
    """Compare two lists as people do: what is there in both stays, the rest is missing or extra."""
    sent = lived.sent_to(one.person)
    misses: list[Miss] = []
    for expected, got in aligned(one.items, sent):
        if expected is None and got is not None:
            said = f"no other message than {len(one.items)}" if one.items else "no message"
            misses.append(
                Miss(
                    place=one.place,
                    expected=said,
                    actual=_told(lived, got),
                    kind="extra",
                    person=one.person,
                    message=got.delivery.message,
                    at=got.at,
                )
            )
        elif expected is not None and got is None:
            misses.append(
                Miss(
                    place=expected.place,
                    expected=expectation(lived, expected),
                    actual="it did not go",
                    kind="missing",
                    person=one.person,
                    message=expected.what.message,
                    at=expected.at,
                )
            )
        elif expected is not None and got is not None:
            misses += _timely(lived, one.person, expected, got)
    return misses


def aligned(
    expected: tuple[Expected, ...], sent: list[Sent]
) -> list[tuple[Expected | None, Sent | None]]:
    """Pair what was expected with what went, in order, with as many pairs as there can be."""
    rows, columns = len(expected), len(sent)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            both = (
                best[row + 1][column + 1] + 1 if is_meant(sent[column], expected[row].what) else 0
            )
            best[row][column] = max(both, best[row + 1][column], best[row][column + 1])
    pairs: list[tuple[Expected | None, Sent | None]] = []
    row = column = 0
    while row < rows or column < columns:
        can_pair = row < rows and column < columns
        is_pair = can_pair and is_meant(sent[column], expected[row].what)
        if is_pair and best[row][column] == best[row + 1][column + 1] + 1:
            pairs.append((expected[row], sent[column]))
            row, column = row + 1, column + 1
        elif row < rows and (column == columns or best[row + 1][column] >= best[row][column + 1]):
            pairs.append((expected[row], None))
            row += 1
        else:
            pairs.append((None, sent[column]))
            column += 1
    return pairs


def _timely(lived: Lived, person: str, one: Expected, got: Sent) -> list[Miss]:
    since = got.at - lived.scenario.start
    zone = _zone(lived, person)
    is_timely = (
        (one.within is None or since <= one.within)
        and (one.after is None or since >= one.after)
        and (one.at is None or got.at // MINUTE == one.at // MINUTE)
        and (one.minute is None or minute_of_day(got.at, zone) == one.minute)
    )
    if is_timely:
        return []
    return [
        Miss(
            place=one.place,
            expected=expectation(lived, one),
            actual=f"{_told(lived, got)}, {format_duration(since)} in",
            person=person,
            at=got.at,
        )
    ]


def expectation(lived: Lived, one: Expected) -> str:
    """Say which message is expected, and when."""
    words = str(one.what)
    if one.after is not None:
        words += f" after {format_duration(one.after)}"
    if one.within is not None:
        words += f" within {format_duration(one.within)}"
    if one.at is not None:
        words += f" at {wall(one.at, lived.scenario.zone)}"
    if one.minute is not None:
        words += f" at {one.minute // 60:02}:{one.minute % 60:02}"
    return words


def _told(lived: Lived, sent: Sent) -> str:
    delivery = sent.delivery
    return f"{delivery.message} by {delivery.channel} at {wall(sent.at, lived.scenario.zone)}"


def _zone(lived: Lived, person: str) -> str:
    known = next((one.zone for one in lived.scenario.people if one.name == person), "")
    return known or lived.plan.zone


def _count(lived: Lived, one: Count) -> list[Miss]:
    sent = [got for got in lived.sent_to(one.person) if is_meant(got, one.what)]
    number = len(sent)
    is_met = {
        "never": number == 0,
        "at_most": number <= one.number,
        "at_least": number >= one.number,
        "exactly": number == one.number,
    }[one.how]
    if is_met:
        return []
    how = one.how.replace("_", " ")
    expected = (
        f"never {one.what}" if one.how == "never" else f"{one.what} {how} {times(one.number)}"
    )
    if number < one.number:
        actual = times(number)
        return [
            Miss(
                place=one.place,
                expected=expected,
                actual=actual,
                kind="missing",
                person=one.person,
                message=one.what.message,
            )
        ]
    first = sent[0 if one.how == "never" else one.number]
    return [
        Miss(
            place=one.place,
            expected=expected,
            actual=_told(lived, first)
            if one.how == "never"
            else f"{times(number)}, the last {_told(lived, sent[-1])}",
            kind="extra",
            person=one.person,
            message=first.delivery.message,
            at=first.at,
        )
    ]


def _cost(lived: Lived, one: Cost) -> list[Miss]:
    spent = sum(got.delivery.cost_micros for got in lived.sent_to(one.person))
    if spent <= one.micros:
        return []
    currency = lived.plan.currency
    return [
        Miss(
            place=one.place,
            expected=f"costs at most {one.micros / 1e6:g} {currency}",
            actual=f"{spent / 1e6:g} {currency}",
            person=one.person,
        )
    ]


def _refuses(lived: Lived, one: Refuses) -> list[Miss]:
    closed: list[str] = []
    for row in _since(lived, one.person):
        for note in row.notes:
            closed += _closed_gates(note, one.what)
    if one.gate in closed or (closed and not one.gate):
        return []
    by = f" by {one.gate}" if one.gate else ""
    actual = f"refused by {closed[-1]}" if closed else "it was not refused"
    return [
        Miss(
            place=one.place,
            expected=f"{one.what} refused{by}",
            actual=actual,
            person=one.person,
            message=one.what.message,
        )
    ]


def _closed_gates(note: object, what: What) -> list[str]:
    """Name the gates that closed for a message, at its decision or when it was to leave."""
    match note:
        case Decided(verdict="refuse") if what.message in ("", note.message):
            weighed = [c for c in note.candidates if what.channel in ("", c.channel)]
            return [gate.gate for c in weighed for gate in _refusing(c.gates)]
        case Settled(outcome="refused"):
            by_gates = [gate.gate for gate in _refusing(note.gates)]
            code = note.reason.code.partition(".")[0] if note.reason is not None else ""
            return by_gates or [code]
        case _:
            return []


def _refusing(gates: tuple[GateSeen, ...]) -> list[GateSeen]:
    return [gate for gate in gates if gate.verdict == "refuse"]


def _since(lived: Lived, person: str) -> list[Story]:
    return [row for row in lived.story_of(person) if row.at >= lived.scenario.start]


def _ends(lived: Lived, one: Ends) -> list[Miss]:
    left = [
        (row.at, note)
        for row in lived.story_of(one.person)
        for note in row.notes
        if isinstance(note, Left) and note.outcome != UNDONE and one.journey in ("", note.journey)
    ]
    if left and left[-1][1].outcome == one.outcome and not _is_inside(lived, one):
        return []
    name = one.journey or (left[-1][1].journey if left else "the journey")
    if _is_inside(lived, one):
        at = _standing(lived, one.person, one.journey)
        actual = f"still in it, at step {at.step_id}" if at is not None else "still in it"
    else:
        actual = f"{name} ends: {left[-1][1].outcome}" if left else "it was never entered"
    return [
        Miss(
            place=one.place,
            expected=f"{name} ends: {one.outcome}",
            actual=actual,
            person=one.person,
            at=left[-1][0] if left else None,
        )
    ]


def _is_inside(lived: Lived, one: Ends) -> bool:
    return bool(one.journey) and _standing(lived, one.person, one.journey) is not None


def _standing(lived: Lived, person: str, journey: str) -> Enrollment | None:
    state = lived.states.get(person)
    if state is None:
        return None
    inside = [e for e in state.enrollments if e.journey == journey and e.ended_at is None]
    return inside[-1] if inside else None


def _stands(lived: Lived, one: Stands) -> list[Miss]:
    enrollment = _standing(lived, one.person, one.journey)
    if enrollment is not None and enrollment.step_id == one.step:
        return []
    actual = f"at step {enrollment.step_id}" if enrollment is not None else "not in it"
    return [
        Miss(
            place=one.place,
            expected=f"in {one.journey} at step {one.step}",
            actual=actual,
            person=one.person,
        )
    ]


def _enters(lived: Lived, one: Enters) -> list[Miss]:
    entered = [
        row.at
        for row in _since(lived, one.person)
        for note in row.notes
        if isinstance(note, Entered) and note.journey == one.journey
    ]
    if bool(entered) == one.is_meant:
        return []
    never = "" if one.is_meant else "never "
    actual = f"enters at {wall(entered[0], lived.scenario.zone)}" if entered else "never enters"
    return [
        Miss(
            place=one.place,
            expected=f"{never}enters {one.journey}",
            actual=actual,
            person=one.person,
            at=entered[0] if entered else None,
        )
    ]


def _known(lived: Lived, one: Belongs | TraitIs | Agrees) -> list[Miss]:
    match one:
        case Belongs():
            return _belongs(lived, one)
        case TraitIs():
            return _trait(lived, one)
        case Agrees():
            return _agrees(lived, one)


def _belongs(lived: Lived, one: Belongs) -> list[Miss]:
    state = lived.states.get(one.person)
    is_member = state is not None and one.segment in state.segments
    if is_member == one.is_member:
        return []
    return [
        Miss(
            place=one.place,
            expected=f"{'in' if one.is_member else 'not in'} segment {one.segment}",
            actual=f"{'in' if is_member else 'not in'} it",
            person=one.person,
        )
    ]


def _trait(lived: Lived, one: TraitIs) -> list[Miss]:
    value = _value_of(lived, one)
    if value == one.value:
        return []
    return [
        Miss(
            place=one.place,
            expected=f"{one.trait}: {shown_value(one.value)}",
            actual=f"{one.trait}: {shown_value(value)}",
            person=one.person,
        )
    ]


def _value_of(lived: Lived, one: TraitIs) -> Any:  # noqa: ANN401 - a trait can be anything
    state = lived.states.get(one.person)
    if state is None:
        return None
    computed = lived.plan.computed.get(one.trait)
    if computed is not None:
        tally = state.history.get(computed.slot.slot_id)
        return measure(computed.slot, tally, lived.scenario.end, _zone(lived, one.person))
    trait = state.traits.get(one.trait)
    return trait.value if trait is not None else None


def _agrees(lived: Lived, one: Agrees) -> list[Miss]:
    state = lived.states.get(one.person)
    consents = state.consents if state is not None else {}
    line = consents.get(ledger_key(one.line.purpose, one.line.channel))
    line = line or consents.get(ledger_key(one.line.purpose, EVERY_CHANNEL))
    if line is not None and line.is_granted == one.line.is_granted:
        return []
    about = one.line.purpose
    if one.line.channel != EVERY_CHANNEL:
        about += f" by {one.line.channel}"
    said = "unknown" if line is None else "granted" if line.is_granted else "denied"
    return [
        Miss(
            place=one.place,
            expected=f"{about}: {'granted' if one.line.is_granted else 'denied'}",
            actual=f"{about}: {said}",
            person=one.person,
        )
    ]


def _sets_aside(lived: Lived, one: Sets) -> list[Miss]:
    if any(event == one.event for _, event, _ in lived.quarantined):
        return []
    return [Miss(place=one.place, expected=f"{one.event} in quarantine", actual="nothing is there")]


def _requests(lived: Lived, one: Requests) -> list[Miss]:
    left = [
        each
        for each in lived.left
        if each.destination == one.destination and each.at >= lived.scenario.start
    ]
    found = [each for each in left if one.holds is None or holds(each.request, one.holds)]
    if bool(found) if one.number is None else len(found) == one.number:
        return []
    number = "one" if one.number is None else str(one.number)
    meant = " that hold this" if one.holds is not None else ""
    return [
        Miss(
            place=one.place,
            expected=f"{number} request to {one.destination}{meant}",
            actual=f"{len(found)}, of {len(left)} in all",
            at=left[-1].at if left else None,
        )
    ]
