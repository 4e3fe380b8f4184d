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
from legato.model.erasure import Erasure, Searched, tomb_of
from legato.model.event import ErasureRequested, Event
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import Instant
from legato.model.state import State
from legato.ports.audit import Audit, AuditEntry
from legato.runtime.eraser import Proof
from legato.runtime.local import LocalHost
from legato.stores.search import Found, search_folder
from legato.stores.sqlite.state import SqliteStore

SEARCH_BYTES_MAX = 16 << 30
"""Of the data folder: more cannot be searched well within a minute, and the certificate says so."""

__all__ = ["Erasures", "Found", "search_folder"]


class Erasures:
    """Begins erasures and shows what became of them; the host sees each to its end."""

    def __init__(
        self,
        host: LocalHost,
        store: SqliteStore,
        audit: Audit,
        folder: Path,
        *,
        forget: Callable[[], Awaitable[None]],
    ) -> None:
        """`forget` lets go of what was made of everybody's history and is kept elsewhere."""
        self._forget = forget
        self._host = host
        self._store = store
        self._audit = audit
        self._folder = folder
        self.proof = Proof(search=self.search, certified=self.certified)
        """What the host does with an erasure that is through."""

    async def request(self, person_id: PersonId, *, by: str, reason: str) -> EventId:
        """Have a person erased; when this returns, nothing answers for them any more.

        Their records are overwritten in the moments after: `certificate` says when.
        """
        now = self._host.clock.now()
        erasure_id = EventId(derive("erasure", person_id, str(now)))
        await self._audit.record(_entry(by, "person.erase", person_id, erasure=erasure_id))
        await self._host.settle(
            ErasureRequested(
                event_id=erasure_id, received_at=now, person_id=person_id, by=by, reason=reason
            )
        )
        await self._forget()
        return erasure_id

    def erased_at(self, keys: Sequence[str]) -> Instant | None:
        """Return when the last of those was erased who were known by an identifier; for a thread.

        `keys`: as core.identifiers.pointer_key names them.
        """
        return max(self._store.tombs([tomb_of(key) for key in keys]).values(), default=None)

    async def certificate(self, erasure_id: EventId) -> Certificate | None:
        """Return the certificate of an erasure, as far as it goes."""
        erasure = await asyncio.to_thread(self._store.erasures.get, erasure_id)
        return None if erasure is None else certificate_of(erasure, self._host.applied.plan)

    async def list(self, before: int, limit: int) -> list[tuple[int, Certificate]]:
        """Return certificates with the position of their request, the newest first."""
        found = await asyncio.to_thread(self._store.erasures.list, before, limit)
        return [(one.position, certificate_of(one, self._host.applied.plan)) for one in found]

    async def certified(self, erasure: Erasure) -> None:
        """Put a certificate's digest into the audit's chain: called when it has changed.

        Whoever asked for it, and at whatever door, what was made of the history ends here: what
        was begun before the records were overwritten may hold what they said.
        """
        await self._forget()
        certificate = certificate_of(erasure, self._host.applied.plan)
        await self._audit.record(
            _entry(
                "system",
                f"erasure.{certificate.stage}",
                erasure.person_id,
                erasure=erasure.erasure_id,
                certificate=certificate.digest,
            )
        )

    async def export(
        self,
        state: State,
        *,
        by: str,
        reason: str,
        read_events: Callable[[Sequence[int]], Awaitable[Mapping[int, Event]]],
    ) -> Export:
        """Return everything that is kept of a person; that, and why, is on record first."""
        await self._audit.record(_entry(by, "person.export", state.person_id, reason=reason))
        stories = await asyncio.to_thread(whole_story, self._store, state.person_id)
        events = await read_events(list(dict.fromkeys(row.position for row in stories)))
        plan, now = self._host.applied.plan, self._host.clock.now()
        return await asyncio.to_thread(
            lambda: export_of(state, stories, events, plan=plan, now=now)
        )

    async def search(self, values: Sequence[str]) -> Searched | None:
        """Search all files of the data folder in a process of its own."""
        await self._forget()
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
            at=self._host.clock.now(),
            file_count=found.file_count,
            byte_count=found.byte_count,
            found=found.found,
        )


def _entry(by: str, action: str, person_id: PersonId, **detail: str) -> AuditEntry:
    return AuditEntry(actor=by, action=action, subject=person_id, detail=detail)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
