"""Rates as those see them who count requests: in any stretch of time, wherever it begins."""

from __future__ import annotations

import asyncio
import os
import selectors
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from legato.model.ids import share
from legato.model.problem import LegatoError
from legato.model.wire import Response
from legato.runtime.rates.leased import LeasedSource
from legato.runtime.rates.rates import Pace, Rates
from legato.runtime.rates.shared import Pool
from legato.stores.sqlite.leases import FILE_NAME, SqliteRateLeases
from tests.unit.lane_world import Attempt, LaneWorld, delivery, destination
from tests.unit.lane_world import run as run_punctually

T = TypeVar("T")
ROOT = Path(__file__).parent.parent.parent
LATE_SECONDS = 0.003
HAIR = 1e-6
"""What sums of floats may differ by."""


class _LateSelector(selectors.DefaultSelector):
    """Never waits; whatever was to be waited takes up to 3 ms longer."""

    elapsed = 0.0
    count = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found:
            assert timeout is not None, "nothing is left that could ever happen"
            self.count += 1
            late = LATE_SECONDS * share("late", str(self.count)) if timeout > 0 else 0
            self.elapsed += max(timeout, 0) + late
        return found


class LateLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time whose timers are late."""

    def __init__(self) -> None:
        self._virtual = _LateSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return 1_000 + self._virtual.elapsed


def run(scenario: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        return await scenario()

    with asyncio.Runner(loop_factory=LateLoop) as runner:
        return runner.run(main())


async def saturate(pace: Pace, seconds: float) -> list[float]:
    """Send whenever it is allowed, as a lane does; return the instants."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    times: list[float] = []
    while (now := loop.time()) < until:
        if pace.is_ready(now):
            pace.take(now)
            times.append(now)
        else:
            await asyncio.sleep(pace.next_at - now)
    return times


def most(times: Sequence[float], seconds: float) -> int:
    """Return the most requests in any such stretch."""
    first, found = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds + HAIR:
            first += 1
        found = max(found, last - first + 1)
    return found


def least(times: Sequence[float], seconds: float) -> int:
    """Return the fewest in any such stretch from one request on, as far as they go."""
    after, found = 0, len(times)
    for first, at in enumerate(times):
        if at + seconds > times[-1]:
            break
        while times[after] < at + seconds:
            after += 1
        found = min(found, after - first)
    return found


def assert_held(times: Sequence[float], rate: float, windows: Sequence[float]) -> None:
    """Check that no stretch has more than the rate allows, nor 1 % less (or one request)."""
    for seconds in windows:
        assert most(times, seconds) <= rate * seconds
        assert least(times, seconds) >= min(0.99 * rate * seconds, rate * seconds - 1)


@pytest.mark.parametrize(("rate", "seconds"), [(1.0, 130.0), (50.0, 130.0), (1_000.0, 62.0)])
def test_a_rate_is_held_in_any_second_ten_seconds_and_minute(rate: float, seconds: float) -> None:
    pace = Rates(None).pace("crm", rate, shared="")

    times = run(lambda: saturate(pace, seconds))

    assert_held(times, rate, (1, 10, 60))


@pytest.mark.parametrize("rate", [7.0, 1_000.0])
def test_a_burst_after_silence_is_no_exception(rate: float) -> None:
    async def scenario() -> list[float]:
        pace = Rates(None).pace("crm", rate, shared="")
        times: list[float] = []
        for pause in (0.0, 0.9, 3.0, 0.004, 0.5):
            await asyncio.sleep(pause)
            times += await saturate(pace, 1.3)
        return times

    times = run(scenario)

    assert most(times, 1) <= rate


@pytest.mark.parametrize(("rate", "count"), [(50.0, 600), (1_000.0, 3_000)])
def test_a_lane_holds_its_rate_for_first_attempts_and_repeated_ones(
    rate: float, count: int
) -> None:
    async def scenario() -> list[float]:
        async def reply(attempt: Attempt) -> Response:
            return Response(status=200 if share("fails", attempt.delivery_id) > 0.2 else 503)

        world = LaneWorld(destination("crm", rate=rate, concurrency=2_000), reply=reply)
        world.lanes.start()
        world.decide(*map(delivery, range(count)))
        await world.outcomes(round(0.9 * count))
        await world.lanes.close()
        return [attempt.at for attempt in world.attempts][: round(0.9 * count)]

    times = run_punctually(scenario)

    assert_held(times, rate, (1, 2))


def test_destinations_that_share_a_rate_keep_it_together_and_take_turns() -> None:
    async def scenario() -> list[list[float]]:
        rates = Rates(None)
        paces = [rates.pace(name, 300.0, shared="account") for name in ("a", "b", "c", "idle")]
        return await asyncio.gather(*(saturate(pace, 22) for pace in paces[:3]))

    each = run(scenario)

    assert_held(sorted(at for times in each for at in times), 300, (1, 10, 20))
    counts = sorted(map(len, each))
    assert counts[-1] <= 1.05 * counts[0]


def test_requests_after_the_first_wait_their_turn_for_a_shared_rate_too() -> None:
    async def scenario() -> list[float]:
        pace = Rates(None).pace("a", 100.0, shared="account")
        loop = asyncio.get_running_loop()
        times: list[float] = []

        async def request() -> None:
            await pace.turn()
            times.append(loop.time())

        await asyncio.gather(*(request() for _ in range(500)))
        return times

    assert_held(run(scenario), 100, (1, 3))


