"""What databases give, as JSON has it; and places that rows are in order of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from legato.model.problem import LegatoError
from legato.warehouse.value import as_place, from_place, plain

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("9.50"), 9.5),
        (Decimal(12), 12),
        (Decimal("0.12345678901234567890123"), "0.12345678901234567890123"),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (NOON, "2026-03-02T12:00:00+00:00"),
        (NOON.replace(tzinfo=None), "2026-03-02T12:00:00+00:00"),
        (date(2026, 3, 2), "2026-03-02"),
        (timedelta(minutes=1), 60.0),
        (b"\x00\xff", "AP8="),
        ({"a": [Decimal("1.5"), None]}, {"a": [1.5, None]}),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_value_of_a_database_becomes_one_of_json(value: object, shown: object) -> None:
    assert plain(value) == shown


@pytest.mark.parametrize(
    "value", [7, "Ünïcode: a", Decimal("1.50"), UUID(int=7), NOON, date(2026, 3, 2)]
)
def test_a_place_leads_back_to_the_value_that_it_was_made_of(value: object) -> None:
    assert from_place(as_place(value)) == value


@pytest.mark.parametrize("value", [None, 1.5, b"x", [1]])
def test_what_has_no_certain_order_is_no_place(value: object) -> None:
    with pytest.raises(LegatoError, match="put in order"):
        as_place(value)
