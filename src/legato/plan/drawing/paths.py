"""Paths into the YAML of a journey, written as JSON Pointers are, without the first slash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from legato.model.problem import Place
from legato.plan.source import Field, Fields, Items, Leaf, Value

Part: TypeAlias = str | int


def joined(*parts: str) -> str:
    """Join paths; empty ones lead nowhere."""
    return "/".join(part for part in parts if part)


def key_part(key: str) -> str:
    """Write a key as part of a path."""
    return key.replace("~", "~0").replace("/", "~1")


def parts_of(path: str) -> list[str]:
    """Return the keys and numbers of a path."""
    parts = path.split("/") if path else []
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def parent(path: str) -> tuple[str, str]:
    """Return the path of what something stands in, and its key or number there."""
    before, _, last = path.rpartition("/")
    return before, last.replace("~1", "/").replace("~0", "~")


def at(tree: Value, path: str) -> Value | None:
    """Return what stands where a path leads."""
    found: Value | None = tree
    for part in parts_of(path):
        match found:
            case Fields():
                found = found.get(part)
            case Items():
                found = item_at(found.items, part)
            case Leaf() | None:
                return None
    return found


def item_at(items: Sequence[Value], part: str) -> Value | None:
    """Return the item of this number."""
    is_number = part.isascii() and part.isdigit()
    return items[int(part)] if is_number and int(part) < len(items) else None


class Spot:
    """A key or a value and where it stands."""

    def __init__(self, path: str, place: Place, value: Value, *, is_key: bool = False) -> None:
        self.path = path
        self.place = place
        self.value = value
        self.is_key = is_key


def spots(value: Value, path: str = "") -> Iterator[Spot]:
    """Return all that stands in a value, itself first, in the order of the text."""
    yield Spot(path, value.place, value)
    match value:
        case Fields():
            for field in value.fields:
                yield from _of_field(field, path)
        case Items():
            for number, item in enumerate(value.items):
                yield from spots(item, joined(path, str(number)))
        case Leaf():
            return


def _of_field(field: Field, path: str) -> Iterator[Spot]:
    inner = joined(path, key_part(field.key))
    yield Spot(inner, field.place, field.value, is_key=True)
    yield from spots(field.value, inner)
