"""A process that takes every token it may, at the instants that it is told."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from legato.runtime.rates.leased import LeasedSource
from legato.stores.sqlite.leases import SqliteRateLeases


class _ToldLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock somebody else moves on."""

    now = 0.0

    def time(self) -> float:
        return self.now


class _AtOnce:
    """Leases out of the real file, on the loop's own thread."""

    def __init__(self, folder: Path) -> None:
        self._file = SqliteRateLeases(folder)

    async def lease(self, name: str, *, earliest: float, seconds: float) -> float:
        return self._file.lease_now(name, earliest, seconds)


async def _take_all(source: LeasedSource, now: float) -> int:
    count = 0
    for _ in range(3):  # a lease is there at the loop's next round
        while source.is_ready(now):
            source.take(now)
            count += 1
        await asyncio.sleep(0)
    return count


async def _made(folder: Path, rate: float) -> LeasedSource:
    return LeasedSource("account", rate, _AtOnce(folder))


def main() -> None:
    loop = _ToldLoop()
    source = loop.run_until_complete(_made(Path(sys.argv[1]), float(sys.argv[2])))
    for line in sys.stdin:
        loop.now = float(line)
        sys.stdout.write(f"{loop.run_until_complete(_take_all(source, loop.now))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
