"""What of a recorded decision could have been otherwise: each of its inputs that kept it closed.

An input is of the person (a consent, an address, a trait, a membership) or of the plan (a cap,
quiet hours, a rule). Values that are made up stand for any: whether they help, the step says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import msgspec

from legato.core.exchange import Loaded
from legato.core.privacy.uses import facts_of_content
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.expr.depends import leaves
from legato.model.consent import ConsentLine
from legato.model.delivery import Delivery
from legato.model.event import ConsentSaid, Event
from legato.model.ids import EventId, PersonId
from legato.model.instant import DAY, Instant
from legato.model.note import Decided, GateSeen
from legato.model.plan import Plan, Policies
from legato.model.problem import Reason
from legato.model.rule import InSegment, Rule, TraitIs
from legato.model.state import State, Trait

States: TypeAlias = dict[PersonId, State]

WHILE_HELD = "expiry.while_held"
LONG = 30 * DAY
"""To live, for what may live longer than it did."""
ANY_ADDRESS = "somebody@example.invalid"
"""No number: from a number it would be told where somebody lives, and when they sleep."""
_SAMPLES: dict[object, Any] = {
    "number": 1,
    "integer": 1,
    "boolean": True,
    "array": [],
    "object": {},
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was otherwise."""

    words: str
    plan: Callable[[Plan], Plan] | None = None
    program: Callable[[Program], None] | None = None
    """What an operator could have had otherwise."""
    states: Callable[[Program, States, Instant], None] | None = None
    event: Callable[[Event], Event | None] | None = None
    """What came, in another shape; None: it did not come."""


def changes(program: Program, decided: Decided, states: Iterable[State]) -> list[Change]:
    """Return what could have been otherwise, each once, in the order in which gates are read."""
    people = list(states)
    found: dict[str, Change] = {}
    for candidate in decided.candidates:
        for one in of_gates(program.plan, candidate.channel, candidate.gates, people):
            found.setdefault(one.words, one)
    if decided.reason is not None and decided.reason.code == "template.failed":
        for one in _of_template(program.plan, decided.message, people):
            found.setdefault(one.words, one)
    return list(found.values())


def of_gates(
    plan: Plan, channel: str, gates: Iterable[GateSeen], people: list[State]
) -> Iterator[Change]:
    """Yield what could have been otherwise where these gates did not let something pass."""
    for gate in gates:
        if gate.verdict != "pass" and gate.reason is not None:
            yield from _of_gate(plan, channel, gate.gate, gate.reason, people)
            if gate.gate == "expiry" or gate.reason.code == WHILE_HELD:
                yield Change(words="a longer time to live", states=_living_longer)


def _of_gate(
    plan: Plan, channel: str, gate: str, reason: Reason, people: list[State]
) -> Iterator[Change]:
    name = reason.definition.rpartition("/")[2]
    match gate:
        case "consent":
            words = f"a consent to {name} by {channel}"
            yield Change(words=words, states=_granting(name, channel))
        case "reachable" if channel in plan.channels:
            address = plan.channels[channel].address
            where = address if address.startswith("identifier:") else f"trait {address}"
            yield Change(words=f"an address for {channel} ({where})", states=_address(address))
        case "suppression":
            yield Change(words="the address not suppressed", states=_lifting)
        case "state":
            yield from _of_state_rule(plan, name, reason, people)
        case "offer" if reason.code == "offer.contradicts":
            yield Change(words="no offer that contradicts it", states=_freeing)
        case "cap":
            yield Change(words=f"one more allowed by cap {name}", plan=_without("cap", name))
        case "quiet_hours":
            yield Change(words=f"no quiet hours {name}", plan=_without(gate, name))
        case "holdout":
            yield Change(words=f"not being drawn into {name}", plan=_without(gate, name))
        case _:
            return


def _of_state_rule(plan: Plan, name: str, reason: Reason, people: list[State]) -> Iterator[Change]:
    rule = next((one for one in plan.policies.state_rules if one.name == name), None)
    asked = list(leaves(rule.when)) if rule is not None else []
    others = [leaf for leaf in asked if not _is_input(plan, leaf)]
    for leaf in asked:
        match leaf:
            case InSegment():
                is_in = any(leaf.name in state.segments for state in people)
                words = f"not being in segment {leaf.name}" if is_in else f"segment {leaf.name}"
                yield Change(words=words, states=_membership(leaf.name, is_in=not is_in))
            case TraitIs() if leaf.name in plan.traits:
                yield from _of_trait(plan, leaf, people)
            case _:
                pass
    if others or not asked:
        yield Change(words=f"not being so: {reason.what}", plan=_without("state", name))


