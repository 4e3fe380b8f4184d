"""One destination's lane: its own line, rate, concurrency, breaker and retry schedule.

Everything runs on the event loop's thread, so nothing here is locked. `_pump` is the only place
that decides what happens next. It is called when something has changed (a delivery came, an
attempt ended) or at the one instant at which something will (a retry falls due, a token or a probe
is there, a delivery expires): a lane never polls.

Memory is bounded: a lane holds at most `MEMORY_MAX` deliveries and leaves the others in the outbox,
from which it refills in order of position. Up to `_cursor` all have been seen.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine
from typing import assert_never

from legato.model.delivery import OPT_OUTS, Answered, Delivery
from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import INSTANT_MAX, SECOND, Duration, Instant
from legato.model.plan import Retry
from legato.model.problem import LegatoError, Reason
from legato.ports.state_store import OutboxRow
from legato.runtime.lanes.answers import Answers
from legato.runtime.lanes.attempt import Attempts
from legato.runtime.lanes.batches import Batches
from legato.runtime.lanes.ending import our_fault, report_of, verdict_on_another
from legato.runtime.lanes.line import Entry, Line
from legato.runtime.lanes.pace import Breaker, wait_before
from legato.runtime.lanes.reporter import AttemptBook
from legato.runtime.lanes.result import Again, Missed, NotNow, Over, Result, expired, in_doubt
from legato.runtime.lanes.status import LaneStatus
from legato.runtime.lanes.way import Detour, Flight, Passage, Reach, Way
from legato.runtime.lanes.world import World
from legato.runtime.rates.bucket import Bucket

MEMORY_MAX = 10_000
"""Deliveries of one lane in memory: about 20 MB."""
REFILL_BELOW = MEMORY_MAX // 2
REFILL_ROWS = 256
"""Read at once: about a millisecond."""
REFILL_SECONDS_AFTER_FAULT = 1.0
ASIDE_SECONDS = 1.0
"""How long what cannot go by another's way steps aside at least, so that others pass."""
NOBODY = "another destination"
"""In place of a name: who took over before the restart is not known any more."""
HOLD_SECONDS_MAX = 86_400.0
"""The wall clock may jump: what waits for an instant is looked at again after a day at most."""

logger = logging.getLogger(__name__)


