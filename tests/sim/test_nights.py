"""No send leaves outside its hours through the nights on which clocks are changed.

The gate is asked at every instant, as it is at sending; what the wall shows then is computed
anew by `zoneinfo`, which shares nothing with the gate but the tables. `LEGATO_NIGHT_SENDS` says how
many sends are tried; in tests/sim/test_calling_hours.py people are told apart by their numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from legato.core.gate import clear
from legato.core.program import Program
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant
from legato.model.plan import Channel, Destination, Plan, Policies, Purpose, QuietHours
from legato.model.state import State, Trait
from tests.sim.zones import zone as zone_of

SENDS = int(os.environ.get("LEGATO_NIGHT_SENDS", "20000"))
OPENS, CLOSES = 8 * 60, 21 * 60
PLAUSIBLE = ("America/New_York", "America/Chicago", "America/Los_Angeles")
"""Where somebody may be of whom only the country is known."""
YEAR = 2026
BEFORE, AFTER = 20 * HOUR, 34 * HOUR
"""Of a change: two evenings and two mornings."""
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # at a quarter to
    "America/Santiago",  # at midnight
    "Africa/Casablanca",  # around Ramadan
    "Asia/Kolkata",  # never, and half an hour off
    "",  # unknown
)


def wall(instant: Instant, zone: str) -> int:
    """Return the minute of the day that a wall shows."""
    seconds, rest = divmod(instant, SECOND)
    shown = datetime.fromtimestamp(seconds, zone_of(zone)) + timedelta(microseconds=rest)
    return shown.hour * 60 + shown.minute


def nights(zone: str) -> list[Instant]:
    """Return when the clocks are changed in the year; two nights of no change where never."""
    start = int(datetime(YEAR, 1, 1, tzinfo=UTC).timestamp()) * SECOND
    place = zone_of(zone)
    offsets = [
        datetime.fromtimestamp((start + hour * HOUR) // SECOND, place).utcoffset()
        for hour in range(365 * 24)
    ]
    changes = [
        start + hour * HOUR for hour in range(1, len(offsets)) if offsets[hour] != offsets[hour - 1]
    ]
    return changes or [start + 66 * DAY, start + 304 * DAY]


def instants(zones: Sequence[str], count: int) -> Iterator[Instant]:
    """Spread sends over the nights, and put some beside the very minutes that matter."""
    changes = [change for zone in zones for change in nights(zone)]
    each = max(count // len(changes), 1)
    for change in changes:
        start, length = change - BEFORE, BEFORE + AFTER
        for minute in range(0, length // MINUTE, 15):
            for beside in (-1, 0, 1):
                yield start // HOUR * HOUR + minute * MINUTE + beside
        for index in range(each):
            yield start + index * length // each


def program() -> Program:
    quiet = QuietHours(name="night", start=CLOSES, end=OPENS, zones_when_unknown=PLAUSIBLE)
    return Program(
        Plan(
            name="nights",
            purposes={"news": Purpose(name="news", basis="contract", is_promotional=True)},
            channels={"sms": Channel(name="sms", destination="gateway", address="phone")},
            destinations={"gateway": Destination(name="gateway", manifest={}, settings={})},
            policies=Policies(quiet_hours=(quiet,)),
        )
    )


def delivery() -> Delivery:
    return Delivery(
        delivery_id=DeliveryId("d"),
        person_id=PersonId("p"),
        operation="send",
        destination="gateway",
        channel="sms",
        purpose="news",
        message="news",
        address="5550100",
        content={},
        decided_at=0,
        expires_at=1 << 62,
        trace=EventId("e"),
        captured_at=0,
        plan="",
    )


@pytest.mark.parametrize("zone", ZONES)
def test_nothing_leaves_outside_its_hours_while_clocks_are_changed(zone: str) -> None:
    engine, one = program(), delivery()
    traits = {"timezone": Trait(value=zone, at=0)} if zone else {}
    state = State(
        person_id=PersonId("p"),
        first_seen=0,
        last_seen=0,
        traits=traits,
        pending={one.delivery_id: one},
    )
    zones = (zone,) if zone else PLAUSIBLE

    count, held_count = 0, 0
    sent: dict[Instant, bool] = {}
    """When something left -> whether it had been held until then."""
    for now in instants(zones, SENDS // len(ZONES)):
        clearance = clear(engine, state, one, now)
        at = now if clearance.is_clear else clearance.until
        assert at is not None
        sent[at] = not clearance.is_clear
        count += 1
        held_count += not clearance.is_clear

    outside = [at for at in sent if not is_open(at, zones)]
    still_held = [at for at in sent if not clear(engine, state, one, at).is_clear]
    held_too_long = [at for at, was_held in sent.items() if was_held and is_open(at - 1, zones)]
    print(f"{zone or 'unknown'}: {count} sends, {held_count} held, {len(outside)} outside")  # noqa: T201 - the figures of the run, shown with -s
    assert outside == []
    assert still_held == []
    assert held_too_long == []
    assert 0 < held_count < count


def is_open(instant: Instant, zones: Sequence[str]) -> bool:
    return all(OPENS <= wall(instant, zone) < CLOSES for zone in zones)
