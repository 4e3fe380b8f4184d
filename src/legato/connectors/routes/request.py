"""The requests of a route: one, or several in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

from legato.connectors import form
from legato.connectors.accounts import compile_auth
from legato.connectors.checks import check_exposed
from legato.connectors.fields import FIELDS
from legato.connectors.form import Given
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.node import Node, Path
from legato.connectors.language.value import Name, Read, Value
from legato.connectors.routes.reach import reaches, step_names
from legato.connectors.spec import Auth, BodyFormat, Call, TransportKind
from legato.model.delivery import Operation

_CALL_KEYS = ("when", "for_each", "as", "accept", "auth", "alone")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Manner:
    """What the routes of one manifest share."""

    def __init__(
        self,
        transport: TransportKind,
        defaults: Given,
        early: Mapping[str, Read],
        late: Mapping[str, Node],
        hidden: Mapping[str, object],
    ) -> None:
        self.transport: TransportKind = transport
        self.defaults = defaults
        """`request:` at the top: what every request has."""
        self.early = early
        """The `let`s at the top that need no route."""
        self.late = late
        """The `let`s at the top that need a route's inputs."""
        self.hidden = hidden
        """Settings that may not be written into a URL or file."""


def compile_request(inside: Compiler, given: Given, path: Path, hidden: Given) -> Call:
    """Compile one request by itself, over HTTP."""
    return compile_call(inside, given, path, "send", Manner("http", {}, {}, {}, hidden))


def compile_calls(
    inside: Compiler, given: Given, path: Path, on: Operation, manner: Manner
) -> Iterable[Call]:
    if "requests" not in given:
        request = form.mapping(inside, given.get("request", {}), (*path, "request"))
        yield compile_call(inside, request, (*path, "request"), on, manner)
        return
    where = (*path, "requests")
    items = given["requests"]
    if "request" in given or not isinstance(items, list) or not items:
        inside.add(where, "a route has one `request`, or a list of `requests`", "Write one.")
        return
    unknown = list(step_names(given))
    for index, item in enumerate(cast("list[Any]", items)):
        request = form.mapping(inside, item, (*where, index))
        call = compile_call(inside, request, (*where, index), on, manner)
        check_known(inside, names_of(call), dict.fromkeys(unknown), (*where, index))
        yield call
        if call.name:
            inside = inside.knowing(call.name)
            unknown.remove(call.name)


def names_of(call: Call) -> list[Name]:
    """Return every name that a request looks at."""
    conditions = [one for one in (call.when, call.for_each) if one is not None]
    return [name for one in (*call.fields.values(), *conditions) for name in one.names]


def check_known(
    inside: Compiler, names: Iterable[Name], unknown: Mapping[str, object], path: Path
) -> None:
    """Report names that are made of an answer which is not there yet."""
    for name in dict.fromkeys(one[0] for one in names):
        if reaches(inside.origins.get(name, ()), unknown, inside.origins):
            what = f"`{name}` is made of an answer that is not there yet"
            inside.add(path, what, "Use it in a request after that one.")


def read_alone(inside: Compiler, value: Value, path: Path) -> Given:
    """Read the request of a question or a batch: none comes after it."""
    given = form.mapping(inside, value, path)
    for key in ("as", "accept", "alone"):
        if key in given:
            inside.add((*path, key), f"`{key}` has no meaning here", "Put it beside `request:`.")
    return given


def compile_call(inside: Compiler, own: Given, where: Path, on: Operation, manner: Manner) -> Call:
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
