"""Erasing and exporting people, for every door that may."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from legato.insight.certificate import Certificate, certificate_of
from legato.insight.export import Export, export_of
from legato.insight.story import whole_story
from legato.model.erasure import Erasure, Searched
from legato.model.event import ErasureRequested, Event
from legato.model.ids import EventId, PersonId, derive
from legato.model.plan import Plan
from legato.model.state import State
from legato.ports.audit import AuditEntry
from legato.ports.clock import Clock
from legato.ports.erasure import Erasures as ErasureStore
from legato.ports.state_store import Records
from legato.stores.search import Found, search_folder

SEARCH_BYTES_MAX = 16 << 30
"""Of the data folder: more cannot be searched well within a minute, and the certificate says so."""

__all__ = ["Erasures", "Found", "People", "search_folder"]


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What the app has of people, and how it puts something on record."""

    store: ErasureStore
    records: Records
    clock: Clock
    plan: Callable[[], Plan]
    person: Callable[[PersonId], Awaitable[State | None]]
    events: Callable[[Sequence[int]], Awaitable[Mapping[int, Event]]]
    settle: Callable[[Event], Awaitable[None]]
    audit: Callable[[AuditEntry], Awaitable[None]]


class Erasures:
    """Begins erasures and shows what became of them; the host sees each to its end."""

    def __init__(self, people: People, folder: Path) -> None:
        self._people = people
        self._folder = folder

    async def request(self, person_id: PersonId, *, by: str, reason: str) -> EventId:
        """Have a person erased; when this returns, nothing answers for them any more.

        Their records are overwritten in the moments after: `certificate` says when.
        """
        now = self._people.clock.now()
        erasure_id = EventId(derive("erasure", person_id, str(now)))
        await self._people.audit(_entry(by, "person.erase", person_id, erasure=erasure_id))
        await self._people.settle(
            ErasureRequested(
                event_id=erasure_id, received_at=now, person_id=person_id, by=by, reason=reason
            )
        )
        return erasure_id

    async def certificate(self, erasure_id: EventId) -> Certificate | None:
        """Return the certificate of an erasure, as far as it goes."""
        erasure = await asyncio.to_thread(self._people.store.get, erasure_id)
        return None if erasure is None else certificate_of(erasure, self._people.plan())

    async def list(self, before: int, limit: int) -> list[tuple[int, Certificate]]:
        """Return certificates with the position of their request, the newest first."""
        found = await asyncio.to_thread(self._people.store.list, before, limit)
        return [(one.position, certificate_of(one, self._people.plan())) for one in found]

    async def certified(self, erasure: Erasure) -> None:
        """Put a certificate's digest into the audit's chain: called when it has changed."""
        certificate = certificate_of(erasure, self._people.plan())
        await self._people.audit(
            _entry(
                "system",
                f"erasure.{certificate.stage}",
                erasure.person_id,
                erasure=erasure.erasure_id,
                certificate=certificate.digest,
            )
        )

    async def export(self, person_id: PersonId, *, by: str) -> Export | None:
        """Return everything that is kept of a person; None: nobody."""
        people = self._people
        state = await people.person(person_id)
        if state is None:
            return None
        await people.audit(_entry(by, "person.export", state.person_id))
        stories = await asyncio.to_thread(whole_story, people.records, state.person_id)
        events = await people.events(list(dict.fromkeys(row.position for row in stories)))
        return await asyncio.to_thread(
            lambda: export_of(state, stories, events, plan=people.plan(), now=people.clock.now())
        )

    async def search(self, values: Sequence[str]) -> Searched | None:
        """Search all files of the data folder in a process of its own."""
        size = await asyncio.to_thread(_size, self._folder)
        if size > SEARCH_BYTES_MAX:
            return None
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "legato.stores.search", str(self._folder)),
            stdin=PIPE,
            stdout=PIPE,
        )
        answer, _ = await process.communicate(msgspec.json.encode(values))
        found = msgspec.json.decode(answer, type=Found)
        return Searched(
            at=self._people.clock.now(),
            file_count=found.file_count,
            byte_count=found.byte_count,
            found=found.found,
        )


def _entry(by: str, action: str, person_id: PersonId, **detail: str) -> AuditEntry:
    return AuditEntry(actor=by, action=action, subject=person_id, detail=detail)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
