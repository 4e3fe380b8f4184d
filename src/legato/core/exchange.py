"""What `step` is given and what it gives back: the engine's side of every host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from legato.model.effect import Effect
from legato.model.event import CustomerEvent, JourneyCalled
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Note
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.state import State


class Adjusted(Noun, frozen=True, kw_only=True):
    """A customer event that was changed before anybody looked at it, and what was changed."""

    event: CustomerEvent
    """With the body as it is now, under the name that the catalog knows."""
    notes: tuple[Note, ...]
    refusal: Reason | None = None
    """Why it must wait in quarantine, whatever its shape."""


class Keys(Noun, frozen=True, kw_only=True):
    """What an event needs loaded before it can be stepped."""

    message: bytes | None = None
    """Digest of (source, message id), where the event can be a duplicate."""
    pointers: tuple[str, ...] = ()
    """Identifiers, strongest kind first: see core.identify.pointer_key."""
    people: tuple[PersonId, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    """(kind, value), strongest kind first, blocked values left out."""
    body: Mapping[str, Any] = {}
    """The customer event's body, decoded once for every stage."""
    context: Mapping[str, Any] = {}
    adjusted: Adjusted | None = None
    """Where a mapping or a policy of the catalog has changed the body."""


class Loaded(msgspec.Struct, kw_only=True):
    """What the host found. The states are handed over: `step` owns and mutates them."""

    keys: Keys
    """What `reads` returned for the event."""
    is_duplicate: bool = False
    pointers: dict[str, PersonId] = {}
    tombs: dict[str, Instant] = {}
    """Of those identifiers that were erased: when."""
    states: dict[PersonId, State] = {}
    """Of every person in Keys.people and every one that a pointer leads to, where there is one."""
    position: int = 0
    """Where the event stands in the log; 0: it cannot be read there later."""
    recalled: Mapping[int, CustomerEvent | JourneyCalled] = {}
    """By position, what `core.journeys.late.recalls` asks for, where it is still there."""


class Result(msgspec.Struct, kw_only=True):
    """What one event changed."""

    is_admitted: bool = False
    """A customer event that was accepted: the host remembers its message digest as seen."""
    state: State | None = None
    """The person after the step; None when the event concerned nobody."""
    gone: list[PersonId] = []
    ended: PersonId | None = None
    """One who is not kept any more, and has become nobody."""
    about: PersonId | None = None
    """Whose the notes are; None: of `state`."""
    """Persons merged into `state`: their states are dropped and their ids forwarded."""
    effects: list[Effect] = []
    notes: list[Note] = []
