"""One route after the other: what each takes, refuses, asks and sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

import msgspec

from legato.connectors import form
from legato.connectors.exchange.inputs import is_of_type
from legato.connectors.form import Given
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.node import Node, Path
from legato.connectors.language.value import Value, fields_of
from legato.connectors.routes.batching import check_apart, compile_batch
from legato.connectors.routes.question import compile_lookups
from legato.connectors.routes.reach import lookup_names, reaches, read_lets, step_names
from legato.connectors.routes.request import Manner, compile_calls
from legato.connectors.spec import EventType, Input, Requirement, Route, Trigger, event_name
from legato.model.delivery import Operation

_ROUTE_KEYS = (
    "on", "id", "title", "types", "events", "when", "continue", "named", "inputs", "let", "ignore",
    "require", "lookup", "request", "requests", "batch", "changed_only",
)  # fmt: skip


def compile_routes(
    inside: Compiler, value: Value, manner: Manner, shared: Given
) -> dict[Operation, tuple[Route, ...]]:
    """Compile every route; one that nothing can reach is a mistake."""
    routes: dict[Operation, tuple[Route, ...]] = {}
    if not isinstance(value, list) or not value:
        inside.add(("routes",), "there are no routes", "List at least one: `- on: send`.")
        return routes
    for index, item in enumerate(cast("list[Any]", value)):
        path: Path = ("routes", index)
        given = form.mapping(inside, item, path)
        form.only(inside, given, _ROUTE_KEYS, path)
        word = form.choice(inside, given.get("on", ""), get_args(Operation), (*path, "on"))
        on = cast("Operation", word)
        route = _route(inside, {**given, "_shared": shared}, path, on, manner)
        before = routes.get(on, ())
        _check_reach(inside, route, before, path)
        routes[on] = (*before, route)
    return routes


def _check_reach(inside: Compiler, route: Route, before: tuple[Route, ...], path: Path) -> None:
    if route.id and any(route.id == other.id for other in before):
        inside.add((*path, "id"), f"`{route.id}` is taken", "Choose another id.")
    if route.is_named:
        return
    if any(not other.is_named and _takes_all(other, route) for other in before):
        what = f"nothing can reach this: a route for `{route.on}` before it takes all of it"
        inside.add((*path, "on"), what, "Put it first, narrow the other, or add `continue: true`.")


def _takes_all(first: Route, second: Route) -> bool:
    """Return whether whatever the second route would take is taken by the first."""
    if first.goes_on or first.trigger.when is not None:
        return False
    types, names = first.trigger.types, first.trigger.names
    has_types = not types or (
        bool(second.trigger.types) and all(one in types for one in second.trigger.types)
    )
    has_names = not names or (bool(second.trigger.names) and second.trigger.names <= names)
    return has_types and has_names


def _route(top: Compiler, given: Given, path: Path, on: Operation, manner: Manner) -> Route:
    inside = top if on == "event" else top.with_names({"content": None})
    trigger = _trigger(inside, given, path)
    ignore = tuple(form.refusals(inside, given.get("ignore", []), (*path, "ignore")))
    taken = _inputs(inside, given, path, on)
    names: dict[str, tuple[str, ...] | None] = {"in": tuple(taken)}
    if on != "event":
        names["content"] = tuple(taken) or None
        names["in"] = tuple(taken) or None
    inside = inside.with_names(names).knowing(*lookup_names(given))
    steps = dict.fromkeys(step_names(given))
    wide = inside.knowing(*steps)
    let = dict(manner.early)
    for name, node in manner.late.items():
        wide, let[name] = wide.with_let(name, node), node.read
    wide, own = read_lets(wide, given, path)
    let |= own
    require = _requirements(wide, given, path)
    inside = wide.without(*steps)
    inputs = {name: one.form for name, one in taken.items() if one.form is not None}
    calls = tuple(compile_calls(inside, given, path, on, manner))
    batch = None
    if "batch" in given:
        batch = compile_batch(inside, given["batch"], (*path, "batch"), manner)
        if batch.is_by_request:
            check_apart(inside, calls, require, (*path, "batch"))
    return Route(
        on=on,
        id=str(given.get("id", "")),
        trigger=trigger,
        goes_on=bool(given.get("continue")),
        is_named=bool(given.get("named")),
        changed_only=bool(given.get("changed_only")),
        inputs=inputs,
        sources=_sources(inside, taken, "from", (*lookup_names(given), *steps)),
        defaults=_sources(inside, taken, "default", (*lookup_names(given), *steps)),
        let=let,
        ignore=ignore,
        require=require,
        lookups=tuple(compile_lookups(inside, given.get("lookup", []), (*path, "lookup"), manner)),
        calls=calls,
        batch=batch,
    )


def _trigger(inside: Compiler, given: Given, path: Path) -> Trigger:
    types = form.texts(inside, given.get("types", []), (*path, "types"))
    for one in types:
        form.choice(inside, one, get_args(EventType), (*path, "types"))
    when = inside.condition(given["when"], (*path, "when")) if "when" in given else None
    events = form.texts(inside, given.get("events", []), (*path, "events"))
    return Trigger(
        types=cast("tuple[EventType, ...]", types),
        events=events,
        names=frozenset(map(event_name, events)),
        when=when,
    )


class _Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One input as it is declared, and where that stands."""

    path: Path
    given: Given
    form: Input | None


