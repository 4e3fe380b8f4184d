"""Signed links: what lanes ask for, and where the keys are kept."""

from __future__ import annotations

from typing import Protocol

from legato.model.delivery import Delivery
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import Reason


class LinkKey(Noun, frozen=True, kw_only=True):
    """A key that links are signed with. Tokens name it by its number."""

    number: int
    secret: bytes
    made_at: Instant

    def __repr__(self) -> str:
        return f"LinkKey(number={self.number})"


class KeyRing(Noun, frozen=True, kw_only=True):
    """All keys of one data folder."""

    links: tuple[LinkKey, ...]
    """Oldest first: the newest signs, each of them still verifies."""

    def __repr__(self) -> str:
        return f"KeyRing(links={self.links})"


class KeyStore(Protocol):
    """Where the keys are kept: sealed, and in no plan, log or state."""

    def read(self) -> KeyRing | None:
        """Return the keys; None where none were made yet. Raises LegatoError if unreadable."""
        ...

    def write(self, ring: KeyRing) -> None:
        """Replace the keys, whole or not at all, durable on return. Raises LegatoError."""
        ...


class Links(Protocol):
    """Puts signed links into what is about to leave."""

    def fill(self, delivery: Delivery, *, is_email: bool) -> Delivery | Reason:
        """Return the delivery with its links; a Reason where one cannot be made.

        Raises LegatoError while there is no key to sign with. The same delivery gives the same
        links: a repeated attempt is the same request.
        """
        ...
