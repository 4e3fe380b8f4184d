"""Keeps the figures of the scorecard: counts as things happen, and puts them down every BEAT.

Whether events could be acknowledged is put down by the same beat, so never better than it was: a
stretch counts only if the process was able at both its ends and told nobody to come again in
between. What lies between the last beat of one process and the first of the next counts as down,
whether it was stopped, killed, or its machine was off.

What is counted belongs to the beat at which it is put down, ten seconds late at most. A process
that is killed loses what it had counted since the last one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from legato.app.config import Status
from legato.app.score.slot import Heard, Passed, Sent, Slot, decode_slot, encode_slot
from legato.insight.status import Activity
from legato.model.delivery import Delivery, Outcome
from legato.model.event import CustomerEvent, Event
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.intake import Busy, Done, FrontIntake
from legato.runtime.local import LocalHost
from legato.stores.score_file import ScoreFile, SlotRow

BEAT: Duration = 10 * SECOND
GAP: Duration = 3 * BEAT
"""A beat that is later than this was not late by chance: the process stood still."""
PASSAGES_BEATS = 6
"""The engine is asked for its counts once in so many beats, and when somebody looks."""
PASSAGES_SECONDS = 2.0
"""How long an engine that is behind is waited for."""
KEPT: Mapping[str, tuple[Duration, int]] = {
    "minute": (MINUTE, 180),
    "hour": (HOUR, 8 * 24),
    "day": (DAY, 400),
}
"""Span -> its length, and how many of them are kept."""


class Figures(Noun, frozen=True, kw_only=True):
    """What was counted, as the card is made of it."""

    since: Instant
    until: Instant
    begun: Instant
    """The first instant of the record."""
    slots: tuple[tuple[Instant, Slot], ...]
    """Those that hold something, in order, by their beginning."""


class Home(Protocol):
    """What it needs of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> LocalHost: ...

    def status(self) -> Status:
        """Return how the process is doing."""
        ...

    async def activity(self, sentence_count: int) -> Activity:
        """Return what happened since the process started."""
        ...


