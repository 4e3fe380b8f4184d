"""What became of every message that was due to somebody, read from the notes of a life."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from legato.core.journeys.taken import Passages
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import Decided, Entered, Left, Moved, Note, Settled
from legato.model.noun import Noun

Fate: TypeAlias = Literal[
    "sent",  # it left, and a provider took it
    "failed",  # it left, and did not arrive
    "refused",  # a gate was closed
    "held",  # it still waits for a gate to open
]

_ARRIVED = ("accepted", "delivered", "complained", "in_doubt")


class Went(Noun, frozen=True, kw_only=True, array_like=True):
    """One message due to one person, and what became of it."""

    person_id: PersonId
    journey: str
    pass_id: str
    """The enrollment, or what else it was decided for."""
    message: str
    number: int
    """Of this message on this pass: 1 is the first."""
    decided_at: Instant
    at: Instant
    """When it was over: taken by its provider, refused, given up."""
    channel: str
    cost_micros: int
    """What it costs on this channel, where it is sent."""
    fate: Fate
    reason: str = ""
    """Code of the reason why it did not go."""
    why: str = ""
    """The same in words."""

    @property
    def is_sent(self) -> bool:
        """Whether the person was contacted."""
        return self.fate == "sent"

    @property
    def is_over(self) -> bool:
        """Whether its end is known: a life may be over before a provider has answered."""
        return self.at != self.decided_at


Key: TypeAlias = tuple[str, str, int]


class Ways(msgspec.Struct, kw_only=True):
    """All of a life's messages, and who came into and left which journey."""

    messages: dict[Key, Went] = {}
    """(pass, message, number) -> what became of it."""
    entered: dict[str, int] = {}
    left: dict[tuple[str, str], int] = {}
    """(journey, outcome) -> how many."""
    held: int = 0
    """How often a message had to wait for a gate."""
    inside: dict[str, None] = {}
    """Passes that are not over when the life ends."""


def ways_of(notes: Iterable[tuple[PersonId, Instant, Note]]) -> Ways:
    """Read a life's notes, in order."""
    ways, passages = Ways(), Passages()
    keys: dict[DeliveryId, Key] = {}
    numbers: dict[tuple[str, str], int] = {}
    for person_id, at, note in notes:
        match note:
            case Decided():
                key = _key_of(note, keys, numbers)
                ways.messages[key] = _decided(person_id, at, note, key)
                ways.held += note.verdict == "hold"
            case Settled() if note.delivery_id in keys:
                key = keys[note.delivery_id]
                ways.messages[key] = _settled(ways.messages[key], at, note)
            case Entered():
                passages.see(note)
                ways.inside[note.enrollment_id] = None
            case Moved():
                passages.see(note)
            case Left():
                passages.see(note)
                ways.inside.pop(note.enrollment_id, None)
            case _:
                pass
    ways.entered = {name: count for name, count in passages.entered.items() if count}
    ways.left = {end: count for end, count in passages.left.items() if count}
    return ways


def _key_of(note: Decided, keys: dict[DeliveryId, Key], numbers: dict[tuple[str, str], int]) -> Key:
    """Return whose message this decision is about: a held one is decided more than once."""
    key = keys.get(note.delivery_id)
    if key is None and note.instead_of is not None:
        key = keys.get(note.instead_of)
    if key is None:
        place = (note.enrollment_id or note.delivery_id, note.message)
        numbers[place] = numbers.get(place, 0) + 1
        key = (*place, numbers[place])
    keys[note.delivery_id] = key
    return key


def _decided(person_id: PersonId, at: Instant, note: Decided, key: Key) -> Went:
    fate: Fate = (
        "refused" if note.verdict == "refuse" else "held" if note.verdict == "hold" else "sent"
    )
    costs = {one.channel: one.cost_micros for one in note.candidates}
    return Went(
        person_id=person_id,
        journey=note.journey,
        pass_id=key[0],
        message=note.message,
        number=key[2],
        decided_at=at,
        at=at,
        channel=note.channel,
        cost_micros=costs.get(note.channel, 0),
        fate=fate,
        reason=note.reason.code if note.reason is not None else "",
        why=note.reason.what if note.reason is not None else "",
    )


def _settled(went: Went, at: Instant, note: Settled) -> Went:
    """Return it with its end. What a provider tells after that changes nothing."""
    if went.fate in ("refused", "failed") or went.is_over:
        return went
    if note.outcome in _ARRIVED:
        return msgspec.structs.replace(went, at=at, fate="sent", reason="", why="")
    return msgspec.structs.replace(
        went,
        at=at,
        fate="refused" if note.outcome == "refused" else "failed",
        reason=note.reason.code if note.reason is not None else note.outcome,
        why=note.reason.what if note.reason is not None else note.outcome,
    )
