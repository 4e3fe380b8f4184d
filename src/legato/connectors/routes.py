"""The `routes:` of a manifest: how an operation becomes requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast, get_args

import msgspec

from legato.connectors import form
from legato.connectors.accounts import compile_auth
from legato.connectors.checks import check_exposed
from legato.connectors.exchange.inputs import is_of_type
from legato.connectors.fields import FIELDS
from legato.connectors.form import Given
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node, Path
from legato.connectors.language.value import Name, Read, Value, fields_of, rows_of
from legato.connectors.spec import (
    Auth,
    Batch,
    BodyFormat,
    Call,
    EventType,
    Input,
    Lookup,
    Requirement,
    Route,
    TransportKind,
    Trigger,
)
from legato.model.delivery import Operation

_ROUTE_KEYS = (
    "on", "id", "title", "types", "events", "when", "continue", "named", "inputs", "let", "ignore",
    "require", "lookup", "request", "requests", "batch", "changed_only",
)  # fmt: skip
_CALL_KEYS = ("when", "for_each", "as", "accept", "auth", "alone")
_LOOKUP_KEYS = ("as", "request", "select", "cache", "absent", "accept", "when")
_BATCH_KEYS = (
    "when", "items", "bytes", "wait", "key", "merge", "request", "each", "asks", "partial",
    "across", "least",
)  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ANSWER = ("status", "header", "body", "text")


class Manner:
    """What the routes of one manifest share."""

    def __init__(
        self,
        transport: TransportKind,
        defaults: Given,
        late: Mapping[str, Node],
        hidden: Mapping[str, object],
    ) -> None:
        self.transport: TransportKind = transport
        self.defaults = defaults
        """`request:` at the top: what every request has."""
        self.late = late
        """The `let`s at the top that need a route's inputs."""
        self.hidden = hidden
        """Settings that may not be written into a URL or file."""


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
    types, events = first.trigger.types, first.trigger.events
    has_types = not types or (
        bool(second.trigger.types) and all(one in types for one in second.trigger.types)
    )
    has_events = not events or (
        bool(second.trigger.events) and all(one in events for one in second.trigger.events)
    )
    return has_types and has_events


def _route(top: Compiler, given: Given, path: Path, on: Operation, manner: Manner) -> Route:
    inside = top if on == "event" else top.with_names({"content": None})
    trigger = _trigger(inside, given, path)
    ignore = tuple(form.refusals(inside, given.get("ignore", []), (*path, "ignore")))
    taken = _inputs(inside, given, path, on)
    names: dict[str, tuple[str, ...] | None] = {"in": tuple(taken)}
    if on != "event":
        names["content"] = tuple(taken) or None
        names["in"] = tuple(taken) or None
    inside = inside.with_names(names).knowing(*_lookup_names(given))
    let: dict[str, Read] = {}
    for name, node in manner.late.items():
        inside, let[name] = inside.with_let(name, node), node.read
    own = form.mapping(inside, given.get("let", {}), (*path, "let"))
    for name, value in inside.in_order(own, (*path, "let")):
        where = (*path, "let", str(name))
        if name in inside.known:
            inside.add(where, f"`{name}` is taken", "Choose another name.")
        node = inside.let(value, where)
        inside = inside.with_let(str(name), node)
        let[str(name)] = node.read
    inputs = {name: one.form for name, one in taken.items() if one.form is not None}
    calls = tuple(_calls(inside, given, path, on, manner))
    batch = None
    if "batch" in given:
        batch = _batch(inside, given["batch"], (*path, "batch"), manner)
        if batch.is_by_request:
            _check_apart(inside, calls, (*path, "batch"))
    return Route(
        on=on,
        id=str(given.get("id", "")),
        trigger=trigger,
        goes_on=bool(given.get("continue")),
        is_named=bool(given.get("named")),
        changed_only=bool(given.get("changed_only")),
        inputs=inputs,
        sources=_sources(inside, taken, "from", _lookup_names(given)),
        defaults=_sources(inside, taken, "default", _lookup_names(given)),
        let=let,
        ignore=ignore,
        require=_requirements(inside, given, path),
        lookups=tuple(_lookups(inside, given.get("lookup", []), (*path, "lookup"), manner)),
        calls=calls,
        batch=batch,
    )


