"""One mapping, ready to run: what a source sends, read as what the catalog declares.

It never overwrites. A field that is there under its declared name, or has its declared type, stays
as it is, so that an old and a new version of a client may send side by side, and a mapping that is
no longer needed does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, assert_never, cast

from legato.core.admission.fields import Holder, holders
from legato.model.plan import Conversion, FieldMapping

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
"""What is read as a number: a thousands separator or a decimal comma could mean two things."""
_TRUTH: Mapping[Any, bool] = {"true": True, "false": False, "1": True, "0": False}
_WORDS: Mapping[Conversion, str] = {
    "number": "a number",
    "integer": "a whole number",
    "text": "a text",
    "boolean": "true or false",
}
FRACTION_DIGITS = 6


class Mapper:
    """Applies one mapping to bodies."""

    def __init__(self, mapping: FieldMapping) -> None:
        self.mapping = mapping

    def apply(self, body: Holder) -> list[str]:
        """Change a body in place; return what was done, in words without values."""
        done: list[str] = []
        mapping = self.mapping
        for old, new in mapping.rename.items():
            if self._rename(body, old, new):
                done.append(f"renamed `{old}` to `{new}`")
        for path, conversion in mapping.convert.items():
            if _each(body, path, partial(converted, to=conversion)):
                done.append(f"read `{path}` as {_WORDS[conversion]}")
        for path, meanings in mapping.values.items():
            if _each(body, path, partial(_meaning, meanings=meanings)):
                done.append(f"read `{path}` as declared")
        for path, value in mapping.default.items():
            if _default(body, path, value):
                done.append(f"filled `{path}` in")
        dropped = [path for path in mapping.drop_null if _drop_null(body, path)]
        return [*done, *(f"dropped `{path}`, which was null" for path in dropped)]

    def _rename(self, body: Holder, old: str, new: str) -> bool:
        found, old_key = holders(body, old)
        new_key = new.rpartition(".")[2]
        is_done = False
        for holder in found:
            if old_key in holder and new_key not in holder:
                value = holder.pop(old_key)
                factor = self.mapping.multiply.get(new)
                holder[new_key] = value if factor is None else _multiplied(value, factor)
                is_done = True
        return is_done


def converted(value: object, to: Conversion) -> object:
    """Return a value as another type; itself where it cannot be read as that without a doubt."""
    match to:
        case "number":
            return _number(value)
        case "integer":
            number = _number(value)
            return int(number) if isinstance(number, float) and number.is_integer() else number
        case "text":
            return _text(value)
        case "boolean":
            return _truth(value)
        case _:
            assert_never(to)


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    written = value.strip()
    if not _NUMBER.fullmatch(written):
        return value
    return float(written) if "." in written else int(written)


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _truth(value: object) -> object:
    if isinstance(value, str):
        return _TRUTH.get(value.strip().lower(), value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _TRUTH.get(str(value), value)
    return value


def _multiplied(value: object, factor: float) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    product = round(Decimal(str(value)) * Decimal(str(factor)), FRACTION_DIGITS)
    return int(product) if product == product.to_integral_value() else float(product)


def _meaning(value: object, meanings: Mapping[str, object]) -> object:
    return meanings.get(value, value) if isinstance(value, str) else value


def _each(body: Holder, path: str, change: Callable[[object], object]) -> bool:
    """Change every value that a path leads to; return whether any is another now."""
    found, key = holders(body, path)
    is_list = path.endswith("[]")
    is_done = False
    for holder in found:
        if key not in holder:
            continue
        before: object = holder[key]
        if is_list and isinstance(before, list):
            after: object = [change(each) for each in cast("list[object]", before)]
        else:
            after = change(before)
        if _is_other(after, cast("object", before)):
            holder[key] = after
            is_done = True
    return is_done


def _is_other(after: object, before: object) -> bool:
    """Compare as JSON does: 1 is not true."""
    return type(after) is not type(before) or after != before


def _default(body: Holder, path: str, value: object) -> bool:
    found, key = holders(body, path)
    empty = [holder for holder in found if holder.get(key) is None]
    for holder in empty:
        holder[key] = value
    return bool(empty)


def _drop_null(body: Holder, path: str) -> bool:
    found, key = holders(body, path)
    empty = [holder for holder in found if key in holder and holder[key] is None]
    for holder in empty:
        del holder[key]
    return bool(empty)
