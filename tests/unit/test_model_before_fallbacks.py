"""What was stored before messages could fall back is read as it was meant."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import pytest

from legato.model.definitions.journey import Send
from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId, PersonId
from legato.model.note import Decided, Settled
from legato.model.noun import to_bytes
from legato.model.state import State, decode_state, encode_state
from tests.unit.lane_world import START, delivery

T = TypeVar("T")
ANA, FIRST = PersonId("person_a"), DeliveryId("delivery_1")


def shortened(value: T, count: int, kind: type[T]) -> T:
    """Read a value back from bytes that lack its last fields."""
    fields: list[Any] = msgspec.msgpack.decode(to_bytes(value))
    return msgspec.msgpack.decode(msgspec.msgpack.encode(fields[:-count]), type=kind)


def test_a_state_without_fallbacks_is_read() -> None:
    state = State(person_id=ANA, first_seen=START, last_seen=START)
    fields: list[Any] = msgspec.msgpack.decode(encode_state(state))

    assert decode_state(msgspec.msgpack.encode(fields[:-1])) == state


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (delivery(1), 1),
        (
            DeliveryReported(
                received_at=START, person_id=ANA, delivery_id=FIRST, outcome="accepted"
            ),
            1,
        ),
        (Settled(delivery_id=FIRST, outcome="accepted"), 1),
        (
            Decided(
                delivery_id=FIRST,
                message="hello",
                journey="j",
                enrollment_id=None,
                step="1",
                plan="p",
                version="v",
                verdict="pass",
                channel="email",
                candidates=(),
            ),
            2,
        ),
        (Send(step_id="1", next="", message="hello", channels=("email",), expires=1), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_without_their_newest_fields_are_read(value: object, count: int) -> None:
    assert shortened(value, count, type(value)) == value
