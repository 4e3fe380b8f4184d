"""What joining two people, or parting an identifier, would come to: tried, and nothing is kept."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from legato.core.exchange import Keys, Loaded
from legato.core.identifiers import possible_keys
from legato.core.identity.identify import newcomer_id
from legato.core.identity.split import are_apart
from legato.core.program import Program
from legato.core.step import step
from legato.fold.past import Past
from legato.fold.relive import part
from legato.fold.then import Chronicle
from legato.model.event import (
    BackfillBegan,
    CustomerEvent,
    JourneySwitched,
    PersonsJoined,
    PersonSplit,
    PlanActivated,
)
from legato.model.ids import EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import Rejected
from legato.model.noun import Noun
from legato.model.plan import Backfill, IdentityRules
from legato.model.problem import Reason
from legato.model.state import State, decode_state, encode_state

TRIAL = EventId("trial")


class Lone(NamedTuple):
    """An identifier to be parted from somebody, and who there would be then."""

    identifier: tuple[str, str]
    gone: PersonId
    stays: tuple[PersonId, ...]


class Came(Noun, frozen=True, kw_only=True):
    """Events of one name that came under an identifier alone."""

    name: str
    count: int


class Union(Noun, frozen=True, kw_only=True):
    """Who two would be, or why they cannot be one."""

    state: State | None = None
    refused: Reason | None = None
    were_parted: bool = False
    """Somebody has parted these two before."""


class Division(Noun, frozen=True, kw_only=True):
    """Who there would be, or why it cannot be."""

    lone: Lone
    goes: State | None = None
    stays: tuple[State, ...] = ()
    came: tuple[Came, ...] = ()
    """What goes with the identifier, the most frequent first."""
    remains_count: int = 0
    """Events that stay."""
    refused: Reason | None = None


def identifier_of(rules: IdentityRules, person: State, text: str) -> tuple[str, str] | None:
    """Return which of somebody's identifiers is meant: `kind:value`, a value, or their one kind."""
    values = list(person.identifiers.get(text, {}))
    if len(values) == 1:
        return text, values[0]
    for key in possible_keys(rules.kinds, text):
        kind, _, value = key.partition(":")
        if value in person.identifiers.get(kind, {}):
            return kind, value
    return None


def joined(chronicle: Chronicle, one: State, other: State, now: Instant) -> Union:
    """Return who two people would be as one, by the engine's own step."""
    states = [decode_state(encode_state(each)) for each in (one, other)]
    event = PersonsJoined(
        event_id=TRIAL,
        received_at=now,
        person_id=one.person_id,
        other=other.person_id,
        by="",
    )
    loaded = Loaded(keys=Keys(), states={state.person_id: state for state in states})
    result = step(_program(chronicle), loaded, event, now)
    refused = [note.reason for note in result.notes if isinstance(note, Rejected)]
    return Union(
        state=result.state,
        refused=refused[0] if refused else None,
        were_parted=are_apart(one, other),
    )


def parted(
    chronicle: Chronicle, person: State, identifier: tuple[str, str], now: Instant
) -> Division:
    """Return who there would be without an identifier, by living the records again."""
    gone = newcomer_id([identifier])
    event = PersonSplit(
        event_id=TRIAL,
        received_at=now,
        person_id=person.person_id,
        gone=gone,
        by="",
        identifier=identifier,
    )
    past = Past(chronicle.log, chronicle.stories, chronicle.leads)
    parting = part(_program(chronicle), [person], past, event, now)
    relived = parting.relived
    if relived is None:
        notes = [note for result in parting.results for note in result.notes]
        refused = next(note.reason for note in notes if isinstance(note, Rejected))
        return Division(lone=Lone(identifier, gone, ()), refused=refused)
    others = [one for one in relived.states if one != gone]
    came = _names(past, relived.positions[gone])
    stayed = [_names(past, relived.positions[one]) for one in others]
    return Division(
        lone=Lone(identifier, gone, tuple(others)),
        goes=relived.states[gone],
        stays=tuple([relived.states[one] for one in others]),
        came=tuple([Came(name=name, count=count) for name, count in came.most_common()]),
        remains_count=sum(each.total() for each in stayed),
    )


def _names(past: Past, positions: list[int]) -> Counter[str]:
    events = map(past.get, positions)
    return Counter(event.name for event in events if isinstance(event, CustomerEvent))


def _program(chronicle: Chronicle) -> Program:
    """Return the rules of now."""
    activated: PlanActivated | None = None
    backfill: Backfill | None = None
    paused: dict[str, bool] = {}
    for _, event in chronicle.eras.until(chronicle.log.last_position()):
        match event:
            case PlanActivated():
                activated, backfill = event, None
            case BackfillBegan():
                backfill = event.backfill
            case JourneySwitched():
                paused[event.journey] = event.is_paused
            case _:
                raise AssertionError("only what changes the rules is among them")
    program = chronicle.eras.program(activated, backfill)
    program.paused = paused
    return program
