"""How long the last of a rush waits at a destination's rate, which a rehearsal does without.

A rate changes nothing of who gets what; of when, this tells. Each message that was decided takes
its turn behind the one before, as many a second as the rate lets through. Attempts made again, and
what was held and let go later, are not in it: these make it longer. What was taken back while it
waited would have made it shorter.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from legato.model.instant import SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Destination, Plan


class Rush(Noun, frozen=True, kw_only=True):
    """A rate, and who waited longest for it."""

    destinations: tuple[str, ...]
    rate: float
    """Messages a second."""
    count: int
    """All that were decided."""
    longest: Duration
    at: Instant
    """When it was decided."""


class _Queue(msgspec.Struct):
    destinations: dict[str, None]
    rate: float
    free_at: float = 0
    count: int = 0
    longest: float = 0
    at: Instant = 0

    def take(self, at: Instant) -> None:
        self.count += 1
        self.free_at = max(self.free_at, at)
        if self.free_at - at > self.longest:
            self.longest, self.at = self.free_at - at, at
        self.free_at += SECOND / self.rate


def rushes(plan: Plan, decided: Iterable[tuple[Instant, str]]) -> tuple[Rush, ...]:
    """Return who waited longest at each rate, of messages `decided` when and for which channel.

    Where several messages travel in one request nothing is told: the rate is of requests.
    """
    queues: dict[str, _Queue] = {}
    of_channel: dict[str, _Queue] = {}
    for channel in plan.channels.values():
        destination = plan.destinations[channel.destination]
        if destination.rate and not _is_batched(destination):
            name = destination.rate_shared or destination.name
            queue = queues.setdefault(name, _Queue({}, destination.rate))
            queue.destinations[destination.name] = None
            of_channel[channel.name] = queue
    for at, channel_name in sorted(decided):
        if channel_name in of_channel:
            of_channel[channel_name].take(at)
    return tuple(
        Rush(
            destinations=tuple(queue.destinations),
            rate=queue.rate,
            count=queue.count,
            longest=round(queue.longest),
            at=queue.at,
        )
        for queue in queues.values()
        if queue.count
    )


def _is_batched(destination: Destination) -> bool:
    routes = destination.manifest.get("routes") or ()
    return any("batch" in route for route in routes if route.get("on") == "send")
