"""Old notes and records are looked for every hour, by a clock that takes no time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest

from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from legato.ports.rolling import Made, Standing
from legato.runtime.rolling.roller import AT_LEAST, Roller, Tools
from legato.runtime.rolling.sides import Work
from tests.unit.lane_world import START, run

ENOUGH = AT_LEAST


class LoopClock:
    """The loop's own time."""

    def now(self) -> Instant:
        return START + round(asyncio.get_running_loop().time() * SECOND)


class Shelf:
    """Rows of one age, which go into a file at once; it keeps when it was asked for what."""

    def __init__(self, clock: LoopClock, count: int) -> None:
        self.asked: list[tuple[Instant, Work]] = []
        self._clock = clock
        self._since = clock.now()
        self._count = count
        self.is_rolled = False

    async def standing(self) -> Standing:
        return Standing()

    async def make(self, work: Work) -> Made | None:
        self.asked.append((self._clock.now(), work))
        if self.is_rolled or self._since >= work.before or self._count < work.at_least:
            return None
        return Made(segment=None, floor=1, epoch=0)

    async def adopt(self, made: Made) -> bool:
        assert made.floor == 1
        self.is_rolled = True
        return True

    async def trim(self) -> bool:
        return False

    async def sweep(self) -> None:
        return


async def _live(age: Duration, *, count: int, after: Duration = DAY) -> Shelf:
    """Let so much time pass over rows that are new at its beginning."""
    clock = LoopClock()
    notes, records = Shelf(clock, count), Shelf(clock, 0)
    roller = Roller(Tools(notes=notes, records=records, clock=clock, after=lambda: after))
    running = asyncio.create_task(roller.run())
    await asyncio.sleep(age / SECOND)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return notes


@pytest.mark.parametrize(("age", "is_rolled"), [(DAY - HOUR, False), (DAY + HOUR, True)])
def test_what_is_old_enough_is_rolled_within_the_hour(age: Duration, *, is_rolled: bool) -> None:
    shelf = run(lambda: _live(age + MINUTE, count=ENOUGH))

    assert shelf.is_rolled is is_rolled
    looks = [at for at, _ in shelf.asked if at - shelf.asked[0][0] < 20 * HOUR]
    assert [round((later - at) / HOUR) for at, later in pairwise(looks)] == [1] * 19


def test_little_waits_for_more_and_nothing_is_looked_for_where_nobody_asks() -> None:
    little = run(lambda: _live(3 * DAY, count=ENOUGH - 1))
    unasked = run(lambda: _live(3 * DAY, count=ENOUGH, after=0))

    assert not little.is_rolled
    assert len(little.asked) == 3 * 24
    assert not unasked.is_rolled
    assert unasked.asked == []
