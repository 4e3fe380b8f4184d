"""What goes over the wire and what comes back: rendered by connectors, carried by transports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from legato.model.instant import Duration
from legato.model.noun import Noun

Security: TypeAlias = Literal["none", "starttls", "tls"]


class HttpRequest(Noun, frozen=True, kw_only=True, tag="http"):
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: Duration
    allow_private: bool = False


class Mail(Noun, frozen=True, kw_only=True, tag="smtp"):
    host: str
    port: int
    security: Security
    username: str
    password: str
    sender: str
    recipient: str
    message: bytes
    """RFC 5322, headers and body."""
    timeout: Duration
    allow_private: bool = False


class FileLine(Noun, frozen=True, kw_only=True, tag="file"):
    path: str
    """`-` is the console."""
    line: bytes


class FileErasure(Noun, frozen=True, kw_only=True, tag="file_erasure"):
    """Take every line out of a file that has one of these values in it."""

    path: str
    values: tuple[str, ...]


class Server(Noun, frozen=True, kw_only=True):
    """Who speaks a protocol of its own, and as whom we come. Connections are kept for each."""

    addresses: tuple[tuple[str, int], ...]
    """Of one server, or of some in a cluster."""
    is_encrypted: bool = True
    ca: str = ""
    """PEM; empty: those that the machine trusts."""
    mechanism: str = ""
    """Of SASL."""
    username: str = ""
    password: str = ""
    database: str = ""
    allow_private: bool = False


class Record(Noun, frozen=True, kw_only=True, tag="record"):
    """A record of a stream."""

    server: Server
    topic: str
    key: bytes | None
    """Records of one key keep their order."""
    headers: Mapping[str, str]
    value: bytes
    timeout: Duration


class Commands(Noun, frozen=True, kw_only=True, tag="commands"):
    """Commands to a store of keys, in order."""

    server: Server
    commands: tuple[tuple[bytes, ...], ...]
    timeout: Duration


class Row(Noun, frozen=True, kw_only=True, tag="row"):
    """A row of a table. One that is there already stays as it is."""

    server: Server
    table: tuple[str, ...]
    """Its name, or its schema's and its own."""
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """The columns by which it is known to be there; empty: it is not looked for."""
    row: bytes
    """JSON, by column. The server makes of each value what the column holds."""
    timeout: Duration


class RowErasure(Noun, frozen=True, kw_only=True, tag="row_erasure"):
    """Take every row out of some tables in which a column has one of these values."""

    server: Server
    tables: tuple[tuple[str, ...], ...]
    column: str
    values: tuple[str, ...]
    timeout: Duration


class Bucket(Noun, frozen=True, kw_only=True):
    """Where objects are kept behind the interface of S3, and as whom we come."""

    url: str
    region: str
    key_id: str
    secret: str
    session_token: str = ""
    allow_private: bool = False


class ObjectLine(Noun, frozen=True, kw_only=True, tag="object_line"):
    """A line of an object that is written once it is full or old enough."""

    bucket: Bucket
    folder: str
    id: str
    """Of the line: what was in doubt is recognised by it."""
    line: bytes
    lines_max: int
    bytes_max: int
    wait: Duration
    is_compressed: bool
    timeout: Duration


Request: TypeAlias = (
    HttpRequest | Mail | FileLine | FileErasure | Record | Commands | Row | RowErasure | ObjectLine
)


class Response(Noun, frozen=True, kw_only=True):
    """What the other side said. SMTP reply codes are given as they are."""

    status: int
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""
    is_cut: bool = False
    """The body is not all of it: it was too long, or it broke off."""
