"""Which records of the log are a person's, as their notes tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from legato.fold.turn import Record
from legato.model.event import CustomerEvent, EventRecalled, decode_event
from legato.model.ids import PersonId
from legato.ports.log import Log
from legato.ports.state_store import Stories

PAGE = 1_000


class Past:
    """Finds a person's records through their notes."""

    def __init__(
        self,
        log: Log,
        stories: Stories,
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
        data = self._log.get(recalled.position)
        event = None if data is None else decode_event(data)
        return replace(recalled, event=event) if isinstance(event, CustomerEvent) else recalled

    def of(self, person_id: PersonId) -> Iterator[Record]:
        """Yield the records of a person, and of all merged into them, in the order of the log."""
        for position in self._positions(person_id):
            data = self._log.get(position)
            if data is not None:
                yield position, decode_event(data)

    def _positions(self, person_id: PersonId) -> Iterator[int]:
        after = 0
        while page := self._stories.story(person_id, after, PAGE):
            yield from dict.fromkeys(story.position for story in page)
            after = page[-1].position
