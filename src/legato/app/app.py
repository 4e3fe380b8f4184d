"""The composition root: opens a workspace on real stores and transports, and runs it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import structs
from msgspec.structs import replace

from legato.app.access import AccessBook
from legato.app.audit import AuditBook
from legato.app.changes.changes import Changes
from legato.app.config import Applied, Config, Status
from legato.app.consents import Consents
from legato.app.erasure import Erasures
from legato.app.guard.guard import Guard
from legato.app.hooks import Hooks
from legato.app.identity import Identity
from legato.app.matches import Matches
from legato.app.pages import HostedPages
from legato.app.privacy.intake import HashingIntake
from legato.app.retired import with_retired
from legato.app.secrets import AppSecrets
from legato.app.sign_in import ProviderSignIn
from legato.connectors.spec import TransportKind
from legato.core.admit import BLOCKED
from legato.core.identifiers import normal_identifier, pointer_key
from legato.fold.memory import DUPLICATES_WINDOW
from legato.insight.status import Activity, Watch, decode_activity
from legato.model.event import (
    Event,
    JourneyCalled,
    JourneySwitched,
    PlanActivated,
    RejectedItem,
    decode_event,
)
from legato.model.ids import DeliveryId, EventId, PersonId, derive
from legato.model.instant import HOUR, SECOND, Instant
from legato.model.plan import Plan, encode_plan, plan_digest
from legato.model.problem import LegatoError, Problem
from legato.model.state import State, decode_state
from legato.plan.scale import scale_plan
from legato.ports.audit import AuditEntry
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.ports.sender import Sender
from legato.ports.state_store import Outbox, QuarantineRow, Records
from legato.runtime.engine.dialogue import Line
from legato.runtime.engine.engine import Engine
from legato.runtime.engine.parts import Parts
from legato.runtime.engine.process import EngineProcess
from legato.runtime.engine.thread import EngineThread
from legato.runtime.lanes.lanes import Lanes
from legato.runtime.lanes.world import World
from legato.runtime.local import LocalHost, Stores
from legato.stores.folder import Folder, wait_for_engine
from legato.stores.govern.changes import SqliteChanges
from legato.stores.govern.schema import open_govern
from legato.stores.retention_file import RetentionFile
from legato.stores.sqlite_log import SqliteLog
from legato.stores.sqlite_state import SqliteStore
from legato.transports.clock import SystemClock
from legato.transports.file import FileSender
from legato.transports.http import HttpSender
from legato.transports.smtp import SmtpSender
from legato.workspace import check_files, read_workspace

REPLAY_RECORDS = 500
COUNTS_SECONDS = 0.5
"""How long a status waits for its counts; counting very many people takes longer."""
VERDICT_SECONDS = 5.0
"""How long verdicts wait for an engine that is behind."""


class App:
    """A workspace, opened. Doors are given this and nothing below it.

    `await start()` recovers, activates the workspace's plan where it changed, and then takes
    events; `await stop()` answers what was acknowledged, lets the lanes finish their attempts and
    closes the files. Everything here is called on the event loop.
    """

    def __init__(self, config: Config, folder: Folder, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        log = SqliteLog(config.data / "log.db")
        # The host asks back to a whole hour, up to one further than its window.
        store = SqliteStore(
            config.data / "state.db",
            seen_window=DUPLICATES_WINDOW + HOUR,
            is_writer=config.is_one_process,
        )
        self.retention = RetentionFile(config.data)
        """What was removed because it had been kept long enough."""
        self._govern = open_govern(config.data)
        self.audit = AuditBook(self._govern, config.data, self.clock)
        """Who did what: everything that changes something, or shows personal data, goes there."""
        self.secrets = AppSecrets(config, self.audit, self.clock)
        self.access = AccessBook(self._govern, config.data, self.audit, self.clock)
        self.sign_in = ProviderSignIn(self.plan, self.secrets, self.access.provided, self.clock)
        self.log: Log = log
        self.records: Records = store
        """Notes, quarantine, verdicts, counts."""
        self.outbox: Outbox = store
        """Waiting and dead deliveries."""
        self.host = LocalHost(
            Stores(
                log=log,
                timers=store,
                records=store,
                outbox=store,
                erasures=store.erasures,
                retention=self.retention,
                kept=(store, log, self._govern),
            ),
            self._line(log, store),
            clock=self.clock,
            backlog_events_max=config.backlog_events_max,
        )
        self.guard = Guard(self, self._settle)
        """Watches what comes in."""
        self.intake = HashingIntake(self.guard.intake(self.host.room), self.plan)
        """Where doors hand events in; raises Busy."""
        self.consents = Consents(self._settle, self.clock)
        self.identity = Identity(self._settle, store, self.audit, self.clock)
        self.matches = Matches(self._govern, store, self.identity, self.audit)
        self.hooks = Hooks(self.secrets, self.audit, self.clock)
        self.erasures = Erasures(self.host, store, self.audit, config.data)
        self.changes = Changes(self, SqliteChanges(self._govern), self._settle)
        self.pages = HostedPages(config.data, self)
        self.last_activity = Activity()  # as of the stop
        self._folder = folder
        self._store = store
        self._senders: dict[TransportKind, Sender] = {}
        self._lanes: Lanes | None = None
        self._problems: tuple[Problem, ...] = ()
        self._applying = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_started = self._is_stopped = False
        self._counts: Mapping[str, int] = {}
        self._counted_at: Instant = 0
        self._counting: asyncio.Task[None] | None = None

    # -- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Recover, activate the plan, start lanes and timers. Raises LegatoError."""
        self._loop = asyncio.get_running_loop()
        self.audit.start()
        await self.access.start()
        self.pages.start()
        await self.host.start()
        await self.changes.start()
        files = await asyncio.to_thread(read_workspace, self.config.workspace)
        await self.apply(files, by="system")
        if self._digest():
            await self.audit.note_plan_found(self.plan())
        self._senders = {
            "http": HttpSender(),
            "smtp": SmtpSender(),
            "file": FileSender(self.config.data),
        }
        self._lanes = Lanes(
            World(
                outbox=self.outbox,
                senders=self._senders,
                secrets=self.secrets,
                gatekeeper=self.host,
                intake=self.host.room.inner,
                clock=self.clock,
                links=self.pages.linker,
                on_delivered=self.host.delivered,
            )
        )
        self._lanes.change_plan(self.plan())
        self._lanes.start()
        self.host.run(self._lanes, self.erasures.proof)
        await self.guard.start()
        await self._count()
        self._is_started = True

    async def stop(self) -> None:
        """Take nothing more, finish what is under way, close the files. Idempotent."""
        if self._is_stopped:
            return
        self._is_stopped = True
        await self.guard.stop()
        await self.changes.stop()
        await self.matches.stop()
        await self.host.quiet()
        if self._lanes is not None:
            await self._lanes.close()
            with contextlib.suppress(LegatoError):  # the engine has ended
                self.last_activity = await self.activity(0)
        await self.host.stop()
        for sender in self._senders.values():
            await sender.close()
        if self._counting is not None:
            await self._counting
        await self.sign_in.close()
        await self.access.stop()
        await self.audit.stop()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._govern.close()
        self.log.close()
        self._store.close()
        self._folder.close()

    async def engine_fault(self) -> str:
        """Return why the engine has ended, when it has; nothing is applied any more."""
        await self.host.ended.wait()
        return "; ".join(self.host.faults()) or "The engine has ended."

    # -- Definitions -----------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Return the active plan; an empty one before the first workspace without problems."""
        return self.host.applied.plan

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the definitions last given; the process keeps its plan."""
        return self._problems

    async def apply(self, files: Mapping[str, str], *, by: str, change: int = 0) -> Applied:
        """Check definitions (path in the workspace -> text) and activate them between two events.

        Returns after the engine runs on them, and what has changed is on record as done by `by`,
        an actor as the audit names them. Any problem: nothing is changed. `change`: the request
        that these are of.
        """
        async with self._applying:
            loaded = await asyncio.to_thread(check_files, files)
            self._problems = loaded.problems
            if loaded.plan is None:
                return Applied(problems=loaded.problems, digest=self._digest())
            plan = await self.prepared(loaded.plan)
            before, digest = self.plan(), plan_digest(plan)
            if digest == self._digest():
                return Applied(digest=digest)
            async with self.changes.judging(plan, files, change=change, by=by) as objections:
                self._problems = objections
                if objections:
                    return Applied(problems=objections, digest=self._digest())
                await self._activate(before, plan, by=by)
            return Applied(digest=digest, is_changed=True)

    async def _activate(self, before: Plan, plan: Plan, *, by: str) -> None:
        digest = plan_digest(plan)
        await self._settle(
            PlanActivated(
                received_at=self.clock.now(), digest=digest, plan=encode_plan(plan), by=by
            )
        )
        if self._digest() != digest:
            raise LegatoError(
                "The engine could not run on this plan; it keeps the one before.",
                fix="See the quarantine for the place that failed, and report the bug.",
            )
        await self.audit.note_plan(before, plan, actor=by)
        self.guard.plan_changed()

    async def prepared(self, plan: Plan) -> Plan:
        """Return a plan as `apply` would activate it: with the versions that people are in."""
        scaled = scale_plan(plan, self.config.speed)
        return await asyncio.to_thread(with_retired, scaled, self.plan(), self.records)

    async def switch(self, journey: str, *, is_paused: bool, by: str) -> None:
        """Pause or resume a journey; returns once the engine has done so and it is recorded."""
        await self._settle(
            JourneySwitched(
                received_at=self.clock.now(), journey=journey, is_paused=is_paused, by=by
            )
        )
        action = "journey.pause" if is_paused else "journey.resume"
        await self.audit.record(AuditEntry(actor=by, action=action, subject=journey))

    def paused(self) -> tuple[str, ...]:
        """Return the journeys that are paused."""
        switches = self.host.applied.switches
        return tuple(sorted(name for name, is_paused in switches.items() if is_paused))

    # -- Doing -----------------------------------------------------------------------------------

    async def call(
        self, journey: str, person_id: PersonId, *, key: str = "", body: bytes = b"{}"
    ) -> None:
        """Put a person into a journey whose entry is `api`."""
        now = self.clock.now()
        cause = derive("ev", "call", journey, person_id, key, str(now))
        await self._settle(
            JourneyCalled(
                event_id=EventId(cause),
                received_at=now,
                person_id=person_id,
                journey=journey,
                key=key,
                body=body,
            )
        )

    async def replay(self, positions: Sequence[int]) -> int:
        """Feed quarantined records in again, after a fix; return how many were.

        What a door could not read stays where it is: no plan can mend it. So does what its event
        blocks: it was refused for good.
        """
        count = 0
        for start in range(0, len(positions), REPLAY_RECORDS):
            chunk = positions[start : start + REPLAY_RECORDS]
            kept = [position for position in chunk if self._is_replayable(position)]
            events = await self.events(kept)
            again = {
                position: replace(event, received_at=self.clock.now())
                for position, event in events.items()
                if not isinstance(event, RejectedItem | PlanActivated)
            }
            if again:
                fresh = self.intake.hashed(list(again.values()))
                last = await self.host.room.accept(fresh)
                await self.host.progress.reached(last)
                await self.host.release(list(again))
                count += len(again)
        return count

    async def redrive(self, delivery_ids: Sequence[str]) -> int:
        """Put dead deliveries back into their lanes; return how many were dead."""
        assert self._lanes is not None, "start the app first"
        count = 0
        for delivery_id in delivery_ids:
            delivery = await self.host.redrive(DeliveryId(delivery_id))
            if delivery is not None:
                self._lanes.redrive([delivery])
                count += 1
        return count

    # -- Looking ---------------------------------------------------------------------------------

    async def person(self, person_id: PersonId) -> State | None:
        """Return a person's stored state; merged ids are followed."""
        became = self._store.resolve(person_id)
        data = self._store.states([became]).get(became)
        return None if data is None else decode_state(data)

    async def present(self, person_id: PersonId) -> tuple[PersonId, State | None]:
        """Return who a person has become, after all that was acknowledged is applied."""
        await self.applied(self.host.room.position)
        return self._store.resolve(person_id), await self.person(person_id)

    async def find(self, text: str) -> PersonId | None:
        """Return whom a person id, `kind:value`, or the value of any declared kind leads to."""
        if await self.person(PersonId(text)) is not None:
            return self._store.resolve(PersonId(text))
        kinds = self.plan().identity.kinds
        name, _, value = text.partition(":")
        named = [(kind.name, normal_identifier(kind, value)) for kind in kinds if kind.name == name]
        values = named + [(kind.name, normal_identifier(kind, text)) for kind in kinds]
        keys = [pointer_key(name, value) for name, value in values if value is not None]
        found = self._store.pointers(keys)
        return next((found[key] for key in keys if key in found), None)

    async def events(self, positions: Sequence[int]) -> dict[int, Event]:
        """Return records of the log by their positions."""
        found = {position: self.log.get(position) for position in positions}
        return {
            position: decode_event(data) for position, data in found.items() if data is not None
        }

    def verdicts(
        self, source: str, message_ids: Sequence[str]
    ) -> Mapping[str, QuarantineRow | None]:
        """Return what `records.verdicts` does, once all that was acknowledged is applied.

        For a thread: who asks right after a call was answered wants to know what became of it.
        An engine that does not get on is waited for a moment only.
        """
        assert self._loop is not None, "start the app first"
        reached = self.applied(self.host.room.position)
        waiting = asyncio.run_coroutine_threadsafe(reached, self._loop)
        try:
            waiting.result(VERDICT_SECONDS)
        except TimeoutError:
            waiting.cancel()
        return self.records.verdicts(source, message_ids)

    def watch(self, see: Callable[[int], None]) -> Callable[[], None]:
        """Call `see` on the loop whenever notes are committed, with their last position.

        Returns what ends it. `records.tail` has the notes.
        """
        return self.host.watch(see)

    async def activity(self, sentence_count: int = 10) -> Activity:
        """Return what happened since the process started, in numbers and sentences."""
        return decode_activity(await self.host.report(sentence_count))

    async def applied(self, position: int) -> Instant:
        """Wait until the engine has applied the event at `position`; return its clock."""
        await self.host.progress.reached(position)
        return self.host.applied.now

    def lanes_status(self) -> Mapping[str, Mapping[str, object]]:
        """Return each destination's lane: waiting, in flight, breaker, last failure."""
        if self._lanes is None:
            return {}
        return {name: structs.asdict(lane) for name, lane in self._lanes.status().items()}

    def status(self) -> Status:
        """Return how the process is doing; cheap enough to ask every second.

        Counting a million people takes long: counts are made beside the loop and may be a moment
        old.
        """
        host, now = self.host, self.clock.now()
        is_running = self._is_started and not self._is_stopped
        is_counting = self._counting is not None and not self._counting.done()
        if is_running and not is_counting and now - self._counted_at >= SECOND:
            self._counting = asyncio.create_task(self._count())
        faults = host.faults() + host.overdue()
        if self.guard.fault:
            faults += (self.guard.fault,)
        if self._problems:
            word = "problem" if len(self._problems) == 1 else "problems"
            faults += (f"The workspace has {len(self._problems)} {word}; see `legato apply`.",)
        has_plan = bool(self.plan().sources)
        return Status(
            is_ready=is_running and has_plan and not host.faults(),
            is_failing=bool(host.faults()),
            faults=faults,
            plan=self._digest(),
            position=host.room.position,
            applied=host.applied.position,
            backlog=host.room.backlog(),
            event_count=host.rate.total,
            events_per_second=host.rate.per_second(now),
            latency_p50_us=host.latency.quantile(0.5),
            latency_p99_us=host.latency.quantile(0.99),
            counts=self._counts,
        )

    async def counted(self) -> None:
        """Wait a moment for counts that are not older than a second."""
        self.status()
        if self._counting is not None and not self._counting.done():
            await asyncio.wait([self._counting], timeout=COUNTS_SECONDS)

    # -- Helpers ---------------------------------------------------------------------------------

    def _line(self, log: Log, store: SqliteStore) -> Line:
        """Return the engine's line: to a process of its own, unless one process is wanted."""
        config = self.config
        if not config.is_one_process:
            module = [sys.executable, "-P", "-m", "legato.engine", str(config.data)]
            return EngineProcess(lambda number: [*module, str(number), str(config.cache_people)])
        parts = Parts(
            log=log,
            state=store,
            outbox=store,
            records=store,
            erasures=store.erasures,
            clock=self.clock,
            observer=Watch(),
            people_max=config.cache_people,
        )
        return EngineThread(partial(Engine, parts))

    def _digest(self) -> str:
        return self.host.applied.digest

    async def _settle(self, event: Event) -> None:
        """Store a record of the host's own and wait until it is applied."""
        await self.host.settle(event)

    def _is_replayable(self, position: int) -> bool:
        rows = self.records.quarantine(position - 1, 1)
        if not rows or rows[0].position != position:
            return False
        return rows[0].quarantine.reason.code != BLOCKED

    async def _count(self) -> None:
        self._counts = await asyncio.to_thread(self.records.counts)
        self._counted_at = self.clock.now()


def open_app(config: Config, clock: Clock = SystemClock()) -> App:  # noqa: B008 - has no state
    """Open the stores and wire everything; nothing runs before `start`. Raises LegatoError."""
    folder = Folder(config.data)
    try:
        wait_for_engine(config.data)  # that of a process which was killed just now
        return App(config, folder, clock)
    except LegatoError:
        folder.close()
        raise
