"""`$fields`: an object with some fields renamed, some left out, and the rest passed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from legato.connectors.language.functions.shapes import SHAPES as FUNCTIONS
from legato.connectors.language.node import ABSENT, Inside, Node, Path
from legato.connectors.language.pattern import Pattern, compile_pattern
from legato.connectors.language.shapes import Given
from legato.connectors.language.value import (
    LISTS,
    MISSING,
    OBJECTS,
    ExpressionError,
    Scope,
    Value,
    as_text,
)

KEYS = ("rename", "only", "drop", "drop_matching", "flatten", "nulls")

_flatten = FUNCTIONS["flatten"].call
Table = TypeVar("Table")


def compile_fields(inside: Inside, value: Given, path: Path) -> Node:
    """Compile `$fields: =object` with `rename`, `only`, `drop`, `drop_matching`, `flatten`."""
    node = inside.node(value["$fields"], (*path, "$fields"))
    rename = inside.node(value.get("rename", {}), (*path, "rename"))
    has_only = "only" in value
    only = inside.node(value["only"], (*path, "only")) if has_only else ABSENT
    drop = inside.node(value.get("drop", []), (*path, "drop"))
    renamed, dropped = _once(rename, _names), _once(drop, _texts)
    pattern = _pattern(inside, value, path)
    separator = str(value.get("flatten", ""))
    nulls = value.get("nulls", "keep")
    is_dropping = nulls == "drop"
    if nulls not in ("keep", "drop"):
        inside.add((*path, "nulls"), f"`{nulls}` is none of the choices", "Write keep or drop.")

    def read(scope: Scope) -> Value:
        given = node.read(scope)
        if not isinstance(given, OBJECTS):
            return MISSING
        chosen: Mapping[str, Any] = given
        names, out = renamed(scope), dropped(scope)
        kept = _kept(only.read(scope), names) if has_only else None
        if kept is not None:
            chosen = {key: one for key, one in chosen.items() if key in kept}
        if out:
            chosen = {key: one for key, one in chosen.items() if key not in out}
        if is_dropping:
            chosen = {key: one for key, one in chosen.items() if one is not None}
        if pattern is not None:
            chosen = {key: one for key, one in chosen.items() if not pattern.search(key)}
        if names:
            chosen = {names.get(key, key): one for key, one in chosen.items()}
        return _flatten(chosen, separator) if separator and chosen else chosen

    names = node.names + rename.names + only.names + drop.names
    return Node(read=read, names=names)


def _once(node: Node, make: Callable[[Value], Table]) -> Callable[[Scope], Table]:
    """Make a table of a node: once, where it is always the same."""
    if node.is_constant:
        made = make(node.read({}))
        return lambda _: made
    return lambda scope: make(node.read(scope))


def _pattern(inside: Inside, value: Given, path: Path) -> Pattern | None:
    if "drop_matching" not in value:
        return None
    try:
        return compile_pattern(str(value["drop_matching"]))
    except ExpressionError as error:
        inside.add((*path, "drop_matching"), str(error), "Correct the regular expression.")
        return None


def _names(value: Value) -> Mapping[str, str]:
    """Read a table of names: an object, or rows of `{from, to}`."""
    if isinstance(value, OBJECTS):
        items = cast("Mapping[str, Any]", value).items()
        return {key: as_text(name) for key, name in items}
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    given = [cast("Mapping[str, Any]", row) for row in rows if isinstance(row, OBJECTS)]
    return {row["from"]: row["to"] for row in given if row.get("from") and row.get("to")}


def _kept(value: Value, names: Mapping[str, str]) -> Mapping[str, Value] | None:
    """Return the only fields that are passed on; None: all. `only: true` means those renamed."""
    if value is True:
        return names
    if isinstance(value, LISTS):
        return {**dict.fromkeys(_texts(value)), **names}
    return None


def _texts(value: Value) -> Mapping[str, None]:
    if isinstance(value, LISTS):
        return dict.fromkeys(as_text(one) for one in cast("list[Any]", value))
    return {}
