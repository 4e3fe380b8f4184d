"""Small readers that all parts of a manifest share. What is wrong is noted, never raised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

import msgspec

from legato.connectors.language.compiler import Compiler
from legato.connectors.language.node import Path
from legato.connectors.language.value import Value
from legato.connectors.mistake import one_of
from legato.connectors.spec import Requirement
from legato.model.instant import Duration, parse_duration

Model = TypeVar("Model", bound=msgspec.Struct)
Given = Mapping[str, Any]

_RANGE = re.compile(r"(\d{3})\s*-\s*(\d{3})")
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB)?")
_EXPECTED = re.compile(r"Expected `(\w+)")
_KINDS = {
    "str": ("a text", "Write it in quotes."),
    "int": ("a whole number", "Write it as `100`."),
    "float": ("a number", "Write it as `1.5`."),
    "bool": ("true or false", "Write `true` or `false`."),
    "array": ("a list", "Write it as `[a, b]`."),
    "object": ("a mapping", "Write it as `name: value` lines."),
}
"""What msgspec expected -> what people call it, and how it is written."""
_STATUSES = range(100, 600)
_NO_STATUS = (0, 0)
_SIZES = {None: 1, "B": 1, "KB": 1_000, "MB": 1_000_000}


def mapping(top: Compiler, value: Value, path: Path) -> Given:
    if isinstance(value, Mapping):
        return cast("Given", value)
    top.add(path, "this must be a mapping", "Write it as `name: value` lines.")
    return {}


def only(top: Compiler, given: Given, known: Iterable[str], path: Path) -> None:
    allowed = tuple(known)
    for key in given:
        if key not in allowed:
            top.add((*path, str(key)), f"`{key}` has no meaning here", one_of(str(key), allowed))


def choice(top: Compiler, value: Value, choices: tuple[str, ...], path: Path) -> str:
    if value in choices:
        return str(value)
    top.add(path, f"`{value}` is none of the choices", one_of(str(value), choices))
    return choices[0]


def texts(top: Compiler, value: Value, path: Path) -> tuple[str, ...]:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    if all(isinstance(item, str) for item in items):
        return tuple(items)
    top.add(path, "this must be a list of texts", "Write it as `[a, b]`.")
    return ()


def whole(top: Compiler, value: Value, path: Path) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    top.add(path, "this is no whole number", "Write it as `100`.")
    return 0


def size(top: Compiler, value: Value, path: Path) -> int:
    match = _BYTES.fullmatch(str(value).strip())
    if match is None:
        top.add(path, "this is no size", "Write it as `500KB` or `4MB`.")
        return 0
    return round(float(match[1]) * _SIZES[match[2]])


def duration(top: Compiler, value: Value, path: Path) -> Duration:
    found = parse_duration(value) if isinstance(value, str) else None
    if found is None:
        top.add(path, "this is no duration", "Write it as `10s`.")
        return 0
    return found


def statuses(top: Compiler, value: Value, path: Path) -> tuple[tuple[int, int], ...]:
    """Read `429`, `500-599` or a list of such."""
    ranges: list[tuple[int, int]] = []
    for one in _items(value):
        ends = _ends(one)
        if ends is None:
            top.add(path, f"`{one}` is no status", "Write 429 or 500-599.")
        ranges.append(ends or _NO_STATUS)
    return tuple(ranges)


def _ends(status: Value) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(str(status))
    first, last = (int(match[1]), int(match[2])) if match is not None else (status, status)
    return (first, last) if first in _STATUSES and last in _STATUSES else None


def requirements(inside: Compiler, value: Value, path: Path) -> Iterable[Requirement]:
    """Read `{that, else}`, or a list of such."""
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        where = (*path, index)
        given = mapping(inside, item, where)
        only(inside, given, ("that", "else"), where)
        that = inside.condition(given.get("that"), (*where, "that"))
        yield Requirement(that=that, what=str(given.get("else", "a requirement is not met")))


def refusals(inside: Compiler, value: Value, path: Path) -> Iterable[Requirement]:
    """Read `{when, because}`, or a list of such."""
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        where = (*path, index)
        given = mapping(inside, item, where)
        only(inside, given, ("when", "because"), where)
        if "because" not in given:
            inside.add(where, "nobody will know why it was ignored", "Add `because: ...`.")
        when = inside.condition(given.get("when"), (*where, "when"))
        yield Requirement(that=when, what=str(given.get("because", "")))


def models(top: Compiler, value: Value, model: type[Model], path: Path) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for name, one in mapping(top, value, path).items():
        made = convert(top, one, model, (*path, str(name)))
        if made is not None:
            found[str(name)] = made
    return found


def convert(top: Compiler, value: Value, model: type[Model], path: Path) -> Model | None:
    given = mapping(top, value, path)
    only(top, given, model.__struct_fields__, path)
    known = {key: given[key] for key in model.__struct_fields__ if key in given}
    try:
        return msgspec.convert(known, model)
    except msgspec.ValidationError:
        _tell(top, known, model, path)
        return None


def _tell(top: Compiler, given: Given, model: type[msgspec.Struct], path: Path) -> None:
    """Report each field that is not of its type, where it stands, with what may stand there."""
    for field in msgspec.structs.fields(model):
        where = (*path, field.name)
        if field.name not in given:
            if field.required:
                what = f"`{field.name}` is missing"
                top.add(path, what, f"Add `{field.name}: ...`; the guide on connectors says what.")
            continue
        try:
            msgspec.convert(given[field.name], field.type)
        except msgspec.ValidationError as error:
            choices = _choices(field.type)
            wrong = next((one for one in _items(given[field.name]) if one not in choices), None)
            if choices and isinstance(wrong, str):
                top.add(where, f"`{wrong}` is none of the choices", one_of(wrong, choices))
            else:
                top.add(where, *_expected(str(error)))


def _items(value: Value) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _choices(kind: object) -> tuple[str, ...]:
    """Return the texts that a type allows; none where it allows any."""
    if get_origin(kind) is Literal:
        return tuple(one for one in get_args(kind) if one)
    return tuple(one for inner in get_args(kind) for one in _choices(inner))


def _expected(error: str) -> tuple[str, str]:
    found = _EXPECTED.search(error)
    what, fix = _KINDS.get(found[1] if found else "", ("something else", "See the guide."))
    return f"this must be {what}", fix
