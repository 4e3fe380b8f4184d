"""Functions of lists and objects: those of JMESPath, and what mapping needs besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import filterfalse
from typing import Any, TypeAlias, cast

from legato.connectors.language.function import Function
from legato.connectors.language.value import (
    LISTS,
    OBJECTS,
    Value,
    as_text,
    fields_of,
    is_empty,
    rows_of,
    type_of,
)

Object: TypeAlias = Mapping[str, Any]
Key: TypeAlias = Callable[[Any], Any]
LEAVES = (str, int, float, bool, type(None))


def _object(value: Value) -> Object:
    """Return an object; PHP writes one with nothing in it as an empty list."""
    if isinstance(value, OBJECTS):
        return value
    if value in ([], ""):
        return {}
    raise TypeError


def _list(value: Value) -> Sequence[Value]:
    if not isinstance(value, LISTS):
        raise TypeError
    return value


def _length(value: object) -> int:
    if not isinstance(value, str | list | tuple | Mapping):
        raise TypeError
    return len(cast("Sequence[Any]", value))


def _contains(value: object, wanted: object) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    if isinstance(value, OBJECTS):
        return wanted in _object(value)
    return wanted in _list(value)


def _is_in(value: Value, many: Value) -> bool:
    if isinstance(many, LISTS):
        return value in many
    return _contains(many, value) if not isinstance(many, str) else as_text(value) == many


def _keys(value: object) -> list[str]:
    return list(_object(value))


def _values(value: object) -> list[Value]:
    return list(_object(value).values())


def _pairs(value: object) -> list[dict[str, Value]]:
    """Return the entries of an object as `{key, value}`."""
    return [{"key": key, "value": one} for key, one in _object(value).items()]


def _from_pairs(value: object, key: str = "key", name: str = "value") -> dict[str, Value]:
    """Return an object of rows such as `{from, to}`; rows without either are left out."""
    rows = [_object(row) for row in _list(value)]
    return {
        as_text(row[key]): row[name]
        for row in rows
        if not is_empty(row.get(key)) and not is_empty(row.get(name))
    }


def _get(value: object, key: object) -> Value:
    """Return what is under a key that is itself worked out; dots lead inwards."""
    found: Value = value
    if as_text(key) in fields_of(found):
        return fields_of(found)[as_text(key)]
    for part in as_text(key).split("."):
        if part.isdigit() and isinstance(found, LISTS):
            items = rows_of(found)
            found = items[int(part)] if int(part) < len(items) else None
        else:
            found = fields_of(found).get(part)
    return found


def _merge(*values: object) -> dict[str, Value]:
    merged: dict[str, Any] = {}
    for value in values:
        if value is not None:
            merged.update(_object(value))
    return merged


def _pick(value: object, keys: object) -> dict[str, Value]:
    given = _object(value)
    return {key: given[key] for key in _named(keys) if key in given}


def _omit(value: object, keys: object) -> dict[str, Value]:
    out = _named(keys)
    return {key: one for key, one in _object(value).items() if key not in out}


def _named(keys: object) -> Sequence[Value]:
    """Return a list of keys; null names none."""
    return () if keys is None else _list(keys)


def _not_null(*values: object) -> Value:
    for value in values:
        if value is not None:
            return value
    return None


def _to_array(value: Value) -> list[Value]:
    return list(value) if isinstance(value, LISTS) else [value]


def _unique(values: object) -> list[Value]:
    found: list[Any] = []
    for value in _list(values):
        if value not in found:
            found.append(value)
    return found


def _compact(values: Value) -> list[Value]:
    if not isinstance(values, LISTS):
        raise TypeError
    return [*filterfalse(is_empty, values)]


def _concat(*values: object) -> list[Value]:
    return [one for value in values if value is not None for one in _to_array(value)]


def _chunk(values: object, size: int) -> list[list[Value]]:
    """Return a list cut into lists of at most `size`."""
    if size < 1:
        raise ValueError
    many = list(_list(values))
    return [many[at : at + size] for at in range(0, len(many), size)]


def _reverse(value: object) -> Value:
    return value[::-1] if isinstance(value, str) else list(reversed(_list(value)))


def _sort(value: object) -> list[Value]:
    return sorted(_list(value))


def _sort_by(value: object, key: Key) -> list[Value]:
    return sorted(_list(value), key=key)


def _map(key: Key, value: object) -> list[Value]:
    return [key(one) for one in _list(value)]


def _max(value: object) -> Value:
    return max(_list(value), default=None)


def _min(value: object) -> Value:
    return min(_list(value), default=None)


def _max_by(value: object, key: Key) -> Value:
    return max(_list(value), key=key, default=None)


def _min_by(value: object, key: Key) -> Value:
    return min(_list(value), key=key, default=None)


def _first(value: object) -> Value:
    return next(iter(_to_array(value)), None)


def _last(value: object) -> Value:
    return (_to_array(value) or [None])[-1]


def _flatten(value: object, separator: str = ".") -> dict[str, Any]:
    """Return an object of one level; keys and places in lists are joined by a separator.

    `.[]` writes places in brackets, `items[0].sku`, and leaves lists of plain values whole;
    `.{}` leaves all lists whole.
    """
    flat: dict[str, Any] = {}
    if not isinstance(value, Mapping | list | tuple):
        raise TypeError
    if is_empty(cast("Value", value)):
        return flat
    if separator.endswith("{}"):
        _flatten_objects(flat, cast("Value", value), "", separator.removesuffix("{}"))
        return flat
    brackets = separator.endswith("[]")
    _flatten_into(flat, cast("Value", value), "", separator.removesuffix("[]"), brackets=brackets)
    return flat


def _flatten_objects(flat: dict[str, Any], value: object, start: str, separator: str) -> None:
    if isinstance(value, OBJECTS) and value:
        for key, one in cast("Object", value).items():
            _flatten_objects(flat, one, f"{start}{separator}{key}" if start else key, separator)
    else:
        flat[start] = value


def _flatten_into(
    flat: dict[str, Any], value: Value, start: str, separator: str, *, brackets: bool
) -> None:
    if isinstance(value, OBJECTS) and value:
        for key, one in value.items():
            name = f"{start}{separator}{key}" if start else str(key)
            if isinstance(one, LEAVES):
                flat[name] = one
            else:
                _flatten_into(flat, one, name, separator, brackets=brackets)
    elif any(not brackets or isinstance(one, Mapping | list) for one in rows_of(value)):
        for at, one in enumerate(rows_of(value)):
            name = f"{start}[{at}]" if brackets else f"{start}{separator}{at}" if start else str(at)
            _flatten_into(flat, one, name, separator, brackets=brackets)
    else:
        flat[start] = value


def _is_empty(value: object) -> bool:
    return is_empty(value)


MANY = 100
SHAPES: Mapping[str, Function] = {
    "length": Function(_length),
    "contains": Function(_contains, 2, 2),
    "is_in": Function(_is_in, 2, 2),
    "keys": Function(_keys),
    "values": Function(_values),
    "pairs": Function(_pairs),
    "from_pairs": Function(_from_pairs, 1, 3),
    "get": Function(_get, 2, 2),
    "merge": Function(_merge, 1, MANY, takes_null=True),
    "pick": Function(_pick, 2, 2),
    "omit": Function(_omit, 2, 2),
    "not_null": Function(_not_null, 1, MANY, takes_null=True),
    "to_array": Function(_to_array),
    "list": Function(_to_array),
    "type": Function(type_of, takes_null=True),
    "is_empty": Function(_is_empty, takes_null=True),
    "unique": Function(_unique),
    "compact": Function(_compact),
    "concat": Function(_concat, 1, MANY, takes_null=True),
    "chunk": Function(_chunk, 2, 2),
    "reverse": Function(_reverse),
    "sort": Function(_sort),
    "sort_by": Function(_sort_by, 2, 2),
    "map": Function(_map, 2, 2, about=1),
    "max": Function(_max),
    "min": Function(_min),
    "max_by": Function(_max_by, 2, 2),
    "min_by": Function(_min_by, 2, 2),
    "first": Function(_first),
    "last": Function(_last),
    "flatten": Function(_flatten, 1, 2),
}
