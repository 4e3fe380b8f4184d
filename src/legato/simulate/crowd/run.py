"""Some people of a crowd, lived through in a world of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

import msgspec

from legato.model.instant import Instant
from legato.model.note import Decided
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.crowds.crowd import Crowd
from legato.ports.log import Log
from legato.simulate.backtest.went import ways_of
from legato.simulate.crowd.desk import CrowdDesk
from legato.simulate.crowd.flow import Flow, flow_of
from legato.simulate.crowd.lives import Deed
from legato.simulate.crowd.pressure import Pressure, pressure_of
from legato.simulate.crowd.promises import promises_of
from legato.simulate.dice import Dice
from legato.simulate.lane import Scene
from legato.simulate.world import World, WorldStore

TELL_EVERY = 200
Told: TypeAlias = Callable[[float], None]


class Line(Noun, frozen=True, kw_only=True, array_like=True):
    """One decision, as the decision log has it."""

    at: Instant
    person_id: str
    journey: str
    message: str
    verdict: str
    channel: str
    reason: str
    delivery_id: str


class Lived(msgspec.Struct, kw_only=True):
    """What came of some people."""

    pressure: Pressure
    decisions: list[Line]
    digest: str
    """Over every note and delivery, in order."""
    flow: Flow


class Cast(Protocol):
    """Whoever knows what people do."""

    def deeds(self, number: int, start: Instant, end: Instant) -> Iterator[Deed]:
        """Yield what person `number` does between two instants."""
        ...


def live(  # noqa: PLR0913 - people, a world, and a place of its own
    log: Log,
    store: WorldStore,
    cast: Cast,
    *,
    plan: Plan,
    crowd: Crowd,
    seed: int,
    numbers: range,
    start: Instant,
    told: Told | None = None,
) -> Lived:
    """Live through the days of some people: one seed gives the same, byte for byte.

    `told` hears now and then which share of the time is over.
    """
    end = start + crowd.span
    deeds = [deed for number in numbers for deed in cast.deeds(number, start, end)]
    deeds.sort(key=lambda deed: (deed.received_at, deed.event_id))
    desk = CrowdDesk(crowd, seed, Dice(seed))
    world = World(plan, log, store, Scene(seed=seed, start=start))
    world.let_answer(desk)
    desk.later, desk.feed = world.at, world.feed
    for number, deed in enumerate(deeds):
        if told is not None and number % TELL_EVERY == 0:
            told((deed.received_at - start) / crowd.span)
        if deed.received_at > world.now:
            world.run_until(deed.received_at)
        world.feed(deed)
    world.run_until(end)
    return _result(world, store, start)


def _result(world: World, store: WorldStore, start: Instant) -> Lived:
    items = {
        f"{sent.delivery.enrollment_id}/{sent.delivery.message}": sent.delivery.about
        for sent in world.sent
        if sent.delivery.about
    }
    ways = ways_of(world.notes)
    pressure = pressure_of(
        ways,
        items,
        start=start,
        people=store.counts()["people"],
        record_count=world.position(),
    )
    if world.plan.offers:
        pressure.offers = promises_of(ways, world.sent, world.notes)
    lines = [
        _line(person_id, at, note)
        for person_id, at, note in world.notes
        if isinstance(note, Decided)
    ]
    return Lived(
        pressure=pressure,
        decisions=lines,
        digest=world.decision_digest(),
        flow=flow_of(note for _, _, note in world.notes),
    )


def _line(person_id: str, at: Instant, note: Decided) -> Line:
    return Line(
        at=at,
        person_id=person_id,
        journey=note.journey,
        message=note.message,
        verdict=note.verdict,
        channel=note.channel,
        reason="" if note.reason is None else note.reason.code,
        delivery_id=note.delivery_id,
    )
