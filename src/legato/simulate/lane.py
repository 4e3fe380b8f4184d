"""Rehearsed lanes: from a delivery that was decided to what its provider made of it.

As in a real lane the gates are read again before every attempt, what is taken back before it left
is refused at once, and a provider that is asked twice under one delivery id takes it once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from legato.core.gate import Clearance
from legato.model.delivery import OBLIGATIONS, TELLINGS, Delivery, Outcome
from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Duration, Instant
from legato.model.note import GateSeen
from legato.model.noun import Noun
from legato.model.plan import Destination
from legato.model.problem import Reason
from legato.simulate.provider import Answer, Desk, Provider

START: Instant = 1_772_445_600_000_000
"""2026-03-02T10:00:00Z, a Monday: where a world begins unless told otherwise."""


class Scene(Noun, frozen=True, kw_only=True):
    """Where a world begins, and how its providers behave."""

    seed: int = 0
    start: Instant = START
    providers: Mapping[str, Provider] = {}
    """By destination; others are steady."""


class Sent(msgspec.Struct, frozen=True):
    """A message that a provider accepted."""

    at: Instant
    delivery: Delivery
    position: int
    """Of the log's last record then: what was received before the message left, and what after."""


class Entry:
    """A delivery in its lane."""

    __slots__ = (
        "attempt_count",
        "delivery",
        "first_attempt_at",
        "is_in_flight",
        "may_have_arrived",
        "record",
        "revoked",
    )

    def __init__(self, delivery: Delivery, *, may_have_arrived: bool) -> None:
        self.delivery = delivery
        self.attempt_count = 0
        self.first_attempt_at: Instant = 0
        self.is_in_flight = False
        self.may_have_arrived = may_have_arrived
        self.record = ""
        self.revoked: Reason | None = None


class Surroundings(Protocol):
    """The world, as lanes see it."""

    def clock(self) -> Instant:
        """Return the present instant, never before the engine's."""
        ...

    def position(self) -> int:
        """Return the position of the log's last record."""
        ...

    def clear(self, delivery: Delivery) -> Clearance:
        """Read the gates of a delivery that is about to leave."""
        ...

    def destination(self, name: str) -> Destination:
        """Return a destination of the present plan."""
        ...

    def after(self, delay: Duration, happening: Callable[[], None]) -> None:
        """Let something happen later."""
        ...

    def report(self, report: DeliveryReported) -> None:
        """Feed what became of a delivery."""
        ...


