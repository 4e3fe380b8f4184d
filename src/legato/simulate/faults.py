"""What goes wrong in a rehearsal, drawn from its seed.

In the manner of swarm testing the seed also draws which kinds of faults a world has at all: a
world with everything in it hides what only shows when most things go well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from legato.model.event import CustomerEvent
from legato.model.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.simulate.dice import Dice
from legato.simulate.provider import Provider

COPIES_MOST = 100
JUMP_MOST: Duration = 2 * HOUR


class Faults(Noun, frozen=True, kw_only=True):
    """The kinds of faults that one world has."""

    has_duplicates: bool = False
    """Some events come again, 2 to 100 times in all, at once and later."""
    has_disorder: bool = False
    """Events arrive out of order, within the lateness allowed."""
    has_latecomers: bool = False
    """Some arrive later than that."""
    has_clock_jumps: bool = False
    """The clock by which events are received jumps, both ways."""
    has_bad_providers: bool = False
    """Destinations are slow, fail and bounce, each in its own measure."""
    crash_count: int = 0
    """The process dies so often, and loses what was in memory only."""
    has_change_of_plan: bool = False
    """Another plan is activated while people are under way."""
    has_pause: bool = False
    """An operator pauses a journey, and resumes it."""


def draw_faults(dice: Dice) -> Faults:
    """Return which kinds of faults a world has: about half of them; in some worlds, none."""
    if dice.is_hit(0.05, "calm"):
        return Faults()
    return Faults(
        has_duplicates=dice.is_hit(0.5, "duplicates"),
        has_disorder=dice.is_hit(0.5, "disorder"),
        has_latecomers=dice.is_hit(0.5, "latecomers"),
        has_clock_jumps=dice.is_hit(0.25, "clock jumps"),
        has_bad_providers=dice.is_hit(0.5, "bad providers"),
        crash_count=dice.between(1, 4, "crashes") if dice.is_hit(0.5, "crashing") else 0,
        has_change_of_plan=dice.is_hit(0.5, "change of plan"),
        has_pause=dice.is_hit(0.3, "pause"),
    )


def arrivals(
    faults: Faults, dice: Dice, events: Sequence[CustomerEvent], *, lateness: Duration
) -> Iterator[tuple[Instant, CustomerEvent]]:
    """Yield when (by the world's clock) each copy of each event arrives, and as what."""
    for event in events:
        at = event.occurred_at + _delay(faults, dice, event, lateness)
        received_at = at + _jump(faults, dice, event)
        # The door clamps: nothing is received before it happened.
        occurred_at = min(event.occurred_at, received_at)
        arriving = replace(event, received_at=received_at, occurred_at=occurred_at)
        yield at, arriving
        for copy in range(_copies(faults, dice, event)):
            later = at + round(dice.throw("copy", event.message_id, copy) ** 4 * DAY)
            yield later, replace(arriving, received_at=received_at + later - at)


def _delay(faults: Faults, dice: Dice, event: CustomerEvent, lateness: Duration) -> Duration:
    name = event.message_id
    if faults.has_latecomers and dice.is_hit(0.05, "late", name):
        return lateness + round(dice.throw("how late", name) * 6 * HOUR)
    if faults.has_disorder and dice.is_hit(0.5, "delayed", name):
        return round(dice.throw("delay", name) * lateness)
    return dice.between(1, 200, "way", name) * MILLISECOND


def _jump(faults: Faults, dice: Dice, event: CustomerEvent) -> Duration:
    if faults.has_clock_jumps and dice.is_hit(0.02, "jump", event.message_id):
        return round((dice.throw("how far", event.message_id) * 2 - 1) * JUMP_MOST)
    return 0


def _copies(faults: Faults, dice: Dice, event: CustomerEvent) -> int:
    if faults.has_duplicates and dice.is_hit(0.15, "copied", event.message_id):
        return 1 + int(dice.throw("copies", event.message_id) ** 6 * (COPIES_MOST - 1))
    return 0


def provider_of(faults: Faults, dice: Dice, destination: str, answer: bytes) -> Provider:
    """Return how a destination behaves in this world."""
    if not faults.has_bad_providers:
        return Provider(answer=answer)
    slowest = dice.pick((200 * MILLISECOND, 5 * SECOND, 3 * MINUTE), "latency", destination)
    return Provider(
        latency_most=slowest,
        fault_share=dice.pick((0.0, 0.1, 0.5, 0.9), "faults", destination),
        bounce_share=dice.pick((0.0, 0.0, 0.1), "bounces", destination),
        lost_share=dice.pick((0.0, 0.0, 0.1), "lost", destination),
        answer=answer,
    )
