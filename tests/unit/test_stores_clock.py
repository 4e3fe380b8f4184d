"""The machine's clock."""

from __future__ import annotations

from legato.model.instant import format_instant
from legato.transports.clock import SystemClock


def test_the_clock_counts_microseconds_of_this_century() -> None:
    assert format_instant(SystemClock().now()).startswith("20")


def test_the_monotonic_count_never_goes_back() -> None:
    clock = SystemClock()
    counts = [clock.monotonic() for _ in range(1_000)]

    assert counts == sorted(counts)
    assert counts[-1] - counts[0] < 60_000_000