class Lanes:
    """All destinations' lanes. What they hold is lost in a crash; what providers took is not."""

    def __init__(self, world: Surroundings, desk: Desk) -> None:
        self.sent: list[Sent] = []
        self.repeated: list[Sent] = []
        """Attempts at what the provider had taken already: it gives the same answer again."""
        self.outcomes: dict[DeliveryId, Outcome] = {}
        self._taken: dict[DeliveryId, bool] = {}
        self._entries: dict[DeliveryId, Entry] = {}
        self._lines: dict[tuple[str, PersonId], dict[DeliveryId, Entry]] = {}
        """Who waits for a destination behind earlier deliveries of the same person."""
        self._begun: dict[DeliveryId, bool] = {}
        """On record: attempts of which nobody has heard what became."""
        self._world = world
        self.desk = desk

    def take(self, delivery: Delivery) -> None:
        """Attempt a delivery soon. One that is in its lane already is left as it is."""
        delivery_id = delivery.delivery_id
        if delivery_id in self._entries:
            return
        is_begun = delivery_id in self._begun
        entry = self._entries[delivery_id] = Entry(delivery, may_have_arrived=is_begun)
        line = self._lines.setdefault(_line_of(delivery), {})
        line[delivery_id] = entry
        if is_begun and self._is_skipped(entry):
            self._world.after(0, lambda: self._over(entry, "in_doubt"))
        elif len(line) == 1:
            self._soon(entry, 0)

    def revoke(self, delivery_id: DeliveryId, reason: Reason) -> None:
        """Take a delivery back if it has not left; the gates refuse it if it is tried again."""
        entry = self._entries.get(delivery_id)
        if entry is not None:
            entry.revoked = reason
            self._world.after(0, lambda: self._take_back(entry, reason))

    def forget(self) -> None:
        """Lose everything that was in memory."""
        self._entries, self._lines = {}, {}

    def _take_back(self, entry: Entry, reason: Reason) -> None:
        if not entry.is_in_flight and not entry.may_have_arrived:
            self._over(entry, "refused", reason)

    def _is_skipped(self, entry: Entry) -> bool:
        if entry.delivery.operation in OBLIGATIONS:
            return False
        return self._world.destination(entry.delivery.destination).on_doubt == "skip"

    def _is_here(self, entry: Entry) -> bool:
        return self._entries.get(entry.delivery.delivery_id) is entry

    def _soon(self, entry: Entry, delay: Duration) -> None:
        self._world.after(delay, lambda: self._attempt(entry))

    def _attempt(self, entry: Entry) -> None:
        if not self._is_here(entry):
            return
        delivery, now = entry.delivery, self._world.clock()
        clearance = self._world.clear(delivery)
        is_going_on = clearance.is_too_slow and entry.may_have_arrived
        if clearance.until is not None and (is_going_on or not clearance.is_too_slow):
            self._soon(entry, clearance.until - now)
            return
        if not clearance.is_clear and not is_going_on:
            self._over(entry, "refused", clearance.reason, gates=clearance.gates)
            return
        entry.attempt_count += 1
        entry.first_attempt_at = entry.first_attempt_at or now
        entry.is_in_flight = True
        entry.record = clearance.record
        self._begun[delivery.delivery_id] = True
        destination = self._world.destination(delivery.destination)
        answer = self.desk.answer(delivery, destination, attempt_count=entry.attempt_count, now=now)
        if answer.outcome == "accepted":
            known = self.repeated if delivery.delivery_id in self._taken else self.sent
            known.append(Sent(now, delivery, self._world.position()))
            self._taken[delivery.delivery_id] = True
        self._world.after(answer.latency, lambda: self._answered(entry, answer))

    def _answered(self, entry: Entry, answer: Answer) -> None:
        if not self._is_here(entry):
            return
        entry.is_in_flight = False
        if answer.outcome is not None and not answer.is_lost:
            self._over(entry, answer.outcome, answer.reason, answer)
            return
        if answer.is_lost and self._is_skipped(entry):
            self._over(entry, "in_doubt")
            return
        entry.may_have_arrived |= answer.is_lost
        if not entry.may_have_arrived:
            del self._begun[entry.delivery.delivery_id]
            if entry.revoked is not None:
                self._over(entry, "refused", entry.revoked)
                return
        self._retry(entry, answer)

    def _retry(self, entry: Entry, answer: Answer) -> None:
        retry = self._world.destination(entry.delivery.destination).retry
        exponent = min(entry.attempt_count - 1, 64)  # as a real lane: after a week it is infinite
        delay = round(min(retry.first * retry.factor**exponent, float(retry.longest)))
        delay = delay if answer.after is None else answer.after
        due_at = self._world.clock() + delay
        is_patient = entry.delivery.operation in OBLIGATIONS
        if due_at >= entry.first_attempt_at + retry.give_up and not is_patient:
            said = answer.reason.what if answer.reason is not None else "it failed for now"
            what = f"no attempt of {entry.attempt_count} succeeded; last: {said}"
            self._over(entry, "failed", Reason(code="delivery.gave_up", what=what))
            return
        expires_at = entry.delivery.expires_at
        if due_at >= expires_at:
            self._world.after(expires_at - self._world.clock(), lambda: self._expire(entry))
            return
        self._soon(entry, delay)

    def _expire(self, entry: Entry) -> None:
        if entry.delivery.operation in TELLINGS:
            reason = Reason(code="delivery.gave_up", what="no attempt succeeded in all its time")
            self._over(entry, "failed", reason)
            return
        what = "its time to live ended before it could be sent"
        self._over(entry, "expired", Reason(code="delivery.expired", what=what))

    def _move_up(self, entry: Entry) -> None:
        """Let the next one of a person go, where this one was first."""
        key = _line_of(entry.delivery)
        line = self._lines[key]
        was_first = next(iter(line.values())) is entry
        del line[entry.delivery.delivery_id]
        if not line:
            del self._lines[key]
        elif was_first:
            self._soon(next(iter(line.values())), 0)

    def _over(
        self,
        entry: Entry,
        outcome: Outcome,
        reason: Reason | None = None,
        answer: Answer | None = None,
        *,
        gates: tuple[GateSeen, ...] = (),
    ) -> None:
        if not self._is_here(entry):
            return
        delivery = entry.delivery
        del self._entries[delivery.delivery_id]
        self._move_up(entry)
        self._begun.pop(delivery.delivery_id, None)
        self.outcomes[delivery.delivery_id] = outcome
        is_answered = answer is not None and delivery.operation == "call"
        self._world.report(
            DeliveryReported(
                received_at=self._world.clock(),
                person_id=delivery.person_id,
                delivery_id=delivery.delivery_id,
                outcome=outcome,
                attempt_count=entry.attempt_count,
                reason=reason,
                gates=gates,
                receipt=answer.receipt if answer is not None else "",
                answer=answer.body if is_answered and answer is not None else b"",
                may_have_arrived=entry.may_have_arrived,
                record=entry.record,
            )
        )


def _line_of(delivery: Delivery) -> tuple[str, PersonId]:
    return delivery.destination, delivery.line or delivery.person_id
