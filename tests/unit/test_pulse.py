"""How a destination has been doing: what ended there, by time."""

from __future__ import annotations

from legato.model.delivery import Delivery, Outcome
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant
from legato.runtime.pulse import Pulses

START: Instant = 1_767_225_600 * SECOND


def ended(pulses: Pulses, outcome: Outcome, at: Instant, took: int = SECOND) -> None:
    delivery = Delivery(
        delivery_id=DeliveryId("d"),
        person_id=PersonId("p"),
        operation="send",
        destination="mail",
        channel="email",
        purpose="service",
        message="m",
        address="a",
        content={},
        decided_at=at - took,
        expires_at=at + DAY,
        trace=EventId("e"),
        captured_at=at - took,
        plan="",
    )
    pulses.ended(delivery, outcome, at)


def test_what_ends_is_counted_by_the_minute_with_how_long_it_took() -> None:
    pulses = Pulses(START)
    for second in range(4):
        ended(pulses, "accepted", START + second * SECOND)
    ended(pulses, "failed", START + MINUTE)

    pulse = pulses.of("mail", START + MINUTE)

    assert [(beat.at, beat.accepted, beat.failed) for beat in pulse.hour] == [
        (START, 4, 0),
        (START + MINUTE, 0, 1),
    ]
    assert pulse.hour[0].p50_us is not None
    assert SECOND <= pulse.hour[0].p50_us <= SECOND * 113 // 100
    assert pulse.hour[1].p50_us is None
    assert (pulse.last_hour.accepted, pulse.last_hour.failed) == (4, 1)


def test_what_a_gate_stopped_is_no_fault_of_the_destination() -> None:
    pulses = Pulses(START)
    ended(pulses, "refused", START)

    assert pulses.all(START) == {}
    assert pulses.of("mail", START).last_accepted_at is None


def test_an_hour_later_the_minutes_are_gone_and_the_day_still_has_them() -> None:
    pulses = Pulses(START)
    ended(pulses, "accepted", START)

    later = pulses.of("mail", START + HOUR)

    assert (later.hour, later.last_hour.accepted) == ((), 0)
    assert [beat.accepted for beat in later.day] == [1]
    assert pulses.of("mail", START + DAY).day == ()
    assert later.accepted == 1
