"""Delivery -> Request. Pure: the same delivery at the same instant gives the same bytes."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Any, assert_never, cast
from urllib.parse import urlencode

import msgspec

from legato.connectors.expression import MISSING, ExpressionError, Value, as_text, is_true
from legato.connectors.mail import Letter, compose
from legato.connectors.spec import Input, Route, Spec, ValueType
from legato.model.delivery import Delivery
from legato.model.instant import SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import FileErasure, FileLine, HttpRequest, Mail, Request

BODY_BYTES_MAX = 1_048_576
"""No provider takes a larger message; a template that made one is at fault."""

_CONTENT_TYPES = {
    "json": "application/json",
    "json_array": "application/json",
    "form": "application/x-www-form-urlencoded",
    "raw": "text/plain; charset=utf-8",
}
_TYPES: Mapping[ValueType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list, tuple),
}
_NOT_OFFERED = ("content", "captured_at")
_MAY_BE_EMPTY = tuple(
    field.name
    for field in msgspec.structs.fields(Delivery)
    if field.type is not int and field.name not in _NOT_OFFERED
)
"""Facts that are missing to a manifest when they are empty; a cost of nothing is a fact."""
_URL = re.compile(r"https?://[^\s/?#\\]+[^\s\\]*", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


DIGESTS_ONLY = ("ads", "prompt")
"""Categories that are given digests of identifiers, never identifiers."""
ADDRESS_CHARS_MIN = 5
"""A shorter address names nobody, and would be found in any text."""


class Terms(Noun, frozen=True, kw_only=True):
    """What a destination adds to a request."""

    settings: Mapping[str, Any]
    """Resolved by settings.resolve: secrets stand here by value. Never stored."""
    timeout: Duration
    allow_private: bool = False

    def __repr__(self) -> str:
        return f"Terms(settings={sorted(self.settings)})"


class _Refused(Exception):  # noqa: N818 - the delivery cannot be said in this route's terms
    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.reason = Reason(code=f"render.{code}", what=what)


def render(
    spec: Spec, delivery: Delivery, *, terms: Terms, now: Instant, asked: Instant | None = None
) -> Request | Reason:
    """Return the request of one attempt, or why there can be none.

    `asked` is when the attempt began, by asking whether it may: what was said after that was said
    too late for it, and what was said before it has heard.
    """
    route = spec.routes.get(delivery.operation)
    if route is None:
        what = f"{spec.head.id} has no route for {delivery.operation}"
        return Reason(code="render.no_route", what=what)
    try:
        _check_inputs(route.inputs, delivery.content)
        clock = {"epoch": now // SECOND, "now": now, "asked": now if asked is None else asked}
        scope = _scope(route, delivery, terms.settings, clock)
        _check_requirements(route, scope)
        return _unexposed(spec, delivery, _request(spec, route, scope, terms))
    except _Refused as refused:
        return refused.reason
    except ExpressionError as error:
        return Reason(code="render.expression", what=str(error))


def _unexposed(spec: Spec, delivery: Delivery, request: Request) -> Request:
    """Refuse a request that would hand an address itself to who may have digests only."""
    address = delivery.address.strip().lower()
    if spec.head.category not in DIGESTS_ONLY or len(address) < ADDRESS_CHARS_MIN:
        return request
    is_digest = re.fullmatch(r"[0-9a-f]{64}", address) is not None
    if not is_digest and address.encode() in msgspec.msgpack.encode(request).lower():
        raise _Refused("exposed", f"{spec.head.id} would be given an address that is no digest")
    return request


def signature(key: str, timestamp: int, body: bytes) -> str:
    """Return the value of `Legato-Signature`: what a receiver computes again and compares."""
    mac = hmac.digest(key.encode(), b"%d.%b" % (timestamp, body), "sha256")
    return f"t={timestamp},v1={mac.hex()}"


def _check_inputs(inputs: Mapping[str, Input], content: Mapping[str, Any]) -> None:
    for name, declared in inputs.items():
        value = content.get(name)
        if value is None or value == "":
            if declared.required:
                raise _Refused("content", f"the content has no `{name}`")
        elif not isinstance(value, _TYPES[declared.type]):
            raise _Refused("content", f"`{name}` of the content is not of type {declared.type}")


def _check_requirements(route: Route, scope: dict[str, Any]) -> None:
    for requirement in route.require:
        if not is_true(requirement.that.read(scope)):
            raise _Refused("required", requirement.what)


def _scope(
    route: Route, delivery: Delivery, settings: Mapping[str, Any], clock: Mapping[str, Instant]
) -> dict[str, Any]:
    facts = msgspec.structs.asdict(delivery)
    for name in _NOT_OFFERED:
        del facts[name]
    for name in _MAY_BE_EMPTY:
        if not facts[name]:
            del facts[name]
    facts["seconds_left"] = max(0, (delivery.expires_at - clock["now"]) // SECOND)
    scope: dict[str, Any] = {
        "delivery": facts,
        "content": delivery.content,
        "settings": settings,
        "clock": clock,
    }
    for name, node in route.let:
        value = node.read(scope)
        if value is not MISSING:
            scope[name] = value
    return scope


def _request(spec: Spec, route: Route, scope: dict[str, Any], terms: Terms) -> Request:
    match spec.transport:
        case "http":
            return _http(spec, route, scope, terms)
        case "smtp":
            return _mail(route, scope, terms)
        case "file":
            return _line(route, scope)
        case _:
            assert_never(spec.transport)


def _http(spec: Spec, route: Route, scope: dict[str, Any], terms: Terms) -> HttpRequest:
    fields = route.fields
    url = fields["url"].read(scope)
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise _Refused("url", "the request's URL is missing or is not http:// or https://")
    params = _pairs(fields["params"].read(scope)) if "params" in fields else []
    body = _body(route, scope)
    headers = {"Content-Type": _CONTENT_TYPES[route.format]} if body else {}
    if spec.head.idempotency:
        headers[spec.head.idempotency] = scope["delivery"]["delivery_id"]
    if "headers" in fields:
        headers.update(_pairs(fields["headers"].read(scope)))
    params += _authorize(spec, scope, headers, body)
    if _UNSAFE.search("".join(headers.values())):
        raise _Refused("header", "a header's value holds a line break or control character")
    if params:
        url += ("&" if "?" in url else "?") + urlencode(params)
    return HttpRequest(
        method=route.method,
        url=url,
        headers=headers,
        body=body,
        timeout=terms.timeout,
        allow_private=terms.allow_private,
    )


def _body(route: Route, scope: dict[str, Any]) -> bytes:
    if "body" not in route.fields:
        return b""
    value = route.fields["body"].read(scope)
    if value is MISSING:
        return b""
    match route.format:
        case "json":
            body = msgspec.json.encode(value)
        case "json_array":
            body = msgspec.json.encode([value])
        case "form":
            body = urlencode(_pairs(value)).encode()
        case "raw":
            body = as_text(value).encode()
        case _:
            assert_never(route.format)
    if len(body) > BODY_BYTES_MAX:
        raise _Refused("size", f"the body is larger than {BODY_BYTES_MAX} bytes")
    return body


def _pairs(value: Value) -> list[tuple[str, str]]:
    """Flatten a mapping to texts; a list gives its name several times."""
    if value is MISSING or value is None:
        return []
    if not isinstance(value, Mapping):
        raise _Refused("fields", "headers, params and forms are made from a mapping")
    pairs: list[tuple[str, str]] = []
    for name, one in cast("Mapping[str, Any]", value).items():
        many = cast("list[Any]", one) if isinstance(one, list) else [one]
        pairs += [(name, as_text(item)) for item in many if item is not None]
    return pairs


def _authorize(
    spec: Spec, scope: dict[str, Any], headers: dict[str, str], body: bytes
) -> list[tuple[str, str]]:
    """Add the account's proof to the headers; return what goes into the query."""
    auth = spec.auth
    value = auth.value.read(scope) if auth.value is not None else MISSING
    if value is MISSING:
        return []
    secret = as_text(value)
    match auth.kind:
        case "none":
            return []
        case "query":
            return [(auth.name, secret)]
        case "header":
            headers[auth.name] = secret
        case "bearer":
            headers["Authorization"] = f"Bearer {secret}"
        case "basic":
            username = auth.username.read(scope) if auth.username is not None else ""
            pair = f"{'' if username is MISSING else as_text(username)}:{secret}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        case "hmac":
            headers[auth.name] = signature(secret, scope["clock"]["epoch"], body)
        case _:
            assert_never(auth.kind)
    return []


