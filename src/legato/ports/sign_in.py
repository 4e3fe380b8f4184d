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


class Provider(Protocol):
    """An OpenID provider. Whatever it sends is checked before it is returned."""

    async def way_there(self, settings: SignIn, visit: Visit) -> str:
        """Return the address to send a browser to. Raises ProviderFault."""
        ...

    async def claims(
        self, settings: SignIn, visit: Visit, *, code: str, secret: str, now: Instant
    ) -> Mapping[str, Any]:
        """Return who a code stands for: claims signed by the provider for this very visit.

        Raises ProviderFault.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        ...
