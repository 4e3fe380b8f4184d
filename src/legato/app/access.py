"""The app's book of who may call, with what reads and changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from legato.govern.access.book import Book
from legato.govern.access.passwords import Passwords
from legato.govern.access.provided import Provided
from legato.govern.access.sessions import Sessions
from legato.govern.access.sign_in import SignIn
from legato.govern.access.teams import Teams
from legato.govern.access.tokens import Tokens
from legato.govern.access.users import Users
from legato.model.instant import MINUTE, Duration, Instant
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock
from legato.stores.govern.access import OldTokens, SqliteAccess
from legato.stores.sqlite.file import SqliteFile

KEEP_EVERY: Duration = MINUTE
"""How often it is stored when tokens and sessions were last used."""


class AccessBook:
    """Users, teams, tokens and sessions of a running app."""

    def __init__(
        self,
        file: SqliteFile,
        folder: Path,
        audit: Audit,
        clock: Clock,
        *,
        plan: Callable[[], Plan],
    ) -> None:
        self._book = Book(SqliteAccess(file))
        self._old = OldTokens(folder)
        self._audit = audit
        self._clock = clock
        self._kept_at: Instant = 0
        self.sessions = Sessions(self._book)
        self.teams = Teams(self._book, plan)
        self.tokens = Tokens(self._book, self.teams)
        self.users = Users(self._book, self.sessions, self.teams)
        self.provided = Provided(self._book, self.users)
        self.sign_in = SignIn(self._book, self.users, Passwords(), audit)

    async def start(self) -> None:
        """Read what is stored, and take in what an older Legato kept. Raises LegatoError."""
        await asyncio.to_thread(self._book.load)
        data = await asyncio.to_thread(self._old.read)
        if data is not None:
            await self.tokens.take_old(data)
            await self._audit.record(
                AuditEntry(actor="system", action="token.move", subject="tokens.json")
            )
            await asyncio.to_thread(self._old.set_aside)
        self._kept_at = self._clock.now()

    async def keep_seen(self, now: Instant) -> None:
        """Store when tokens and sessions were last used, now and then. Called by every call."""
        if 0 <= now - self._kept_at < KEEP_EVERY:
            return
        self._kept_at = now
        # A full disk ends no session: how long ago it was used is in memory.
        with suppress(LegatoError):
            await self.tokens.keep_seen()
            await self.sessions.keep_seen(now)

    async def stop(self) -> None:
        """Store what has not been. Idempotent."""
        self._kept_at = -KEEP_EVERY
        await self.keep_seen(self._clock.now())
