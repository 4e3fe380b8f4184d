"""The OAuth tokens of destinations, sealed in the vault as every other secret."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from legato.model.problem import LegatoError
from legato.ports.accounts.tokens import KeptToken
from legato.ports.clock import Clock
from legato.stores.govern.vault import OWN, Vault

NAME = f"{OWN}tokens"
OF_SOURCES = f"{OWN}tokens of sources"

_KEPT = msgspec.json.Decoder(dict[str, KeptToken])


class SealedTokens:
    """ports.accounts.tokens.TokenStore in a vault."""

    def __init__(self, vault: Vault, clock: Clock, name: str = NAME) -> None:
        self._vault = vault
        self._name = name
        self._clock = clock

    def read(self) -> Mapping[str, KeptToken]:
        """Return what is kept; see ports.accounts.tokens."""
        kept = self._vault.get(self._name)
        try:
            return {} if kept is None else _KEPT.decode(kept)
        except msgspec.MsgspecError as error:
            raise LegatoError(
                "The tokens that are kept are not ones of this version.",
                fix="Nothing is to be done: they are fetched anew.",
            ) from error

    async def write(self, kept: Mapping[str, KeptToken]) -> None:
        """Replace all; see ports.accounts.tokens."""
        await asyncio.to_thread(self._write, kept)

    def _write(self, kept: Mapping[str, KeptToken]) -> None:
        if not kept:
            self._vault.remove(self._name)
            return
        self._vault.put(self._name, msgspec.json.encode(kept).decode(), now=self._clock.now())