def _mail(route: Route, scope: dict[str, Any], terms: Terms) -> Mail:
    found = {name: node.read(scope) for name, node in route.fields.items()}
    texts = {name: as_text(value) for name, value in found.items() if value is not MISSING}
    letter = Letter(
        sender=texts.get("from", ""),
        recipient=texts.get("to", ""),
        reply_to=texts.get("reply_to", ""),
        subject=texts.get("subject", ""),
        text=texts.get("text", ""),
        html=texts.get("html", ""),
        list_unsubscribe=texts.get("list_unsubscribe", ""),
        unsubscribe_mailto=texts.get("unsubscribe_mailto", ""),
        delivery_id=scope["delivery"]["delivery_id"],
        at=scope["clock"]["now"],
    )
    made = compose(letter)
    if isinstance(made, str):
        raise _Refused("mail", made)
    security = texts.get("security", "starttls")
    if security not in ("none", "starttls", "tls") or not texts.get("port", "").isdigit():
        raise _Refused("mail", "the security or the port of the mail server is not valid")
    return Mail(
        host=texts.get("host", ""),
        port=int(texts["port"]),
        security=security,
        username=texts.get("username", ""),
        password=texts.get("password", ""),
        sender=made.sender,
        recipient=made.recipient,
        message=made.message,
        timeout=terms.timeout,
        allow_private=terms.allow_private,
    )


def _line(route: Route, scope: dict[str, Any]) -> FileLine | FileErasure:
    path = route.fields["path"].read(scope)
    if not isinstance(path, str) or not path or "\x00" in path:
        raise _Refused("file", "the file's path is missing")
    if "remove" in route.fields:
        values = route.fields["remove"].read(scope)
        if not isinstance(values, list | tuple) or not values:
            raise _Refused("file", "what is to be removed from the file is missing")
        return FileErasure(path=path, values=tuple(map(as_text, cast("list[Any]", values))))
    value = route.fields["line"].read(scope)
    line = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return FileLine(path=path, line=line.replace(b"\n", b" ") + b"\n")
