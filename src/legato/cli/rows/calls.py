"""Rows as calls of the collection door, in batches that it takes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from legato.cli.rows.progress import Come, Refused
from legato.connectors.inbound.hear import Heard, Item, Unheard, hear
from legato.connectors.inbound.spec import SourceSpec
from legato.model.ids import derive
from legato.model.instant import format_instant
from legato.model.noun import Noun
from legato.ports.inbound.rows import Row, Rows

BATCH_ROWS = 1_000
"""Whoever asks what became of them waits for the engine each time: not for fewer than these."""
BATCH_BYTES = 400_000
"""Under what the door takes at once."""


class Call(Noun, frozen=True, kw_only=True):
    """One call, and the number of the row that it is of."""

    row: int
    message_id: str
    data: bytes


class Batch(Noun, frozen=True, kw_only=True):
    """What some rows came to."""

    rows: int
    place: str
    """Of the last of them."""
    calls: Sequence[Call]
    refused: Sequence[Refused]


def batches(spec: SourceSpec, rows: Rows, come: Come, key: str) -> Iterator[Batch]:
    """Return what the rows behind `come` say. `key` names the table they are of."""
    calls: list[Call] = []
    refused: list[Refused] = []
    count, size, place = 0, 0, ""
    for number, row in enumerate(rows.behind(come.place), come.rows + 1):
        made = _calls(spec, row, number, derive("row", key, row.place))
        if isinstance(made, Unheard):
            refused.append(Refused(row=number, code=made.code, why=made.what, data=row.value))
        else:
            calls += made
            size += sum(len(one.data) for one in made)
        count, place = count + 1, row.place
        if max(count, len(calls)) >= BATCH_ROWS or size > BATCH_BYTES:
            yield Batch(rows=count, place=place, calls=calls, refused=refused)
            calls, refused, count, size = [], [], 0, 0
    if count:
        yield Batch(rows=count, place=place, calls=calls, refused=refused)


def _calls(spec: SourceSpec, row: Row, number: int, key: str) -> list[Call] | Unheard:
    heard = hear(spec, Item(item=row.value), {})
    if isinstance(heard, Unheard):
        return [] if heard.code == "source.ignored" else heard
    return [_call(one, number, one.key or key) for one in heard]


def _call(heard: Heard, number: int, key: str) -> Call:
    is_of_traits = heard.kind in ("identify", "group")
    message_id = f"{key}#{heard.index}" if heard.index else key
    call: dict[str, Any] = {
        "type": heard.kind,
        "messageId": message_id,
        "userId": heard.ids.get("user_id"),
        "anonymousId": heard.ids.get("anonymous_id"),
        "previousId": heard.ids.get("previous_id"),
        "groupId": heard.ids.get("group_id"),
        "event": heard.name or None,
        "traits" if is_of_traits else "properties": heard.body,
        "context": heard.context or None,
        "timestamp": None if heard.at is None else format_instant(heard.at),
    }
    data = {name: value for name, value in call.items() if value is not None}
    return Call(row=number, message_id=message_id, data=msgspec.json.encode(data))
