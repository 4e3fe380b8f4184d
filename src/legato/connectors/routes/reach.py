"""What a name is made of: whether it is known early enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.connectors import form
from legato.connectors.form import Given
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.node import Path
from legato.connectors.language.value import Name, Read, Value, fields_of, rows_of


def reaches(
    names: Iterable[Name], wanted: Mapping[str, object], origins: Mapping[str, tuple[Name, ...]]
) -> bool:
    return any(
        name[0] in wanted or reaches(origins.get(name[0], ()), wanted, origins) for name in names
    )


def lookup_names(given: Given) -> tuple[str, ...]:
    """Return the names of what a route or a batch asks."""
    lookups = given.get("lookup", [])
    return _named(rows_of(lookups) or [lookups])


def step_names(given: Given) -> tuple[str, ...]:
    """Return the names of its requests, in order."""
    return _named(rows_of(given.get("requests")))


def compile_lets(
    inside: Compiler, given: Given, path: Path, *, steps: tuple[str, ...]
) -> tuple[Compiler, dict[str, Read]]:
    """Compile `let`, which may look at answers; return a compiler that knows no answer yet."""
    wide, let = read_lets(inside.knowing(*steps), given, path)
    return wide.without(*steps), let


def read_lets(inside: Compiler, given: Given, path: Path) -> tuple[Compiler, dict[str, Read]]:
    """Compile `let`; return a compiler that knows its names."""
    let: dict[str, Read] = {}
    own = form.mapping(inside, given.get("let", {}), (*path, "let"))
    for name, value in inside.in_order(own, (*path, "let")):
        where = (*path, "let", str(name))
        if name in inside.known:
            inside.add(where, f"`{name}` is taken", "Choose another name.")
        node = inside.let(value, where)
        inside, let[str(name)] = inside.with_let(str(name), node), node.read
    return inside, let


def _named(items: Iterable[Value]) -> tuple[str, ...]:
    return tuple(str(fields_of(one)["as"]) for one in items if "as" in fields_of(one))


def input_names(value: Value, shared: Given) -> tuple[str, ...]:
    """Return the inputs of all routes: what a `let` at the top may read."""
    names = list(shared)
    for route in rows_of(value):
        names += [str(name) for name in fields_of(fields_of(route).get("inputs"))]
    return tuple(dict.fromkeys(names))


def needs_route(names: Iterable[Name], late: Mapping[str, object]) -> bool:
    """Return whether something at the top needs what only a route knows."""
    return any(name[0] in ("in", "content") or name[0] in late for name in names)
