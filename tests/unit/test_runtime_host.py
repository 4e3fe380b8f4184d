"""The embedded host: acknowledged means durable, applied once and in order, whatever fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec
import pytest

from legato.core.exchange import Loaded, Result
from legato.core.gate import Clearance
from legato.core.program import Program
from legato.core.step import step
from legato.fold.cache import Room
from legato.fold.memory import RECORDS_A_PAUSE, Core
from legato.model.definitions.journey import Entry, Journey, JourneyStep, Send, Wait
from legato.model.delivery import Delivery
from legato.model.event import (
    CustomerEvent,
    DeliveryReported,
    Event,
    PlanActivated,
    decode_event,
    encode_event,
)
from legato.model.ids import DeliveryId, EventId, PersonId, derive
from legato.model.instant import HOUR, MINUTE, SECOND, Instant
from legato.model.note import Story
from legato.model.plan import (
    Channel,
    Destination,
    IdentifierKind,
    IdentityRules,
    Plan,
    Purpose,
    Template,
    encode_plan,
    plan_digest,
)
from legato.model.problem import LegatoError, Reason
from legato.model.state import State, decode_state
from legato.ports.intake import Busy
from legato.ports.state_store import Turn
from legato.runtime.engine.dialogue import (
    Answered,
    Ask,
    Clear,
    Cleared,
    FromEngine,
    Logged,
    Stop,
    ToClear,
    Watched,
)
from legato.runtime.engine.engine import Engine
from legato.runtime.engine.parts import Parts
from legato.runtime.engine.thread import EngineThread, QueueInbox
from legato.runtime.local import LocalHost, Stores
from legato.stores.memory import MemoryLog, MemoryStore

T0: Instant = 1_772_445_600 * SECOND


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = T0

    def now(self) -> Instant:
        return self.at


class Lanes:
    """Lanes that only write down what they are told."""

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.plans: list[str] = []

    def change_plan(self, plan: Plan) -> None:
        self.plans.append(plan_digest(plan))

    def submit(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        self.submitted += [delivery.delivery_id for _, delivery in deliveries]

    def revoke(self, revoked: Sequence[tuple[DeliveryId, Reason]]) -> None:
        pass

    def settled(self, delivery_ids: Sequence[DeliveryId]) -> None:
        pass


class FullLog(MemoryLog):
    """A log whose disk is full for a while."""

    is_full = False

    def append(self, records: Sequence[bytes]) -> int:
        if self.is_full:
            raise LegatoError("The disk is full.", fix="Make room.", can_retry=True)
        return super().append(records)


class TroubledStore(MemoryStore):
    """A state store that fails some commits, or holds them up."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.begun: list[list[DeliveryId]] = []
        self.is_open = threading.Event()
        self.is_open.set()

    def begin_attempt(
        self, ids: Sequence[DeliveryId], now: Instant, *, by_other: bool = False
    ) -> None:
        self.begun.append(list(ids))
        if self.failures:
            raise LegatoError("The disk is full.", fix="Make room.", can_retry=True)
        super().begin_attempt(ids, now, by_other=by_other)

    def commit(self, turn: Turn) -> None:
        self.is_open.wait()
        if self.failures:
            self.failures -= 1
            raise LegatoError("The disk is full.", fix="Make room.", can_retry=True)
        super().commit(turn)


class Nobody:
    """An observer that looks away."""

    def see(self, stories: Sequence[Story]) -> None:
        pass

    def report(self, sentence_count: int) -> bytes:
        return b"nothing" * sentence_count


