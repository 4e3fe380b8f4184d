"""How pages speak HTTP: forms in, pages out, with headers that keep secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from email import message_from_bytes
from email.policy import HTTP
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from legato.markup.html import Html
from legato.model.definitions.links import Pages
from legato.model.noun import Noun
from legato.pages.frame import policy

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Fields: TypeAlias = Mapping[str, list[str]]

BODY_BYTES_MAX = 64 * 1024
"""A preference centre of a thousand choices is under this."""
BODY_SECONDS_MAX = 15
FIELDS_MAX = 2_000


class Answer(Noun, frozen=True, kw_only=True):
    """A page, or where to look for one."""

    status: int = 200
    body: Html = Html("")
    language: str = ""
    to: str = ""
    """Another page to look at instead (303)."""
    headers: Mapping[str, str] = {}


async def read_form(receive: Receive, content_type: str) -> Fields | None:
    """Return a form's fields; None where it is too large, too slow, or no form."""
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            data = await _body(receive)
    except TimeoutError:
        return None
    if data is None:
        return None
    if content_type.lower().startswith("multipart/form-data"):
        return _multipart(data, content_type)
    try:
        # Whatever else it calls itself: RFC 8058 wants this form, and an opt-out is not refused
        # for a header.
        return parse_qs(data.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return None


async def _body(receive: Receive) -> bytes | None:
    data = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        data += message.get("body", b"")
        if len(data) > BODY_BYTES_MAX:
            return None
        if not message.get("more_body", False):
            return data


def _multipart(data: bytes, content_type: str) -> Fields:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    fields: dict[str, list[str]] = {}
    message = message_from_bytes(head + data, policy=HTTP)
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
    return fields


async def respond(answer: Answer, pages: Pages, send: Send, *, has_body: bool = True) -> None:
    """Send an answer. Every page holds a capability in its address: nobody may keep or pass it."""
    body = answer.body.encode()
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-length": str(len(body)),
        "content-security-policy": policy(pages),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "permissions-policy": "interest-cohort=()",
        "cross-origin-opener-policy": "same-origin",
        "vary": "accept-language",
        **answer.headers,
    }
    if answer.language:
        headers["content-language"] = answer.language
    if answer.to:
        headers["location"] = answer.to
    if pages.url.startswith("https://"):
        headers["strict-transport-security"] = "max-age=31536000"
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body if has_body else b""})
