"""Feeding quarantined records in again, after a fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from legato.app.privacy.intake import HashingIntake
from legato.core.admit import BLOCKED
from legato.model.event import Event, PlanActivated, RejectedItem
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
            position: replace(event, received_at=home.clock.now())
            for position, event in events.items()
            if not isinstance(event, RejectedItem | PlanActivated)
        }
        if again:
            fresh = home.intake.hashed(list(again.values()))
            last = await home.host.room.accept(fresh)
            await home.host.progress.reached(last)
            await home.host.release(list(again))
            count += len(again)
    return count


def _is_replayable(records: Records, position: int) -> bool:
    rows = records.quarantine(position - 1, 1)
    if not rows or rows[0].position != position:
        return False
    return rows[0].quarantine.reason.code != BLOCKED
