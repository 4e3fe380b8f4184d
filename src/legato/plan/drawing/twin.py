"""The same changes on plain values: what the text must say afterwards, or nothing is changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

from legato.plan.drawing.paths import parent, parts_of


class Twin:
    """A document's values while its text is changed."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - JSON
        self.value = value

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a path leads to; None where there is nothing."""
        found = self.value
        for part in parts_of(path):
            match found:
                case dict():
                    found = cast("dict[str, Any]", found).get(part)
                case list():
                    items = cast("list[Any]", found)
                    is_number = part.isascii() and part.isdigit() and int(part) < len(items)
                    found = items[int(part)] if is_number else None
                case _:
                    return None
        return found

    def count(self, path: str) -> int:
        """Return how many items a list has; 0 where there is none."""
        items = self.get(path)
        return len(cast("list[Any]", items)) if isinstance(items, list) else 0

    def put(self, path: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Put a value where a path leads, into new mappings where it leads nowhere yet."""
        outer, last = parent(path)
        holder = self.get(outer)
        match holder:
            case dict():
                holder[last] = deepcopy(value)
            case list():
                holder[int(last)] = deepcopy(value)
            case _:
                self.put(outer, {last: value})

    def insert(self, path: str, index: int, value: Any) -> None:  # noqa: ANN401 - JSON
        """Insert an item into a list, which is made where there is none."""
        items = self.get(path)
        if isinstance(items, list):
            cast("list[Any]", items).insert(index, deepcopy(value))
        else:
            self.put(path, [value])

    def cut(self, path: str) -> None:
        """Take a key or an item out."""
        outer, last = parent(path)
        holder = self.get(outer)
        match holder:
            case dict():
                cast("dict[str, Any]", holder).pop(last, None)
            case list():
                cast("list[Any]", holder).pop(int(last))
            case _:
                return

    def rename(self, path: str, key: str) -> None:
        """Give a key another name."""
        outer, last = parent(path)
        holder = self.get(outer)
        if isinstance(holder, dict):
            fields = cast("dict[str, Any]", holder)
            fields[key] = fields.pop(last, None)