class World:
    """A host on memory stores, with a plan active."""

    def __init__(self, *, core: Core | None = None, backlog_events_max: int = 50_000) -> None:
        self.log = FullLog()
        self.store = TroubledStore()
        self.clock = Hands()
        self.lanes = Lanes()
        self.backlog_events_max = backlog_events_max
        self.core = core or Core()
        self.host = self.make_host()

    def make_host(self) -> LocalHost:
        return LocalHost(
            Stores(
                log=self.log,
                state=self.store,
                timers=self.store,
                records=self.store,
                outbox=self.store,
                erasures=self.store.erasures,
            ),
            EngineThread(partial(Engine, self.parts())),
            clock=self.clock,
            backlog_events_max=self.backlog_events_max,
        )

    def parts(self) -> Parts:
        return Parts(
            log=self.log,
            state=self.store,
            outbox=self.store,
            records=self.store,
            erasures=self.store.erasures,
            clock=self.clock,
            observer=Nobody(),
            room=Room(people=8, encoded_bytes=8_000),
            core=self.core,
        )

    async def feed(self, *events: Event) -> int:
        position = await self.host.room.accept(events)
        await self.host.progress.reached(position)
        return position

    def states(self) -> dict[PersonId, bytes]:
        return dict(self.store.people(PersonId(""), 1_000))

    def stories(self) -> list[Story]:
        return self.store.tail(0, 10_000)


def play(
    scene: Callable[[World], Awaitable[None]],
    *,
    core: Core | None = None,
    backlog_events_max: int = 50_000,
) -> World:
    """Run a scene on a started host and stop it."""
    world = World(core=core, backlog_events_max=backlog_events_max)

    async def whole() -> None:
        await world.host.start()
        await world.feed(activation(a_plan()))
        world.host.run(world.lanes)
        try:
            await scene(world)
        finally:
            await world.host.stop()

    asyncio.run(asyncio.wait_for(whole(), 30))
    return world


def a_journey(name: str, *steps: JourneyStep, on: str) -> Journey:
    return Journey(
        name=name,
        title=name,
        owner="shop",
        purpose="service",
        entry=Entry(kind="event", on=on, key="order", again="concurrent"),
        exits=(),
        steps={one.step_id: one for one in steps},
        first=steps[0].step_id,
        version=f"{name}-1",
    )


def a_plan(name: str = "shop") -> Plan:
    send = Send(step_id="send", next="", message="thanks", channels=("email",), expires=6 * HOUR)
    wait = Wait(step_id="wait", next="send", duration=30 * MINUTE)
    journeys = [
        a_journey("thanks", send, on="Order Completed"),
        a_journey("later", wait, send, on="Cart Updated"),
    ]
    kinds = (
        IdentifierKind(name="user_id", paths=("user_id",)),
        IdentifierKind(name="anonymous_id", paths=("anonymous_id",)),
    )
    return Plan(
        name=name,
        accept_unknown=True,
        identity=IdentityRules(kinds=kinds),
        journeys={journey.name: journey for journey in journeys},
        purposes={"service": Purpose(name="service", basis="contract", is_promotional=False)},
        channels={"email": Channel(name="email", destination="mail", address="identifier:user_id")},
        templates={
            "thanks": Template(
                name="thanks", texts={"email": {"subject": "Hi", "body": "Bye"}}, purpose="service"
            )
        },
        destinations={"mail": Destination(name="mail", manifest={}, settings={})},
    )


def activation(plan: Plan) -> PlanActivated:
    return PlanActivated(received_at=T0, digest=plan_digest(plan), plan=encode_plan(plan))


def tracked(  # noqa: PLR0913 - what tests vary
    message_id: str,
    name: str = "Order Completed",
    *,
    user: str | None = "ana",
    anonymous: str | None = None,
    order: str = "o1",
    at: Instant = T0,
) -> CustomerEvent:
    return CustomerEvent(
        event_id=EventId(derive("ev", "web", message_id)),
        received_at=at,
        occurred_at=at,
        source="web",
        message_id=message_id,
        kind="track",
        name=name,
        user_id=user,
        anonymous_id=anonymous,
        body=f'{{"order": "{order}"}}'.encode(),
    )


def only(world: World) -> State:
    (data,) = world.states().values()
    return decode_state(data)


def failing_on(name: str) -> Core:
    """The engine with a bug: it fails on one event's name, quoting what it should not."""

    def broken(program: Program, loaded: Loaded, event: Event, now: Instant) -> Result:
        result = step(program, loaded, event, now)
        if isinstance(event, CustomerEvent) and event.name == name:
            raise AssertionError("ana@example.com")
        return result

    return Core(step=broken)


