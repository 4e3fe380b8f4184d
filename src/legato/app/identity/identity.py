"""Joining and parting people, when somebody who looked at them says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from legato.app.identity.trial import Division, Lone, Union, joined, parted
from legato.fold.then import Chronicle
from legato.model.event import Event, PersonsJoined, PersonSplit
from legato.model.ids import EventId, PersonId, derive
from legato.model.note import Rejected
from legato.model.problem import Reason
from legato.model.state import State
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock

STEPS_MAX = 1_000


class Identity:
    """What is done is done when a call returns; what is not says why."""

    def __init__(
        self,
        settle: Callable[[Event], Awaitable[None]],
        chronicle: Chronicle,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._settle = settle
        self._chronicle = chronicle
        self._audit = audit
        self._clock = clock

    async def try_join(self, one: State, other: State) -> Union:
        """Return who two would be as one; nothing is changed by it."""
        return await asyncio.to_thread(joined, self._chronicle, one, other, self._clock.now())

    async def try_part(self, person: State, identifier: tuple[str, str]) -> Division:
        """Return who there would be without one of somebody's identifiers; changes nothing."""
        return await asyncio.to_thread(
            parted, self._chronicle, person, identifier, self._clock.now()
        )

    async def join(
        self, person_id: PersonId, other: PersonId, *, by: str, reason: str
    ) -> Reason | None:
        """Make two persons one. Protections of identifiers hold; an earlier split does not."""
        now = self._clock.now()
        event = PersonsJoined(
            event_id=EventId(derive("ev", "join", person_id, other, str(now))),
            received_at=now,
            person_id=person_id,
            other=other,
            by=by,
            reason=reason,
        )
        await self._settle(event)
        return await self._outcome("person.join", event, other)

    async def split(
        self, person_id: PersonId, gone: PersonId, *, by: str, reason: str
    ) -> Reason | None:
        """Undo a merge: both are then as if it had never been, and stay apart."""
        now = self._clock.now()
        event = PersonSplit(
            event_id=EventId(derive("ev", "split", person_id, gone, str(now))),
            received_at=now,
            person_id=person_id,
            gone=gone,
            by=by,
            reason=reason,
        )
        await self._settle(event)
        return await self._outcome("person.split", event, gone)

    async def part(self, person_id: PersonId, lone: Lone, *, by: str, reason: str) -> Reason | None:
        """Take an identifier from somebody whose it is not, with what came under it alone."""
        now = self._clock.now()
        event = PersonSplit(
            event_id=EventId(derive("ev", "part", person_id, lone.gone, str(now))),
            received_at=now,
            person_id=person_id,
            gone=lone.gone,
            by=by,
            reason=reason,
            identifier=lone.identifier,
            stays=lone.stays,
        )
        await self._settle(event)
        return await self._outcome("person.part", event, lone.gone)

    async def _outcome(
        self, action: str, event: PersonsJoined | PersonSplit, other: PersonId
    ) -> Reason | None:
        """Return why it was not done, if it was not; and put it on record either way."""
        refusal = await asyncio.to_thread(self._refusal, event)
        detail = {"other": other, "reason": event.reason}
        if isinstance(event, PersonSplit) and event.identifier[0]:
            detail["kind"] = event.identifier[0]
        if refusal is not None:
            detail["refused"] = refusal.code
        entry = AuditEntry(
            actor=event.by,
            action=action,
            subject=event.person_id,
            detail=detail,
            outcome="done" if refusal is None else "refused",
        )
        await self._audit.record(entry)
        return refusal

    def _refusal(self, event: PersonsJoined | PersonSplit) -> Reason | None:
        after = 0
        while page := self._chronicle.stories.story(event.person_id, after, STEPS_MAX):
            for note in (note for story in page for note in story.notes):
                if isinstance(note, Rejected) and note.event_id == event.event_id:
                    return note.reason
            after = page[-1].position
        return None
