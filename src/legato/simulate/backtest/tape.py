"""What is on record of a span of time, read so that the span can be lived through again.

Four things were decided outside of the engine and are taken from the record wherever the same
thing happens again: when an alarm rang (a busy machine rings late), when a schedule that came
round at the same instant called somebody in, what became of a delivery (a provider's answer), and
what a provider told of it afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from legato.fold.schedule import Almanac, scheduled_version
from legato.fold.turn import Record
from legato.model.definitions.journey import Journey
from legato.model.event import (
    CustomerEvent,
    DeliveryReported,
    Event,
    PlanActivated,
    TimerFired,
    decode_event,
)
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.plan import Plan, decode_plan

Lapsed = dict[tuple[PersonId, Instant], Instant]
"""Somebody's alarm and when it was due -> when it was overtaken."""


class Recorded(msgspec.Struct, frozen=True, array_like=True):
    """One record, and the engine's clock when it was applied to the whole log."""

    position: int
    now: Instant
    record: bytes

    def event(self) -> Event:
        """Return what the record says."""
        return decode_event(self.record)


class Tape:
    """The records of a span. A `Script` for the world that lives through it."""

    def __init__(
        self,
        recorded: Sequence[Recorded],
        *,
        start: Instant,
        plan: Plan,
        is_whole: bool = False,
        lapsed: Lapsed | None = None,
    ) -> None:
        """`plan`: that was active when the span began.

        `is_whole`: the span is lived through as it was, so that what is not on record did not
        happen. `lapsed`: what such a life found.
        """
        self.start = start
        self.is_whole = is_whole
        self.lapsed: Lapsed = {} if lapsed is None else lapsed
        """Alarms that a busy machine had not come to when something else moved them."""
        self.plan = plan
        """The one that is active on record, as far as the tape has been played."""
        self._alarms: dict[PersonId, Instant] = {}
        self._almanac = Almanac()
        self._records = [((one.position, one.event()), one.now) for one in recorded]
        self._rings: dict[tuple[PersonId, Instant], None] = {}
        self._reports: dict[DeliveryId, None] = {}
        for (_, event), _ in self._records:
            match event:
                case TimerFired():
                    self._rings[event.person_id, event.due_at] = None
                case DeliveryReported():
                    self._reports[event.delivery_id] = None
                case _:
                    pass

    def __iter__(self) -> Iterator[tuple[Record, Instant]]:
        """Yield the records in order, each with the engine's clock then."""
        for row in self._records:
            yield row
            event = row[0][1]
            if isinstance(event, PlanActivated):
                self.plan = decode_plan(event.plan)

    def rings(self, person_id: PersonId, due_at: Instant | None, now: Instant) -> bool:
        """Return whether it is known when this alarm rang, or that it did not."""
        if not self.is_whole:
            key = None if due_at is None else (person_id, due_at)
            return key in self._rings or key in self.lapsed
        before = self._alarms.pop(person_id, None)
        if before is not None and before != due_at:
            self._lapse(person_id, before, now)
        if due_at is not None:
            self._alarms[person_id] = due_at
        return True

    def end(self, now: Instant) -> None:
        """Say that the span is over: alarms that are overdue would have rung later."""
        for person_id, due_at in self._alarms.items():
            self._lapse(person_id, due_at, now)

    def _lapse(self, person_id: PersonId, due_at: Instant, now: Instant) -> None:
        if due_at < now and (person_id, due_at) not in self._rings:
            self.lapsed[person_id, due_at] = now

    def reports(self, delivery_id: DeliveryId) -> bool:
        """Return whether it is on record what became of a delivery."""
        return self.is_whole or delivery_id in self._reports

    def calls(self, journey: Journey, due_at: Instant) -> bool:
        """Return whether what came of an occurrence is on record.

        It is where the schedule came round at that instant too, also when nobody was awake then.
        """
        was = scheduled_version(self.plan, journey.name)
        return due_at < self.start or (
            was is not None and self._almanac.latest(was, self.plan.zone, due_at) == due_at
        )

    def events(self) -> Iterator[Event]:
        """Yield what the records say, in order; nothing is played."""
        return (event for (_, event), _ in self._records)


def told_of(event: Event) -> DeliveryId | None:
    """Return the delivery of which a record says what became, or how it was taken."""
    match event:
        case DeliveryReported():
            return event.delivery_id
        case CustomerEvent() if event.told is not None and event.told.delivery_id:
            return DeliveryId(event.told.delivery_id)
        case _:
            return None
