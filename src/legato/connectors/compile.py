"""Manifest -> Spec. Every mistake is found in one pass; nothing is raised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast, get_args

import msgspec

from legato.connectors.expression import Name, Value
from legato.connectors.judge import compile_judge
from legato.connectors.mistake import one_of
from legato.connectors.node import Compiler, Node, Path
from legato.connectors.spec import (
    Auth,
    AuthKind,
    BodyFormat,
    Compiled,
    ConsentNeeds,
    Head,
    Input,
    Limits,
    Requirement,
    Route,
    Setting,
    Spec,
    TransportKind,
)
from legato.model.delivery import Operation
from legato.model.instant import parse_duration

Model = TypeVar("Model", bound=msgspec.Struct)

DELIVERY_NAMES = (
    "delivery_id", "person_id", "operation", "destination", "channel", "purpose", "message",
    "address", "decided_at", "expires_at", "trace", "plan", "journey", "enrollment_id",
    "journey_step", "about", "cost_micros", "seconds_left",
)  # fmt: skip
"""What `delivery.` offers: the message's own facts, and nothing of the profile."""

_KEYS = (
    "manifest", "id", "name", "category", "docs", "consent", "settings", "auth", "transport",
    "routes", "delivery", "limits", "on_doubt", "idempotency",
)  # fmt: skip
_ROUTE_KEYS = ("on", "inputs", "let", "require", "request")
_FIELDS: dict[str, tuple[str, ...]] = {
    "http": ("method", "url", "params", "headers", "body", "format"),
    "smtp": (
        "host", "port", "security", "username", "password",
        "from", "to", "reply_to", "subject", "text", "html",
        "list_unsubscribe", "unsubscribe_mailto",
    ),
    "file": ("path", "line", "remove"),
}  # fmt: skip
_NEEDED = {"http": ("url",), "smtp": ("host", "from", "to", "subject"), "file": ("path", "line")}
_EXPOSED = {"http": ("url", "params"), "smtp": (), "file": ("path", "line")}
"""Where a secret would be written down: URLs end in logs, lines in files."""
_AUTH_KEYS: dict[str, tuple[str, ...]] = {
    "none": (),
    "header": ("name", "value"),
    "query": ("name", "value"),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "hmac": ("secret", "header"),
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(\d*)\s*(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3_600}


def compile_manifest(manifest: Mapping[str, Any]) -> Compiled:
    """Check a manifest and compile it."""
    top = Compiler({}, [])
    _only(top, manifest, _KEYS, ())
    if manifest.get("manifest") != 1:
        top.add(("manifest",), "the version of the format is not 1", "Begin with `manifest: 1`.")
    transport = _choice(
        top, manifest.get("transport", "http"), get_args(TransportKind), "transport"
    )
    settings = _models(top, manifest.get("settings", {}), Setting, ("settings",))
    names = {
        "settings": tuple(settings),
        "delivery": DELIVERY_NAMES,
        "clock": ("asked", "epoch", "now"),
    }
    inside = Compiler({**names, "content": None}, top.mistakes)
    routes = _routes(inside, manifest.get("routes"), transport)
    auth = _auth(inside, manifest.get("auth", {"kind": "none"}))
    judge = compile_judge(
        Compiler(dict.fromkeys(("status", "header", "body", "text")), top.mistakes),
        manifest.get("delivery", {}),
        transport,
    )
    _check_secrets(top, settings, auth, routes.values(), transport)
    head = _head(top, manifest)
    consent = _model(top, manifest.get("consent", {}), ConsentNeeds, ("consent",))
    limits = _limits(top, manifest.get("limits", {}))
    if top.mistakes or head is None or consent is None:
        return Compiled(spec=None, mistakes=tuple(top.mistakes))
    spec = Spec(
        head=head,
        consent=consent,
        settings=settings,
        transport=cast("TransportKind", transport),
        auth=auth,
        routes=routes,
        judge=judge,
        limits=limits,
    )
    return Compiled(spec=spec, mistakes=())


def _head(top: Compiler, manifest: Mapping[str, Any]) -> Head | None:
    known = Head.__struct_fields__
    return _model(top, {key: manifest[key] for key in known if key in manifest}, Head, ())


def _routes(inside: Compiler, value: Value, transport: str) -> dict[Operation, Route]:
    routes: dict[Operation, Route] = {}
    if not isinstance(value, list) or not value:
        inside.add(("routes",), "there are no routes", "List at least one: `- on: send`.")
        return routes
    for index, item in enumerate(cast("list[Any]", value)):
        path: Path = ("routes", index)
        given = _mapping(inside, item, path)
        _only(inside, given, _ROUTE_KEYS, path)
        on = _choice(inside, given.get("on", ""), get_args(Operation), (*path, "on"))
        if on in routes:
            inside.add((*path, "on"), f"`{on}` has two routes", "Join them with `$if`.")
        routes[cast("Operation", on)] = _route(
            inside, given, path, cast("Operation", on), transport
        )
    return routes


def _route(
    inside: Compiler, given: Mapping[str, Any], path: Path, on: Operation, transport: str
) -> Route:
    inputs = _models(inside, given.get("inputs", {}), Input, (*path, "inputs"))
    inside = Compiler({**inside.known, "content": tuple(inputs) or None}, inside.mistakes)
    let: list[tuple[str, Node]] = []
    for name, value in _mapping(inside, given.get("let", {}), (*path, "let")).items():
        where = (*path, "let", str(name))
        if name in inside.known:
            inside.add(where, f"`{name}` is taken", "Choose another name.")
        let.append((str(name), inside.node(value, where)))
        inside = inside.knowing(str(name))  # a later one may use the earlier ones
    require = tuple(_requirements(inside, given.get("require", []), (*path, "require")))
    request = _mapping(inside, given.get("request", {}), (*path, "request"))
    where = (*path, "request")
    _only(inside, request, _FIELDS.get(transport, ()), where)
    is_removal = transport == "file" and on == "erase"
    for name in ("path", "remove") if is_removal else _NEEDED.get(transport, ()):
        if name not in request:
            inside.add(where, f"the request has no `{name}`", f"Add `{name}:`.")
    fields = {
        name: _field(inside, name, value, (*where, name))
        for name, value in request.items()
        if name not in ("method", "format")
    }
    return Route(
        on=on,
        inputs=inputs,
        let=tuple(let),
        require=require,
        fields=fields,
        method=_choice(inside, request.get("method", "POST"), _METHODS, (*where, "method")),
        format=cast(
            "BodyFormat",
            _choice(
                inside, request.get("format", "json"), get_args(BodyFormat), (*where, "format")
            ),
        ),
    )


def _field(inside: Compiler, name: str, value: Value, path: Path) -> Node:
    if name == "url" and isinstance(value, str) and not value.startswith("="):
        return inside.template(value, path, is_url=True)
    return inside.node(value, path)


def _requirements(inside: Compiler, value: Value, path: Path) -> Iterable[Requirement]:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        where = (*path, index)
        given = _mapping(inside, item, where)
        _only(inside, given, ("that", "else"), where)
        that = inside.expression(given.get("that"), (*where, "that"))
        yield Requirement(that=that, what=str(given.get("else", "a requirement is not met")))


def _auth(inside: Compiler, value: Value) -> Auth:
    given = _mapping(inside, value, ("auth",))
    kind = _choice(inside, given.get("kind", "none"), get_args(AuthKind), ("auth", "kind"))
    keys = _AUTH_KEYS.get(kind, ())
    _only(inside, given, ("kind", *keys), ("auth",))
    for key in keys:
        if key not in given and key != "header":
            inside.add(("auth",), f"`{kind}` needs `{key}`", f"Add `{key}:` to auth.")
    inside = Compiler({"settings": inside.known["settings"]}, inside.mistakes)
    secrets = [key for key in ("value", "password", "token", "secret") if key in given]
    values = [inside.node(given[key], ("auth", key)) for key in secrets]
    username = inside.node(given["username"], ("auth", "username")) if "username" in given else None
    return Auth(
        kind=cast("AuthKind", kind),
        name=str(given.get("name") or given.get("header") or "Legato-Signature"),
        value=values[0] if values else None,
        username=username,
    )


def _check_secrets(
    top: Compiler,
    settings: Mapping[str, Setting],
    auth: Auth,
    routes: Iterable[Route],
    transport: str,
) -> None:
    hidden = [name for name, one in settings.items() if one.secret and not one.in_url]
    places: list[tuple[Path, tuple[Name, ...]]] = []
    for index, route in enumerate(routes):
        let = {name: node.names for name, node in route.let}
        for field in _EXPOSED.get(transport, ()):
            node = route.fields.get(field)
            if node is not None:
                path = ("routes", index, "request", field)
                places.append((path, tuple(_behind(node.names, let))))
    if auth.kind == "query" and auth.value is not None:
        places.append((("auth", "value"), auth.value.names))
    for path, names in places:
        for name in dict.fromkeys(names):
            if name[0] == "settings" and name[-1] in hidden:
                what = f"the secret `{name[-1]}` would be written into a URL or file"
                fix = "Send it in a header or body, or mark the setting `in_url: true`."
                top.add(path, what, fix)


def _behind(names: Iterable[Name], let: Mapping[str, tuple[Name, ...]]) -> Iterable[Name]:
    """Follow let-names to what they were made from. They look back only, so this ends."""
    for name in names:
        if name[0] in let:
            yield from _behind(let[name[0]], let)
        else:
            yield name


def _limits(top: Compiler, value: Value) -> Limits:
    given = dict(_mapping(top, value, ("limits",)))
    if isinstance(given.get("rate"), str):
        given["rate"] = _rate(top, given["rate"])
    if isinstance(given.get("timeout"), str):
        timeout = parse_duration(given["timeout"])
        if timeout is None:
            top.add(("limits", "timeout"), "this is no duration", "Write it as `10s`.")
        given["timeout"] = timeout or 0
    return _model(top, given, Limits, ("limits",)) or Limits()


def _rate(top: Compiler, text: str) -> float:
    match = _RATE.fullmatch(text.strip())
    if match is None:
        top.add(("limits", "rate"), "this is no rate", "Write it as `50/s`, `3000/3s` or `600/m`.")
        return 0.0
    return float(match[1]) / (int(match[2] or 1) * _SECONDS[match[3]])


def _mapping(top: Compiler, value: Value, path: Path) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    top.add(path, "this must be a mapping", "Write it as `name: value` lines.")
    return {}


def _only(top: Compiler, given: Mapping[str, Any], known: tuple[str, ...], path: Path) -> None:
    for key in given:
        if key not in known:
            top.add((*path, str(key)), f"`{key}` has no meaning here", one_of(str(key), known))


def _choice(top: Compiler, value: Value, choices: tuple[str, ...], path: Path | str) -> str:
    if value in choices:
        return str(value)
    where: Path = (path,) if isinstance(path, str) else path
    top.add(where, f"`{value}` is none of the choices", one_of(str(value), choices))
    return choices[0]


def _models(top: Compiler, value: Value, model: type[Model], path: Path) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for name, one in _mapping(top, value, path).items():
        made = _model(top, one, model, (*path, str(name)))
        if made is not None:
            found[str(name)] = made
    return found


def _model(top: Compiler, value: Value, model: type[Model], path: Path) -> Model | None:
    given = _mapping(top, value, path)
    _only(top, given, model.__struct_fields__, path)
    try:
        return msgspec.convert({k: given[k] for k in model.__struct_fields__ if k in given}, model)
    except msgspec.ValidationError as error:
        top.add(path, str(error), "Correct it; see the guide on destinations.")
        return None
