"""What a lane needs to send: a rendered request in, what came back out."""

from __future__ import annotations

from typing import Protocol

from legato.model.wire import FileLine, HttpRequest, Mail, Request, Response

__all__ = [
    "FileLine",
    "HttpRequest",
    "Mail",
    "Request",
    "Response",
    "Secrets",
    "SendFault",
    "Sender",
]


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
