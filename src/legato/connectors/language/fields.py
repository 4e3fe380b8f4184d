"""`$fields`: an object with some fields renamed, some left out, and the rest passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.connectors.language.functions.shapes import SHAPES as FUNCTIONS
from legato.connectors.language.node import ABSENT, Inside, Node, Path
from legato.connectors.language.pattern import Pattern, compile_pattern
from legato.connectors.language.shapes import Given
from legato.connectors.language.value import MISSING, ExpressionError, Scope, Value, as_text

KEYS = ("rename", "only", "drop", "drop_matching", "flatten", "nulls")

_flatten = FUNCTIONS["flatten"].call


def compile_fields(inside: Inside, value: Given, path: Path) -> Node:
    """Compile `$fields: =object` with `rename`, `only`, `drop`, `drop_matching`, `flatten`."""
    node = inside.node(value["$fields"], (*path, "$fields"))
    rename = inside.node(value.get("rename", {}), (*path, "rename"))
    only = inside.node(value["only"], (*path, "only")) if "only" in value else ABSENT
    drop = inside.node(value.get("drop", []), (*path, "drop"))
    pattern = _pattern(inside, value, path)
    separator = str(value.get("flatten", ""))
    nulls = value.get("nulls", "keep")
    if nulls not in ("keep", "drop"):
        inside.add((*path, "nulls"), f"`{nulls}` is none of the choices", "Write keep or drop.")

    def read(scope: Scope) -> Value:
        given = node.read(scope)
        if not isinstance(given, Mapping):
            return MISSING
        fields = cast("Mapping[str, Any]", given)
        names = _names(rename.read(scope))
        kept = _kept(only.read(scope), names)
        out = _texts(drop.read(scope))
        chosen: dict[str, Value] = {}
        for key, one in fields.items():
            if key in out or (kept is not None and key not in kept):
                continue
            if (one is None and nulls == "drop") or (pattern and pattern.search(key)):
                continue
            chosen[names.get(key, key)] = one
        return _flatten(chosen, separator) if separator and chosen else chosen

    names = node.names + rename.names + only.names + drop.names
    return Node(read=read, names=names)


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
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {key: as_text(name) for key, name in items}
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    given = [cast("Mapping[str, Any]", row) for row in rows if isinstance(row, Mapping)]
    return {row["from"]: row["to"] for row in given if row.get("from") and row.get("to")}


def _kept(value: Value, names: Mapping[str, str]) -> Mapping[str, Value] | None:
    """Return the only fields that are passed on; None: all. `only: true` means those renamed."""
    if value is True:
        return names
    if isinstance(value, list | tuple):
        return {**dict.fromkeys(_texts(value)), **names}
    return None


def _texts(value: Value) -> Mapping[str, None]:
    if isinstance(value, list | tuple):
        return dict.fromkeys(as_text(one) for one in cast("list[Any]", value))
    return {}
