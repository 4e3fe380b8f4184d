"""What signing in needs of an identity provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from legato.model.definitions.sign_in import SignIn
from legato.model.instant import Instant
from legato.model.noun import Noun


class ProviderFault(Exception):  # noqa: N818 - told to who signs in, and on record
    """The provider cannot be reached, or what it says cannot be believed."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what


class Visit(Noun, frozen=True, kw_only=True):
    """What only we and the provider know of one browser's way there and back."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    is_again: bool = False
    """Who comes back has proved who they are just now, and did not merely pass through."""


class Arrival(Noun, frozen=True, kw_only=True):
    """Who came back, as the provider has signed it for this very visit."""

    claims: Mapping[str, Any]
    token: str
    """All of it as it came: by this the provider knows whom to sign out."""

    def __repr__(self) -> str:
        return "Arrival()"


class Farewell(Noun, frozen=True, kw_only=True):
    """Somebody has signed out at the provider: in one browser, or wherever they were."""

    mark: str
    """Of this message: it counts once."""
    session: str = ""
    subject: str = ""


class Provider(Protocol):
    """An OpenID provider. Whatever it sends is checked before it is returned."""

    async def way_there(self, settings: SignIn, visit: Visit) -> str:
        """Return the address to send a browser to. Raises ProviderFault."""
        ...

    async def arrival(
        self, settings: SignIn, visit: Visit, *, code: str, secret: str, now: Instant
    ) -> Arrival:
        """Return who a code stands for. Raises ProviderFault."""
        ...

    async def way_out(self, settings: SignIn, *, back: str, token: str) -> str:
        """Return where a browser signs out of the provider; empty where it knows no such way.

        `token` is that of the arrival, or empty. Raises ProviderFault.
        """
        ...

    async def farewell(self, settings: SignIn, text: str, *, now: Instant) -> Farewell:
        """Return who has signed out at the provider, which says so by itself.

        Raises ProviderFault for a text that the provider has not signed for that.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        ...