def test_a_destination_that_changes_its_rate_leaves_the_others_theirs() -> None:
    async def scenario() -> None:
        rates = Rates(None)
        first, second = (rates.pace(name, 300.0, shared="account") for name in ("a", "b"))

        assert rates.pace("a", 300.0, shared="account") is first
        assert rates.pace("a", 300.0, shared="") is not first
        assert len(await saturate(second, 2)) >= 594
        rates.follow(["a"])
        assert rates.pace("b", 300.0, shared="account") is not second

    run(scenario)


class Leases:
    """ports.accounts.rates.RateLeases without a file; an answer takes two milliseconds."""

    def __init__(self) -> None:
        self.free_at = 0.0
        self.asked_count = 0
        self.is_broken = False

    async def lease(self, name: str, *, earliest: float, seconds: float) -> float:
        assert name == "account"
        self.asked_count += 1
        await asyncio.sleep(0.002)
        if self.is_broken:
            raise LegatoError("the disk is full", fix="Free some space.")
        start = max(self.free_at, earliest)
        self.free_at = start + seconds
        return start


def leased(leases: Leases, rate: float) -> Pace:
    return Pool(LeasedSource("account", rate, leases)).join()


@pytest.mark.parametrize("rate", [1.0, 50.0, 1_000.0])
def test_one_process_alone_has_the_whole_of_a_rate_that_is_leased(rate: float) -> None:
    leases = Leases()

    async def scenario() -> list[float]:
        return await saturate(leased(leases, rate), 63)

    times = run(scenario)

    warm = [at for at in times if at > times[0] + 1]
    assert_held(warm, rate, (1, 10, 60))
    assert most(times, 1) <= rate
    assert leases.asked_count <= 63 * max(min(rate, 13), 1) + 10


def test_who_has_nothing_to_send_asks_for_no_lease() -> None:
    leases = Leases()

    async def scenario() -> None:
        pace = leased(leases, 100)
        await saturate(pace, 0.5)
        asked = leases.asked_count
        await asyncio.sleep(60)
        assert leases.asked_count == asked

    run(scenario)


def test_without_leases_a_process_keeps_to_the_rate_alone() -> None:
    leases = Leases()
    leases.is_broken = True

    async def scenario() -> list[float]:
        return await saturate(leased(leases, 200), 20)

    times = run(scenario)

    assert_held([at for at in times if at > times[0] + 1], 200, (1, 10))


class Process:
    """Another process that sends whenever it may, by a clock that the test moves on."""

    def __init__(self, folder: Path, rate: float) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.rate_process", str(folder), str(rate)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )

    def tell(self, now: float) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(f"{now!r}\n")
        self._child.stdin.flush()

    def heard(self) -> int:
        """Return how many requests have left since the clock was told."""
        assert self._child.stdout is not None
        return int(self._child.stdout.readline())

    def kill(self) -> None:
        self._child.kill()
        self._child.communicate()


def together(processes: Sequence[Process], begin: float, end: float, tick: float) -> list[float]:
    times: list[float] = []
    for number in range(round((end - begin) / tick)):
        now = begin + number * tick
        for process in processes:
            process.tell(now)
        times += [now for process in processes for _ in range(process.heard())]
    return times


@pytest.mark.parametrize(
    ("rate", "seconds", "tick"), [(1.0, 16.0, 0.004), (50.0, 8.0, 0.004), (1_000.0, 4.0, 0.002)]
)
def test_two_processes_hold_one_rate_together_and_one_goes_on_when_the_other_is_killed(
    tmp_path: Path, rate: float, seconds: float, tick: float
) -> None:
    one, other = Process(tmp_path, rate), Process(tmp_path, rate)
    try:
        both = together([one, other], 1_000, 1_000 + seconds, tick)
        other.kill()
        alone = together([one], 1_000 + seconds, 1_000 + 1.5 * seconds, tick)
    finally:
        one.kill()
        other.kill()

    warm = [at for at in both if at > 1_000 + max(0.2, 1 / rate)]
    assert most(both + alone, 1) <= rate
    assert len(warm) >= 0.99 * rate * (warm[-1] - warm[0]) - 1
    lost = rate * (alone[-1] - both[-1]) - len(alone)
    assert lost <= max(0.25 * rate, 3) + 0.01 * len(alone)


def test_a_file_from_before_the_machine_started_holds_nobody_up(tmp_path: Path) -> None:
    leases = SqliteRateLeases(tmp_path)

    leases.lease_now("account", 500_000.0, 0.1)

    assert leases.lease_now("account", 20.0, 0.1) == pytest.approx(20.0)
    assert leases.lease_now("account", 20.0, 0.1) == pytest.approx(20.1)
    assert leases.lease_now("other", 20.0, 0.1) == pytest.approx(20.0)


def test_a_file_that_is_none_is_said_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database, but long enough to look at. " * 100)

    with pytest.raises(LegatoError, match="cannot be used"):
        SqliteRateLeases(tmp_path).lease_now("account", 20.0, 0.1)
