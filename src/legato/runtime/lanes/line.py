"""Who is next in a lane: first come, first served, and one at a time for each person.

Only the first delivery of a person is looked at: while it waits for another attempt, the person's
later ones wait behind it, and everybody else passes.
"""

from __future__ import annotations

import heapq
from collections import deque
from itertools import islice
from typing import Literal

from legato.model.delivery import Answered, Delivery
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Duration, Instant
from legato.model.problem import Reason
from legato.model.wire import Response


class Entry:
    """A delivery in memory, and what its attempts have come to so far."""

    __slots__ = (
        "answered",
        "attempt_count",
        "by",
        "delivery",
        "due",
        "first_attempt_at",
        "heard",
        "is_bound",
        "is_in_doubt",
        "is_unread",
        "line",
        "may_have_arrived",
        "record",
        "revoked",
        "state",
        "token_of",
        "waits_since",
    )

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.line = delivery.line or delivery.person_id
        """Behind whose deliveries it waits."""
        self.attempt_count = 0
        self.answered: Answered | None = None
        """What its destination said last, where that was no success."""
        self.by = ""
        """The destination that took over for its last attempt; one that may have arrived stays."""
        self.first_attempt_at: Instant | None = None
        self.heard: dict[bytes, Response] = {}
        """What the steps of its exchange were answered that need not be taken again."""
        self.due = 0.0
        """By the loop's clock."""
        self.is_bound = False
        """Who would take over may not have it."""
        self.is_in_doubt = False
        """An attempt was under way when the process ended."""
        self.is_unread = False
        """The attempt under way left without its gates being read."""
        self.may_have_arrived = False
        """Nobody knows what became of one of the attempts. Later ones do not settle that."""
        self.record = ""
        """The consent that the last attempt relied on."""
        self.revoked: Reason | None = None
        self.state: Literal["waiting", "ready", "asleep", "in_flight", "gone"] = "waiting"
        self.token_of = ""
        """The destination of whose rate it has a token, and has not left by yet."""
        self.waits_since = delivery.decided_at
        """Since when nothing but its destination kept it from leaving."""

    def free_way(self) -> None:
        """Let the next attempt go by either way, unless it may have arrived by the other."""
        if not self.may_have_arrived:
            self.by = ""

    def hold(self, until: Instant) -> None:
        """Let it wait for a gate: that is not its destination's doing."""
        self.free_way()
        self.waits_since = until

    def begin(self, now: Instant) -> None:
        """Count an attempt."""
        self.attempt_count += 1
        if self.first_attempt_at is None:
            self.first_attempt_at = now


class Line:
    """The deliveries that a lane holds in memory."""

    def __init__(self) -> None:
        self.entries: dict[DeliveryId, Entry] = {}
        self._people: dict[PersonId, deque[Entry]] = {}
        self._ready: deque[Entry] = deque()
        self._missed: deque[Entry] = deque()
        """Ready, and before all others: they have been next before."""
        self._asleep: list[tuple[float, int, Entry]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self.entries)

    def waits_since(self) -> Instant:
        """Return since when the one waits that has waited longest; 0: none is there."""
        return min((entry.waits_since for entry in self.entries.values()), default=0)

    def add(self, entry: Entry) -> None:
        self.entries[entry.delivery.delivery_id] = entry
        queue = self._people.get(entry.line)
        if queue is None:
            self._people[entry.line] = deque((entry,))
            self._put(entry)
        else:
            queue.append(entry)

    def first(self, now: float) -> Entry | None:
        """Return who is next, without taking it."""
        while self._asleep and self._asleep[0][0] <= now:
            _, _, entry = heapq.heappop(self._asleep)
            if entry.state == "asleep" and entry.due <= now:
                entry.state = "ready"
                self._ready.append(entry)
        for queue in (self._missed, self._ready):
            while queue and queue[0].state != "ready":
                queue.popleft()
            if queue:
                return queue[0]
        return None

    def take(self, entry: Entry) -> None:
        """Take the one that `first` returned into flight."""
        queue = self._missed or self._ready
        assert queue[0] is entry
        queue.popleft()
        entry.state = "in_flight"

    def put_back(self, entry: Entry) -> None:
        """Let an entry that was taken be next again."""
        entry.due = 0.0
        entry.state = "ready"
        self._missed.append(entry)

    def take_behind(self, entry: Entry, now: float, limit: int) -> list[Entry]:
        """Take those right behind one that was taken, up to the first that has to wait."""
        taken: list[Entry] = []
        for one in islice(self._people[entry.line], 1, limit + 1):
            if one.state != "waiting" or one.due > now or one.revoked is not None:
                break
            one.state = "in_flight"
            taken.append(one)
        return taken

    def sleep(self, entry: Entry, due: float) -> None:
        """Let an entry wait until then; it keeps its place before the person's others."""
        entry.due = due
        entry.state = "waiting"
        if self._people[entry.line][0] is entry:
            self._put(entry)

    def remove(self, entry: Entry) -> None:
        """Forget an entry; the person's next one moves up."""
        del self.entries[entry.delivery.delivery_id]
        entry.state = "gone"
        queue = self._people[entry.line]
        was_first = queue[0] is entry
        queue.remove(entry)
        if not queue:
            del self._people[entry.line]
        elif was_first and queue[0].state != "in_flight":
            self._put(queue[0])

    def rouse(self) -> None:
        """Let everybody who waits for another attempt be looked at now."""
        for entry in self.entries.values():
            if entry.state == "asleep":
                entry.due = 0.0
                self._put(entry)

    def lengthen(self, held: Duration, now: Instant) -> None:
        """Give what has been tried back the time for which nothing could be tried."""
        for entry in self.entries.values():
            if entry.first_attempt_at is not None:
                entry.first_attempt_at = min(entry.first_attempt_at + held, now)

    def next_due(self) -> float | None:
        """Return when the next sleeper wakes."""
        while self._asleep and self._asleep[0][2].state != "asleep":
            heapq.heappop(self._asleep)
        return self._asleep[0][0] if self._asleep else None

    def asleep_count(self) -> int:
        return sum(entry.state == "asleep" for entry in self.entries.values())

    def _put(self, entry: Entry) -> None:
        if entry.due > 0:
            entry.state = "asleep"
            self._count += 1
            heapq.heappush(self._asleep, (entry.due, self._count, entry))
        else:
            entry.state = "ready"
            self._ready.append(entry)
