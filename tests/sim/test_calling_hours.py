"""No promotion by SMS outside 08:00 to 21:00, wherever somebody of unknown zone may be.

`LEGATO_NIGHT_SENDS` says how many sends are tried, over both nights on which American clocks are
changed: a million of them take some minutes,

    LEGATO_NIGHT_SENDS=1000000 pytest -s tests/sim/test_calling_hours.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from phonenumbers import parse
from phonenumbers.timezone import time_zones_for_geographical_number

from legato.core.gate import clear
from legato.core.program import Program
from legato.model.consent import Consent
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId, EventId, PersonId, share
from legato.model.instant import DAY, HOUR, Instant, parse_instant, to_datetime
from legato.model.state import State, Trait
from tests.sim.shopkeeping import BASE, compile_plan
from tests.sim.zones import zone

SENDS = int(os.environ.get("LEGATO_NIGHT_SENDS", "3000"))
NIGHTS = ("2026-03-08T00:00:00Z", "2026-11-01T00:00:00Z")
"""The Sundays on which clocks are changed in the United States."""
AREAS = (212, 312, 303, 415, 808, 907, 787, 602, 671, 684, 317, 208, 646, 340)
"""Of the mainland with and without summer time, of states that lie in two zones, of the islands."""
TOLL_FREE = (800, 888, 877, 866, 855, 844, 833)
"""They stand for all of North America: dozens of zones."""
HOMES = (
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Indiana/Knox",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Pacific/Guam",
    "America/St_Johns",
    "America/Havana",
    "Europe/London",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
)
ABROAD = ("+447700900", "+61412345", "+9198765", "+5511987654", "+71234567")
NIGHT = """---
quiet_hours: night
from: "21:00"
to: "08:00"
channels: [sms]
"""
OPENS, CLOSES = 8 * 60, 21 * 60


def program() -> Program:
    country = "---\ntrait: country\nowner: crm\npurpose: service\nschema: {type: string}"
    catalog = f"{BASE['catalog.yaml']}\n{country}"
    return Program(compile_plan(policies=BASE["policies.yaml"] + NIGHT, catalog=catalog))


class Try(NamedTuple):
    """One send, as it is drawn."""

    number: str
    now: Instant
    country: str = ""
    home: str = ""


def somebody(number: str, country: str = "", home: str = "") -> State:
    told = {"phone": number, "country": country, "timezone": home}
    traits = {name: Trait(value=value, at=0) for name, value in told.items() if value}
    said = Consent(is_granted=True, at=0, source="web", event_id=EventId("e"))
    return State(
        person_id=PersonId("p"),
        first_seen=0,
        last_seen=0,
        traits=traits,
        consents={"marketing/*": said},
    )


def message(number: str, now: Instant) -> Delivery:
    return Delivery(
        delivery_id=DeliveryId("d"),
        person_id=PersonId("p"),
        operation="send",
        destination="gateway",
        channel="sms",
        purpose="marketing",
        message="reminder",
        address=number,
        content={},
        decided_at=now,
        expires_at=now + 7 * DAY,
        trace=EventId("e"),
        captured_at=now,
        plan="",
    )


def places(one: Try) -> list[ZoneInfo]:
    """Return where somebody may be, by the tables and nothing of ours."""
    if one.home:
        return [zone(one.home)]
    if not one.number.startswith("+"):
        return [zone("UTC")]  # nothing is known: the workspace's
    names = list(time_zones_for_geographical_number(parse(one.number)))
    if one.country == "US" and not one.number.startswith("+1"):
        names += time_zones_for_geographical_number(parse("+18005550100"))
    return [zone(name) for name in names]


def is_lawful(now: Instant, zones: list[ZoneInfo]) -> bool:
    moment = to_datetime(now)
    local = [moment.astimezone(one) for one in zones]
    return all(OPENS <= one.hour * 60 + one.minute < CLOSES for one in local)


def tries() -> Iterator[Try]:
    """Draw who is sent something, and when: within a day and a half around a change of clocks."""
    for index in range(SENDS):
        night = parse_instant(NIGHTS[index % 2])
        assert night is not None
        draw = f"{index}"
        now = night - 12 * HOUR + int(share("when", draw) * 36 * HOUR)
        line = f"555{int(share('line', draw) * 10_000):04}"
        kind = share("kind", draw)
        if kind < 0.02:
            yield Try(f"{ABROAD[index % len(ABROAD)]}{line[-3:]}", now, country="US")
        elif kind < 0.04:
            yield Try(line, now)
        elif kind < 0.34:
            yield Try(f"+1212{line}", now, home=HOMES[index % len(HOMES)])
        elif kind < 0.54:
            yield Try(f"+1{TOLL_FREE[index % len(TOLL_FREE)]}{line}", now)
        else:
            yield Try(f"+1{AREAS[index % len(AREAS)]}{line}", now)


def test_nothing_leaves_at_night_on_the_nights_that_clocks_change() -> None:
    loaded = program()

    violations: list[Try] = []
    sent = held = never = 0
    for one in tries():
        state = somebody(one.number, one.country, one.home)
        delivery = message(one.number, one.now)
        state.pending[delivery.delivery_id] = delivery
        at, clearance = one.now, clear(loaded, state, delivery, one.now)
        held += clearance.until is not None
        while clearance.until is not None:
            # It is tried again when it was told to: that instant must be lawful as well.
            at = clearance.until
            clearance = clear(loaded, state, delivery, at)
        if not clearance.is_clear:
            # In London, Honolulu and Guam at once there is no hour that is right.
            assert one.country
            never += 1
            continue
        sent += 1
        if not is_lawful(at, places(one)):
            violations.append(one)

    print(f"{sent} sends, {held} held first, {never} never, {len(violations)} outside")  # noqa: T201 - the figures of the run, shown with -s
    assert held > SENDS // 5
    assert violations == []


@pytest.mark.parametrize(
    ("number", "country", "at", "is_clear"),
    [
        ("+1 (212) 555-0100", "", "2026-06-01T12:30:00Z", True),  # 08:30 in New York
        ("+1 (415) 555-0100", "", "2026-06-01T12:30:00Z", False),  # 05:30 in San Francisco
        ("+1 (800) 555-0100", "", "2026-06-01T12:30:00Z", False),  # anywhere in America
        ("+1 (800) 555-0100", "", "2026-06-01T22:30:00Z", True),  # 12:30 Honolulu, 08:30 in Guam
        ("+49 170 1234567", "", "2026-06-01T06:30:00Z", True),  # 08:30 in Berlin
        ("+49 170 1234567", "US", "2026-06-01T06:30:00Z", False),  # or in America
        ("07700 900123", "GB", "2026-06-01T07:30:00Z", True),  # 08:30 in London
        ("07700 900123", "", "2026-06-01T07:30:00Z", False),  # the workspace's: 07:30 UTC
    ],
)
def test_hours_are_those_of_the_number_and_the_country(
    number: str, country: str, at: str, *, is_clear: bool
) -> None:
    now = parse_instant(at)
    assert now is not None
    state, delivery = somebody(number, country), message(number, now)
    state.pending[delivery.delivery_id] = delivery

    assert clear(program(), state, delivery, now).is_clear == is_clear


def test_a_zone_that_is_known_is_all_that_counts() -> None:
    now = parse_instant("2026-06-01T12:30:00Z")
    assert now is not None
    state, delivery = somebody("+14155550100", "US"), message("+14155550100", now)
    state.traits["timezone"] = Trait(value="America/New_York", at=0)
    state.pending[delivery.delivery_id] = delivery

    assert clear(program(), state, delivery, now).is_clear