def _trigger(inside: Compiler, given: Given, path: Path) -> Trigger:
    types = form.texts(inside, given.get("types", []), (*path, "types"))
    for one in types:
        form.choice(inside, one, get_args(EventType), (*path, "types"))
    when = inside.condition(given["when"], (*path, "when")) if "when" in given else None
    return Trigger(
        types=cast("tuple[EventType, ...]", types),
        events=form.texts(inside, given.get("events", []), (*path, "events")),
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
        if _reaches(node.names, later, inside.origins):
            what = f"`{name}` would be made of what is known later: inputs, or an answer"
            inside.add(where, what, "Make it of the event, settings, or a `let` of these.")
        sources[name] = node
    return sources


def _requirements(inside: Compiler, given: Given, path: Path) -> tuple[Requirement, ...]:
    """Read what is required, and whether each needs what a lookup finds."""
    found = dict.fromkeys(_lookup_names(given))
    return tuple(
        msgspec.structs.replace(one, is_late=_reaches(one.that.names, found, inside.origins))
        for one in form.requirements(inside, given.get("require", []), (*path, "require"))
    )


def _reaches(
    names: Iterable[Name], wanted: Mapping[str, object], origins: Mapping[str, tuple[Name, ...]]
) -> bool:
    return any(
        name[0] in wanted or _reaches(origins.get(name[0], ()), wanted, origins) for name in names
    )


def _lookup_names(given: Given) -> tuple[str, ...]:
    lookups = given.get("lookup", [])
    items = rows_of(lookups) or [lookups]
    return tuple(str(fields_of(one)["as"]) for one in items if "as" in fields_of(one))


def _lookups(inside: Compiler, value: Value, path: Path, manner: Manner) -> Iterable[Lookup]:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        where = (*path, index) if isinstance(value, list) else path
        given = form.mapping(inside, item, where)
        form.only(inside, given, _LOOKUP_KEYS, where)
        if "as" not in given:
            inside.add(where, "nobody can read what is found", "Add `as: contact`.")
        cache = form.mapping(inside, given.get("cache", {}), (*where, "cache"))
        form.only(inside, cache, ("key", "ttl", "negative"), (*where, "cache"))
        answer = inside.with_names(dict.fromkeys(_ANSWER))
        yield Lookup(
            name=str(given.get("as", "")),
            call=_call(inside, _request_of(inside, given, where), where, "send", manner),
            select=answer.node(given["select"], (*where, "select")) if "select" in given else None,
            absent=form.statuses(inside, given.get("absent", []), (*where, "absent")),
            accept=form.statuses(inside, given.get("accept", []), (*where, "accept")),
            key=inside.node(cache["key"], (*where, "cache", "key")) if "key" in cache else None,
            ttl=form.duration(inside, cache.get("ttl", "1h"), (*where, "cache", "ttl")),
            negative=form.duration(inside, cache.get("negative", "1m"), (*where, "cache")),
        )


def compile_request(inside: Compiler, given: Given, path: Path, hidden: Given) -> Call:
    """Compile one request by itself, over HTTP."""
    return _call(inside, given, path, "send", Manner("http", {}, {}, hidden))


def _request_of(inside: Compiler, given: Given, where: Path) -> Given:
    request = _alone(inside, given.get("request", {}), (*where, "request"))
    return {**request, **({"when": given["when"]} if "when" in given else {})}


def _alone(inside: Compiler, value: Value, path: Path) -> Given:
    """Read the request of a question or a batch: none comes after it."""
    given = form.mapping(inside, value, path)
    for key in ("as", "accept", "alone"):
        if key in given:
            inside.add((*path, key), f"`{key}` has no meaning here", "Put it beside `request:`.")
    return given


def _calls(
    inside: Compiler, given: Given, path: Path, on: Operation, manner: Manner
) -> Iterable[Call]:
    if "requests" not in given:
        request = form.mapping(inside, given.get("request", {}), (*path, "request"))
        yield _call(inside, request, (*path, "request"), on, manner)
        return
    where = (*path, "requests")
    items = given["requests"]
    if "request" in given or not isinstance(items, list) or not items:
        inside.add(where, "a route has one `request`, or a list of `requests`", "Write one.")
        return
    for index, item in enumerate(cast("list[Any]", items)):
        request = form.mapping(inside, item, (*where, index))
        call = _call(inside, request, (*where, index), on, manner)
        yield call
        if call.name:
            inside = inside.knowing(call.name)


def _call(inside: Compiler, own: Given, where: Path, on: Operation, manner: Manner) -> Call:
    fields = FIELDS[manner.transport]
    form.only(inside, own, (*fields.known, *_CALL_KEYS), where)
    request = _with_defaults(manner.defaults, own)
    for name in fields.removal if fields.removal and on == "erase" else fields.needed:
        if name not in request:
            inside.add(where, f"the request has no `{name}`", f"Add `{name}:`.")
    for_each = None
    if "for_each" in request:
        for_each = inside.expression(request["for_each"], (*where, "for_each"))
        inside = inside.knowing("item", "index")
    when = inside.condition(request["when"], (*where, "when")) if "when" in request else None
    method: Any = request.get("method", "POST")
    is_dynamic = not isinstance(method, str) or method.startswith("=")
    nodes = {
        name: _field(inside, name, value, (*where, name))
        for name, value in request.items()
        if name not in ("format", *_CALL_KEYS, *(() if is_dynamic else ("method",)))
    }
    for name in fields.exposed:
        if name in nodes:
            check_exposed(inside, nodes[name].names, (*where, name), manner.hidden)
    return Call(
        fields=nodes,
        method="" if is_dynamic else form.choice(inside, method, _METHODS, (*where, "method")),
        format=cast(
            "BodyFormat",
            form.choice(
                inside, request.get("format", "json"), get_args(BodyFormat), (*where, "format")
            ),
        ),
        when=when,
        for_each=for_each,
        name=str(request.get("as", "")),
        accept=form.statuses(inside, request.get("accept", []), (*where, "accept")),
        auth=_own_auth(inside, request, (*where, "auth"), manner),
        is_alone=bool(request.get("alone")),
    )


def _own_auth(inside: Compiler, request: Given, path: Path, manner: Manner) -> Auth | None:
    """Read how one request proves itself: `none`, or a kind of account that needs no token."""
    value = request.get("auth")
    if value is None:
        return None
    auth = compile_auth(inside, {"kind": "none"} if value == "none" else value, manner.hidden, path)
    if auth.kind == "oauth2":
        inside.add(path, "one request has no token of its own", "Put `oauth2` into `auth:` above.")
    return auth


def _with_defaults(defaults: Given, own: Given) -> dict[str, Any]:
    """Join a request with what all requests have; headers and parameters add up."""
    joined = {**defaults, **own}
    for name in ("headers", "params"):
        first, second = defaults.get(name), own.get(name)
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            joined[name] = {**cast("Given", first), **cast("Given", second)}
    return joined


def _field(inside: Compiler, name: str, value: Value, path: Path) -> Node:
    if name == "url" and isinstance(value, str) and not value.startswith("="):
        return inside.template(value, path, is_url=True)
    return inside.node(value, path)


def _batch(inside: Compiler, value: Value, path: Path, manner: Manner) -> Batch:
    given = form.mapping(inside, value, path)
    form.only(inside, given, _BATCH_KEYS, path)
    merge = form.texts(inside, given.get("merge", []), (*path, "merge"))
    call = None
    if "request" in given:
        request = _alone(inside, given["request"], (*path, "request"))
        known = inside.knowing("items")
        call = _call(known, request, (*path, "request"), "event", manner)
    elif given.get("across") and not merge:
        what, fix = "nothing says what is sent for all", "Add `merge:` or `request:`."
        inside.add((*path, "across"), what, fix)
    seeing = inside.knowing("request") if call is not None else inside
    each = seeing.node(given["each"], (*path, "each")) if "each" in given else None
    is_by_request = call is None or each is None or _sees(each, "request")
    least = form.whole(inside, given.get("least", 1), (*path, "least")) or 1
    if least > 1 and (call is None or not is_by_request):
        what = "too few would be sent each by its own request, and here is none"
        inside.add((*path, "least"), what, "Leave it out, or make `each` of `request`.")
    partial = form.choice(inside, given.get("partial", ""), ("", "index", "id"), (*path, "partial"))
    return Batch(
        when=_of_settings(inside, given["when"], (*path, "when")) if "when" in given else None,
        items=form.whole(inside, given.get("items", 100), (*path, "items")) or 1,
        bytes_max=form.size(inside, given.get("bytes", 0), (*path, "bytes")),
        wait=form.duration(inside, given.get("wait", "1s"), (*path, "wait")),
        key=inside.node(given["key"], (*path, "key")) if "key" in given else None,
        merge=tuple(tuple(one.split(".")) for one in merge),
        call=call,
        least=least,
        across=_canonical([given.get("request"), merge]) if given.get("across") else "",
        each=each,
        is_by_request=is_by_request,
        asks=bool(given.get("asks", True)),
        partial=cast("Any", partial),
    )


def _of_settings(inside: Compiler, value: Value, path: Path) -> Expression:
    when = inside.expression(value, path)
    if any(name[0] != "settings" for name in when.names):
        what = "whether deliveries travel together is decided once for a destination"
        inside.add(path, what, "Ask about `settings` alone.")
    return when


def _sees(node: Node, root: str) -> bool:
    return any(name[0] == root for name in node.names)


def _check_apart(inside: Compiler, calls: Sequence[Call], path: Path) -> None:
    """Report requests that need the answer of another: in batches none has one of its own."""
    names = [one.name for one in calls if one.name]
    for call in calls:
        read = [name[0] for node in call.fields.values() for name in node.names]
        read += [
            name[0] for one in (call.when, call.for_each) if one is not None for name in one.names
        ]
        for name in dict.fromkeys(one for one in read if one in names):
            what = f"a batch cannot wait for the answer `{name}`"
            inside.add(path, what, "Leave the batch out, or ask with a `lookup`.")


def _canonical(value: Value) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def input_names(value: Value, shared: Given) -> tuple[str, ...]:
    """Return the inputs of all routes: what a `let` at the top may read."""
    names = list(shared)
    for route in rows_of(value):
        names += [str(name) for name in fields_of(fields_of(route).get("inputs"))]
    return tuple(dict.fromkeys(names))


def needs_route(names: Iterable[Name], late: Mapping[str, object]) -> bool:
    """Return whether something at the top needs what only a route knows."""
    return any(name[0] in ("in", "content") or name[0] in late for name in names)
