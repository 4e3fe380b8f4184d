"""Signing in at the workspace's identity provider: the way there, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from legato.govern.access.denial import Denial
from legato.govern.access.provided import Provided, Visits
from legato.govern.access.records import User
from legato.model.definitions.sign_in import SignIn
from legato.model.instant import Instant
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.sender import Secrets
from legato.ports.sign_in import Provider, ProviderFault

CALLBACK = "/api/sign-in/oidc/callback"


class ProviderSignIn:
    """The visits of browsers to the provider that the plan names."""

    def __init__(
        self,
        plan: Callable[[], Plan],
        secrets: Secrets,
        provided: Provided,
        clock: Clock,
    ) -> None:
        self._plan = plan
        self._secrets = secrets
        self._provided = provided
        self._clock = clock
        self._visits = Visits()
        self._provider: Provider | None = None

    async def leave(self, now: Instant) -> tuple[str, str]:
        """Return where to send a browser, and what it is to carry meanwhile. Raises Denial."""
        settings = self._needed()
        visit, browser = self._visits.begin(f"{settings.url}{CALLBACK}", now)
        try:
            return await self._open().way_there(settings, visit), browser
        except ProviderFault as fault:
            raise _denied(fault) from fault

    async def come_back(self, code: str, state: str, browser: str, *, now: Instant) -> User:
        """Return who came back. Raises Denial and LegatoError."""
        settings = self._needed()
        visit = self._visits.end(state, browser, now)
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
            claims = await self._open().claims(
                settings, visit, code=code, secret=secret, now=self._clock.now()
            )
        except ProviderFault as fault:
            raise _denied(fault) from fault
        return await self._provided.enter(settings, claims, now)

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


def _denied(fault: ProviderFault) -> Denial:
    return Denial(
        "unknown", fault.code, fault.what, fix="Begin again; if it stays so, ask an admin."
    )
