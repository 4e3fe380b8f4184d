"""Requests to servers that speak a protocol of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from legato.connectors.exchange.body import BODY_BYTES_MAX, pairs
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING, Value, as_text, fields_of, rows_of
from legato.connectors.spec import Call
from legato.connectors.terms import Terms
from legato.model.wire import Commands, Record, Row, RowErasure, Server

KAFKA_PORT = 9092
REDIS_PORT = 6379
POSTGRESQL_PORT = 5432
COMMANDS_MAX = 1_000
"""Of one delivery. What needs more is no command but an import."""


def record(call: Call, frame: Frame, terms: Terms) -> Record:
    """Return a record of a stream."""
    found = _found(call, frame)
    topic = found.get("topic")
    if not isinstance(topic, str) or not topic:
        raise RefusalError("topic", "no topic is set for this event")
    return Record(
        server=_server(found, terms, port=KAFKA_PORT),
        topic=topic,
        key=_bytes(found["key"]) if found.get("key") is not None else None,
        headers=dict(pairs(found.get("headers", MISSING))),
        value=_bounded(_bytes(found.get("value"))),
        timeout=terms.timeout,
    )


def commands(call: Call, frame: Frame, terms: Terms) -> Commands:
    """Return commands to a store of keys; those without a word are left out."""
    found = _found(call, frame)
    given = [tuple(map(_bytes, rows_of(one))) for one in rows_of(found.get("commands"))]
    made = tuple(one for one in given if one)
    if not made:
        raise RefusalError("nothing", "it says nothing that the destination could be told")
    if len(made) > COMMANDS_MAX:
        raise RefusalError("size", f"it would be more than {COMMANDS_MAX} commands")
    _bounded(b"".join(part for one in made for part in one))
    server = _server(found, terms, port=REDIS_PORT)
    return Commands(server=server, commands=made, timeout=terms.timeout)


def row(call: Call, frame: Frame, terms: Terms) -> Row | RowErasure:
    """Return a row of a table, or what takes rows out of some."""
    found = _found(call, frame)
    server = _server(found, terms, port=POSTGRESQL_PORT)
    if "remove" in call.fields:
        return _removal(found, server, terms)
    columns = fields_of(found.get("row"))
    if not columns:
        raise RefusalError("nothing", "it says nothing that the destination could be told")
    return Row(
        server=server,
        table=_table(found.get("table")),
        columns=tuple(columns),
        key=tuple(map(as_text, rows_of(found.get("key")))),
        row=_bounded(msgspec.json.encode(columns)),
        timeout=terms.timeout,
    )


def _removal(found: Mapping[str, Any], server: Server, terms: Terms) -> RowErasure:
    """Read `remove: {column: [values]}`."""
    for column, values in fields_of(found.get("remove")).items():
        texts = tuple(map(as_text, rows_of(values)))
        tables = dict.fromkeys(map(_table, rows_of(found.get("table")) or [found.get("table")]))
        if texts:
            return RowErasure(
                server=server,
                tables=tuple(tables),
                column=column,
                values=texts,
                timeout=terms.timeout,
            )
    raise RefusalError("remove", "what is to be removed from the table is missing")


def _found(call: Call, frame: Frame) -> dict[str, Any]:
    """Work every field out; what is missing is left out."""
    read = {name: node.read(frame) for name, node in call.fields.items()}
    return {name: value for name, value in read.items() if value is not MISSING}


def _server(found: Mapping[str, Any], terms: Terms, *, port: int) -> Server:
    security = found.get("security", "tls")
    if security not in ("tls", "none"):
        raise RefusalError("server", "the security of the connection is neither tls nor none")
    hosts = as_text(found.get("host", "")).split(",")
    return Server(
        addresses=tuple(_address(host.strip(), port) for host in hosts if host.strip()),
        is_encrypted=security == "tls",
        ca=as_text(found.get("ca", "")),
        mechanism=as_text(found.get("mechanism", "")),
        username=as_text(found.get("username", "")),
        password=as_text(found.get("password", "")),
        database=as_text(found.get("database", "")),
        allow_private=terms.allow_private,
    )


def _address(text: str, port: int) -> tuple[str, int]:
    """Read `name`, `name:port` or `[address]:port`."""
    try:
        parts = urlsplit(f"//{text}")
        found = (parts.hostname or "", parts.port or port)
    except ValueError:
        found = ("", 0)
    if not found[0] or any(one in text for one in "/?#@ "):
        raise RefusalError("server", "the host is missing or is not `name` or `name:port`")
    return found


def _table(value: Value) -> tuple[str, ...]:
    parts = tuple(value.split(".")) if isinstance(value, str) else ()
    if not all(parts) or len(parts) not in (1, 2) or "\x00" in "".join(parts):
        raise RefusalError("table", "the table is missing, or is not `table` or `schema.table`")
    return parts


def _bytes(value: Value) -> bytes:
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)


def _bounded(value: bytes) -> bytes:
    if len(value) > BODY_BYTES_MAX:
        raise RefusalError("size", f"it is larger than {BODY_BYTES_MAX} bytes")
    return value
