"""The embedded host: one person's state at a time, everything in its order.

The engine is at the other end of a line: in a process of its own, so that the interpreter's lock
here is left to doors and lanes, or in a thread.

Starting: recover what the log holds beyond the state, then take events, then (once the plan is
the workspace's) let lanes, alarms and schedules run. Stopping is the same backwards: nothing new
begins, lanes finish their attempts and report, what was acknowledged is stored and applied.

The garbage collector is set up for what lives here. Decoded persons are hundreds of thousands of
small objects that never form cycles; a full collection over them stops everything for seconds
(2.5 s at 300,000 persons), one over the second generation for 15 ms. So what is there after
recovery is frozen, and only the youngest are ever collected: the rest goes by its reference count.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, assert_never

import msgspec

from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.event import Event
from legato.model.ids import DeliveryId
from legato.model.instant import Instant
from legato.model.plan import Plan, decode_plan
from legato.model.problem import LegatoError, Reason
from legato.ports.clearance import Ends, TakenBack
from legato.ports.clock import Clock
from legato.ports.erasure import Erasures
from legato.ports.log import Log
from legato.ports.retention import RetentionBook
from legato.ports.state_store import Outbox, Records, StateStore, Timers
from legato.runtime.backfill import Backfiller
from legato.runtime.backfill import Tools as BackfillTools
from legato.runtime.clearances import Clearances
from legato.runtime.engine.dialogue import (
    Answer,
    Answered,
    Ask,
    Done,
    EndAttempts,
    Ended,
    FromEngine,
    Line,
    Logged,
    News,
    Question,
    Recovered,
    Redrive,
    Redriven,
    Refused,
    Release,
    Seen,
    Trouble,
    Watched,
)
from legato.runtime.eraser import NO_PROOF, UNROLLED, Eraser, Proof, Tools
from legato.runtime.progress import Progress
from legato.runtime.retention import SILENT, Keeping, OnRemoved, Retention
from legato.runtime.rolling.roller import Roller
from legato.runtime.rolling.roller import Tools as RollingTools
from legato.runtime.rolling.sides import NotesSide, RecordsSide, RollingStores
from legato.runtime.schedule import Scheduled, Schedules
from legato.runtime.sweep import Sweep
from legato.runtime.telemetry import Histogram, Rate
from legato.runtime.timers import Alarms
from legato.runtime.upkeep import Kept, Upkeep
from legato.runtime.waiting_room import Backlog, WaitingRoom
from legato.runtime.walk import Walker

DRAIN_SECONDS = 10.0
"""How long a stop may take to apply what is queued; the rest is replayed at the next start."""
RESTART_SECONDS = 5.0
"""Until a background task that failed is started again."""
CATCH_UP_SECONDS = 0.5
"""How long what is only looked at waits for the engine to apply all that came before."""
GC_THRESHOLDS = (20_000, 1000000, 1_000_000)
"""Young objects in steps of a millisecond; the others keep larger collections from ever running."""

SWITCH_SECONDS = 0.0005
"""How long a thread may keep the others waiting. Under Python's 5 ms the engine holds up the loop,
so everybody's acknowledgement: at 2,000 events/s half of it took 39 ms instead of 23, for the same
CPU."""


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """What the host reads; only the log is written here, the rest by the engine."""

    log: Log
    state: StateStore
    timers: Timers
    records: Records
    outbox: Outbox
    erasures: Erasures
    rolling: RollingStores | None = None
    """None: all notes and records stay where they are."""
    retention: RetentionBook | None = None
    """None: everything is kept."""
    kept: tuple[Kept, ...] = ()
    """Those that want checkpoints."""


class Lanes(Protocol):
    """What the host tells the lanes, on the loop, after the turn that says so is committed."""

    def change_plan(self, plan: Plan) -> None:
        """Follow the destinations of another plan."""
        ...

    def submit(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        """Take new deliveries; they are in the outbox."""
        ...

    def revoke(self, revoked: Sequence[tuple[DeliveryId, Reason]]) -> None:
        """Take deliveries back that have not left yet."""
        ...

    def settled(self, delivery_ids: Sequence[DeliveryId]) -> None:
        """Forget deliveries that are over."""
        ...


class Applied(msgspec.Struct, kw_only=True):
    """What the engine runs on, as far as the host needs to know."""

    position: int = 0
    """Of the last record applied."""
    now: Instant = 0
    """The engine's clock."""
    plan: Plan
    digest: str = ""
    """Of the plan."""
    switches: dict[str, bool] = {}
    """Journeys that were paused (True) or resumed."""
    schedules: dict[str, Instant] = {}
    """Journey -> the occurrence of its schedule that was taken last."""