class Scorekeeper:
    """One of a running app. Everything is called on the loop."""

    def __init__(self, home: Home, file: ScoreFile) -> None:
        self._home = home
        self._file = file
        self._fresh = Slot()
        self._seen: dict[str, tuple[int, int]] = {}
        """Journey -> entered and goals, as the engine said last."""
        self._last: Instant = 0
        """Up to when the record goes."""
        self._was_able = False
        self._has_refused = False
        self._beating = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    # -- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Count the time since the last beat of the process before as down, and begin."""
        now = self._home.clock.now()
        beats = await asyncio.to_thread(self._file.beats)
        self._last = min(now, beats[1]) if beats is not None else now
        await self.beat()
        self._task = asyncio.create_task(self._run(), name="scorecard")

    async def wane(self) -> None:
        """Put down the time until now: from here on nothing is acknowledged any more."""
        if self._task is not None:
            await self.beat()

    async def stop(self) -> None:
        """Put down what is left, while the engine still answers. Idempotent."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        await self.count_passages()
        await self.beat()

    async def beat(self) -> None:
        """Put down what was counted since the last beat. A disk that takes nothing is met later."""
        async with self._beating:
            now, is_able = max(self._home.clock.now(), self._last), self._is_able()
            is_up = self._was_able and is_able and not self._has_refused
            is_up = is_up and now - self._last <= GAP
            self._was_able, self._has_refused = is_able, False
            fresh, self._fresh = self._fresh, Slot()
            try:
                await asyncio.to_thread(self._put, fresh, now, is_up=is_up)
            except LegatoError:
                self._fresh.take(fresh)
            else:
                self._last = now

    async def figures(self, span: str, *, count: int) -> Figures:
        """Return what was counted in the last `count` minutes, hours or days, this one included."""
        await self.count_passages()
        await self.beat()
        length, _ = KEPT[span]
        until = self._last
        since = (until // length - count + 1) * length
        rows = await asyncio.to_thread(self._file.read, span, since)
        beats = await asyncio.to_thread(self._file.beats)
        return Figures(
            since=since,
            until=until,
            begun=until if beats is None else beats[0],
            slots=tuple((row.start, decode_slot(row.data)) for row in rows),
        )

    # -- Counting --------------------------------------------------------------------------------

    def intake(self, inner: FrontIntake) -> FrontIntake:
        """Return the way in on which events are counted."""
        return CountedIntake(inner, self)

    def took(self, events: Sequence[Event]) -> None:
        """Count events that are on disk."""
        sources = self._fresh.sources
        for event in events:
            if isinstance(event, CustomerEvent):
                heard = sources.get(event.source)
                if heard is None:
                    heard = sources[event.source] = Heard()
                heard.ages.add(event.received_at - event.occurred_at)

    def refused(self) -> None:
        """Note that somebody was told to come again."""
        self._has_refused = True

    def over(self, delivery: Delivery, outcome: Outcome, at: Instant) -> None:
        """Count a delivery that is over. One that a gate stopped at sending was meant to stop."""
        if outcome == "refused":
            return
        sent = self._fresh.destinations.setdefault(delivery.destination, Sent())
        if outcome not in ("accepted", "delivered"):
            sent.failed += 1
            return
        sent.waits.add(at - delivery.captured_at)
        sent.cost_micros += delivery.cost_micros
        if delivery.journey:
            passed = self._fresh.journeys.setdefault(delivery.journey, Passed())
            passed.taken += 1
            passed.cost_micros += delivery.cost_micros

    async def count_passages(self) -> None:
        """Count who entered journeys and reached goals since it was counted last."""
        try:
            activity = await asyncio.wait_for(self._home.activity(0), PASSAGES_SECONDS)
        except (TimeoutError, LegatoError):
            return  # the next time counts them too
        for one in activity.journeys:
            entered, goals = self._seen.get(one.journey, (0, 0))
            if (one.entered, one.goals) != (entered, goals):
                passed = self._fresh.journeys.setdefault(one.journey, Passed())
                passed.entered += one.entered - entered
                passed.goals += one.goals - goals
                self._seen[one.journey] = (one.entered, one.goals)

    # -- Helpers ---------------------------------------------------------------------------------

    async def _run(self) -> None:
        beats = 0
        while True:
            await asyncio.sleep(BEAT / SECOND)
            beats += 1
            if beats % PASSAGES_BEATS == 0:
                await self.count_passages()
            await self.beat()

    def _is_able(self) -> bool:
        return self._home.status().is_ready and not self._home.host.room.is_full

    def _put(self, fresh: Slot, now: Instant, *, is_up: bool) -> None:
        """Add to the slots in the file. For a thread."""
        rows: list[SlotRow] = []
        keep: dict[str, Instant] = {}
        for span, (length, count) in KEPT.items():
            keep[span] = (now // length - count + 1) * length
            added = {
                start: Slot(up=time) if is_up else Slot(down=time)
                for start, time in _split(max(self._last, keep[span]), now, length)
            }
            added.setdefault(now // length * length, Slot()).take(fresh)
            before = {row.start: row.data for row in self._file.read(span, min(added))}
            for start, slot in added.items():
                if start in before:
                    slot.take(decode_slot(before[start]))
                rows.append(SlotRow(span, start, encode_slot(slot)))
        self._file.write(rows, keep, at=now)


class CountedIntake:
    """A FrontIntake that counts what was stored, and notes when nothing could be."""

    def __init__(self, inner: FrontIntake, keeper: Scorekeeper) -> None:
        self._inner = inner
        self._keeper = keeper

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events; see ports.intake."""
        try:
            position = await self._inner.accept(events)
        except Busy:
            self._keeper.refused()
            raise
        self._keeper.took(events)
        return position

    def submit(self, events: Sequence[Event], done: Done) -> None:
        """Store events; see ports.intake."""

        def count(outcome: int | Busy) -> None:
            if isinstance(outcome, Busy):
                self._keeper.refused()
            else:
                self._keeper.took(events)
            done(outcome)

        try:
            self._inner.submit(events, count)
        except Busy:
            self._keeper.refused()
            raise


def _split(since: Instant, until: Instant, length: Duration) -> Iterator[tuple[Instant, Duration]]:
    """Yield the beginning of each slot that a stretch touches, and how much of it lies there."""
    at = since
    while at < until:
        start = at // length * length
        end = min(start + length, until)
        yield start, end - at
        at = end
