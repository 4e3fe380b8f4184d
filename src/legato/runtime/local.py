"""The embedded host: one process, one person's state at a time, everything in its order.

Starting: recover what the log holds beyond the state, then take events, then (once the plan is
the workspace's) let lanes, alarms and schedules run. Stopping is the same backwards: nothing new
begins, lanes finish their attempts and report, what was acknowledged is stored and applied.

The garbage collector is set up for what lives here. Decoded persons are hundreds of thousands of
small objects that never form cycles; a full collection over them stops everything for seconds
(2.5 s at 300,000 persons). So what is there after recovery is frozen, young objects are collected
in small steps, and full collections are not run at all: what is dropped goes by its reference
count.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar, cast

import msgspec

from legato.core.gate import Clearance
from legato.fold.memory import CORE, Core, Memory
from legato.fold.turn import Turned
from legato.model.delivery import Delivery
from legato.model.effect import Revoke, Settle
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import Story
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.ports.state_store import Outbox, Records, StateStore, Timers
from legato.runtime.clearances import Clearances
from legato.runtime.engine import Answer, Ask, Engine, Question, Reply
from legato.runtime.progress import Progress
from legato.runtime.schedule import Scheduled, Schedules
from legato.runtime.sweep import Sweep
from legato.runtime.telemetry import Histogram, Rate
from legato.runtime.timers import Alarms
from legato.runtime.upkeep import Kept, Upkeep
from legato.runtime.waiting_room import Backlog, WaitingRoom
from legato.runtime.walk import Walker

T = TypeVar("T")

DRAIN_SECONDS = 10.0
"""How long a stop may take to apply what is queued; the rest is replayed at the next start."""
RESTART_SECONDS = 5.0
"""Until a background task that failed is started again."""
GC_THRESHOLDS = (20_000, 10, 1_000_000)
"""Young objects in steps of a millisecond; the third keeps full collections from ever running."""

SWITCH_SECONDS = 0.0005
"""How long a thread may keep the others waiting. Under Python's 5 ms the engine holds up the loop,
so everybody's acknowledgement: at 2,000 events/s half of it took 39 ms instead of 23, for the same
CPU."""


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """What the host keeps its things in; all but the log are usually one object."""

    log: Log
    state: StateStore
    timers: Timers
    records: Records
    outbox: Outbox
    kept: tuple[Kept, ...] = ()
    """Those that want checkpoints."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    people_max: int = 50_000
    backlog_events_max: int = 20_000


