"""Putting on record what a person said, for every door that hears it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from legato.model.consent import ConsentLine, Evidence
from legato.model.event import ConsentSaid, Event
from legato.model.ids import EventId, PersonId, derive
from legato.ports.clock import Clock


class Consents:
    """Returns from `say` and `take` once it holds: every send decided from then on knows it."""

    def __init__(self, settle: Callable[[Event], Awaitable[None]], clock: Clock) -> None:
        self._settle = settle
        self._clock = clock

    async def say(
        self,
        person_id: PersonId,
        lines: Sequence[ConsentLine],
        *,
        source: str,
        wording: str = "",
        evidence: Evidence = Evidence(),  # noqa: B008 - immutable
    ) -> EventId:
        """Put on record what a person says now; return the statement's id."""
        said = self.statement(person_id, lines, source=source, wording=wording, evidence=evidence)
        await self.take(said)
        return said.event_id

    def statement(
        self,
        person_id: PersonId,
        lines: Sequence[ConsentLine],
        *,
        source: str,
        wording: str = "",
        evidence: Evidence = Evidence(),  # noqa: B008 - immutable
    ) -> ConsentSaid:
        """Make a statement of now without taking it: a door may change what it knows better."""
        now = self._clock.now()
        answers = [f"{one.purpose}/{one.channel}={one.is_granted}" for one in lines]
        return ConsentSaid(
            event_id=EventId(derive("ev", "consent", source, person_id, str(now), *answers)),
            received_at=now,
            occurred_at=now,
            person_id=person_id,
            lines=tuple(lines),
            source=source,
            wording=wording,
            evidence=evidence,
        )

    async def take(self, said: ConsentSaid) -> None:
        """Put a statement on record; one whose id was taken before changes nothing."""
        await self._settle(said)
