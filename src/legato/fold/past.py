"""Which records of the log are a person's, as their notes tell."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from legato.core.exchange import Loaded
from legato.core.journeys.late import recalls
from legato.fold.turn import Record
from legato.model.event import CustomerEvent, Event, EventRecalled, JourneyCalled, decode_event
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Admitted, Alerted, Mapped, Note, Story
from legato.ports.log import Log
from legato.ports.state_store import Thread

PAGE = 1_000


_ADJUSTING = ("event.undeclared", "event.omitted", "event.retired_property")


class Lived(NamedTuple):
    """An event that somebody was admitted with."""

    position: int
    now: Instant
    """The engine's clock then."""
    name: str
    """Under which it was admitted: a mapping may have changed it."""
    event: CustomerEvent
    """As it came."""
    is_adjusted: bool
    """It was not read as it came."""


class Past:
    """Finds a person's records through their notes."""

    def __init__(
        self,
        log: Log,
        stories: Thread,
        leads: Callable[[Sequence[str]], Mapping[str, PersonId]],
    ) -> None:
        """`leads` says to whom identifiers lead today: see StateStore.pointers."""
        self._log = log
        self._stories = stories
        self._leads = leads

    def foreign(self, keys: Sequence[str], person_id: PersonId) -> list[str]:
        """Return which identifiers are somebody else's."""
        return [key for key, owner in self._leads(keys).items() if owner != person_id]

    def complete(self, records: Sequence[Record]) -> list[Record]:
        """Return records with the events that they recall."""
        complete = list(records)
        for index, (position, event) in enumerate(complete):
            if isinstance(event, EventRecalled):
                complete[index] = (position, self._whole(event))
        return complete

    def _whole(self, recalled: EventRecalled) -> EventRecalled:
        event = self.get(recalled.position)
        return replace(recalled, event=event) if isinstance(event, CustomerEvent) else recalled

    def of(self, person_id: PersonId) -> Iterator[Record]:
        """Yield the records of a person, and of all merged into them, in the order of the log."""
        for position in self._positions(person_id):
            data = self._log.get(position)
            if data is not None:
                yield position, decode_event(data)

    def admitted(self, person_id: PersonId, names: Container[str]) -> Iterator[Lived]:
        """Yield the events of these names that a person was admitted with, oldest first."""
        after = 0
        while page := self._stories.story(person_id, after, PAGE):
            after = page[-1].position
            for story in page:
                name = _admitted_as(story)
                event = self.get(story.position) if name in names else None
                if isinstance(event, CustomerEvent):
                    yield Lived(
                        position=story.position,
                        now=story.at,
                        name=name,
                        event=event,
                        is_adjusted=any(map(_is_of_adjusting, story.notes)),
                    )

    def get(self, position: int) -> Event | None:
        """Return what stands at a position of the log."""
        data = self._log.get(position)
        return None if data is None else decode_event(data)

    def place(self, loaded: Loaded, record: Record) -> Loaded:
        """Say where a record stands in the log, and what of it journeys look at again."""
        loaded.position, event = record
        again = recalls(loaded.states.values(), event)
        if again:
            events = [(position, self.get(position)) for position in again]
            loaded.recalled = {
                position: one
                for position, one in events
                if isinstance(one, CustomerEvent | JourneyCalled)
            }
        return loaded

    def _positions(self, person_id: PersonId) -> Iterator[int]:
        after = 0
        while page := self._stories.story(person_id, after, PAGE):
            yield from dict.fromkeys(story.position for story in page)
            after = page[-1].position


def _admitted_as(story: Story) -> str:
    """Return the name of the event that a step admitted; empty where it was another's."""
    return next((note.name for note in story.notes if isinstance(note, Admitted)), "")


def _is_of_adjusting(note: Note) -> bool:
    return isinstance(note, Mapped) or (
        isinstance(note, Alerted) and note.reason.code in _ADJUSTING
    )