def test_an_answered_event_is_in_the_log_and_its_delivery_reaches_the_lanes() -> None:
    async def scene(world: World) -> None:
        position = await world.feed(tracked("m1"))

        stored = world.log.get(position)
        assert stored is not None
        assert decode_event(stored) == tracked("m1")

    world = play(scene)

    assert len(world.lanes.submitted) == 1
    assert [row.delivery.delivery_id for row in world.store.waiting("mail", 0, 10)] == (
        world.lanes.submitted
    )


def test_a_repeated_message_is_applied_once_within_a_turn_and_across_turns() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m1"), tracked("m1"))
        await world.feed(tracked("m1", at=T0 + 71 * HOUR))

    world = play(scene)

    assert len(world.lanes.submitted) == 1


def test_a_message_id_is_new_again_after_the_window() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m1"))
        await world.feed(tracked("m1", at=T0 + 74 * HOUR, order="o2"))

    world = play(scene)

    assert len(world.lanes.submitted) == 2


def test_a_question_is_answered_after_everything_acknowledged_before_it() -> None:
    async def scene(world: World) -> None:
        for count in range(1, 30):
            position = await world.host.room.accept([tracked(f"m{count}")])

            assert await world.host.report(1) == b"nothing"

            assert world.store.head().position >= position

    play(scene)


def test_what_is_cleared_is_on_record_as_begun_many_in_one_write() -> None:
    async def scene(world: World) -> None:
        await world.feed(*(tracked(f"m{each}", user=f"u{each}") for each in range(5)))
        deliveries = [row.delivery for row in world.store.waiting("mail", 0, 9)]

        found = await asyncio.gather(*(world.host.clear(each) for each in deliveries))

        assert [each.is_clear for each in found] == [True] * 5
        assert world.store.begun == [[each.delivery_id for each in deliveries]]
        assert all(row.is_in_doubt for row in world.store.waiting("mail", 0, 9))

    play(scene)


def test_what_was_acknowledged_before_a_delivery_asks_decides_whether_it_leaves() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m0"))
        (row,) = world.store.waiting("mail", 0, 9)
        world.store.is_open.clear()  # the engine is in the middle of a turn
        await world.host.room.accept([tracked("m1", "Page Viewed")])
        over = DeliveryReported(
            received_at=T0,
            person_id=row.delivery.person_id,
            delivery_id=row.delivery.delivery_id,
            outcome="refused",
            attempt_count=0,
        )
        await world.host.room.accept([over])

        asked = asyncio.ensure_future(world.host.clear(row.delivery))
        await asyncio.sleep(0)
        world.store.is_open.set()

        assert not (await asked).is_clear
        assert world.store.begun == []

    play(scene)


def test_what_cannot_be_put_on_record_may_not_leave() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m0"))
        (row,) = world.store.waiting("mail", 0, 9)
        world.store.failures = 1

        with pytest.raises(LegatoError):
            await world.host.clear(row.delivery)

        assert not world.store.waiting("mail", 0, 9)[0].is_in_doubt
        world.store.failures = 0
        assert (await world.host.clear(row.delivery)).is_clear

    play(scene)


def test_a_dead_delivery_leaves_again_though_its_journey_is_over() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m0"))
        (row,) = world.store.waiting("mail", 0, 9)
        gave_up = DeliveryReported(
            received_at=T0,
            person_id=row.delivery.person_id,
            delivery_id=row.delivery.delivery_id,
            outcome="failed",
        )
        await world.feed(gave_up, tracked("m1", "Page Viewed"))
        delivery = await world.host.redrive(row.delivery.delivery_id)

        assert delivery is not None
        assert (await world.host.clear(delivery)).is_clear

    play(scene)


