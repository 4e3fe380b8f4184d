"""Stage 2: identifiers lead to one profile; a link may merge two.

What holds in any order of arrival. Where no protection refuses, people are what shared identifiers
connect, and their profiles are equal byte for byte but for what we make ourselves: the person's id
(so also draws by it, made before a merge), whom they took in, and since when they are in a
segment, which is by our clock. A protection is kept in every order: a unique kind never has two
values, a kind never more than its limit. And an event that carries a value of the strongest kind,
where that is unique, is always that value's person's.

What depends on the order is who gets what only one can have: of two people met on one device the
first keeps it, and what it then does without a name is theirs; of more values than a limit allows,
the first are kept. Undoing that would take facts away from people long after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from legato.core.exchange import Loaded
from legato.core.identifiers import pointer_key
from legato.core.identity.merge import merge
from legato.core.identity.split import APART, are_apart
from legato.core.program import Program
from legato.model.effect import Effect, Point
from legato.model.event import PersonsJoined
from legato.model.ids import PersonId, derive
from legato.model.instant import Instant
from legato.model.note import Linked, Merged, Note, NotLinked
from legato.model.plan import IdentifierKind, IdentityRules
from legato.model.problem import Reason
from legato.model.state import State

Identifiers: TypeAlias = Sequence[tuple[str, str]]

NOBODY = Reason(
    code="identity.nobody",
    what="it carries no identifier of a declared kind, or only blocked values",
    definition="identity",
)


class Identified(msgspec.Struct, kw_only=True):
    """Whose event it is."""

    state: State | None
    """None when the event would join too many persons, or names nobody: see `reason`."""
    gone: list[PersonId] = []
    effects: list[Effect] = []
    notes: list[Note] = []
    reason: Reason | None = None


def identify(program: Program, loaded: Loaded, *, at: Instant, horizon: Instant) -> Identified:
    """Resolve identifiers to one person, linking those that are new and merging where they join.

    The event belongs to the person of its strongest known identifier. Persons reached by weaker
    ones are merged into one with it, unless a protection forbids: a unique kind never holds two
    values, a kind never more values than its limit, one event never joins too many.
    """
    identifiers, keys, pointers = loaded.keys.identifiers, loaded.keys.pointers, loaded.pointers
    known = dict.fromkeys([pointers[key] for key in keys if key in pointers])
    refused = _refusal(program, identifiers, len(known))
    if refused is not None:
        return Identified(state=None, reason=refused)
    found = Identified(state=None)
    persons = [loaded.states[person_id] for person_id in known]
    state = _owner(program, found, loaded, persons, at)
    for other in persons:
        if other is not state:
            state = _join(program, found, state, other, horizon)
    for identifier, key in zip(identifiers, keys, strict=True):
        owner = pointers.get(key)
        if owner is None or owner == state.person_id or owner in found.gone:
            _link(program, found, state, identifier, at)
    found.state = state
    return found


def join_as_told(
    program: Program, loaded: Loaded, event: PersonsJoined, *, horizon: Instant
) -> Identified:
    """Merge two whom somebody has looked at. Protections hold; an earlier split does not."""
    persons = list(loaded.states.values())
    if loaded.is_duplicate or len(persons) != 2:  # noqa: PLR2004 - it takes two
        what = "one of the two is not there, or they are one already"
        return Identified(state=None, reason=Reason(code="identity.no_two", what=what))
    one, other = persons
    kind = forbids(program.plan.identity, one, other)
    if kind is not None:
        return Identified(state=None, reason=_protection(kind))
    for each, another in ((one, other), (other, one)):
        gone = (another.person_id, *another.merged)
        each.apart = [person_id for person_id in each.apart if person_id not in gone]
    found = Identified(state=None)
    found.state = _merge(program, found, one, other, horizon)
    found.notes.append(Merged(gone=found.gone[-1], by=event.by))
    return found


def forbids(rules: IdentityRules, one: State, other: State) -> IdentifierKind | None:
    """Return the kind whose protection keeps two persons apart."""
    for kind in rules.kinds:
        values = one.identifiers.get(kind.name, {}) | other.identifiers.get(kind.name, {})
        if len(values) > (1 if kind.is_unique else kind.limit):
            return kind
    return None


def _refusal(program: Program, identifiers: Identifiers, person_count: int) -> Reason | None:
    if not identifiers:
        return NOBODY
    if person_count > program.plan.identity.join_limit:
        return Reason(
            code="identity.joins_too_many",
            what=f"it would join {person_count} persons into one",
            definition="identity",
        )
    return None


def _owner(
    program: Program, found: Identified, loaded: Loaded, persons: Sequence[State], at: Instant
) -> State:
    """Return the person whom the event is about, before others are joined with them.

    Somebody new who is met on a device of somebody else is not that person: where a protection
    keeps the event's strongest identifier off the person known by a weaker one, it is a newcomer's.
    """
    identifiers, strongest = loaded.keys.identifiers, loaded.keys.identifiers[0]
    if persons and (
        loaded.keys.pointers[0] in loaded.pointers or _has_room(program, persons[0], strongest)
    ):
        return persons[0]
    newcomer = newcomer_of(program, identifiers, at)
    if persons:
        _link(program, found, newcomer, strongest, at)
    return newcomer


def _has_room(program: Program, state: State, identifier: tuple[str, str]) -> bool:
    """Return whether a person may be known by one identifier more."""
    kind = next(kind for kind in program.plan.identity.kinds if kind.name == identifier[0])
    values = state.identifiers.get(kind.name, {})
    return len(values) < (1 if kind.is_unique else kind.limit)


def newcomer_of(program: Program, identifiers: Identifiers, at: Instant) -> State:
    """Return somebody of whom nothing is known yet."""
    return State(
        person_id=newcomer_id(identifiers), first_seen=at, last_seen=at, measured=program.measured
    )


def newcomer_id(identifiers: Identifiers) -> PersonId:
    """Name somebody new by the strongest identifier that they came with."""
    return PersonId(derive("person", pointer_key(*identifiers[0])))


def _join(program: Program, found: Identified, one: State, other: State, horizon: Instant) -> State:
    if are_apart(one, other):
        found.notes.append(NotLinked(kind=_joined_by(program, one), reason=APART))
        return one
    kind = forbids(program.plan.identity, one, other)
    if kind is not None:
        found.notes.append(NotLinked(kind=kind.name, reason=_protection(kind)))
        return one
    survivor = _merge(program, found, one, other, horizon)
    found.notes.append(Merged(gone=found.gone[-1], by=_joined_by(program, survivor)))
    return survivor


def _merge(
    program: Program, found: Identified, one: State, other: State, horizon: Instant
) -> State:
    # Not the one that arrived first but the one that was there first: any order of arrival that
    # ends in the same links ends in the same survivor.
    survivor, gone = sorted((one, other), key=lambda state: (state.first_seen, state.person_id))
    merge(program, survivor, gone, horizon)
    survivor.merged.append(gone.person_id)
    found.gone.append(gone.person_id)
    return survivor


def _joined_by(program: Program, state: State) -> str:
    """Return the weakest kind that the merged person holds: it is what the two shared."""
    kinds = [kind.name for kind in program.plan.identity.kinds if kind.name in state.identifiers]
    return kinds[-1] if kinds else ""


def _protection(kind: IdentifierKind) -> Reason:
    if kind.is_unique:
        what = f"{kind.name} is unique: persons with different values are never merged"
        return Reason(code="identity.unique", what=what, definition="identity")
    what = f"a person has at most {kind.limit} values of {kind.name}"
    return Reason(code="identity.limit", what=what, definition="identity")


def _link(
    program: Program, found: Identified, state: State, identifier: tuple[str, str], at: Instant
) -> None:
    kind_name, value = identifier
    values = state.identifiers.setdefault(kind_name, {})
    since = values.get(value)
    if since is not None:
        if at < since:
            values[value] = at
        return
    if not _has_room(program, state, identifier):
        kind = next(kind for kind in program.plan.identity.kinds if kind.name == kind_name)
        if not values:
            del state.identifiers[kind_name]
        found.notes.append(NotLinked(kind=kind_name, reason=_protection(kind)))
        return
    values[value] = at
    found.effects.append(Point(key=pointer_key(kind_name, value), person_id=state.person_id))
    found.notes.append(Linked(kind=kind_name))
