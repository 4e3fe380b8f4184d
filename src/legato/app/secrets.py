"""The app's secrets: looked up at the moment of sending, set and removed by an admin, on record."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from legato.app.config import Config
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.accounts.tokens import TokenStore
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock
from legato.ports.links import KeyStore
from legato.stores.govern.keys import Keys
from legato.stores.govern.link_keys import SealedKeys
from legato.stores.govern.sealed_tokens import OF_SOURCES, SealedTokens
from legato.stores.govern.vault import Vault
from legato.transports.secrets import EnvironmentSecrets


class KnownSecret(Noun, frozen=True, kw_only=True):
    """That there is a secret, never what it is."""

    name: str
    is_in_environment: bool
    """Goes before what is kept."""
    set_at: Instant | None
    """When it was kept last; None where it is not."""


class AppSecrets:
    """ports.sender.Secrets of a running app, and their keeping."""

    def __init__(self, config: Config, audit: Audit, clock: Clock) -> None:
        folder = config.keys if config.keys is not None else _keys_folder()
        keys = Keys(os.environ, folder, apart_from=config.workspace)
        self._folder = config.data
        self._vault = Vault(config.data, keys)
        self._looked_up = EnvironmentSecrets(os.environ, self._vault)
        self._audit = audit
        self._clock = clock
        self._changing = asyncio.Lock()
        self._tell: Callable[[str], None] = _tell_nobody

    def get(self, name: str) -> str | None:
        """Return a secret's value, for a request that is about to leave."""
        return self._looked_up.get(name)

    def link_keys(self) -> KeyStore:
        """Return where the keys of links are sealed."""
        return SealedKeys(self._vault, self._folder)

    def tokens(self) -> TokenStore:
        """Return where the OAuth tokens of destinations are sealed."""
        return SealedTokens(self._vault, self._clock)

    def source_tokens(self) -> TokenStore:
        """Return where those of sources are: nobody's plan makes one forget the other's."""
        return SealedTokens(self._vault, self._clock, OF_SOURCES)

    def on_set(self, tell: Callable[[str], None]) -> None:
        """Call `tell` with the name of every secret that is set from now on."""
        self._tell = tell

    def is_given(self, name: str) -> bool:
        """Return whether the environment has a secret: that goes before what is kept."""
        return self._looked_up.gives(name)

    def known(self, asked: tuple[str, ...]) -> tuple[KnownSecret, ...]:
        """Return what is kept, and what of the names asked for the environment gives or nobody."""
        kept = self._vault.names()
        return tuple(
            KnownSecret(
                name=name,
                is_in_environment=self._looked_up.gives(name),
                set_at=kept.get(name),
            )
            for name in sorted(dict.fromkeys((*kept, *asked)))
        )

    async def put(self, name: str, value: str, *, actor: str) -> None:
        """Keep a secret in place of what was under its name; the next request uses it."""
        async with self._changing:
            await asyncio.to_thread(self._vault.put, name, value, now=self._clock.now())
            await self._record(actor, "secret.set", name)
        self._tell(name)

    async def remove(self, name: str, *, actor: str) -> bool:
        """Forget a secret; return whether one was kept."""
        async with self._changing:
            was_kept = await asyncio.to_thread(self._vault.remove, name)
            if was_kept:
                await self._record(actor, "secret.remove", name)
            return was_kept

    async def rotate(self, *, actor: str) -> str:
        """Seal everything with another key; return that key's name."""
        async with self._changing:
            key_name = await asyncio.to_thread(self._vault.rotate)
            await self._record(actor, "secret.rotate", f"key {key_name}")
            return key_name

    async def _record(self, actor: str, action: str, subject: str) -> None:
        await self._audit.record(AuditEntry(actor=actor, action=action, subject=subject))


def secret_of(name: str, data: Path) -> str | None:
    """Return a secret's value for a command on the machine that keeps it. Raises LegatoError."""
    vault = Vault(data, Keys(os.environ, _keys_folder(), apart_from=data))
    return EnvironmentSecrets(os.environ, vault).get(name)


def _tell_nobody(_: str) -> None: ...


def _keys_folder() -> Path:
    """Return where keys are kept: with the user's other settings, apart from what they open."""
    named = os.environ.get("XDG_CONFIG_HOME")
    try:
        settings = Path(named) if named else Path.home() / ".config"
    except RuntimeError:  # a user without a home, as in some containers
        settings = Path("/etc")
    return settings / "legato" / "keys"
