"""The composition root: opens a workspace on real stores and transports, and runs it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from legato.app.access import AccessBook
from legato.app.accounts.connect import Connections
from legato.app.accounts.held import held
from legato.app.accounts.leases import leases_of
from legato.app.audit import AuditBook
from legato.app.changes.changes import Changes
from legato.app.changes.drafts import Drafts
from legato.app.config import Applied, Config, Status
from legato.app.connections.figures import Figures
from legato.app.consents import Consents
from legato.app.data import Data, host_on
from legato.app.definitions.bloat import BloatFinder
from legato.app.definitions.definitions import Definitions
from legato.app.erasure import Erasures
from legato.app.example import Example
from legato.app.finder import Finder
from legato.app.guard.guard import Alert, Guard
from legato.app.history.backfill import BackfillRun, Backfills
from legato.app.history.roll import Rolls
from legato.app.history.sql import Queries
from legato.app.identity.identity import Identity
from legato.app.identity.matches import Matches
from legato.app.inbound.hooks import Hooks
from legato.app.inbound.providers import Providers
from legato.app.inbound.trial import Trial
from legato.app.pages import HostedPages
from legato.app.privacy.intake import HashingIntake
from legato.app.quarantine import replay
from legato.app.rehearse.jobs.rehearsals import Rehearsals
from legato.app.rehearse.scenarios import read_whole
from legato.app.score.card import SPANS, Card, Over, card
from legato.app.score.keeper import Scorekeeper
from legato.app.secrets import AppSecrets
from legato.app.sign_in import ProviderSignIn
from legato.app.stream.recall import Recalls
from legato.app.untold import UntoldWatch
from legato.app.vitals import Vitals
from legato.connectors.spec import TransportKind
from legato.core.identifiers import possible_keys
from legato.fold.then import Chronicle
from legato.insight.status import Activity, decode_activity
from legato.model.definitions.property import Waiver
from legato.model.delivery import Answered, Delivery, Outcome
from legato.model.event import (
    Event,
    JourneyCalled,
    JourneySwitched,
    decode_event,
)
from legato.model.ids import DeliveryId, EventId, PersonId, derive
from legato.model.instant import Instant
from legato.model.plan import Plan
from legato.model.problem import LegatoError, Problem
from legato.model.state import State, decode_state
from legato.ports.audit import AuditEntry
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.ports.sender import Sender
from legato.ports.state_store import Outbox, QuarantineRow, Records
from legato.runtime.accounts.account import Account
from legato.runtime.lanes.lanes import Lanes
from legato.runtime.lanes.status import LaneStatus
from legato.runtime.lanes.world import World
from legato.stores.folder import Folder, keep_speed, wait_for_engine
from legato.stores.govern.changes import SqliteChanges
from legato.stores.govern.drafts import SqliteDrafts
from legato.stores.marks_file import MarksFile
from legato.transports.clock import SystemClock
from legato.transports.http import PAGE_BYTES_MAX, HttpSender
from legato.transports.ways import Ways

VERDICT_SECONDS = 5.0
"""How long verdicts wait for an engine that is behind."""


class App:
    """A workspace, opened. Doors are given this and nothing below it.

    `await start()` recovers, activates the workspace's plan where it changed, and then takes
    events; `await stop()` answers what was acknowledged, lets the lanes finish their attempts and
    closes the files. Everything here is called on the event loop.
    """

    _is_stopped = False
    _lanes: Lanes | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    def __init__(  # noqa: PLR0915 - one statement for each part of an app
        self, config: Config, folder: Folder, clock: Clock
    ) -> None:
        self.config, self.clock = config, clock
        self._data = data = Data(config, folder)
        self.log: Log = data.log
        self.records: Records = data.store
        """Notes, quarantine, verdicts, counts."""
        self.outbox: Outbox = data.store
        """Waiting and dead deliveries."""
        self.retention = data.retention
        """What was removed because it had been kept long enough."""
        self.host = host = host_on(data, config, clock)
        self.audit = AuditBook(data.govern, config.data, clock)
        """Who did what: everything that changes something, or shows personal data, goes there."""
        self.example = Example(self.audit, is_there=config.is_example)
        self.secrets = AppSecrets(config, self.audit, clock)
        self.access = AccessBook(data.govern, config.data, self.audit, clock, plan=self.plan)
        self.sign_in = ProviderSignIn(self.plan, self.secrets, self.access, clock)
        self.guard = Guard(self, host.settle)
        """Watches what comes in."""
        self.score = Scorekeeper(self, data.score)
        """Keeps the figures of the scorecard."""
        self.intake = HashingIntake(self.guard.intake(self.score.intake(host.room)), self.plan)
        """Where doors hand events in; raises Busy."""
        self.trial = Trial(self.plan, self.intake.hashed)
        """What would become of events."""
        self.consents = Consents(host.settle, clock)
        self.identity = Identity(host.settle, data.chronicle, self.audit, clock)
        self.matches = Matches(data.govern, data.store, self.identity, self.audit)
        self.providers = Providers(
            self, MarksFile(config.data), HttpSender(answer_bytes_max=PAGE_BYTES_MAX)
        )
        """Those that are asked for what is new, and for what their calls only name."""
        self.hooks = Hooks(self.secrets, self.audit, clock, HttpSender(), waits=self.providers.look)
        self.rehearsals = Rehearsals(self)
        self.erasures = Erasures(
            host, data.store, self.audit, config.data, forget=self.rehearsals.forget
        )
        self.untold = UntoldWatch(data.store, clock, self._untold)
        """Which systems go on with people who have opted out."""
        self.changes = Changes(self, SqliteChanges(data.govern), host.settle)
        self.drafts = Drafts(self, SqliteDrafts(data.govern))
        self.bloat, self.backfills = BloatFinder(self), Backfills(self)
        """What nobody uses; the past, measured for a plan to come."""
        self.queries = Queries(config.data, self.audit)
        """Questions in SQL."""
        self.rolls = Rolls(host, self.audit)
        self.recalls = Recalls(self)
        """History on its way to destinations that ask for it since lately."""
        self.pages = HostedPages(self.secrets.link_keys(), self)
        self.last_activity = Activity()  # as of the stop
        self._figures = Figures(data.figures, clock, ears=self.guard.ears, hooks=self.hooks)
        self._leases, self.pulses = leases_of(config), self._figures.pulses
        self.connections = Connections(
            self.plan, self.secrets, audit=self.audit, clock=clock, sender=HttpSender()
        )
        """Accounts that people are connecting in a browser."""
        self._definitions, self._vitals, self.finder = Definitions(self), Vitals(self), Finder(self)
        self._ways = Ways(config.data, clock)

    # -- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Recover, activate the plan, start lanes and timers. Raises LegatoError."""
        self._loop = asyncio.get_running_loop()
        self.audit.start()
        await self.access.start()
        self.pages.start()
        await self.host.start()
        await self.changes.start()
        await self.rehearsals.start()
        files = await asyncio.to_thread(read_whole, self.config.workspace)
        await self._definitions.begin(files)
        if self.digest():
            await self.audit.note_plan_found(self.plan())
        self._lanes = self._open_lanes()
        self.host.run(self._lanes, self.erasures.proof, self.audit.note_removed)
        await self._figures.start()
        await self.guard.start()
        self.providers.start()
        await self._vitals.start()
        await self.score.start()

    async def stop(self) -> None:
        """Take nothing more, finish what is under way, close the files. Idempotent."""
        if self._is_stopped:
            return
        self._is_stopped = True
        await self.score.wane()
        self._vitals.wane()
        await self._definitions.stop()
        await self.rehearsals.stop()
        await self.providers.stop()
        await self.guard.stop()
        await self.changes.stop()
        await self.matches.stop()
        await self.bloat.stop()
        await self.recalls.stop()
        await self.rolls.stop()
        await self.host.quiet()
        if self._lanes is not None:
            await self._lanes.close()
            with contextlib.suppress(LegatoError):  # the engine has ended
                self.last_activity = await self.activity(0)
        await self.score.stop()
        await self._figures.stop()
        await self.host.stop()
        await self._ways.close()
        await self._leases.close()
        await self.connections.close()
        await self._vitals.stop()
        await self.sign_in.close()
        await self.hooks.close()
        await self.access.stop()
        await self.audit.stop()
        await asyncio.to_thread(self._data.close)

    async def engine_fault(self) -> str:
        """Return why the engine has ended, when it has; nothing is applied any more."""
        await self.host.ended.wait()
        return "; ".join(self.host.faults()) or "The engine has ended."

    # -- Definitions -----------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Return the active plan; an empty one before the first workspace without problems."""
        return self._definitions.plan()

    def digest(self) -> str:
        """Return the digest under which the active plan was stored; empty before the first."""
        return self._definitions.digest()

    def texts(self) -> Mapping[str, str]:
        """Return the texts that the active plan is of, by path; for no caller's eyes as a whole."""
        return self._definitions.texts

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the definitions last given; the process keeps its plan."""
        return self._definitions.problems

    async def apply(
        self,
        files: Mapping[str, str],
        *,
        by: str,
        change: int = 0,
        waivers: Sequence[Waiver] = (),
    ) -> Applied:
        """Check definitions (path in the workspace -> text) and activate them between two events.

        Returns after the engine runs on them, and what has changed is on record as done by `by`,
        an actor as the audit names them. Any problem: nothing is changed. `change`: the request
        that these are of. `waivers`: objections that `by` answers for.
        """
        return await self._definitions.apply(files, by=by, change=change, waivers=waivers)

    async def stop_backfill(self, *, by: str) -> BackfillRun | None:
        """Give up the plan for which the past is being measured; None where there is none."""
        return await self._definitions.stop_backfill(by=by)

    async def prepared(self, plan: Plan) -> Plan:
        """Return a plan as `apply` would activate it: with the versions that people are in."""
        return await self._definitions.prepared(plan)

    async def switch(self, journey: str, *, is_paused: bool, by: str) -> None:
        """Pause or resume a journey; returns once the engine has done so and it is recorded."""
        await self.host.settle(
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
        await self.host.settle(
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

        What a door could not read stays where it is, unless it is an item of a provider's call
        that the source's manifest can read by now. What its event blocks was refused for good.
        """
        return await replay(self, positions)

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
        became = self._data.store.resolve(person_id)
        data = self._data.store.states([became]).get(became)
        return None if data is None else decode_state(data)

    async def present(self, person_id: PersonId) -> tuple[PersonId, State | None]:
        """Return who a person has become, after all that was acknowledged is applied."""
        await self.applied(self.host.room.position)
        return self._data.store.resolve(person_id), await self.person(person_id)

    @property
    def chronicle(self) -> Chronicle:
        """Where people as they once were are read from."""
        return self._data.chronicle

    async def find(self, text: str) -> PersonId | None:
        """Return whom a person id, `kind:value`, or the value of any declared kind leads to."""
        if await self.person(PersonId(text)) is not None:
            return self._data.store.resolve(PersonId(text))
        keys = possible_keys(self.plan().identity.kinds, text)
        found = self._data.store.pointers(keys)
        return next((found[key] for key in keys if key in found), None)

    async def events(self, positions: Sequence[int]) -> dict[int, Event]:
        """Return records of the log by their positions."""
        return await asyncio.to_thread(self._events, positions)

    def _events(self, positions: Sequence[int]) -> dict[int, Event]:
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

    def lanes(self) -> Mapping[str, LaneStatus]:
        """Return each destination's lane as it is now."""
        return {} if self._lanes is None else self._lanes.status()

    def account(self, destination: str) -> Account | None:
        """Return the account that a destination's lane uses; None where nothing can leave."""
        return None if self._lanes is None else self._lanes.account(destination)

    def senders(self) -> Mapping[TransportKind, Sender]:
        """Return every way out that this installation has."""
        return self._ways.senders

    def answered(self, destination: str, delivery_id: DeliveryId) -> Answered | None:
        """Return what a delivery that is being tried was answered last."""
        return None if self._lanes is None else self._lanes.answered(destination, delivery_id)

    async def card(self, over: Over) -> Card:
        """Return the scorecard over the last hour, day, week or month."""
        span, count = SPANS[over]
        figures = await self.score.figures(span, count=count)
        return await asyncio.to_thread(card, over, figures, self.plan())

    def held(self) -> tuple[Alert, ...]:
        """Return an alert for each destination whose account has to be put right."""
        return held(self._lanes.status()) if self._lanes is not None else ()

    def status(self) -> Status:
        """Return how the process is doing; cheap, needs no loop. `counted` renews the counts."""
        return self._vitals.status()

    async def counted(self) -> None:
        """Wait a moment for counts that are not older than a second."""
        await self._vitals.counted()

    # -- Helpers ---------------------------------------------------------------------------------

    def _untold(self, since: Instant) -> list[Delivery]:
        return self._lanes.untold(since) if self._lanes is not None else []

    def _over(self, delivery: Delivery, outcome: Outcome, at: Instant) -> None:
        if outcome == "accepted":
            self.host.delivered(delivery, at)
        self.score.over(delivery, outcome, at)
        self.pulses.ended(delivery, outcome, at)
        self.guard.ended(delivery.destination)

    def _renewed(self, secret: str) -> None:
        if self._lanes is not None:
            self._lanes.renewed(secret)
        self.providers.renewed(secret)
        self.guard.renewed()

    def _open_lanes(self) -> Lanes:
        """Start a lane for every destination of the plan."""
        lanes = Lanes(
            World(
                outbox=self.outbox,
                senders=self._ways.senders,
                secrets=self.secrets,
                gatekeeper=self.host,
                intake=self.host.room.inner,
                clock=self.clock,
                links=self.pages.linker,
                tokens=self.secrets.tokens(),
                leases=self._leases,
                on_over=self._over,
            )
        )
        lanes.change_plan(self.plan())
        lanes.start()
        self.secrets.on_set(self._renewed)
        return lanes


def open_app(config: Config, clock: Clock = SystemClock()) -> App:  # noqa: B008 - has no state
    """Open the stores and wire everything; nothing runs before `start`. Raises LegatoError."""
    folder = Folder(config.data)
    try:
        wait_for_engine(config.data)  # that of a process which was killed just now
        keep_speed(config.data, config.speed)
        return App(config, folder, clock)
    except LegatoError:
        folder.close()
        raise
