"""The `$` shapes of value nodes: structure where other languages write programs.

Each is a function from what stands in the manifest to a Node. MISSING differs from null in all of
them: null is a value, which some providers take for 'clear this field'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from legato.connectors.language.frame import inner
from legato.connectors.language.functions.shapes import SHAPES as FUNCTIONS
from legato.connectors.language.node import ABSENT, Inside, Node, Path, constant
from legato.connectors.language.value import (
    LISTS,
    MISSING,
    OBJECTS,
    Read,
    Scope,
    Value,
    as_text,
    fields_of,
    is_empty,
    rows_of,
)

_PARTS = (dict, list)
_WORD = re.compile(r"\{\{\s*([A-Za-z0-9_$.-]{1,200})\s*\}\}")
"""A word of a text in settings. There is no logic in it: what else stands in braces stays."""

Given: TypeAlias = Mapping[Any, Any]
Build: TypeAlias = Callable[[Inside, Given, Path], Node]


def _optional(inside: Inside, value: Given, key: str, path: Path) -> Node:
    return inside.node(value[key], (*path, key)) if key in value else ABSENT


def _if(inside: Inside, value: Given, path: Path) -> Node:
    condition = inside.condition(value["$if"], (*path, "$if"))
    then, otherwise = (_optional(inside, value, key, path) for key in ("then", "else"))
    holds, yes, no = condition.holds, then.read, otherwise.read

    def read(scope: Scope) -> Value:
        return yes(scope) if holds(scope) else no(scope)

    return Node(read=read, names=condition.names + then.names + otherwise.names)


def _switch(inside: Inside, value: Given, path: Path) -> Node:
    cases: list[tuple[Callable[[Scope], bool], Read]] = []
    default = _optional(inside, value, "default", path)
    names = list(default.names)
    where = (*path, "$switch")
    for index, one in enumerate(_items(inside, value["$switch"], where)):
        if sorted(fields_of(one)) != ["then", "when"]:
            inside.add((*where, index), "a case has `when` and `then`", "Write both.")
            continue
        when = inside.condition(one["when"], (*where, index, "when"))
        then = inside.node(one["then"], (*where, index, "then"))
        names += when.names + then.names
        cases.append((when.holds, then.read))

    def read(scope: Scope) -> Value:
        for holds, then in cases:
            if holds(scope):
                return then(scope)
        return default.read(scope)

    return Node(read=read, names=tuple(names))


def _first(inside: Inside, value: Given, path: Path) -> Node:
    where = (*path, "$first")
    items = _items(inside, value["$first"], where)
    nodes = [inside.node(one, (*where, i)) for i, one in enumerate(items)]
    reads = [node.read for node in nodes]

    def read(scope: Scope) -> Value:
        for one in reads:
            found = one(scope)
            if found is not MISSING and found is not None and found != "":
                return found
        return MISSING

    return Node(read=read, names=tuple(name for node in nodes for name in node.names))


def _lookup(inside: Inside, value: Given, path: Path) -> Node:
    key = _subject(inside, value["$lookup"], (*path, "$lookup"))
    table = inside.node(value.get("table", {}), (*path, "table"))
    default = _optional(inside, value, "default", path)

    def read(scope: Scope) -> Value:
        rows, wanted = table.read(scope), key.read(scope)
        if wanted is not MISSING and wanted is not None:
            found = _row(rows, as_text(wanted))
            if found is not MISSING:
                return found
        return default.read(scope)

    return Node(read=read, names=key.names + table.names + default.names)


def _row(rows: Value, key: str) -> Value:
    """Find a key in an object, or in rows of `{from, to}` as settings have them."""
    if isinstance(rows, OBJECTS):
        return rows.get(key, MISSING)
    for row in cast("list[Any]", rows) if isinstance(rows, list) else []:
        if isinstance(row, OBJECTS):
            given = cast("Mapping[str, Any]", row)
            if given.get("from") == key and not is_empty(given.get("to")):
                return given["to"]
    return MISSING


def _each(inside: Inside, value: Given, path: Path) -> Node:
    many = _subject(inside, value["$each"], (*path, "$each"))
    name = str(value.get("as", "item"))
    inside = inside.knowing(name, "index")
    do = inside.node(value.get("do", f"={name}"), (*path, "do"))
    where = inside.condition(value["where"], (*path, "where")) if "where" in value else None
    is_flat = bool(value.get("flat"))

    def read(scope: Scope) -> Value:
        items = many.read(scope)
        if not isinstance(items, LISTS):
            return MISSING
        found: list[Value] = []
        frame = inner(scope, {})  # one for all: what it found outside is the same for each of them
        for index, one in enumerate(items):
            frame[name], frame["index"] = one, index
            if where is not None and not where.holds(frame):
                continue
            made = do.read(frame)
            if is_flat and isinstance(made, list):
                found += made
            elif made is not MISSING:
                found.append(made)
        return found

    names = many.names + do.names + (where.names if where is not None else ())
    return Node(read=read, names=_without(names, name, "index"))


def _subject(inside: Inside, value: Value, path: Path) -> Node:
    """Compile what a shape is about: a node, or an expression with or without its `=`."""
    if not isinstance(value, str) or "{{" in value:
        return inside.node(value, path)
    compiled = inside.expression(value, path)
    return Node(read=compiled.read, names=compiled.names)


def _without(names: tuple[tuple[str, ...], ...], *inner_names: str) -> tuple[tuple[str, ...], ...]:
    return tuple(name for name in names if name[0] not in inner_names)


def _merge(inside: Inside, value: Given, path: Path) -> Node:
    node = inside.node(value["$merge"], (*path, "$merge"))
    is_dropping = _nulls(inside, value, path, "keep") == "drop"
    parts = node.items

    def read(scope: Scope) -> Value:
        merged: dict[str, Value] = {}
        for one in [part(scope) for part in parts] if parts else rows_of(node.read(scope)):
            if one is not MISSING and isinstance(one, OBJECTS):
                merged.update(one)
        if is_dropping:
            return {key: one for key, one in merged.items() if one is not None}
        return merged

    return Node(read=read, names=node.names, is_constant=node.is_constant)


def _concat(inside: Inside, value: Given, path: Path) -> Node:
    node = inside.node(value["$concat"], (*path, "$concat"))

    def read(scope: Scope) -> Value:
        joined: list[Value] = []
        given = node.read(scope)
        for one in rows_of(given):
            if isinstance(one, LISTS):
                joined += one
            elif one is not None:
                joined.append(one)
        return joined

    return Node(read=read, names=node.names, is_constant=node.is_constant)


def _map_values(inside: Inside, value: Given, path: Path) -> Node:
    many = _subject(inside, value["$map_values"], (*path, "$map_values"))
    inside = inside.knowing("key", "value")
    do = inside.node(value.get("do", "=value"), (*path, "do"))
    rename = inside.node(value["name"], (*path, "name")) if "name" in value else None
    where = inside.condition(value["where"], (*path, "where")) if "where" in value else None
    is_dropping = _nulls(inside, value, path, "keep") == "drop"

    def read(scope: Scope) -> Value:
        given = many.read(scope)
        if not isinstance(given, OBJECTS):
            return MISSING
        out: dict[str, Value] = {}
        frame = inner(scope, {})  # one for all, as of `$each`
        for key, one in given.items():
            if one is None and is_dropping:
                continue
            frame["key"], frame["value"] = key, one
            if where is not None and not where.holds(frame):
                continue
            name = key if rename is None else rename.read(frame)
            made = do.read(frame)
            if made is not MISSING and name is not MISSING:
                out[as_text(name)] = made
        return out

    names = many.names + do.names + (rename.names if rename is not None else ())
    names += where.names if where is not None else ()
    return Node(read=read, names=_without(names, "key", "value"))


def _object(inside: Inside, value: Given, path: Path) -> Node:
    """Make an object of a list: a key and a value for each of its items."""
    item = str(value.get("as", "item"))
    rows = _each(
        inside,
        {
            "$each": value["$object"],
            "do": [value.get("name", f"={item}.key"), value.get("do", f"={item}.value")],
            **{key: value[key] for key in ("where", "as") if key in value},
        },
        path,
    )

    def read(scope: Scope) -> Value:
        found = rows.read(scope)
        if found is MISSING:
            return MISSING
        full = [row for row in found if len(row) == 2]  # noqa: PLR2004 - a key and a value
        return {as_text(key): one for key, one in full}

    return Node(read=read, names=rows.names)


def _let(inside: Inside, value: Given, path: Path) -> Node:
    given: Any = value["$let"]
    if not isinstance(given, OBJECTS):
        inside.add((*path, "$let"), "`$let` needs a mapping", "Write `$let: {a: =x}`.")
        return ABSENT
    lets: list[tuple[str, Node]] = []
    for name, one in inside.in_order(cast("Given", given), (*path, "$let")):
        lets.append((str(name), inside.node(one, (*path, "$let", str(name)))))
        inside = inside.knowing(str(name))
    do = _optional(inside, value, "in", path)
    reads = [(name, node.read) for name, node in lets]

    def read(scope: Scope) -> Value:
        frame = inner(scope, {})
        for name, one in reads:
            frame[name] = one(frame)
        return do.read(frame)

    names = tuple(name for _, node in lets for name in node.names) + do.names
    return Node(read=read, names=_without(names, *(name for name, _ in lets)))


def _fill(inside: Inside, value: Given, path: Path) -> Node:
    """Fill a text that somebody wrote into settings: `{{name}}` is looked up in `with`."""
    text = _subject(inside, value["$fill"], (*path, "$fill"))
    given = inside.node(value.get("with", {}), (*path, "with"))
    look_up = FUNCTIONS["get"].call

    def read(scope: Scope) -> Value:
        found = text.read(scope)
        if not isinstance(found, str):
            return MISSING
        known = given.read(scope)

        def word(match: re.Match[str]) -> str:
            one = look_up(known, match[1])
            return "" if one is None or one is MISSING else as_text(one)

        return _WORD.sub(word, found)

    return Node(read=read, names=text.names + given.names)


def _none_if_empty(inside: Inside, value: Given, path: Path) -> Node:
    node = inside.node(value["$none_if_empty"], (*path, "$none_if_empty"))

    def read(scope: Scope) -> Value:
        found = node.read(scope)
        return MISSING if is_empty(found) else found

    return Node(read=read, names=node.names)


def _one_or_many(inside: Inside, value: Given, path: Path) -> Node:
    """Return the one item of a list of one; a list of many; nothing of none."""
    node = inside.node(value["$one_or_many"], (*path, "$one_or_many"))

    def read(scope: Scope) -> Value:
        found = node.read(scope)
        if not isinstance(found, list):
            return found
        many = rows_of(found)
        return many[0] if len(many) == 1 else many or MISSING

    return Node(read=read, names=node.names)


def _literal(inside: Inside, value: Given, path: Path) -> Node:
    del inside, path
    return constant(value["$literal"])


def _prune(inside: Inside, value: Given, path: Path) -> Node:
    node = inside.node(value["$prune"], (*path, "$prune"))
    gone: Callable[[object], bool] = is_empty
    if value.get("empty") == "keep":
        gone = _is_null
    is_deep = bool(value.get("deep", True))

    def read(scope: Scope) -> Value:
        return pruned(node.read(scope), gone, is_deep=is_deep)

    def read_fields(scope: Scope) -> Value:
        kept: dict[str, Value] = {}
        for key, one in node.fields:
            found = one(scope)
            if is_deep and type(found) in _PARTS:
                found = pruned(found, gone, is_deep=True)
            if found is not MISSING and (found or not gone(found)):
                kept[key] = found
        return MISSING if gone(kept) else kept

    return Node(read=read_fields if node.fields else read, names=node.names)


def _is_null(value: object) -> bool:
    return value is None or value is MISSING


def pruned(value: Value, is_gone: Callable[[object], bool], *, is_deep: bool) -> Value:
    """Leave out what is gone, and what is empty after that."""
    kept: Value = value
    if isinstance(value, dict):
        kept = {}
        for key, one in fields_of(value).items():
            rest = pruned(one, is_gone, is_deep=True) if is_deep and type(one) in _PARTS else one
            if rest is not MISSING and (rest or not is_gone(rest)):
                kept[key] = rest
    elif isinstance(value, list):
        kept = []
        for one in rows_of(value):
            rest = pruned(one, is_gone, is_deep=True) if is_deep and type(one) in _PARTS else one
            if rest is not MISSING and (rest or not is_gone(rest)):
                kept.append(rest)
    return kept if kept or not is_gone(kept) else MISSING


def _nulls(inside: Inside, value: Given, path: Path, default: str) -> str:
    word = value.get("nulls", default)
    if word not in ("keep", "drop"):
        inside.add((*path, "nulls"), f"`{word}` is none of the choices", "Write keep or drop.")
    return str(word)


def _items(inside: Inside, value: Value, path: Path) -> list[Any]:
    if isinstance(value, list):
        return cast("list[Any]", value)
    inside.add(path, f"`{path[-1]}` needs a list", f"Write `{path[-1]}: [...]`.")
    return []


SHAPES: Mapping[str, tuple[tuple[str, ...], Build]] = {
    "$if": (("then", "else"), _if),
    "$switch": (("default",), _switch),
    "$first": ((), _first),
    "$lookup": (("table", "default"), _lookup),
    "$each": (("do", "where", "as", "flat"), _each),
    "$object": (("name", "do", "where", "as"), _object),
    "$merge": (("nulls",), _merge),
    "$concat": ((), _concat),
    "$map_values": (("do", "name", "where", "nulls"), _map_values),
    "$let": (("in",), _let),
    "$prune": (("empty", "deep"), _prune),
    "$fill": (("with",), _fill),
    "$none_if_empty": ((), _none_if_empty),
    "$one_or_many": ((), _one_or_many),
    "$literal": ((), _literal),
}
"""Shape -> the keys that may stand beside it, and what builds it."""
