"""Signing in at the workspace's identity provider: the way there, and the way back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from legato.app.access import AccessBook
from legato.govern.access.denial import Denial
from legato.govern.access.provided import Visits, at_provider
from legato.govern.access.records import Session, User
from legato.govern.access.sessions import Proof
from legato.model.definitions.sign_in import SignIn
from legato.model.instant import SECOND, Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.sender import Secrets
from legato.ports.sign_in import Provider, ProviderFault

CALLBACK = "/api/sign-in/oidc/callback"
SIGNED_OUT = "/sign-in"
"""Where the provider sends a browser that has signed out there."""
KEPT_MAX = 10_000
"""Tokens of arrivals, and marks of farewells, that are remembered: the oldest goes first."""


class Arrived(Noun, frozen=True, kw_only=True):
    """Who came back from the provider."""

    user: User
    proof: Proof
    token: str
    back: str
    """The page of ours that they left from; empty: none in particular."""

    def __repr__(self) -> str:
        return "Arrived()"


class ProviderSignIn:
    """The visits of browsers to the provider that the plan names."""

    def __init__(
        self,
        plan: Callable[[], Plan],
        secrets: Secrets,
        access: AccessBook,
        clock: Clock,
    ) -> None:
        self._plan = plan
        self._secrets = secrets
        self._access = access
        self._clock = clock
        self._visits = Visits()
        self._provider: Provider | None = None
        self._tokens: OrderedDict[str, str] = OrderedDict()
        """Of sessions here, by their digest. In memory only: they say who somebody is."""
        self._heard: OrderedDict[str, None] = OrderedDict()

    async def leave(
        self, now: Instant, *, is_again: bool = False, back: str = ""
    ) -> tuple[str, str]:
        """Return where to send a browser, and what it is to carry meanwhile. Raises Denial.

        `is_again`: to prove who one is, though one may be signed in there.
        `back`: the page of ours that it leaves from.
        """
        settings = self._needed()
        visit, browser = self._visits.begin(
            f"{settings.url}{CALLBACK}", now, is_again=is_again, back=back
        )
        try:
            return await self._open().way_there(settings, visit), browser
        except ProviderFault as fault:
            raise _denied(fault) from fault

    async def come_back(self, code: str, state: str, browser: str, *, now: Instant) -> Arrived:
        """Return who came back. Raises Denial and LegatoError."""
        settings = self._needed()
        visit, back = self._visits.end(state, browser, now)
        if not code:
            raise Denial(
                "unknown",
                "sign_in.cancelled",
                "The provider sent nobody back.",
                fix="Begin again: GET /api/sign-in/oidc.",
            )
        secret = self._secrets.get(settings.secret)
        if secret is None:
            raise LegatoError(
                "The secret of the sign-in is not kept anywhere.",
                fix=f"Keep it: legato secrets set {settings.secret}",
            )
        try:
            arrival = await self._open().arrival(
                settings, visit, code=code, secret=secret, now=self._clock.now()
            )
        except ProviderFault as fault:
            raise _denied(fault) from fault
        user = await self._access.provided.enter(settings, arrival.claims, now)
        proof = _proof(settings, arrival.claims)
        return Arrived(user=user, proof=proof, token=arrival.token, back=back)

    def remember(self, session: str, token: str) -> None:
        """Keep by which token a session began, for the provider to know it when it ends."""
        self._tokens[session] = token
        if len(self._tokens) > KEPT_MAX:
            self._tokens.popitem(last=False)

    async def way_out(self, session: Session) -> str:
        """Return where a browser signs out of the provider too; empty where there is no such way.

        The session here has ended, whatever the provider says.
        """
        token = self._tokens.pop(session.digest, "")
        settings = self._plan().sign_in
        if settings is None or session.way != "provider":
            return ""
        try:
            return await self._open().way_out(
                settings, back=f"{settings.url}{SIGNED_OUT}", token=token
            )
        except ProviderFault:
            return ""

    async def farewell(self, text: str, now: Instant) -> Sequence[Session]:
        """End the sessions of whom the provider says to have signed out. Raises Denial."""
        settings = self._needed()
        try:
            told = await self._open().farewell(settings, text, now=now)
        except ProviderFault as fault:
            raise _unheard(fault.code, fault.what) from fault
        mark = at_provider(settings, told.mark)
        if mark in self._heard:
            raise _unheard("sign_in.replayed", "This farewell was heard before.")
        self._heard[mark] = None
        if len(self._heard) > KEPT_MAX:
            self._heard.popitem(last=False)
        return await self._access.sessions.end_provided(
            session=at_provider(settings, told.session) if told.session else "",
            subject=at_provider(settings, told.subject),
        )

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        if self._provider is not None:
            await self._provider.close()

    def _needed(self) -> SignIn:
        settings = self._plan().sign_in
        if settings is None:
            raise Denial(
                "missing",
                "sign_in.none",
                "This workspace names no identity provider.",
                fix="Add a `sign_in:` document, or sign in with a password: POST /api/session.",
            )
        return settings

    def _open(self) -> Provider:
        if self._provider is None:
            # Half a second and 20 MB, which only who signs in at a provider pays.
            from legato.transports.oidc import OidcProvider  # noqa: PLC0415

            self._provider = OidcProvider(self._clock)
        return self._provider


def _proof(settings: SignIn, claims: Mapping[str, Any]) -> Proof:
    session, proved_at = claims.get("sid"), claims.get("auth_time", 0)
    return Proof(
        way="provider",
        at=int(proved_at * SECOND),
        provided=at_provider(settings, session) if isinstance(session, str) else "",
    )


def _unheard(code: str, what: str) -> Denial:
    return Denial("shape", code, what, fix="Send a logout token of the provider's, once.")


def _denied(fault: ProviderFault) -> Denial:
    return Denial(
        "unknown", fault.code, fault.what, fix="Begin again; if it stays so, ask an admin."
    )
