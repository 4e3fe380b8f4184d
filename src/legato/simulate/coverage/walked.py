"""What stories went through, read from their notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from legato.model.definitions.journey import (
    Branch,
    Call,
    GoTo,
    Journey,
    Leave,
    Send,
    Split,
    Wait,
    WaitFor,
    WaitUntil,
)
from legato.model.note import (
    UNDONE,
    Admitted,
    Decided,
    Entered,
    GateSeen,
    Left,
    Moved,
    NotEntered,
    Settled,
    Story,
)
from legato.model.plan import Plan
from legato.simulate.coverage.ways import ENTRY, Measure, Way, exit_name

_CONSENT_OF = {"consent.missing": "unknown", "consent.withdrawn": "denied"}


def walked(plan: Plan, stories: Iterable[Story]) -> dict[Way, None]:
    """Return everything that notes tell to have been gone through."""
    found: dict[Way, None] = {}
    sends: dict[str, tuple[str, str, str]] = {}
    for story in stories:
        name = next((note.name for note in story.notes if isinstance(note, Admitted)), "")
        for note in story.notes:
            match note:
                case Entered() | NotEntered() | Moved() | Left() if note.journey in plan.journeys:
                    journey = plan.journeys[note.journey]
                    found.update(dict.fromkeys(_in_journey(journey, note, name)))
                case Decided() if note.journey in plan.journeys:
                    journey = plan.journeys[note.journey]
                    found.update(dict.fromkeys(_decided(plan, journey, note)))
                    purpose = _purpose(journey, note.step)
                    sends[note.delivery_id] = (note.journey, purpose, note.channel)
                case Settled() if note.delivery_id in sends:
                    found.update(dict.fromkeys(_settled(note, *sends[note.delivery_id])))
                case _:
                    pass
    return found


def _in_journey(
    journey: Journey, note: Entered | NotEntered | Moved | Left, event: str
) -> Iterator[Way]:
    def way(measure: Measure, at: str, how: str = "") -> Way:
        return Way(measure=measure, journey=journey.name, at=at, how=how)

    match note:
        case Entered():
            yield way("edges", ENTRY)
            yield way("guards", ENTRY, "true")
            yield way("steps", journey.first)
        case NotEntered():
            if note.reason.code == "entry.condition":
                yield way("guards", ENTRY, "false")
        case Moved():
            yield way("steps", note.to_step)
            yield from _out_of(journey, note, event)
            for number, leave in enumerate(journey.exits, 1):
                if leave.when is not None:
                    yield way("guards", exit_name(number), "false")
        case Left() if note.outcome != UNDONE:
            yield way("steps", note.step)
            if isinstance(journey.steps.get(note.step), Leave):
                yield way("edges", note.step, "leave")
            yield from _by_exit(journey, note)
        case Left():
            pass


def _by_exit(journey: Journey, note: Left) -> Iterator[Way]:
    """Yield the way by which somebody left from wherever they were."""
    code = note.reason.code if note.reason is not None else ""
    if note.reason is None or code not in ("journey.goal", "journey.exit"):
        return
    for number, leave in enumerate(journey.exits, 1):
        what = f"{leave.on} happened" if leave.on else "a leave condition holds"
        outcome = "goal" if leave.is_goal else leave.outcome or "exit"
        if (what, outcome) != (note.reason.what, note.outcome):
            continue
        at = exit_name(number)
        yield Way(measure="edges", journey=journey.name, at=at, how="")
        if leave.when is not None:
            yield Way(measure="guards", journey=journey.name, at=at, how="true")
        break
    yield Way(measure="orders", journey=journey.name, at=note.step, how="event first")


def _out_of(journey: Journey, note: Moved, event: str) -> Iterator[Way]:
    """Yield which way out of a step was taken, and what that says of guards and of time."""
    how = _way_out(journey, note, event)

    def way(measure: Measure, how: str) -> Way:
        return Way(measure=measure, journey=journey.name, at=note.from_step, how=how)

    yield way("edges", how)
    match journey.steps.get(note.from_step):
        case Branch() if how in ("yes", "no"):
            yield way("guards", "true" if how == "yes" else "false")
        case Call() if how.startswith("answer"):
            yield way("guards", "true")
        case Call() if how == "another answer":
            yield way("guards", "false")
        case WaitFor():
            yield way("orders", "timer first" if note.why == "timeout" else "event first")
        case Wait() | WaitUntil():
            yield way("orders", "timer first")
        case _:
            pass


def _way_out(journey: Journey, note: Moved, event: str) -> str:
    match journey.steps.get(note.from_step):
        case WaitFor() as step:
            return _case_of(step, note, event)
        case Branch():
            return note.why if note.why in ("yes", "no") else "stale"
        case Split():
            return note.why.partition(" (")[0]
        case Call() as step:
            if note.why != "answer":
                return "another answer" if note.why == "another answer" else "failed"
            numbers = [n for n, (_, to) in enumerate(step.answers, 1) if to == note.to_step]
            return f"answer {numbers[0]}" if numbers else ""
        case GoTo():
            return "jump" if note.why == "go to" else "past"
        case _:
            return "on"


def _case_of(step: WaitFor, note: Moved, event: str) -> str:
    """Return which case was taken: what happened in this step says it, where several could be."""
    for number, case in enumerate(step.cases, 1):
        is_kind = {
            "event": bool(case.on) and (case.on == event),
            "confirmed already": bool(case.on),
            "condition": not case.on and case.when is not None,
            "timeout": case.after is not None,
        }.get(note.why, False)
        if is_kind and case.next == note.to_step:
            return f"case {number}"
    return ""


def _decided(plan: Plan, journey: Journey, note: Decided) -> Iterator[Way]:
    purpose = _purpose(journey, note.step)
    declared = plan.purposes.get(purpose)
    if declared is None or declared.basis != "consent":
        return
    for candidate in note.candidates:
        yield from _consent(journey.name, f"{purpose} by {candidate.channel}", candidate.gates)


def _settled(note: Settled, journey: str, purpose: str, channel: str) -> Iterator[Way]:
    yield from _consent(journey, f"{purpose} by {channel}", note.gates)


def _consent(journey: str, at: str, gates: tuple[GateSeen, ...]) -> Iterator[Way]:
    for gate in gates:
        if gate.gate != "consent":
            continue
        code = gate.reason.code if gate.reason is not None else ""
        state = "granted" if gate.verdict == "pass" else _CONSENT_OF.get(code, "")
        yield Way(measure="consents", journey=journey, at=at, how=state)


def _purpose(journey: Journey, step_id: str) -> str:
    step = journey.steps.get(step_id)
    return (step.purpose if isinstance(step, Send) else "") or journey.purpose
