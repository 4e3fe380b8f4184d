"""What somebody got instead of a message that did not go: from the notes alone, nothing guessed.

Three things can be said for certain: that the same message went all the same, by another channel
or later on the same way; which offer stood against it, since the refusal says when that was made;
and which messages used up a cap. Which those were no note lists. They are counted again, from when
each one left, and named only where they come to the number that was noted then, under a rule of
the plan that still says the same. What else went within a day stands beside it and claims nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from legato.core.offers.making import CONTRADICTS
from legato.insight.why.answer import GateLine, Instead, Relation
from legato.insight.why.thread import Thread
from legato.model.definitions.journey import Journey, Send
from legato.model.instant import DAY, Duration, Instant, format_duration, format_instant
from legato.model.note import Settled, Story
from legato.model.plan import Cap, Plan

NEAR: Duration = DAY
NEAR_MAX = 5
"""Of what went within a day: the nearest."""
UNSENT = ("refused", "revoked", "expired", "failed", "bounced", "left", "not_entered")
"""Kinds of answers of which it is asked what there was instead."""
_NOT_SENT = ("failed", "expired", "refused")
"""Outcomes after which a message counts under no cap."""


def instead_of_message(
    thread: Thread, blocking: GateLine | None, *, among: Sequence[Thread], plan: Plan
) -> tuple[Instead, ...]:
    """Return what went instead of a message, what is certain first."""
    others = [one for one in among if one is not thread and _went(one)]
    found: dict[str, Instead] = {}
    for one in others:
        if _is_same(one, thread):
            _keep(found, one, "same")
    if blocking is not None and blocking.code == CONTRADICTS:
        for one in others:
            if _promised(one, blocking):
                _keep(found, one, "offer")
    if blocking is not None and blocking.code == "cap.reached":
        for one in _counted(thread, blocking, others, plan):
            _keep(found, one, "cap")
    return (*found.values(), *_near(thread.decisions[-1][0].at, others, except_for=found))


def instead_of_entering(at: Instant, among: Sequence[Thread]) -> tuple[Instead, ...]:
    """Return what went within a day of when somebody did not come to a message."""
    return tuple(_near(at, [one for one in among if _went(one)], except_for={}))


def _went(thread: Thread) -> bool:
    return thread.kind() in ("sent", "waiting") and not thread.revoked


def _keep(found: dict[str, Instead], thread: Thread, relation: Relation) -> None:
    found.setdefault(thread.delivery_id, _told(thread, relation))


def _told(thread: Thread, relation: Relation) -> Instead:
    row, decided = thread.decisions[-1]
    return Instead(
        relation=relation,
        at=row.at,
        message=thread.message,
        journey=thread.journey,
        channel=decided.channel,
        state=thread.state(),
        delivery_id=thread.delivery_id,
    )


def _is_same(one: Thread, thread: Thread) -> bool:
    """Return whether it is this message again: by another channel, or later on the same way."""
    before = one.before
    while before is not None:
        if before is thread:
            return True
        before = before.before
    mine, theirs = thread.decisions[-1], one.decisions[-1]
    enrollment = mine[1].enrollment_id
    is_way = enrollment is not None and enrollment == theirs[1].enrollment_id
    return is_way and one.message == thread.message and theirs[0].position > mine[0].position


def _promised(one: Thread, blocking: GateLine) -> bool:
    """Return whether the refusal names when this one was decided, and its journey."""
    row, decided = one.decisions[-1]
    return f"which {decided.journey} offered on {format_instant(row.at)} " in blocking.reason


def _counted(
    thread: Thread, blocking: GateLine, others: Sequence[Thread], plan: Plan
) -> list[Thread]:
    """Return the messages that a cap counted; none where it cannot be said which they were."""
    row, decided = thread.decisions[-1]
    name = blocking.definition.removeprefix("policies/cap/")
    cap = next((each for each in plan.policies.caps if each.name == name), None)
    number = blocking.seen.partition(" ")[0]
    if cap is None or blocking.seen != _cap_words(number, cap):
        return []
    found = [one for one in others if _is_under(one, cap, plan) and _counts(one, row, cap)]
    return found if str(len(found)) == number and decided.verdict == "refuse" else []


def _cap_words(number: str, cap: Cap) -> str:
    return f"{number} of {cap.limit} in {format_duration(cap.window)}"


def _is_under(one: Thread, cap: Cap, plan: Plan) -> bool:
    decided = one.decisions[-1][1]
    if cap.channels and decided.channel not in cap.channels:
        return False
    purpose = plan.purposes.get(_purpose(plan, decided.journey, decided.version, decided.step))
    if purpose is None:
        return False
    return purpose.name in cap.purposes if cap.purposes else purpose.is_promotional


def _purpose(plan: Plan, journey: str, version: str, step_id: str) -> str:
    known: tuple[Journey, ...] = (*plan.retired, *plan.journeys.values())
    found = next((one for one in known if (one.name, one.version) == (journey, version)), None)
    step = None if found is None else found.steps.get(step_id)
    return (step.purpose or found.purpose) if found is not None and isinstance(step, Send) else ""


def _counts(one: Thread, row: Story, cap: Cap) -> bool:
    """Return whether a message took its place when another was decided."""
    passed = next((r for r, note in one.decisions if note.verdict == "pass"), None)
    if passed is None or passed.position >= row.position:
        return False
    settled = [(r, note) for r, note in one.settled if r.position < row.position]
    if not settled:
        return True  # what has not left yet will leave
    return _left_at(settled) > row.at - cap.window


def _left_at(settled: Sequence[tuple[Story, Settled]]) -> Instant:
    """Return when a message counts from: each word of its provider moves it, until it is no."""
    if any(note.outcome in _NOT_SENT for _, note in settled):
        return 0
    return max(row.at for row, _ in settled)


def _near(
    at: Instant, others: Sequence[Thread], *, except_for: dict[str, Instead]
) -> Iterator[Instead]:
    near = [
        one
        for one in others
        if one.delivery_id not in except_for and abs(one.decisions[-1][0].at - at) <= NEAR
    ]
    nearest = sorted(near, key=lambda one: abs(one.decisions[-1][0].at - at))[:NEAR_MAX]
    yield from sorted((_told(one, "near") for one in nearest), key=lambda one: one.at)


def words_of(relation: Relation) -> str:
    """Say what a message has to do with the one that did not go."""
    return _WORDS[relation]


_WORDS: dict[Relation, str] = {
    "same": "the same message",
    "offer": "its offer stood against this one",
    "cap": "counted towards the cap",
    "near": "within a day of it",
}
