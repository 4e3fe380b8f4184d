"""What a query may be: one SELECT over our tables, which reaches no file and no network.

DuckDB itself reads the query: what it makes of it, as JSON, is looked through here, before anything
is run. Only tables that we know may be named, and only functions that make rows out of nothing may
stand where tables do: all that reads files or settings is of that kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
from rapidfuzz.process import extractOne

from legato.model.noun import Noun

TEXT_MAX = 20_000
"""Characters of a query."""
_ROW_MAKERS = ("unnest", "range", "generate_series")
_ALIKE = 60.0
"""How much a name must look like another, of 100, to be proposed in its place."""


class Mistake(Exception):  # noqa: N818 - of whoever asked
    """A query cannot be answered, in words."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class Question(Noun, frozen=True, kw_only=True):
    """What a query names."""

    tables: tuple[str, ...]
    columns: tuple[str, ...] | None
    """Names of columns; None: it may be any, for there is a star."""


def read_question(parsed: str, query: str, known: Sequence[str]) -> Question:
    """Read what DuckDB's parser made of a query. Raises Mistake."""
    tree = msgspec.json.decode(parsed)
    if tree.get("error"):
        raise _unreadable(tree, query)
    statements = tree.get("statements", [])
    if len(statements) != 1:
        raise Mistake("One query at a time.", "Ask the queries one after another.")
    nodes = list(_nodes(statements[0]))
    own = {name.lower() for node in nodes for name in _ctes(node)}
    tables: dict[str, None] = {}
    for node in nodes:
        match node.get("type"):
            case "BASE_TABLE":
                name = _table(node, query, known=known, own=own)
                if name is not None:
                    tables[name] = None
            case "TABLE_FUNCTION":
                _check_function(node, query)
            case _:
                continue
    return Question(tables=tuple(sorted(tables)), columns=_columns(nodes))


def place_of(query: str, offset: int) -> str:
    """Show a place of a query: its line and column, the line, and a mark under it."""
    offset = min(offset, len(query))
    before = query[:offset]
    number, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1)
    line = query.splitlines()[number - 1] if query else ""
    return f"line {number}, column {column + 1}:\n    {line}\n    {' ' * column}^"


def _unreadable(tree: Mapping[str, Any], query: str) -> Mistake:
    if tree.get("error_type") == "not implemented":
        return Mistake(
            "Only SELECT is answered: nothing can be changed from here.",
            "Begin with SELECT, FROM, WITH, DESCRIBE or SUMMARIZE.",
        )
    what = str(tree.get("error_message", "")).splitlines()[0]
    place = str(tree.get("position"))
    where = f" at {place_of(query, _offset(query, int(place)))}" if place.isdecimal() else ""
    return Mistake(f"This is no SQL: {what}{where}", "Mend it at the mark.")


def _table(
    node: Mapping[str, Any], query: str, *, known: Sequence[str], own: set[str]
) -> str | None:
    name = str(node.get("table_name", "")).lower()
    schema = str(node.get("schema_name", "")).lower()
    if not schema and not node.get("catalog_name"):
        if name in own:
            return None
        if name in known:
            return name
    shown = f"{schema}.{name}" if schema else name
    near = extractOne(name, known, score_cutoff=_ALIKE)
    fix = f"Did you mean `{near[0]}`? " if near is not None else ""
    raise Mistake(
        f"There is no table `{shown}`{_at(node, query)}",
        f"{fix}The tables are {', '.join(known)}.",
    )


def _check_function(node: Mapping[str, Any], query: str) -> None:
    function = cast("Mapping[str, Any]", node.get("function") or {})
    name = str(function.get("function_name", "")).lower()
    if name not in _ROW_MAKERS:
        raise Mistake(
            f"`{name}` is not answered here{_at(node, query)}",
            f"Of the functions that give tables there are {', '.join(_ROW_MAKERS)}.",
        )


def _at(node: Mapping[str, Any], query: str) -> str:
    place = node.get("query_location")
    if not isinstance(place, int) or place > len(query.encode()):
        return "."
    return f": {place_of(query, _offset(query, place))}"


def _offset(query: str, byte: int) -> int:
    """Return a place in characters, which the parser counts in bytes."""
    return len(query.encode()[:byte].decode(errors="ignore"))


def _ctes(node: Mapping[str, Any]) -> Iterator[str]:
    ctes = node.get("cte_map")
    if isinstance(ctes, Mapping):
        for one in cast("Mapping[str, Any]", ctes).get("map") or ():
            yield str(one.get("key", ""))
    if node.get("type") in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
        yield str(node.get("cte_name", ""))


def _columns(nodes: Sequence[Mapping[str, Any]]) -> tuple[str, ...] | None:
    names: dict[str, None] = {}
    for node in nodes:
        kind = node.get("class") or node.get("type")
        if kind in ("STAR", "SHOW_REF", "LAMBDA") or node.get("using_columns"):
            return None
        if kind == "COLUMN_REF":
            names.update(dict.fromkeys(str(one).lower() for one in node.get("column_names") or ()))
        if node.get("join_type") and node.get("ref_type") == "NATURAL":
            return None
    return tuple(names)


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        node = cast("Mapping[str, Any]", value)
        yield node
        for each in node.values():
            yield from _nodes(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _nodes(each)