def settle_down() -> None:
    """Set this process up for what lives in it, once it is there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECONDS)


class LocalHost:
    """The engine's line and everything that feeds it. All methods are the loop's."""

    def __init__(
        self, stores: Stores, line: Line, *, clock: Clock, backlog_events_max: int = 20_000
    ) -> None:
        self.clock = clock
        self.applied = Applied(plan=Plan(name=""))
        self.progress = Progress(0)
        backlog = Backlog(events_max=backlog_events_max, position=lambda: self.applied.position)
        self.room = WaitingRoom(stores.log, backlog=backlog, announce=self._announce)
        self.rate = Rate()
        self.latency = Histogram()
        self.replayed = 0
        """Records that the last start had to replay."""
        self.ended = asyncio.Event()
        """Set when the engine applies nothing more."""
        self._line = line
        self._stores = stores
        self._upkeep = Upkeep(stores.kept)
        self._clearances = Clearances(self._ask)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._ask_count = 0
        self._fault = ""
        self._watchers: list[Callable[[int], None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._faults: dict[str, str] = {}
        self._lanes: Lanes | None = None
        self._alarms: Alarms | None = None
        self._schedules: Schedules | None = None
        self._sweep: Sweep | None = None
        self._eraser: Eraser | None = None
        self._retention: Retention | None = None
        self.roller = self._rolling()
        """Rolls old notes out of the state."""

    # -- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Recover, then take events. Raises LegatoError when a store fails."""
        recovered = await self._line.start(self._hear)
        last = self._stores.log.last_position()
        if recovered.position > last:
            await self._line.close(0)
            raise LegatoError(
                f"The state has applied {recovered.position} records, the log holds only {last}.",
                fix="Put the log back that belongs to this state, or move the state away: "
                "it is rebuilt from the log.",
            )
        self._begin_from(recovered)
        settle_down()
        self.room.start()
        self._upkeep.start()

    def run(self, lanes: Lanes, proof: Proof = NO_PROOF, removed: OnRemoved = SILENT) -> None:
        """Let lanes have deliveries and time pass: alarms, schedules, sweeps, erasures."""
        inner = self.room.inner
        self._lanes = lanes
        self._alarms = Alarms(
            self._stores.timers,
            inner,
            progress=self.progress,
            clock=self.clock,
        )
        walker = self._walker()
        self._schedules = Schedules(
            walker,
            clock=self.clock,
            known=lambda: Scheduled(plan=self.applied.plan, taken=self.applied.schedules),
        )
        self._sweep = Sweep(
            walker,
            clock=self.clock,
            digest=lambda: self.applied.digest,
            switches=dict(self.applied.switches),
        )
        self._eraser = Eraser(
            Tools(
                log=self._stores.log,
                erasures=self._stores.erasures,
                clock=self.clock,
                plan=lambda: self.applied.plan,
                tell=self._do,
                settle=self.settle,
                proof=proof,
                rewrite=UNROLLED if self.roller is None else self.roller.rewrite,
            )
        )
        self._retention = self._keeping(removed)
        self._tasks = [
            asyncio.create_task(self._keep_running(name, run), name=name)
            for name, run in (
                ("erasures", self._eraser.run),
                *((("retention", self._retention.run),) if self._retention is not None else ()),
                *((("history", self.roller.run),) if self.roller is not None else ()),
                ("alarms", self._alarms.run),
                ("schedules", self._schedules.run),
                ("sweep", self._sweep.run),
            )
        ]

    async def quiet(self) -> None:
        """End the alarms, schedules and sweeps: nothing begins by itself any more. Idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def stop(self) -> None:
        """Store and apply what was acknowledged, then end the engine. Idempotent."""
        await self.quiet()
        await self.room.close()
        await self._line.close(DRAIN_SECONDS)
        self._let_nobody_wait()
        await asyncio.to_thread(self._upkeep.close)

    # -- Questions -------------------------------------------------------------------------------

    async def clear(self, delivery: Delivery, by: str = "") -> Clearance:
        """As ports.clearance.Gatekeeper promises."""
        return await self._clearances.of(delivery, by)

    async def end_attempts(self, ends: Ends, taken_back: TakenBack = ()) -> None:
        """Put on record what became of attempts; see ports.clearance.Gatekeeper."""
        question = EndAttempts(list(ends), list(taken_back))
        await self._ask(question, after=0)  # whatever was begun has been applied

    async def redrive(self, delivery_id: DeliveryId) -> Delivery | None:
        """Put a dead delivery back into the outbox, and let it pass once more; None: not dead."""
        answer = await self._ask(Redrive(delivery_id, self.clock.now()))
        assert isinstance(answer, Redriven)
        if answer.delivery is not None:
            self._clearances.redriven(answer.delivery)
        return answer.delivery

    async def release(self, positions: Sequence[int]) -> None:
        """Forget quarantined records that have been replayed."""
        await self._do(Release(list(positions)))

    async def report(self, sentence_count: int) -> bytes:
        """Return what the engine's observer has seen, as it encodes it.

        Of an engine that is far behind, what it has seen by now: that is when people look.
        """
        question = Watched(sentence_count)
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                answer = await self._ask(question)
        except TimeoutError:
            answer = await self._ask(question, after=0)
        assert isinstance(answer, Seen)
        return answer.report

    def delivered(self, delivery: Delivery, at: Instant) -> None:
        """Count how long an accepted delivery took from its capture to the answer."""
        self.latency.add(at - delivery.captured_at)

    def watch(self, see: Callable[[int], None]) -> Callable[[], None]:
        """Tell `see` of every turn with notes, up to which position; return what ends that."""
        self._watchers.append(see)
        return lambda: self._watchers.remove(see) if see in self._watchers else None

    def faults(self) -> tuple[str, ...]:
        """Return what is wrong now, in words."""
        texts = (self.room.fault, self._fault, *self._faults.values())
        return tuple(dict.fromkeys(text for text in texts if text))

    def backfiller(self) -> Backfiller:
        """Return who measures the past for a plan to come."""
        return Backfiller(
            BackfillTools(
                log=self._stores.log,
                state=self._stores.state,
                records=self._stores.records,
                clock=self.clock,
                walker=self._walker(),
                settle=self.settle,
            )
        )

    def _walker(self) -> Walker:
        return Walker(
            self._stores.records,
            self.room.inner,
            progress=self.progress,
            backlog=self.room.backlog,
        )

    def _keeping(self, removed: OnRemoved) -> Retention | None:
        book = self._stores.retention
        if book is None:
            return None
        return Retention(
            Keeping(
                log=self._stores.log,
                book=book,
                clock=self.clock,
                plan=lambda: self.applied.plan,
                applied=lambda: self.applied.position,
                tell=self._do,
                removed=removed,
                rewrite=UNROLLED if self.roller is None else self.roller.rewrite,
            )
        )

    def _rolling(self) -> Roller | None:
        rolling = self._stores.rolling
        if rolling is None:
            return None
        return Roller(
            RollingTools(
                notes=NotesSide(rolling.notes, rolling.make, self._ask),
                records=RecordsSide(rolling.records, rolling.make),
                clock=self.clock,
                after=lambda: self.applied.plan.roll_after,
            )
        )

    def overdue(self) -> tuple[str, ...]:
        """Return, in words, what should have been done by now and waits for somebody outside."""
        return () if self._eraser is None else self._eraser.overdue()

    async def overwritten(self) -> None:
        """Wait until the log holds nothing that is to be overwritten, as far as is known now."""
        if self._eraser is not None:
            await self._eraser.settled()

    async def settle(self, event: Event) -> None:
        """Store a record of the host's own and wait until it is applied."""
        position = await self.room.inner.accept([event])
        await self.progress.reached(position)

    async def _do(self, question: Question) -> None:
        answer = await self._ask(question)
        assert isinstance(answer, Done)

    async def _ask(self, question: Question, after: int | None = None) -> Answer:
        """Have a question answered after everything up to a position is applied.

        That is everything stored before this call, unless it is said.
        """
        if self.ended.is_set():
            raise _stopped()
        self._ask_count += 1
        number = self._ask_count
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        after = self.room.position if after is None else after
        self._line.say(Ask(number, after, question))
        answer = await future
        if isinstance(answer, Refused):
            raise answer.error()
        return answer

    # -- What the engine says --------------------------------------------------------------------

    def _announce(self, position: int) -> None:
        self._line.say(Logged(position))

    def _hear(self, message: FromEngine) -> None:
        match message:
            case News():
                self._on_turn(message)
            case Answered():
                future = self._asked.pop(message.number)
                if not future.done():
                    future.set_result(message.answer)
            case Trouble():
                self._fault = message.what
            case Ended():
                self._fault = message.fault
                self._let_nobody_wait()
            case Recovered():
                raise AssertionError("said once, at the start")
            case _:
                assert_never(message)

    def _begin_from(self, recovered: Recovered) -> None:
        self.replayed = recovered.replayed
        self.applied.position, self.applied.now = recovered.position, recovered.now
        self.applied.switches, self.applied.schedules = recovered.switches, recovered.schedules
        self._take_plan(recovered.plan)
        self.progress.advance(recovered.position)

    def _take_plan(self, plan: tuple[str, bytes] | None) -> None:
        if plan is not None:
            self.applied.digest, self.applied.plan = plan[0], decode_plan(plan[1])

    def _let_nobody_wait(self) -> None:
        self.ended.set()
        self.progress.close()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(_stopped())
        self._asked.clear()

    def _on_turn(self, news: News) -> None:
        self.applied.position, self.applied.now = news.position, news.now
        self.applied.switches.update(news.switches)
        self.applied.schedules.update(news.schedules)
        self._take_plan(news.plan)
        self.progress.advance(news.position)
        self.rate.add(news.count, news.now)
        self._upkeep.look()
        if self._lanes is not None:
            self._tell_lanes(self._lanes, news)
        if self._alarms is not None:
            self._alarms.changed(news.alarm, news.now)
        if self._sweep is not None and self._schedules is not None:
            if news.plan is not None:
                self._sweep.plan_changed()
                self._schedules.changed()
                if self._retention is not None:
                    self._retention.plan_changed()
                if self.roller is not None:
                    self.roller.plan_changed()
            for journey, is_paused in news.switches.items():
                if not is_paused:
                    self._sweep.resumed(journey)
        if news.has_strikes and self._eraser is not None:
            self._eraser.wake()
        if news.has_notes:
            for see in tuple(self._watchers):
                see(news.position)

    def _tell_lanes(self, lanes: Lanes, news: News) -> None:
        if news.plan is not None:
            lanes.change_plan(self.applied.plan)
        if news.deliveries:
            lanes.submit(news.deliveries)
        if news.revoked:
            lanes.revoke(news.revoked)
        if news.settled:
            lanes.settled(news.settled)

    async def _keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
            except Exception as fault:  # noqa: BLE001 - a task's entry: time must go on passing
                self._faults[name] = f"{name} failed: {type(fault).__name__}; tried again soon."
                await asyncio.sleep(RESTART_SECONDS)
                self._faults.pop(name, None)


def _stopped() -> LegatoError:
    return LegatoError("The engine has stopped.", fix="Start it again.", can_retry=True)
