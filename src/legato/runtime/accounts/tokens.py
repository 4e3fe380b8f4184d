"""The OAuth tokens of all lanes: fetched when needed, once however many wait for them.

Destinations that prove themselves alike use one account and share one token: a provider that
changes the refresh token at every use would otherwise turn one of them away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

from msgspec import structs

from legato.connectors.auth.oauth2 import Token, read_token, token_request
from legato.connectors.classify import parse_after
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.instant import SECOND
from legato.model.problem import LegatoError, Reason
from legato.ports.accounts.tokens import KeptToken, TokenStore
from legato.ports.clock import Clock
from legato.ports.sender import Sender, SendFault

REST_SECONDS_FIRST = 1.0
REST_SECONDS_MAX = 300.0
"""Between two requests for a token that came to nothing; doubled from the first on."""

logger = logging.getLogger(__name__)

Keep: TypeAlias = Callable[[Token, str], Awaitable[None]]


class Grant:
    """One account at a provider, and the token it has now."""

    def __init__(self, sender: Sender, clock: Clock, *, kept: KeptToken | None, keep: Keep) -> None:
        self.dead: Reason | None = None
        """Why nobody gets a token until somebody has connected the account again."""
        self._sender = sender
        self._clock = clock
        self._keep = keep
        self._token = kept.token if kept is not None else None
        self._refresh_token = kept.refresh_token if kept is not None else ""
        self._is_proven = kept is not None
        """The present token has been accepted."""
        self._fault = Reason(code="auth.token", what="there is no token yet")
        self._fault_count = 0
        self._rests_until = 0.0
        self._task: asyncio.Task[Token | Reason] | None = None

    async def token(self, spec: Spec, terms: Terms) -> Token | Reason:
        """Return the token of now; it is fetched where there is none, or it is about to end."""
        if self.dead is not None:
            return self.dead
        if self._token is not None and self._clock.now() < self._token.expires_at:
            return self._token
        loop = asyncio.get_running_loop()
        if self._task is None:
            if loop.time() < self._rests_until:
                return self._fault
            self._task = loop.create_task(self._fetch(spec, terms))
            self._task.add_done_callback(self._fetched)
        # An attempt that is given up must not take the others' token with it.
        return await asyncio.shield(self._task)

    def refused(self, token: Mapping[str, Any]) -> None:
        """Note that a token is old. Of one that has been replaced since, nothing is learnt."""
        if not self._is_present(token):
            return
        self._token = None
        if not self._is_proven:  # it was new: another would help no more, for now
            self._rest(Reason(code="auth.refused", what="a new token was refused at once"))

    def proved(self, token: Mapping[str, Any]) -> None:
        """Note that a token is taken for good."""
        if self._is_present(token):
            self._is_proven = True
            self._fault_count = 0

    def renewed(self) -> None:
        """Try again at once: somebody has put the account right."""
        self.dead = None
        self._fault_count = 0
        self._rests_until = 0.0

    def close(self) -> None:
        """Wait for no answer any more."""
        if self._task is not None:
            self._task.cancel()

    def _is_present(self, token: Mapping[str, Any]) -> bool:
        present = self._token
        return present is not None and present.fields["access_token"] == token.get("access_token")

    def _fetched(self, _: asyncio.Task[Token | Reason]) -> None:
        self._task = None

    async def _fetch(self, spec: Spec, terms: Terms) -> Token | Reason:
        found = await self._ask(spec, terms)
        if isinstance(found, Reason) and found.code == "auth.dead" and self._refresh_token:
            # The kept one is of no use: that of the settings may be.
            self._refresh_token = ""
            found = await self._ask(spec, terms)
        if isinstance(found, Reason):
            if found.code == "auth.dead":
                self.dead = found
            else:
                self._rest(found)
            return found
        self._token, self._is_proven = found, False
        self._refresh_token = found.refresh_token or self._refresh_token
        # Before it is used: a provider that has changed the refresh token takes the old no more.
        await self._keep(found, self._refresh_token)
        return found

    async def _ask(self, spec: Spec, terms: Terms) -> Token | Reason:
        request = token_request(
            spec, terms, now=self._clock.now(), refresh_token=self._refresh_token
        )
        if isinstance(request, Reason):
            return request
        try:
            response = await self._sender.send(request)
        except SendFault as fault:
            return Reason(code="auth.token", what=f"the provider gave no token: {fault.what}")
        now = self._clock.now()
        found = read_token(response, now)
        after = parse_after(response.headers.get("retry-after", ""), now)
        if isinstance(found, Reason) and after is not None:
            self._rests_until = asyncio.get_running_loop().time() + after / SECOND
        return found

    def _rest(self, fault: Reason) -> None:
        """Ask no more for a while: longer each time."""
        wait = min(REST_SECONDS_FIRST * 2.0**self._fault_count, REST_SECONDS_MAX)
        now = asyncio.get_running_loop().time()
        self._rests_until = max(self._rests_until, now + wait)
        self._fault_count += 1
        self._fault = fault


class Tokens:
    """The accounts of all lanes. Everything is called on the event loop."""

    def __init__(self, sender: Sender, clock: Clock, store: TokenStore | None) -> None:
        """Keep tokens in `store`; without one, until the process ends."""
        self._sender = sender
        self._clock = clock
        self._store = store
        self._kept: dict[str, KeptToken] | None = None
        self._grants: dict[str, Grant] = {}
        self._users: dict[str, str] = {}
        """Destination -> its account."""
        self._known: dict[str, None] = {}
        """All destinations there are."""
        self._writing = asyncio.Lock()
        self._tidying: asyncio.Task[None] | None = None

    def grant(self, account: str, destination: str) -> Grant:
        """Return an account for a destination, which has no other from now on."""
        self._users[destination] = account
        self._drop_unused()
        grant = self._grants.get(account)
        if grant is None:
            grant = self._grants[account] = Grant(
                self._sender,
                self._clock,
                kept=self._read().get(account),
                keep=lambda token, refresh: self._keep(account, token, refresh),
            )
        return grant

    def follow(self, destinations: Iterable[str]) -> None:
        """Forget the accounts that only other destinations than these used."""
        self._known = dict.fromkeys(destinations)
        self._users = {name: used for name, used in self._users.items() if name in self._known}
        self._drop_unused()
        if self._read() != self._worth_keeping():
            self._tidying = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Wait for no answer any more."""
        for grant in self._grants.values():
            grant.close()
        if self._tidying is not None:
            await self._tidying

    def _drop_unused(self) -> None:
        used = dict.fromkeys(self._users.values())
        self._grants = {name: grant for name, grant in self._grants.items() if name in used}

    def _read(self) -> dict[str, KeptToken]:
        if self._kept is None:
            self._kept = {}
            try:
                if self._store is not None:
                    self._kept.update(self._store.read())
            except LegatoError as error:
                logger.warning("Tokens are fetched anew: %s", error.what)
        return self._kept

    async def _keep(self, account: str, token: Token, refresh_token: str) -> None:
        self._read()[account] = KeptToken(token=token, refresh_token=refresh_token)
        await self._write()

    async def _write(self) -> None:
        async with self._writing:
            self._kept = self._worth_keeping()
            if self._store is None:
                return
            try:
                await self._store.write(dict(self._kept))
            except LegatoError as error:
                logger.warning("A token was not kept over a restart: %s", error.what)

    def _worth_keeping(self) -> dict[str, KeptToken]:
        """Return what is kept of accounts that a destination uses, as far as that is known yet."""
        worth: dict[str, KeptToken] = {}
        for account, one in self._read().items():
            users = [name for name, used in self._users.items() if used == account]
            users += [
                name for name in one.destinations if name in self._known and name not in self._users
            ]
            if users:
                worth[account] = structs.replace(one, destinations=tuple(sorted(users)))
        return worth