def _inputs(inside: Compiler, given: Given, path: Path, on: Operation) -> dict[str, _Taken]:
    """Read what the route takes: its own inputs, and for an event those of all routes."""
    shared = fields_of(given["_shared"] if on == "event" else None)
    own = form.mapping(inside, given.get("inputs", {}), (*path, "inputs"))
    taken: dict[str, _Taken] = {}
    for name, value in {**shared, **own}.items():
        where: Path = (*path, "inputs", str(name)) if name in own else ("inputs", str(name))
        declared = form.mapping(inside, value, where)
        plain = {key: one for key, one in declared.items() if key not in ("from", "default")}
        default = _written(declared.get("default"))
        made = form.convert(inside, {**plain, "default": default}, Input, where)
        if made is not None and default is not None and not is_of_type(made.type, default):
            what = f"the default is not of type {made.type}"
            inside.add((*where, "default"), what, "Write one that is, or another `type:`.")
        taken[str(name)] = _Taken(path=where, given=declared, form=made)
    return taken


def _written(value: Value) -> Value:
    """Return a default as it is written; nothing where it is worked out."""
    node = Compiler({}, []).node(value, ())
    return node.read({}) if node.is_constant else None


def _sources(
    inside: Compiler, taken: Mapping[str, _Taken], key: str, found: tuple[str, ...]
) -> dict[str, Node]:
    """Compile where inputs come from. They can be made of any `let` that is not made of them."""
    later = dict.fromkeys(("in", *found))
    sources: dict[str, Node] = {}
    for name, one in taken.items():
        where = (*one.path, key)
        node = inside.node(one.given.get(key), where)
        if node.is_constant and (key == "default" or key not in one.given):
            continue
        if reaches(node.names, later, inside.origins):
            what = f"`{name}` would be made of what is known later: inputs, or an answer"
            inside.add(where, what, "Make it of the event, settings, or a `let` of these.")
        sources[name] = node
    return sources


def _requirements(inside: Compiler, given: Given, path: Path) -> tuple[Requirement, ...]:
    """Read what is required, and whether each needs what is found or answered."""
    found, steps = dict.fromkeys(lookup_names(given)), step_names(given)
    made: list[Requirement] = []
    for one in form.requirements(inside, given.get("require", []), (*path, "require")):
        names, origins = one.that.names, inside.origins
        needed = [step for step in steps if reaches(names, {step: None}, origins)]
        is_late = not needed and reaches(names, found, origins)
        last = needed[-1] if needed else ""
        made.append(msgspec.structs.replace(one, is_late=is_late, after=last))
    return tuple(made)
