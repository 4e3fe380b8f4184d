"""A recorded decision taken again, with one thing otherwise than it was.

A person's records are lived again up to the step that decided. Where that decides as it did then,
the same step is taken once more from the same state for each change; where it does not (records
are gone, or another plan held before), nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from legato.core.exchange import Keys, Loaded, Result
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.fold.past import Past
from legato.fold.relive import Life
from legato.model.consent import ConsentLine
from legato.model.event import ConsentSaid, Event
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import Candidate, Decided
from legato.model.noun import Noun
from legato.model.plan import Plan, Policies
from legato.model.problem import Reason
from legato.model.state import State, decode_state, encode_state

RECORDS_MAX = 2_000
"""Records lived again for one answer: about 100 us each."""


class Otherwise(Noun, frozen=True, kw_only=True):
    """What would have let it pass: one change, or several together."""

    changes: tuple[str, ...]
    channel: str
    at: Instant


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was otherwise."""

    words: str
    plan: Callable[[Plan], Plan] | None = None
    states: Callable[[Program, dict[PersonId, State], Instant], None] | None = None


class _Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The step that decided, before it was taken."""

    keys: Keys
    pointers: dict[str, PersonId]
    states: dict[PersonId, bytes]
    event: Event
    now: Instant


def what_if(
    program: Program, past: Past, person_id: PersonId, decided: Decided, at: Instant
) -> tuple[Otherwise, ...] | None:
    """Return each single change that would have sent it; else all together, if that would.

    None where the decision cannot be taken again as it was.
    """
    if decided.plan != program.digest:
        return None
    scene = _scene(program, past, person_id, decided, at)
    if scene is None:
        return None
    changes = list(_changes(decided))
    single = [one for each in changes if (one := _try(program, scene, decided, [each]))]
    if single or len(changes) < 2:  # noqa: PLR2004 - one alone was tried
        return tuple(single)
    together = _try(program, scene, decided, changes)
    return (together,) if together is not None else ()


def _scene(
    program: Program, past: Past, person_id: PersonId, decided: Decided, at: Instant
) -> _Scene | None:
    """Return the step that decides as was recorded, or None where none does."""
    found: list[_Scene] = []

    def act(loaded: Loaded, event: Event, now: Instant) -> Result:
        scene = _Scene(
            keys=loaded.keys,
            pointers=dict(loaded.pointers),
            states={one: encode_state(state) for one, state in loaded.states.items()},
            event=event,
            now=now,
        )
        result = step(program, loaded, event, now)
        if (again := _decision(result, decided.delivery_id)) and _is_alike(again, decided):
            found.append(scene)
        return result

    life = Life(program, past, (person_id, PersonId("")), act)
    for count, (position, event) in enumerate(past.of(person_id)):
        if count >= RECORDS_MAX:
            return None
        if event.received_at > at:
            break
        life.live(position, event)
    life.ring(at)
    return found[-1] if found else None


def _decision(result: Result, delivery_id: DeliveryId) -> Decided | None:
    mine = [
        note
        for note in result.notes
        if isinstance(note, Decided) and note.delivery_id == delivery_id
    ]
    return mine[-1] if mine else None


def _is_alike(one: Decided, other: Decided) -> bool:
    return one.verdict == other.verdict and _verdicts(one) == _verdicts(other)


def _verdicts(decided: Decided) -> list[tuple[str, list[tuple[str, str, str]]]]:
    return [
        (each.channel, [(gate.gate, gate.verdict, gate.seen) for gate in each.gates])
        for each in decided.candidates
    ]


def _try(
    program: Program, scene: _Scene, decided: Decided, changes: Sequence[Change]
) -> Otherwise | None:
    """Take the step once more with some changes."""
    plan = program.plan
    for change in changes:
        plan = change.plan(plan) if change.plan is not None else plan
    changed = Program(plan) if plan is not program.plan else program
    changed.paused = program.paused
    states = {one: decode_state(data) for one, data in scene.states.items()}
    for change in changes:
        if change.states is not None:
            change.states(changed, states, scene.now)
    loaded = Loaded(keys=scene.keys, pointers=dict(scene.pointers), states=states)
    again = _decision(step(changed, loaded, scene.event, scene.now), decided.delivery_id)
    if again is None or again.verdict != "pass":
        return None
    words = tuple(change.words for change in changes)
    return Otherwise(changes=words, channel=again.channel, at=scene.now)


def _changes(decided: Decided) -> Iterator[Change]:
    """Yield what could have been otherwise, each once, in the order in which gates are read."""
    known: dict[str, bool] = {}
    for candidate in decided.candidates:
        for gate in candidate.gates:
            reason = gate.reason if gate.verdict != "pass" else None
            change = _change(candidate, gate.gate, reason) if reason is not None else None
            if change is not None and change.words not in known:
                known[change.words] = True
                yield change


def _change(candidate: Candidate, gate: str, reason: Reason) -> Change | None:
    name = reason.definition.rpartition("/")[2]
    if gate == "consent":
        words = f"a consent to {name} by {candidate.channel}"
        return Change(words=words, states=_granting(name, candidate.channel))
    if reason.code == "suppression.listed":
        return Change(words="the address not suppressed", states=_lifting)
    words = {
        "cap": f"one more allowed by cap {name}",
        "quiet_hours": f"no quiet hours {name}",
        "state": f"not being so: {reason.what}",
        "holdout": f"not being drawn into {name}",
    }.get(gate)
    if words is None:
        return None
    return Change(words=words, plan=lambda was: _without(was, gate, name))


def _without(plan: Plan, gate: str, name: str) -> Plan:
    was = plan.policies
    policies: Policies = msgspec.structs.replace(
        was,
        caps=tuple(
            msgspec.structs.replace(cap, limit=cap.limit + 1)
            if gate == "cap" and cap.name == name
            else cap
            for cap in was.caps
        ),
        quiet_hours=tuple(q for q in was.quiet_hours if gate != "quiet_hours" or q.name != name),
        state_rules=tuple(r for r in was.state_rules if gate != "state" or r.name != name),
        holdouts=tuple(h for h in was.holdouts if gate != "holdout" or h.name != name),
    )
    return msgspec.structs.replace(plan, policies=policies)


def _lifting(_: Program, states: dict[PersonId, State], __: Instant) -> None:
    for state in states.values():
        state.suppressed = {}


def _granting(
    purpose: str, channel: str
) -> Callable[[Program, dict[PersonId, State], Instant], None]:
    """Have everybody there say yes just before."""

    def say(program: Program, states: dict[PersonId, State], now: Instant) -> None:
        for person_id, state in list(states.items()):
            said = ConsentSaid(
                event_id=EventId("what_if"),
                received_at=now,
                occurred_at=now,
                person_id=person_id,
                lines=(ConsentLine(purpose=purpose, is_granted=True, channel=channel),),
                source="api",
            )
            loaded = Loaded(keys=reads(program, said), states={person_id: state})
            after = step(program, loaded, said, now).state
            if after is not None:
                states[person_id] = after

    return say
