"""Instants: however they are written, they are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.model.instant import (
    INSTANT_MAX,
    MILLISECOND,
    SECOND,
    format_instant,
    from_datetime,
    parse_instant,
    to_datetime,
)

instants = st.integers(-2_000_000_000 * SECOND, INSTANT_MAX)


@given(instant=instants)
def test_what_is_written_to_the_millisecond_is_read_back(instant: int) -> None:
    text = format_instant(instant)

    assert parse_instant(text) == instant // MILLISECOND * MILLISECOND
    assert parse_instant(text) == parse_instant(text.replace("Z", "+00:00"))


@given(instant=instants)
def test_a_datetime_is_the_instant_it_was_made_of(instant: int) -> None:
    assert from_datetime(to_datetime(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-31T23:59:60.500Z",  # a leap second
        "2026-02-30T10:00:00.000Z",
        "2026-W10-1T10:00:00.000Z",
        "2026-03-02T100000.00000Z",
        "2026-03-02T10:00:0x.000Z",
        "２０２６-03-02T10:00:00.000Z",  # noqa: RUF001 - digits all the same
        "2026-03-02T10:00:00,000Z",
        "2026-03-02T24:00:00.000Z",
    ],
)
def test_z_is_an_offset_like_any_other(text: str) -> None:
    assert parse_instant(text) == parse_instant(text.removesuffix("Z") + "+00:00")
