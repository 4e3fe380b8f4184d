"""Rehearsed lanes: from a delivery that was decided to what its provider made of it.

As in a real lane the gates are read again before every attempt, what is taken back before it left
is refused at once, and a provider that is asked twice under one delivery id takes it once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from legato.core.gate import Clearance
from legato.model.delivery import Delivery, Outcome
from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId
from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Retry
from legato.model.problem import Reason
from legato.simulate.provider import Provider, attempt

START: Instant = 1_772_445_600_000_000
"""2026-03-02T10:00:00Z, a Monday: where a world begins unless told otherwise."""
STEADY = Provider()


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

    __slots__ = ("attempt_count", "delivery", "is_in_flight")

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.attempt_count = 0
        self.is_in_flight = False


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

    def retry(self, destination: str) -> Retry:
        """Return how a destination's attempts are repeated."""
        ...

    def after(self, delay: Duration, happening: Callable[[], None]) -> None:
        """Let something happen later."""
        ...

    def report(self, report: DeliveryReported) -> None:
        """Feed what became of a delivery."""
        ...


class Lanes:
    """All destinations' lanes. What they hold is lost in a crash; what providers took is not."""

    def __init__(self, world: Surroundings, scene: Scene) -> None:
        self.sent: list[Sent] = []
        self.repeated: list[Sent] = []
        """Attempts at what the provider had taken already: it gives the same answer again."""
        self.outcomes: dict[DeliveryId, Outcome] = {}
        self._taken: dict[DeliveryId, bool] = {}
        self._entries: dict[DeliveryId, Entry] = {}
        self._world = world
        self._scene = scene

    def take(self, delivery: Delivery) -> None:
        """Attempt a delivery soon. One that is in its lane already is left as it is."""
        if delivery.delivery_id not in self._entries:
            entry = self._entries[delivery.delivery_id] = Entry(delivery)
            self._soon(entry, 0)

    def revoke(self, delivery_id: DeliveryId, reason: Reason) -> None:
        """Take a delivery back if it has not left; the gates refuse it if it is tried again."""
        entry = self._entries.get(delivery_id)
        if entry is not None and not entry.is_in_flight:
            self._world.after(0, lambda: self._take_back(entry, reason))

    def forget(self) -> None:
        """Lose everything that was in memory."""
        self._entries = {}

    def _take_back(self, entry: Entry, reason: Reason) -> None:
        if self._is_here(entry) and not entry.is_in_flight:
            self._over(entry, "refused", reason)

    def _is_here(self, entry: Entry) -> bool:
        return self._entries.get(entry.delivery.delivery_id) is entry

    def _soon(self, entry: Entry, delay: Duration) -> None:
        self._world.after(delay, lambda: self._attempt(entry))

    def _attempt(self, entry: Entry) -> None:
        if not self._is_here(entry):
            return
        delivery, now = entry.delivery, self._world.clock()
        clearance = self._world.clear(delivery)
        if clearance.until is not None:
            self._soon(entry, clearance.until - now)
            return
        if not clearance.is_clear:
            self._over(entry, "refused", clearance.reason)
            return
        entry.attempt_count += 1
        provider = self._scene.providers.get(delivery.destination, STEADY)
        answer = attempt(provider, self._scene.seed, delivery.delivery_id, entry.attempt_count)
        if answer.outcome is None:
            self._retry(entry, answer.latency)
            return
        outcome: Outcome = answer.outcome
        if outcome == "accepted":
            known = self.repeated if delivery.delivery_id in self._taken else self.sent
            known.append(Sent(now, delivery, self._world.position()))
            self._taken[delivery.delivery_id] = True
        entry.is_in_flight = True
        self._world.after(answer.latency, lambda: self._over(entry, outcome, None))

    def _retry(self, entry: Entry, latency: Duration) -> None:
        retry = self._world.retry(entry.delivery.destination)
        delay = min(round(retry.first * retry.factor ** (entry.attempt_count - 1)), retry.longest)
        if self._world.clock() + latency + delay >= entry.delivery.expires_at:
            reason = Reason(code="delivery.failed", what="every attempt failed until it expired")
            self._over(entry, "failed", reason)
            return
        self._soon(entry, latency + delay)

    def _over(self, entry: Entry, outcome: Outcome, reason: Reason | None) -> None:
        if not self._is_here(entry):
            return
        delivery = entry.delivery
        del self._entries[delivery.delivery_id]
        self.outcomes[delivery.delivery_id] = outcome
        provider = self._scene.providers.get(delivery.destination, STEADY)
        self._world.report(
            DeliveryReported(
                received_at=self._world.clock(),
                person_id=delivery.person_id,
                delivery_id=delivery.delivery_id,
                outcome=outcome,
                attempt_count=entry.attempt_count,
                reason=reason,
                answer=provider.answer if delivery.operation == "call" else b"",
            )
        )
