"""What a lane needs to send: a rendered request in, what came back out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from legato.model.instant import Duration
from legato.model.noun import Noun


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
    security: Literal["none", "starttls", "tls"]
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


Request: TypeAlias = HttpRequest | Mail | FileLine


class Response(Noun, frozen=True, kw_only=True):
    """What the other side said. SMTP reply codes are given as they are."""

    status: int
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""


class SendFault(Exception):  # noqa: N818 - says what it is: no answer, perhaps no send
    """No answer. `is_in_doubt`: the request may have arrived all the same."""

    def __init__(self, what: str, *, is_in_doubt: bool, is_permanent: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.is_in_doubt = is_in_doubt
        self.is_permanent = is_permanent
        """A retry cannot help: the address is not allowed, the URL is none."""


class Sender(Protocol):
    """A way out of the process."""

    async def send(self, request: Request) -> Response:
        """Send one request and return the answer. Raises SendFault when there is none."""
        ...

    async def close(self) -> None:
        """Close pooled connections. Idempotent."""
        ...


class Secrets(Protocol):
    """Where secrets are looked up at the moment of sending."""

    def get(self, name: str) -> str | None:
        """Return a secret's value; None when there is none of that name."""
        ...