def test_a_step_that_fails_costs_its_own_record_and_no_other() -> None:
    async def scene(world: World) -> None:
        await world.feed(
            tracked("m1"),
            tracked("m2", "Poison"),
            tracked("m3", user="bob"),
            tracked("m4", "Poison", user="eve"),
            tracked("m5", order="o2"),
        )

    world = play(scene, core=failing_on("Poison"))

    rows = world.store.quarantine(0, 10)
    assert [row.quarantine.message_id for row in rows] == ["m2", "m4"]
    assert {row.quarantine.reason.code for row in rows} == {"engine.fault"}
    assert "ana@" not in repr((rows, world.stories()))
    assert len(world.lanes.submitted) == 3
    assert len(world.states()) == 2


def test_a_failed_step_leaves_no_trace_in_the_person_it_was_given() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m1"))
        before = world.states()
        await world.feed(tracked("m2", "Poison"))

        assert world.states() == before
        await world.feed(tracked("m3"))
        assert only(world).version == 2

    play(scene, core=failing_on("Poison"))


def test_what_cannot_be_stored_is_set_apart_like_a_fault() -> None:
    def oversized(program: Program, loaded: Loaded, event: Event, now: Instant) -> Result:
        result = step(program, loaded, event, now)
        if result.state is not None and isinstance(event, CustomerEvent) and event.name == "Huge":
            result.state.groups["g"] = 1 << 70
        return result

    async def scene(world: World) -> None:
        await world.feed(tracked("m1"), tracked("m2", "Huge"), tracked("m3", user="bob"))

    world = play(scene, core=Core(step=oversized))

    assert [row.quarantine.message_id for row in world.store.quarantine(0, 10)] == ["m2"]
    assert len(world.states()) == 2


def test_replaying_the_whole_log_gives_the_same_bytes_and_the_same_effects() -> None:
    async def scene(world: World) -> None:
        for count in range(60):
            await world.host.room.accept(
                [
                    tracked(f"a{count}", user=f"u{count % 11}", anonymous=f"d{count % 7}"),
                    tracked(f"b{count}", "Cart Updated", user=None, anonymous=f"d{count % 13}"),
                    tracked(f"p{count}", "Poison", user=f"u{count % 5}"),
                    tracked(f"a{count // 2}", user=f"u{count % 11}"),
                ]
            )
        world.clock.at = T0 + 40 * MINUTE
        await world.feed(tracked("last", user="u1", at=world.clock.at))

    world = play(scene, core=failing_on("Poison"))

    again = World(core=failing_on("Poison"))
    again.log = world.log
    recovered = Engine(again.parts(), QueueInbox(), lambda _: None).recover()
    assert recovered.replayed == world.log.last_position()
    assert again.states() == world.states()
    assert again.stories() == world.stories()
    assert again.store.waiting("mail", 0, 999) == world.store.waiting("mail", 0, 999)
    assert again.store.head() == world.store.head()


def test_who_asks_at_what_is_applied_does_not_wait_for_the_next_turn() -> None:
    world = World()
    world.log.append([encode_event(activation(a_plan())), encode_event(tracked("m1"))])
    inbox, told = QueueInbox(), list[FromEngine]()
    engine = Engine(world.parts(), inbox, told.extend)
    applied = engine.recover().position
    last = world.log.append([encode_event(tracked("m2"))])
    for message in (
        Ask(number=1, question=Watched(sentence_count=0), after=applied),
        Ask(number=2, question=Watched(sentence_count=0), after=last),
        Logged(last),
        Stop(),
    ):
        inbox.put(message)
    engine.run()

    assert [one.number if isinstance(one, Answered) else type(one).__name__ for one in told] == [
        1,
        "News",
        2,
        "Ended",
    ]


def test_who_may_leave_is_said_ahead_of_a_turn_that_concerns_others() -> None:
    viewed = tracked("m3", "Page Viewed", user="ben")

    assert told_of_clearances(lambda _: viewed) == [True, "News", True, "Ended"]


def test_what_joins_a_person_with_somebody_concerns_both() -> None:
    joined = tracked("m3", "Page Viewed", user="ana", anonymous="bens")

    assert told_of_clearances(lambda _: joined) == ["News", True, True, "Ended"]


