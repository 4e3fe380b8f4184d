"""One call of a route -> Request. Pure: the same scene gives the same bytes."""

from __future__ import annotations

from typing import Any, assert_never, cast

import msgspec

from legato.connectors.exchange.draft import draft, seal
from legato.connectors.exchange.exposure import check_unexposed
from legato.connectors.exchange.objects import object_line
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.server import commands, record, row
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING, as_text
from legato.connectors.mail import Letter, compose
from legato.connectors.spec import Call, Spec
from legato.connectors.terms import Terms
from legato.model.wire import FileErasure, FileLine, Mail, Request


def render(spec: Spec, call: Call, frame: Frame, terms: Terms, *, key: str) -> Request:
    """Write the request of a call. Raises RefusalError where it cannot be one.

    `key` is what the provider is to recognise it by when it comes again; empty: a mere question.
    """
    request: Request
    match spec.transport:
        case "http":
            request = seal(spec, draft(call, frame), frame, terms, key=key)
        case "smtp":
            request = _mail(call, frame, terms)
        case "file":
            request = _line(call, frame)
        case "kafka":
            request = record(call, frame, terms)
        case "redis":
            request = commands(call, frame, terms)
        case "postgresql":
            request = row(call, frame, terms)
        case "object":
            request = object_line(call, frame, terms)
        case _:
            assert_never(spec.transport)
    check_unexposed(spec, frame["delivery"].get("address", ""), request)
    return request


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
