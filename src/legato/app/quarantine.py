"""Feeding quarantined records in again, after a fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from legato.app.inbound.providers import Providers
from legato.app.privacy.intake import HashingIntake
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.events import events_of, item_in
from legato.connectors.inbound.hear import FETCHING
from legato.connectors.inbound.settings import public_settings
from legato.core.admit import BLOCKED
from legato.model.event import Event, PlanActivated, RejectedItem
from legato.model.instant import Instant
from legato.model.plan import Plan
from legato.ports.clock import Clock
from legato.ports.state_store import Records
from legato.runtime.local import LocalHost

REPLAY_RECORDS = 500


class Home(Protocol):
    """What a replay needs of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> LocalHost: ...

    @property
    def records(self) -> Records: ...

    @property
    def intake(self) -> HashingIntake: ...

    @property
    def providers(self) -> Providers: ...

    def plan(self) -> Plan:
        """Return the active plan."""
        ...

    async def events(self, positions: Sequence[int]) -> Mapping[int, Event]:
        """Return records of the log by their positions."""
        ...


async def replay(home: Home, positions: Sequence[int]) -> int:
    """Feed records in as of now, a chunk at a time; return how many were."""
    count = 0
    for start in range(0, len(positions), REPLAY_RECORDS):
        chunk = positions[start : start + REPLAY_RECORDS]
        kept = [position for position in chunk if _is_replayable(home.records, position)]
        events = await home.events(kept)
        again = {
            position: as_of_now
            for position, event in events.items()
            if (as_of_now := _again(home, event))
        }
        if again:
            fresh = home.intake.hashed([one for each in again.values() for one in each])
            last = await home.host.room.accept(fresh)
            await home.host.progress.reached(last)
            await home.host.release(list(again))
            home.providers.look(last)
            count += len(again)
    return count


def _again(home: Home, event: Event) -> Sequence[Event]:
    """Return what a record is now; nothing where no plan can mend it."""
    now = home.clock.now()
    if isinstance(event, RejectedItem):
        return _read_again(home.plan(), event, now)
    return () if isinstance(event, PlanActivated) else (replace(event, received_at=now),)


def _read_again(plan: Plan, rejected: RejectedItem, now: Instant) -> Sequence[Event]:
    """Read what a provider posted once more, as its manifest says now."""
    source = plan.sources.get(rejected.source)
    item = item_in(rejected.raw)
    if source is None or source.inbound is None or item is None or source.broken is not None:
        return ()
    spec = compile_source(source.inbound.manifest).spec
    assert spec is not None, "the manifest of no source that works has a mistake"
    settings = public_settings(spec, source.inbound.settings)
    found = events_of(spec, item, settings, source=source.name, received_at=now)
    return () if any(_is_unread(one) for one in found) else found


def _is_unread(event: Event) -> bool:
    return isinstance(event, RejectedItem) and event.reason.code != FETCHING


def _is_replayable(records: Records, position: int) -> bool:
    rows = records.quarantine(position - 1, 1)
    if not rows or rows[0].position != position:
        return False
    return rows[0].quarantine.reason.code != BLOCKED