def test_nobody_is_cleared_ahead_of_a_turn_that_may_close_an_address() -> None:
    def bounced(of_ben: Delivery) -> Event:
        return DeliveryReported(
            received_at=T0,
            person_id=of_ben.person_id,
            delivery_id=of_ben.delivery_id,
            outcome="bounced",
        )

    assert told_of_clearances(bounced) == ["News", True, False, "Ended"]


def test_who_asks_in_the_middle_of_a_long_turn_does_not_wait_for_its_end() -> None:
    inbox, told = QueueInbox(), list[FromEngine]()
    asks: list[Ask] = []

    def asked_meanwhile(program: Program, loaded: Loaded, event: Event, now: Instant) -> Result:
        while asks:
            inbox.put(asks.pop())
        return step(program, loaded, event, now)

    world = World(core=Core(step=asked_meanwhile))
    world.log.append([encode_event(each) for each in (activation(a_plan()), tracked("m1"))])
    engine = Engine(world.parts(), inbox, told.extend)
    engine.recover()
    (row,) = world.store.waiting("mail", 0, 9)
    views = [tracked(f"v{n}", "Page Viewed", user=f"u{n}") for n in range(RECORDS_A_PAUSE + 1)]
    last = world.log.append([encode_event(each) for each in views])
    question = Clear([ToClear(row.delivery.delivery_id, row.delivery.person_id)])
    asks.append(Ask(number=1, question=question, after=last))
    inbox.put(Logged(last))
    inbox.put(Stop())
    engine.run()

    assert [type(one).__name__ for one in told] == ["Answered", "News", "Ended"]


def told_of_clearances(following: Callable[[Delivery], Event]) -> list[bool | str]:
    """Ask for a message to Ana and one to Ben, to leave after one more event; tell what is told."""
    world = World()
    before = [tracked("m1"), tracked("m2", user="ben", anonymous="bens", order="o2")]
    world.log.append([encode_event(each) for each in (activation(a_plan()), *before)])
    inbox, told = QueueInbox(), list[FromEngine]()
    engine = Engine(world.parts(), inbox, told.extend)
    engine.recover()
    deliveries = [row.delivery for row in world.store.waiting("mail", 0, 9)]
    assert len(deliveries) == 2
    last = world.log.append([encode_event(following(deliveries[1]))])
    for number, each in enumerate(deliveries):
        question = Clear([ToClear(each.delivery_id, each.person_id)])
        inbox.put(Ask(number=number, question=question, after=last))
    inbox.put(Logged(last))
    inbox.put(Stop())
    engine.run()
    return [
        one.answer.clearances[0] == Clearance(is_clear=True)
        if isinstance(one, Answered) and isinstance(one.answer, Cleared)
        else type(one).__name__
        for one in told
    ]


def test_a_full_disk_is_told_to_the_caller_and_nothing_is_stored() -> None:
    async def scene(world: World) -> None:
        world.log.is_full = True
        with pytest.raises(Busy):
            await world.host.room.accept([tracked("m1")])
        assert world.host.faults() == ("The disk is full. Make room.",)

        world.log.is_full = False
        await world.feed(tracked("m2"))
        assert world.host.faults() == ()

    world = play(scene)

    assert world.log.last_position() == 2
    assert len(world.lanes.submitted) == 1


def test_a_state_store_that_fails_is_tried_again_and_nothing_is_skipped() -> None:
    async def scene(world: World) -> None:
        world.store.failures = 2
        await world.feed(tracked("m1"))
        await world.feed(tracked("m2"))

    world = play(scene)

    assert only(world).version == 2


def test_what_has_been_seen_is_told_while_the_engine_gets_nowhere() -> None:
    async def scene(world: World) -> None:
        world.store.failures = 1_000_000
        position = await world.host.room.accept([tracked("m1")])

        assert await world.host.report(1) == b"nothing"
        assert world.host.applied.position < position
        world.store.failures = 0

    world = play(scene)

    assert only(world).version == 1