class Lanes(Protocol):
    """What the host tells the lanes, on the loop, after the turn that says so is committed."""

    def change_plan(self, plan: Plan) -> None:
        """Follow the destinations of another plan."""
        ...

    def submit(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        """Take new deliveries; they are in the outbox."""
        ...

    def revoke(self, revokes: Sequence[Revoke]) -> None:
        """Take deliveries back that have not left yet."""
        ...

    def settled(self, settles: Sequence[Settle]) -> None:
        """Forget deliveries that are over."""
        ...


class LocalHost:
    """The engine and everything that feeds it, in one process. All methods are the loop's."""

    def __init__(self, stores: Stores, *, clock: Clock, limits: Limits, core: Core = CORE) -> None:
        self.clock = clock
        self.engine = Engine(
            stores.log,
            stores.state,
            memory=Memory(stores.state, core=core, people_max=limits.people_max),
            publish=self._publish,
            reply=self._reply,
        )
        self.progress = Progress(0)
        backlog = Backlog(
            events_max=limits.backlog_events_max,
            position=lambda: self.engine.memory.position,
            bytes_done=lambda: self.engine.bytes_done,
        )
        self.room = WaitingRoom(stores.log, backlog=backlog, hand_over=self.engine.put)
        self.rate = Rate()
        self.latency = Histogram()
        self.replayed = 0
        """Records that the last start had to replay."""
        self._stores = stores
        self._upkeep = Upkeep(stores.kept)
        self._clearances = Clearances(
            self._ask, state=stores.state, outbox=stores.outbox, clock=clock
        )
        self._watchers: list[Callable[[Sequence[Story]], None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._faults: dict[str, str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lanes: Lanes | None = None
        self._alarms: Alarms | None = None
        self._schedules: Schedules | None = None
        self._sweep: Sweep | None = None

    # -- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Recover, then take events. Raises LegatoError when a store fails."""
        last, position = self._stores.log.last_position(), self.engine.memory.position
        if position > last:
            raise LegatoError(
                f"The state has applied {position} records, the log holds only {last}.",
                fix="Put the log back that belongs to this state, or move the state away: "
                "it is rebuilt from the log.",
            )
        self.replayed = await asyncio.to_thread(self.engine.recover)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        sys.setswitchinterval(SWITCH_SECONDS)
        self._loop = asyncio.get_running_loop()
        self.progress.advance(self.engine.memory.position)
        self.room.start()
        self.engine.start()
        self._upkeep.start()

    def run(self, lanes: Lanes) -> None:
        """Let lanes have deliveries and time pass: alarms, schedules, sweeps."""
        memory, inner = self.engine.memory, self.room.inner
        self._lanes = lanes
        self._alarms = Alarms(
            self._stores.timers,
            inner,
            progress=self.progress,
            clock=self.clock,
        )
        walker = Walker(
            self._stores.records, inner, progress=self.progress, backlog=self.room.backlog
        )
        self._schedules = Schedules(
            walker,
            clock=self.clock,
            known=lambda: Scheduled(plan=memory.plan, taken=memory.schedules),
        )
        self._sweep = Sweep(
            walker,
            clock=self.clock,
            digest=lambda: memory.program.digest,
            switches=dict(memory.program.paused),
        )
        self._tasks = [
            asyncio.create_task(self._keep_running(name, run), name=name)
            for name, run in (
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
        """Store and apply what was acknowledged, then end the threads. Idempotent."""
        await self.quiet()
        await self.room.close()
        await asyncio.to_thread(self.engine.close, DRAIN_SECONDS)
        await asyncio.to_thread(self._upkeep.close)
        self.progress.close()

    # -- Questions -------------------------------------------------------------------------------

    async def clear(self, delivery: Delivery) -> Clearance:
        """Read the gates again, after everything acknowledged before this call was applied.

        As ports.clearance.Gatekeeper promises: when clear, the attempt is on record as begun.
        """
        return await self._clearances.of(delivery)

    def redriven(self, delivery_id: DeliveryId) -> None:
        """Let a dead delivery that an operator put back into the outbox pass once more."""
        self._clearances.redriven(delivery_id)

    def delivered(self, delivery: Delivery, at: Instant) -> None:
        """Count how long a delivery took from its capture; lanes call this at the answer."""
        self.latency.add(at - delivery.captured_at)

    async def ask(self, person_id: PersonId, question: Question[T]) -> T:
        """Have the engine answer a question about a person's present state."""
        return await self._ask(
            lambda memory: question(memory.program, memory.person(person_id), memory.now)
        )

    def _ask(self, answer: Answer[T]) -> asyncio.Future[T]:
        assert self._loop is not None, "start the host first"
        future: asyncio.Future[object] = self._loop.create_future()
        self.engine.ask(Ask(answer=answer, future=future))
        return cast("asyncio.Future[T]", future)

    def watch(self, see: Callable[[Sequence[Story]], None]) -> Callable[[], None]:
        """Show every turn's stories to `see`; return what ends that."""
        self._watchers.append(see)
        return lambda: self._watchers.remove(see) if see in self._watchers else None

    def faults(self) -> tuple[str, ...]:
        """Return what is wrong now, in words."""
        texts = (self.room.fault, self.engine.fault, *self._faults.values())
        return tuple(dict.fromkeys(text for text in texts if text))

    # -- After each turn -------------------------------------------------------------------------

    def _publish(self, turned: Turned) -> None:
        if self._loop is not None:  # None: a replay, whose deliveries lanes find in the outbox
            self._on_loop(self._on_turn, turned)

    def _reply(self, replies: list[Reply]) -> None:
        self._on_loop(_settle_futures, replies)

    def _on_loop(self, call: Callable[[T], None], value: T) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(call, value)

    def _on_turn(self, turned: Turned) -> None:
        self.progress.advance(turned.position)
        self.rate.add(len(turned.records), turned.now)
        self._upkeep.look()
        if self._lanes is not None:
            self._tell_lanes(self._lanes, turned)
        if self._alarms is not None:
            self._alarms.changed(turned.alarms, turned.now)

        if self._sweep is not None and self._schedules is not None:
            if turned.program is not None:
                self._sweep.plan_changed()
                self._schedules.changed()
            for journey, is_paused in turned.switches.items():
                if not is_paused:
                    self._sweep.resumed(journey)
        if turned.stories:
            for see in tuple(self._watchers):
                see(turned.stories)

    def _tell_lanes(self, lanes: Lanes, turned: Turned) -> None:
        if turned.program is not None:
            lanes.change_plan(turned.program.plan)
        if turned.deliveries:
            lanes.submit(turned.deliveries)
        if turned.revoked:
            lanes.revoke(turned.revoked)
        if turned.settled:
            lanes.settled(turned.settled)

    async def _keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
            except Exception as fault:  # noqa: BLE001 - a task's entry: time must go on passing
                self._faults[name] = f"{name} failed: {type(fault).__name__}; tried again soon."
                await asyncio.sleep(RESTART_SECONDS)
                self._faults.pop(name, None)


def _settle_futures(replies: list[Reply]) -> None:
    for ask, answer in replies:
        if ask.future.done():
            continue
        if isinstance(answer, Exception):
            ask.future.set_exception(answer)
        else:
            ask.future.set_result(answer)