def _is_input(plan: Plan, leaf: Rule) -> bool:
    return isinstance(leaf, InSegment) or (isinstance(leaf, TraitIs) and leaf.name in plan.traits)


def _of_trait(plan: Plan, leaf: TraitIs, people: list[State]) -> Iterator[Change]:
    """Yield the trait as the rule asks for it, and its absence."""
    is_there = any(leaf.name in state.traits for state in people)
    asked = leaf.test.value[0] if isinstance(leaf.test.value, tuple) else leaf.test.value
    value = _sample(plan, leaf.name) if asked is None else asked
    words = f"another trait {leaf.name}" if is_there else f"a trait {leaf.name}"
    yield Change(words=words, states=_trait(leaf.name, value))
    if is_there:
        yield Change(words=f"no trait {leaf.name}", states=_no_trait(leaf.name))


def _of_template(plan: Plan, message: str, people: list[State]) -> Iterator[Change]:
    """Yield each trait that the texts of a message name and nobody has."""
    template = plan.templates.get(message)
    for fact in facts_of_content(template.texts, "") if template is not None else ():
        is_missing = not any(fact.name in state.traits for state in people)
        if fact.family == "trait" and fact.name in plan.traits and is_missing:
            value = _sample(plan, fact.name)
            yield Change(words=f"a trait {fact.name}", states=_trait(fact.name, value))


def _sample(plan: Plan, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return some value of a trait's type."""
    return _SAMPLES.get(plan.traits[name].schema.get("type"), "something")


def _without(gate: str, name: str) -> Callable[[Plan], Plan]:
    def change(plan: Plan) -> Plan:
        was = plan.policies
        policies: Policies = msgspec.structs.replace(
            was,
            caps=tuple(
                msgspec.structs.replace(cap, limit=cap.limit + 1)
                if gate == "cap" and cap.name == name
                else cap
                for cap in was.caps
            ),
            quiet_hours=tuple(
                q for q in was.quiet_hours if gate != "quiet_hours" or q.name != name
            ),
            state_rules=tuple(r for r in was.state_rules if gate != "state" or r.name != name),
            holdouts=tuple(h for h in was.holdouts if gate != "holdout" or h.name != name),
        )
        return msgspec.structs.replace(plan, policies=policies)

    return change


def _lifting(_: Program, states: States, __: Instant) -> None:
    for state in states.values():
        state.suppressed = {}


def _living_longer(_: Program, states: States, now: Instant) -> None:
    for state in states.values():
        for held in state.held:
            held.delivery = _for_long(held.delivery, now)
        state.pending = {one: _for_long(each, now) for one, each in state.pending.items()}


def _for_long(delivery: Delivery, now: Instant) -> Delivery:
    return msgspec.structs.replace(delivery, expires_at=now + LONG)


def _freeing(_: Program, states: States, __: Instant) -> None:
    for state in states.values():
        state.offers = []


def _membership(segment: str, *, is_in: bool) -> Callable[[Program, States, Instant], None]:
    def change(_: Program, states: States, now: Instant) -> None:
        for state in states.values():
            if is_in:
                state.segments[segment] = now
            else:
                state.segments.pop(segment, None)

    return change


def _trait(name: str, value: Any) -> Callable[[Program, States, Instant], None]:  # noqa: ANN401 - JSON
    def change(_: Program, states: States, now: Instant) -> None:
        for state in states.values():
            state.traits[name] = Trait(value, now)

    return change


def _no_trait(name: str) -> Callable[[Program, States, Instant], None]:
    def change(_: Program, states: States, __: Instant) -> None:
        for state in states.values():
            state.traits.pop(name, None)

    return change


def _address(address: str) -> Callable[[Program, States, Instant], None]:
    kind = address.removeprefix("identifier:")
    if kind == address:
        return _trait(address, ANY_ADDRESS)

    def change(_: Program, states: States, now: Instant) -> None:
        for state in states.values():
            state.identifiers.setdefault(kind, {})[ANY_ADDRESS] = now

    return change


def _granting(purpose: str, channel: str) -> Callable[[Program, States, Instant], None]:
    """Have everybody there say yes just before."""

    def say(program: Program, states: States, now: Instant) -> None:
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