def test_doors_are_turned_away_while_the_engine_is_behind_but_the_host_itself_is_not() -> None:
    async def scene(world: World) -> None:
        world.store.is_open.clear()
        for count in range(4):
            await world.host.room.accept([tracked(f"m{count}")])

        with pytest.raises(Busy):
            await world.host.room.accept([tracked("m9")])
        position = await world.host.room.inner.accept([tracked("inner")])

        world.store.is_open.set()
        await world.host.progress.reached(position)
        await world.feed(tracked("m10"))

    play(scene, backlog_events_max=3)


def test_a_plan_that_cannot_be_read_changes_nothing() -> None:
    async def scene(world: World) -> None:
        await world.feed(PlanActivated(received_at=T0, digest="x", plan=b"\xc1"))
        await world.feed(tracked("m1"))

        head = world.store.head()
        assert head.plan is not None
        assert head.plan[0] == plan_digest(a_plan())

    world = play(scene)

    assert len(world.lanes.submitted) == 1


def test_a_plan_takes_effect_between_two_events() -> None:
    other = msgspec.structs.replace(a_plan("other"), journeys={})

    async def scene(world: World) -> None:
        await world.feed(tracked("m1"), activation(other), tracked("m2", order="o2"))

    world = play(scene)

    assert len(world.lanes.submitted) == 1
    assert world.lanes.plans == [plan_digest(other)]


def test_after_a_merge_both_identifiers_lead_to_one_person() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m1", user="ana"), tracked("m2", user=None, anonymous="d1"))
        await world.feed(tracked("m3", user="ana", anonymous="d1"))
        await world.feed(tracked("m4", user=None, anonymous="d1"))

    world = play(scene)

    assert only(world).identifiers.keys() == {"user_id", "anonymous_id"}


def test_an_alarm_rings_when_it_is_due_and_not_before() -> None:
    async def scene(world: World) -> None:
        await world.feed(tracked("m1", "Cart Updated"))
        assert world.store.count() == 1
        assert world.lanes.submitted == []

        world.clock.at = T0 + 30 * MINUTE + 1
        position = await world.feed(tracked("m2", "Cart Updated", at=world.clock.at, user="bob"))
        await world.host.progress.reached(position + 1)

    world = play(scene)

    assert len(world.lanes.submitted) == 1


def test_everybody_is_looked_at_again_under_a_new_plan() -> None:
    other = a_plan("other")

    async def scene(world: World) -> None:
        await world.feed(*(tracked(f"m{count}", user=f"u{count}") for count in range(20)))
        position = await world.feed(activation(other))
        await world.host.progress.reached(position + 20)

    world = play(scene)

    assert {decode_state(data).plan for data in world.states().values()} == {plan_digest(other)}


def test_a_stopped_host_takes_nothing_and_leaves_nobody_waiting() -> None:
    async def scene(world: World) -> None:
        await world.host.stop()

        with pytest.raises(Busy):
            await world.host.room.accept([tracked("m1")])
        with pytest.raises(LegatoError):
            await world.host.report(1)

    play(scene)


def test_an_append_that_failed_after_it_was_stored_is_still_applied() -> None:
    class Ambiguous(FullLog):
        is_ambiguous = False

        def append(self, records: Sequence[bytes]) -> int:
            last = super().append(records)
            if self.is_ambiguous:
                raise LegatoError("The disk went away.", fix="Look at it.", can_retry=True)
            return last

    async def whole() -> None:
        world = World()
        log = world.log = Ambiguous()
        world.host = world.make_host()
        await world.host.start()
        await world.feed(activation(a_plan()))
        log.is_ambiguous = True
        await world.feed(tracked("m1"))
        await world.host.stop()
        assert only(world).version == 1

    asyncio.run(whole())


def test_a_state_ahead_of_its_log_is_refused() -> None:
    world = World()
    world.store.commit(Turn(position=5, now=T0))
    host = world.make_host()

    with pytest.raises(LegatoError, match="log holds only 0"):
        asyncio.run(host.start())


def test_records_survive_the_log_as_they_were() -> None:
    event = tracked("m1", anonymous="d")

    assert decode_event(encode_event(event)) == event
