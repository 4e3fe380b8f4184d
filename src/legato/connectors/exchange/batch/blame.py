"""Who of a batch was not taken, by what its answers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from legato.connectors.classify import ItemVerdict, Verdict
from legato.connectors.exchange.batch.packet import Packet
from legato.connectors.language.value import (
    Value,
    as_text,
    is_empty,
)
from legato.model.noun import Noun


class Blame(Noun, frozen=True):
    """Who of a packet was not taken, by what its answer says."""

    members: Mapping[int, ItemVerdict]
    is_unsure: bool
    """It says that some were not, and not which."""


def blame(packet: Packet, verdict: Verdict) -> Blame:
    """Read whose items an answer complains of."""
    found: dict[int, ItemVerdict] = {}
    is_unsure = False
    for item in verdict.items:
        members = _meant(packet, item)
        is_unsure = is_unsure or not members
        found.update({member: item for member in members if member not in found})
    return Blame(found, is_unsure)


def _meant(packet: Packet, item: ItemVerdict) -> list[int]:
    if item.id:
        pairs = zip(packet.members, packet.pieces, strict=True)
        return [member for member, piece in pairs if _holds(piece.item, item.id)]
    only = next(iter(packet.places.values())) if len(packet.places) == 1 else None
    row = packet.places.get(item.list) if item.list else only
    if row is None or item.index is None or not 0 <= item.index < len(row):
        return []
    return [row[item.index]]


def _holds(value: Value, name: str) -> bool:
    """Return whether an id stands in what a delivery gave."""
    match value:
        case Mapping():
            return any(_holds(one, name) for one in cast("Mapping[str, Any]", value).values())
        case list() | tuple():
            return any(_holds(one, name) for one in cast("Sequence[Any]", value))
        case _:
            return not is_empty(value) and as_text(value) == name
