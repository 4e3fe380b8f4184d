"""What every store promises the lanes: order, doubt, the dead and the suppressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec
import pytest

from legato.model.delivery import Delivery, Outcome
from legato.model.effect import Settle, Suppress
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.problem import Reason
from legato.ports.state_store import DeadRow, OutboxRow, Turn
from legato.stores.memory import MemoryStore
from legato.stores.sqlite.state import SqliteStore

Store: TypeAlias = MemoryStore | SqliteStore
Again: TypeAlias = Callable[[Store], Store]

ONE, TWO, SIX = (DeliveryId(name) for name in ("one", "two", "six"))
REFUSED = Reason(code="http.400", what="the provider refused it")


def delivery(delivery_id: DeliveryId, destination: str = "mail", subject: str = "hi") -> Delivery:
    return Delivery(
        delivery_id=delivery_id,
        person_id=PersonId("ana"),
        operation="send",
        destination=destination,
        channel="email",
        purpose="marketing",
        message="hello",
        address="ana@example.org",
        content={"subject": subject, "items": [{"id": 1}]},
        decided_at=1,
        expires_at=99,
        trace=EventId("event"),
        captured_at=1,
        plan="d1",
    )


def settled(delivery_id: DeliveryId, outcome: Outcome) -> Settle:
    return Settle(delivery_id=delivery_id, outcome=outcome, reason=REFUSED)


def waiting_ids(store: Store, destination: str = "mail") -> list[str]:
    return [row.delivery.delivery_id for row in store.waiting(destination, 0, 99)]


def test_an_attempt_at_who_takes_over_is_known_as_that_after_a_restart(
    store: Store, reopened: Again
) -> None:
    store.commit(Turn(position=2, now=1, deliveries=[(1, delivery(ONE)), (2, delivery(TWO))]))
    store.begin_attempt([ONE], 5, by_other=True)
    store.begin_attempt([TWO], 5, by_other=True)
    store.end_attempts([(TWO, 8)])
    store.begin_attempt([TWO], 9)

    one, two = reopened(store).waiting("mail", 0, 9)

    assert (one.is_in_doubt, one.is_by_other) == (True, True)
    assert (two.is_in_doubt, two.is_by_other) == (True, False)


def test_a_delivery_waits_whole_until_it_is_settled(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=3, now=1, deliveries=[(3, delivery(ONE))]))
    store = reopened(store)

    assert store.waiting("mail", 0, 9) == [
        OutboxRow(
            position=3,
            delivery=delivery(ONE),
            attempt_count=0,
            first_attempt_at=None,
            next_attempt_at=None,
            is_in_doubt=False,
        )
    ]

    store.commit(Turn(position=4, now=2, settled=[settled(ONE, "accepted")]))

    assert store.waiting("mail", 0, 9) == []
    assert store.destinations() == []


def test_a_delivery_given_twice_is_left_as_it_was(store: Store) -> None:
    store.commit(Turn(position=1, now=1, deliveries=[(1, delivery(ONE))]))
    store.begin_attempt([ONE], 5)
    store.commit(Turn(position=2, now=2, deliveries=[(2, delivery(ONE, subject="again"))]))

    (row,) = store.waiting("mail", 0, 9)
    assert row.position == 1
    assert row.delivery == delivery(ONE)
    assert row.attempt_count == 1


def test_each_lane_sees_its_own_in_order_of_position(store: Store) -> None:
    store.commit(
        Turn(position=5, now=1, deliveries=[(4, delivery(TWO)), (5, delivery(SIX, "sms"))])
    )
    store.commit(Turn(position=9, now=1, deliveries=[(6, delivery(ONE))]))

    assert waiting_ids(store) == [TWO, ONE]
    assert waiting_ids(store, "sms") == [SIX]
    assert store.destinations() == [("mail", 2), ("sms", 1)]


def test_paging_by_position_passes_over_none(store: Store) -> None:
    ids = [DeliveryId(f"d{number}") for number in range(7)]
    positions = (1, 2, 2, 2, 3, 4, 4)
    rows = [(position, delivery(each)) for position, each in zip(positions, ids, strict=True)]
    store.commit(Turn(position=4, now=1, deliveries=rows))

    found: list[str] = []
    after = 0
    while page := store.waiting("mail", after, 2):
        found += [row.delivery.delivery_id for row in page]
        after = page[-1].position

    assert found == ids


def test_an_attempt_that_began_is_in_doubt_after_a_restart(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=2, now=1, deliveries=[(1, delivery(ONE)), (2, delivery(TWO))]))
    store.begin_attempt([ONE], 5)
    store.end_attempts([(ONE, 8)])
    store.begin_attempt([ONE, TWO], 9)
    store.end_attempts([(TWO, 30)])

    one, two = reopened(store).waiting("mail", 0, 9)

    assert (one.attempt_count, one.first_attempt_at, one.next_attempt_at) == (2, 5, None)
    assert one.is_in_doubt
    assert (two.attempt_count, two.first_attempt_at, two.next_attempt_at) == (1, 9, 30)
    assert not two.is_in_doubt


def test_an_attempt_that_was_taken_back_was_none(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=2, now=1, deliveries=[(1, delivery(ONE)), (2, delivery(TWO))]))
    store.begin_attempt([ONE], 5)
    store.begin_attempt([ONE, TWO], 9)
    store.take_back_attempts([(ONE, True), (TWO, False)])
    store.take_back_attempts([(TWO, False)])

    one, two = reopened(store).waiting("mail", 0, 9)

    assert (one.attempt_count, one.first_attempt_at, one.is_in_doubt) == (1, 5, True)
    assert (two.attempt_count, two.first_attempt_at, two.is_in_doubt) == (0, None, False)


def test_attempts_at_what_is_settled_are_nothing(store: Store) -> None:
    store.begin_attempt([ONE], 5)
    store.end_attempts([(ONE, 8)])

    assert store.redrive(ONE, 9) is None
    assert store.counts()["deliveries_waiting"] == 0


def test_settling_what_is_not_waiting_is_nothing(store: Store) -> None:
    store.commit(Turn(position=1, now=1, settled=[settled(ONE, "failed")]))

    assert store.dead("", 0, 9) == []


@pytest.mark.parametrize("outcome", ["accepted", "bounced", "expired", "refused", "in_doubt"])
def test_only_the_failed_are_kept(store: Store, outcome: Outcome) -> None:
    store.commit(Turn(position=1, now=1, deliveries=[(1, delivery(ONE))]))
    store.commit(Turn(position=2, now=2, settled=[settled(ONE, outcome)]))

    assert store.dead("", 0, 9) == []
    assert waiting_ids(store) == []


def test_a_failed_delivery_is_kept_whole(store: Store, reopened: Again) -> None:
    store.commit(
        Turn(position=2, now=1, deliveries=[(1, delivery(ONE)), (2, delivery(SIX, "sms"))])
    )
    store.commit(Turn(position=3, now=7, settled=[settled(SIX, "failed"), settled(ONE, "failed")]))
    store = reopened(store)

    (first, six), (second, one) = store.dead("", 0, 9)
    assert six == DeadRow(delivery=delivery(SIX, "sms"), at=7, settle=settled(SIX, "failed"))
    assert one == DeadRow(delivery=delivery(ONE), at=7, settle=settled(ONE, "failed"))
    assert store.dead("mail", 0, 9) == [(second, one)]
    assert store.dead("", first, 9) == [(second, one)]
    assert store.dead("", 0, 1) == [(first, six)]
    assert store.counts()["deliveries_dead"] == 2


def test_a_delivery_given_and_settled_in_one_turn_is_over(store: Store) -> None:
    store.commit(
        Turn(
            position=1,
            now=1,
            deliveries=[(1, delivery(ONE)), (1, delivery(TWO))],
            settled=[settled(ONE, "expired"), settled(TWO, "failed")],
        )
    )

    assert waiting_ids(store) == []
    assert [row.delivery.delivery_id for _, row in store.dead("", 0, 9)] == [TWO]


def test_the_first_word_on_a_delivery_counts(store: Store) -> None:
    store.commit(Turn(position=1, now=1, deliveries=[(1, delivery(ONE)), (1, delivery(TWO))]))
    words: list[tuple[DeliveryId, Outcome]] = [
        (ONE, "failed"),
        (TWO, "failed"),
        (ONE, "failed"),
        (TWO, "accepted"),
    ]
    store.commit(Turn(position=2, now=2, settled=[settled(*each) for each in words]))

    assert [row.delivery.delivery_id for _, row in store.dead("", 0, 9)] == [ONE, TWO]


def test_a_dead_delivery_given_again_stays_dead(store: Store) -> None:
    store.commit(Turn(position=1, now=1, deliveries=[(1, delivery(ONE))]))
    store.commit(Turn(position=2, now=2, settled=[settled(ONE, "failed")]))
    store.commit(Turn(position=3, now=3, deliveries=[(3, delivery(ONE))]))

    assert waiting_ids(store) == []
    assert store.counts()["deliveries_dead"] == 1


def test_a_redriven_delivery_waits_as_new_at_its_place(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=2, now=1, deliveries=[(1, delivery(ONE)), (2, delivery(TWO))]))
    store.begin_attempt([ONE], 1)
    store.commit(Turn(position=3, now=2, settled=[settled(ONE, "failed")]))

    assert store.redrive(ONE, 50) == delivery(ONE)
    assert store.redrive(ONE, 51) is None

    store = reopened(store)
    assert store.dead("", 0, 9) == []
    assert waiting_ids(store) == [ONE, TWO]
    row = store.waiting("mail", 0, 1)[0]
    assert (row.position, row.attempt_count, row.first_attempt_at) == (1, 0, None)
    assert row.next_attempt_at == 50
    assert not row.is_in_doubt


def test_a_redriven_opt_out_has_as_long_again(store: Store, reopened: Again) -> None:
    told = msgspec.structs.replace(
        delivery(ONE), operation="opt_out", decided_at=10, expires_at=1_010
    )
    store.commit(Turn(position=1, now=1, deliveries=[(1, told)]))
    store.commit(Turn(position=2, now=2_000, settled=[settled(ONE, "failed")]))

    again = store.redrive(ONE, 5_000)

    assert again is not None
    assert again.expires_at == 6_000
    assert reopened(store).waiting("mail", 0, 1)[0].delivery == again


def test_numbers_of_the_dead_are_not_given_twice(store: Store) -> None:
    store.commit(Turn(position=1, now=1, deliveries=[(1, delivery(ONE)), (1, delivery(TWO))]))
    store.commit(Turn(position=2, now=2, settled=[settled(ONE, "failed")]))
    (read, _) = store.dead("", 0, 9)[0]
    store.redrive(ONE, 3)
    store.commit(Turn(position=3, now=3, settled=[settled(TWO, "failed")]))

    assert [row.delivery.delivery_id for _, row in store.dead("", read, 9)] == [TWO]


def test_a_suppressed_address_is_known_however_it_is_written(store: Store, reopened: Again) -> None:
    suppress = Suppress(channel="email", address="Ana@Example.org", reason=REFUSED)
    store.commit(Turn(position=1, now=1, suppressed=[suppress, suppress]))
    store = reopened(store)

    assert store.is_suppressed("email", "ana@example.org")
    assert store.is_suppressed("email", " ANA@example.org ")
    assert not store.is_suppressed("sms", "ana@example.org")
    assert not store.is_suppressed("email", "ben@example.org")
