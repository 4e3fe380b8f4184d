"""Delivery -> Request. Pure: the same delivery at the same instant gives the same bytes."""

from __future__ import annotations

from typing import Any, assert_never, cast

import msgspec

from legato.connectors.exchange.draft import draft, seal
from legato.connectors.exchange.exchange import frames
from legato.connectors.exchange.exposure import check_unexposed
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.scene import Choice, Scene, base_frame, scenes
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING, ExpressionError, as_text
from legato.connectors.mail import Letter, compose
from legato.connectors.spec import Call, Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import Instant
from legato.model.problem import Reason
from legato.model.wire import FileErasure, FileLine, Mail, Request


def render(
    spec: Spec, delivery: Delivery, *, terms: Terms, now: Instant, asked: Instant | None = None
) -> Request | Reason:
    """Return the request of one attempt, or why there can be none.

    `asked` is when the attempt began, by asking whether it may: what was said after that was said
    too late for it, and what was said before it has heard.

    It is for routes of one request and no question before it, which `is_single` tells; others are
    an exchange.
    """
    try:
        base = base_frame(spec, delivery, terms, now, asked=asked)
        scene = _only(spec, scenes(spec, delivery, base, terms, choice=Choice()))
        [call] = scene.route.calls
        return _checked(spec, delivery, _request(spec, call, scene.frame, terms))
    except RefusalError as refused:
        return refused.reason
    except ExpressionError as error:
        return Reason(code="render.expression", what=str(error))


def _only(spec: Spec, taken: list[Scene]) -> Scene:
    """Return the one route that is taken, with its one request: half would be worse than none."""
    [scene, *others] = taken
    if others or scene.route.lookups or len(scene.route.calls) != 1:
        raise RefusalError("steps", f"{spec.head.id} needs several requests for this")
    return scene


def is_single(spec: Spec, delivery: Delivery) -> bool:
    """Return whether one request is all there is to it, whatever is in the delivery."""
    return all(
        len(route.calls) == 1
        and not route.lookups
        and not route.goes_on
        and route.calls[0].when is None
        and route.calls[0].for_each is None
        for route in spec.routes.get(delivery.operation, ())
    )


def _checked(spec: Spec, delivery: Delivery, request: Request) -> Request:
    check_unexposed(spec, delivery.address, request)
    return request


def _request(spec: Spec, call: Call, frame: Frame, terms: Terms) -> Request:
    match spec.transport:
        case "http":
            for each in frames(call, frame):
                return seal(spec, draft(call, each), each, terms)
            raise RefusalError("nothing", "it says nothing that the destination could be told")
        case "smtp":
            return _mail(call, frame, terms)
        case "file":
            return _line(call, frame)
        case _:
            assert_never(spec.transport)


def _mail(call: Call, frame: Frame, terms: Terms) -> Mail:
    found = {name: node.read(frame) for name, node in call.fields.items()}
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
        delivery_id=frame["delivery"]["delivery_id"],
        at=frame["clock"]["now"],
    )
    made = compose(letter)
    if isinstance(made, str):
        raise RefusalError("mail", made)
    security = texts.get("security", "starttls")
    if security not in ("none", "starttls", "tls") or not texts.get("port", "").isdigit():
        raise RefusalError("mail", "the security or the port of the mail server is not valid")
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


def _line(call: Call, frame: Frame) -> FileLine | FileErasure:
    path = call.fields["path"].read(frame)
    if not isinstance(path, str) or not path or "\x00" in path:
        raise RefusalError("file", "the file's path is missing")
    if "remove" in call.fields:
        values = call.fields["remove"].read(frame)
        if not isinstance(values, list | tuple) or not values:
            raise RefusalError("file", "what is to be removed from the file is missing")
        return FileErasure(path=path, values=tuple(map(as_text, cast("list[Any]", values))))
    value = call.fields["line"].read(frame)
    line = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return FileLine(path=path, line=line.replace(b"\n", b" ") + b"\n")