class Lane:
    def __init__(
        self,
        name: str,
        world: World,
        *,
        attempts: Attempts,
        book: AttemptBook,
        report: Callable[[DeliveryReported], None],
    ) -> None:
        self.name = name
        self._outbox = world.outbox
        self._clock = world.clock
        self._on_over = world.on_over
        self._attempts = attempts
        self._book = book
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._line = Line()
        self.reach = Reach(
            name=name,
            pace=Bucket(0),
            answers=Answers(),
            breaker=Breaker(),
            freed=self._pump,
            why_stopped=Reason(
                code="destination.unknown", what=f"the plan has no destination {name}"
            ),
        )
        self._detour: Detour | None = None
        self._batches: Batches | None = None
        self._held_since: Instant = 0
        self._in_flight: dict[asyncio.Task[list[Result]], Flight] = {}
        self._riding_count = 0
        """Of the entries in flight, those that ride in batches."""
        self._cursor = 0
        self._is_behind = True
        self._reported: dict[DeliveryId, None] = {}
        """Over, and not settled yet: their rows may still be in the outbox."""
        self._revoked: dict[DeliveryId, Reason] = {}
        """Taken back while only the outbox holds them."""
        self._earliest_expiry: Instant = INSTANT_MAX
        """Never later than the earliest expiry in memory."""
        self._wake: asyncio.TimerHandle | None = None
        self._refills: asyncio.TimerHandle | None = None
        self._is_open = False
        self._counts = {"accepted": 0, "failed": 0, "retry": 0}

    # What the host calls

    def set_way(self, way: Way | None, why_stopped: Reason | None = None) -> None:
        """Follow another plan from the next attempt on."""
        self.reach.way = way
        if self._batches is not None:
            self._batches.flush()
        self._batches = None
        if way is not None:
            self._batches = Batches(way, self.reach, self._attempts, self._clock)
            self.reach.pace = way.pace
        if why_stopped is not None:
            self.reach.why_stopped = why_stopped
        self._is_held()  # from now on, where it is
        self._pump()

    def set_detour(self, detour: Detour | None) -> None:
        """Let another destination take over while this one is down, or none."""
        self._detour = detour
        self._pump()

    def resume(self) -> None:
        """Look again whether something can begin: the account was put right."""
        self._pump()

    def start(self) -> None:
        self._is_open = True
        self._pump()

    def submit(self, position: int, delivery: Delivery) -> None:
        """Take a committed delivery, or leave it in the outbox for later."""
        delivery_id = delivery.delivery_id
        if not self._is_open or delivery_id in self._line.entries or delivery_id in self._reported:
            return  # a refill has seen it before the host said so
        # One of a position that is already begun is taken, however full memory is.
        if position > self._cursor and (self._is_behind or len(self._line) >= MEMORY_MAX):
            self._is_behind = True
            return
        self._cursor = max(self._cursor, position)
        self._add(Entry(delivery))
        self._pump()

    def redrive(self, delivery: Delivery) -> None:
        """Take a delivery that was dead and is in the outbox again; its attempts count anew."""
        self._reported.pop(delivery.delivery_id, None)
        if self._is_open and delivery.delivery_id not in self._line.entries:
            self._add(Entry(delivery))
            self._pump()

    def revoke(self, delivery_id: DeliveryId, reason: Reason) -> bool:
        """Take a delivery back if it has not left; return whether it was in this lane.

        Of one that may have arrived, the gates say at its next attempt whether it goes on.
        """
        entry = self._line.entries.get(delivery_id)
        if entry is None:
            if self._is_behind:
                self._revoked[delivery_id] = reason
            return False
        entry.revoked = reason
        if entry.state != "in_flight" and not entry.may_have_arrived:
            self._end(entry, Over(outcome="refused", reason=reason))
            self._pump()
        return True

    def settled(self, delivery_id: DeliveryId) -> None:
        """Forget a delivery whose end the engine has applied."""
        self._reported.pop(delivery_id, None)
        self._revoked.pop(delivery_id, None)
        entry = self._line.entries.get(delivery_id)
        if entry is not None and entry.state != "in_flight":
            self._line.remove(entry)  # settled from elsewhere: an operator, an erasure
            self._pump()

    def untold(self, since: Instant) -> list[Delivery]:
        """Return what was to be told before an instant and is still tried, as far as in memory."""
        waiting = (entry.delivery for entry in self._line.entries.values())
        return [one for one in waiting if one.operation in OPT_OUTS and one.decided_at < since]

    def answered(self, delivery_id: DeliveryId) -> Answered | None:
        entry = self._line.entries.get(delivery_id)
        return None if entry is None else entry.answered

    async def close(self, seconds: float) -> None:
        """Begin nothing more and let attempts in flight end, within a time."""
        self._is_open = False
        for flight in self._in_flight.values():
            flight.stay()
        for timer in (self._wake, self._refills):
            if timer is not None:
                timer.cancel()
        if self._batches is not None:
            self._batches.flush()
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=seconds)
            for task in self._in_flight:
                task.cancel()
            await asyncio.gather(*self._in_flight, return_exceptions=True)
        if self._batches is not None:
            self._batches.cancel()

    def status(self) -> LaneStatus:
        return LaneStatus(
            destination=self.name,
            waiting=len(self._line) - self._in_flight_count(),
            retrying=self._line.asleep_count(),
            in_flight=self._in_flight_count(),
            is_behind=self._is_behind,
            breaker="stopped" if self.reach.way is None else self.reach.breaker.state,
            rate=self.reach.pace.rate,
            accepted_count=self._counts["accepted"],
            failed_count=self._counts["failed"],
            retry_count=self._counts["retry"],
            last_fault=self.reach.last_fault,
            held=self.reach.held(),
            by=self._detour.by.name if self._detour is not None and self._detour.is_open else "",
            since=self._held_since,
            failing_since=self.reach.failing_since(self._loop.time(), self._clock.now()),
            has_answered=self.reach.breaker.has_answered,
            waits_since=self._line.waits_since(),
        )

    def _in_flight_count(self) -> int:
        """Return how many are with the destination, or in a batch to it."""
        return sum(flight.left_count for flight in self._in_flight.values())

    # What happens next

    def _pump(self) -> None:
        if self._is_open:
            self._go_on()
        self.reach.call_guests()

    def _go_on(self) -> None:
        try:
            self._refill()
        except LegatoError as error:
            logger.warning("Lane %s could not read the outbox: %s", self.name, error.what)
            if self._refills is None:
                self._refills = self._loop.call_later(
                    REFILL_SECONDS_AFTER_FAULT, self._refill_again
                )
        self._look_for_detour()
        while True:
            now = self._loop.time()
            entry = self._line.first(now)
            if entry is None:
                self._sleep_until(self._line.next_due())
                return
            if self.reach.way is None and self.reach.held() is None:
                self._end(entry, Over(outcome="failed", reason=self.reach.why_stopped))
            elif self._clock.now() >= entry.delivery.expires_at:
                self._end(entry, expired(entry.delivery))
            elif entry.by or self._is_detoured(now):
                if not self._go_round(entry, now):
                    return
            elif self._is_full(entry, now):
                return
            else:
                self._begin(entry, now)

    def _look_for_detour(self) -> None:
        now = self._loop.time()
        if self._detour is not None and self._detour.look(self.reach.breaker, now):
            self.reach.breaker.trip(now)
            self._line.rouse()

    def _is_detoured(self, now: float) -> bool:
        """Return whether nothing goes by the lane's own way, not even to find out."""
        is_open = self._detour is not None and self._detour.is_open
        return is_open and not self.reach.breaker.is_ready(now)

    def _go_round(self, entry: Entry, now: float) -> bool:
        """Let a message go by who takes over; return whether the next may be looked at."""
        detour = self._detour
        if entry.by and (detour is None or detour.by.name != entry.by):
            self._end(entry, in_doubt(f"it went by {entry.by}, which takes over no more"))
            return True
        aside = max(self.reach.breaker.opens_until, now + ASIDE_SECONDS)
        if detour is None or detour.by.way is None or not detour.takes(entry):
            self._line.sleep(entry, aside)
            return True
        at = detour.by.room_alone_at(now, entry)
        if at > now:
            detour.by.guests[self.name] = self._pump
            if self._is_detoured(now):
                self._wait_blocked(min(at, aside))
                return False
            self._line.sleep(entry, now + ASIDE_SECONDS)
            return True
        entry.by = detour.by.name
        self._line.take(entry)
        self._fly_alone(entry, detour.by.way, detour.by)
        return True

    def _is_full(self, entry: Entry, now: float) -> bool:
        """Return whether nothing may begin now; then the wake is set, if time alone can help."""
        if self._is_held():
            self._wait_blocked(math.inf)
            return True
        assert self.reach.way is not None
        assert self._batches is not None
        batch = self._batches.of(entry.delivery)
        if batch is None:
            at = self.reach.room_alone_at(now, entry)
        elif self._riding_count >= self.reach.way.destination.concurrency * batch.items:
            return True
        else:
            at = self.reach.room_at(now)
        if now < at < math.inf:
            self._wait_blocked(at)
        return at > now

    def _is_held(self) -> bool:
        """Return whether something has to be put right first. That takes no delivery's time."""
        now = self._clock.now()
        if self.reach.held() is not None:
            self._held_since = self._held_since or now
            return True
        if self._held_since:
            held, self._held_since = now - self._held_since, 0
            self._line.lengthen(held, now)
        return False

    def _wait_blocked(self, until: float) -> None:
        """Wait for the destination; meanwhile what expires is reported when it does."""
        wall = self._clock.now()
        if wall >= self._earliest_expiry:
            self._expire(wall)
        expiry = self._loop.time() + (self._earliest_expiry - wall) / SECOND
        self._sleep_until(min(until, expiry))

    def _expire(self, wall: Instant) -> None:
        entries = list(self._line.entries.values())
        for entry in entries:
            if entry.state != "in_flight" and wall >= entry.delivery.expires_at:
                self._end(entry, expired(entry.delivery))
        left = (entry.delivery.expires_at for entry in self._line.entries.values())
        self._earliest_expiry = min((one for one in left if one > wall), default=INSTANT_MAX)

    def _sleep_until(self, when: float | None) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if self._detour is not None and not self._detour.is_open:
            opens_at = self._detour.opens_at(self.reach.breaker)
            when = opens_at if when is None else min(when, opens_at)
        if when is not None:
            latest = self._loop.time() + HOLD_SECONDS_MAX
            self._wake = self._loop.call_at(min(when, latest), self._pump)

    def _begin(self, entry: Entry, now: float) -> None:
        way = self.reach.way
        assert way is not None
        assert self._batches is not None
        self._line.take(entry)
        batch = self._batches.of(entry.delivery)
        if batch is None:
            self._fly_alone(entry, way, self.reach)
        else:
            self.reach.breaker.begin()
            riders = self._line.take_behind(entry, now, self._batches.riders_max(batch) - 1)
            flight = Flight([entry, *riders], self.reach)
            self._fly(flight, self._batches.carry(flight.entries))

    def _fly_alone(self, entry: Entry, way: Way, reach: Reach) -> None:
        passage = Passage(reach, entry, self._loop.time())
        self._fly(Flight([entry], reach, passage), self._alone(way, entry, passage))

    def _fly(self, flight: Flight, results: Coroutine[None, None, list[Result]]) -> None:
        task = self._loop.create_task(results)
        self._in_flight[task] = flight
        self._riding_count += flight.riding_count
        task.add_done_callback(self._ended)

    async def _alone(self, way: Way, entry: Entry, passage: Passage) -> list[Result]:
        return [await self._attempts.make(way, entry, passage.reach, passage.leave)]

    def _ended(self, task: asyncio.Task[list[Result]]) -> None:
        flight = self._in_flight.pop(task)
        self._riding_count -= flight.riding_count
        flight.end()
        if task.cancelled():
            return  # closing: the attempt stays begun, and is in doubt at the next start
        fault = task.exception()
        if fault is None:
            results = task.result()
        else:
            # Our own bug must stop neither the lane nor the person's later deliveries.
            logger.error("An attempt of lane %s failed.", self.name, exc_info=fault)
            results = [our_fault(fault)] * len(flight.entries)
            for entry in flight.entries:
                entry.may_have_arrived = True
        for entry, result in zip(flight.entries, results, strict=True):
            self._take_result(entry, result, flight)
        self._pump()
        if flight.reach is not self.reach:
            flight.reach.freed()

    def _take_result(self, entry: Entry, result: Result, flight: Flight) -> None:
        match result:
            case Over():
                flight.reach.learn(result, self._loop.time(), has_begun=flight.has_begun)
                self._end(entry, result)
            case Again():
                self._again(entry, result, flight)
            case NotNow():
                flight.abandoned()
                entry.hold(result.until)
                self._line.sleep(entry, self._at(result.until))
            case Missed():
                flight.abandoned()
                entry.free_way()
                self._line.put_back(entry)
            case _:
                assert_never(result)

    def _again(self, entry: Entry, result: Again, flight: Flight) -> None:
        delivery, reach = entry.delivery, flight.reach
        retry = Retry() if self.reach.way is None else self.reach.way.destination.retry
        now, wall = self._loop.time(), self._clock.now()
        self._counts["retry"] += 1
        entry.is_in_doubt = False
        if entry.first_attempt_at is None:  # it never got as far as the wire
            entry.first_attempt_at = wall
            entry.attempt_count += 1
        wait = wait_before(retry, delivery.delivery_id, entry.attempt_count)
        if result.after is not None:
            is_told = result.kind in ("throttled", "account")
            wait = max(result.after, 0) if is_told else max(result.after, wait)
        reach.learn_again(result, wait, now, has_begun=flight.has_begun)
        over = verdict_on_another(entry, result, retry, due_at=wall + wait)
        if over is not None:
            self._end(entry, over)
            return
        if not entry.may_have_arrived:  # on record too it stays in doubt
            self._book.end(delivery.delivery_id, wall + wait)
        if reach is self.reach and self._detour is not None and self._detour.is_open:
            wait = 0 if self._detour.takes(entry) else wait  # it has found out: others take over
        entry.free_way()
        # It wakes when it expires, if that is sooner, to be reported at once.
        seconds = min(wait, max(delivery.expires_at - wall, 0)) / SECOND
        self._line.sleep(entry, now + seconds)

    def _end(self, entry: Entry, over: Over) -> None:
        delivery = entry.delivery
        self._line.remove(entry)
        self._reported[delivery.delivery_id] = None
        now = self._clock.now()
        if delivery.operation == "erase":
            self.reach.answers.clear()  # one of them may be about the person
        self._counts["accepted" if over.outcome == "accepted" else "failed"] += 1
        if self._on_over is not None:
            self._on_over(delivery, over.outcome, now)
        self._report(report_of(entry, over, now))

    def _refill_again(self) -> None:
        self._refills = None
        self._pump()

    def _refill(self) -> None:
        while self._is_behind and len(self._line) < REFILL_BELOW:
            rows = self._outbox.waiting(self.name, self._cursor, REFILL_ROWS)
            self._is_behind = len(rows) >= REFILL_ROWS
            for row in rows:
                self._take_row(row)
            if rows:
                self._cursor = rows[-1].position

    def _take_row(self, row: OutboxRow) -> None:
        delivery_id = row.delivery.delivery_id
        if delivery_id in self._line.entries or delivery_id in self._reported:
            return
        entry = Entry(row.delivery)
        entry.attempt_count = row.attempt_count
        entry.first_attempt_at = row.first_attempt_at
        entry.is_in_doubt = entry.may_have_arrived = row.is_in_doubt
        if row.is_by_other:
            entry.by = NOBODY if self._detour is None else self._detour.by.name
        entry.revoked = self._revoked.pop(delivery_id, None)
        if row.next_attempt_at is not None and not row.is_in_doubt:
            entry.due = self._at(min(row.next_attempt_at, row.delivery.expires_at))
        self._add(entry)
        if entry.revoked is not None and not entry.may_have_arrived:
            self._end(entry, Over(outcome="refused", reason=entry.revoked))

    def _add(self, entry: Entry) -> None:
        way = self.reach.way
        if way is not None and not way.spec.keeps_order:
            entry.line = PersonId(entry.delivery.delivery_id)
        self._earliest_expiry = min(self._earliest_expiry, entry.delivery.expires_at)
        self._line.add(entry)

    def _at(self, instant: Instant) -> float:
        """Return the loop's time of an instant; the wall clock may have jumped since."""
        ahead: Duration = max(instant - self._clock.now(), 0)
        return self._loop.time() + min(ahead / SECOND, HOLD_SECONDS_MAX)
