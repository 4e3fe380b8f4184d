"""Where OAuth tokens are kept over a restart: sealed, and in no plan, log or state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from legato.connectors.auth.oauth2 import Token
from legato.model.noun import Noun


class KeptToken(Noun, frozen=True, kw_only=True):
    """What one account was given last."""

    token: Token
    refresh_token: str = ""
    """The newest, where the provider changes it at every use; else empty."""
    destinations: tuple[str, ...] = ()
    """Which use the account."""

    def __repr__(self) -> str:
        return f"KeptToken(destinations={self.destinations})"


class TokenStore(Protocol):
    """Where tokens are kept. One that has lost them costs a request for each account."""

    def read(self) -> Mapping[str, KeptToken]:
        """Return account -> what it was given. Raises LegatoError if unreadable."""
        ...

    async def write(self, kept: Mapping[str, KeptToken]) -> None:
        """Replace all, whole or not at all, durable on return. Raises LegatoError."""
        ...
