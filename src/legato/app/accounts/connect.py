"""Connecting an account: a person agrees in a browser, and the refresh token is kept sealed."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable

from legato.app.secrets import AppSecrets
from legato.connectors.accounts import with_account
from legato.connectors.auth.code import Visit, can_connect, code_request, way_there
from legato.connectors.auth.oauth2 import read_fields, read_token
from legato.connectors.compile import compile_manifest
from legato.connectors.language.value import ExpressionError
from legato.connectors.settings import resolve, secrets_of
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.instant import MINUTE, Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Destination, Plan
from legato.model.problem import Reason
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock
from legato.ports.sender import Sender, SendFault

VISIT_LIFE: Duration = 10 * MINUTE
VISITS_MAX = 100
"""The oldest goes first."""
_AGAIN = "Begin again on the destination's page, or with `legato connectors connect DESTINATION`."


class ConnectError(Exception):
    """Why an account cannot be connected, and what to do."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.fix = fix


class Begun(Noun, frozen=True, kw_only=True):
    """Where a browser has to go, and what it comes back with."""

    url: str
    state: str


class _Under(Noun, frozen=True, kw_only=True):
    """What a visit is for."""

    visit: Visit
    destination: str
    by: str
    """Who began it, and in which session: nobody else can end it."""
    until: Instant


class Connections:
    """Visits that are under way, in memory only."""

    def __init__(
        self,
        plan: Callable[[], Plan],
        secrets: AppSecrets,
        *,
        audit: Audit,
        clock: Clock,
        sender: Sender,
    ) -> None:
        self._plan = plan
        self._secrets = secrets
        self._audit = audit
        self._clock = clock
        self._sender = sender
        self._visits: OrderedDict[str, _Under] = OrderedDict()

    def begin(self, destination: str, redirect: str, *, by: str) -> Begun:
        """Return where a person agrees, for a redirect to `redirect`. Raises ConnectError."""
        spec, terms, _ = self._read(destination)
        visit = Visit(
            redirect=redirect,
            state=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )
        until = self._clock.now() + VISIT_LIFE
        self._visits[visit.state] = _Under(visit=visit, destination=destination, by=by, until=until)
        while len(self._visits) > VISITS_MAX:
            self._visits.popitem(last=False)
        return Begun(url=way_there(spec, terms, visit), state=visit.state)

    async def finish(self, state: str, code: str, *, actor: str, by: str) -> str:
        """Exchange a code and keep the refresh token; return its destination's name."""
        under = self._under(state, by)
        spec, terms, secret = self._read(under.destination)
        try:
            response = await self._sender.send(code_request(spec, terms, under.visit, code))
        except SendFault as fault:
            raise _fault(f"The provider could not be asked: {fault.what}.") from fault
        token = read_token(response, self._clock.now())
        if isinstance(token, Reason):
            raise _fault(f"The code was not taken: {token.what}.")
        if not token.refresh_token:
            raise ConnectError(
                "connect.no_refresh_token",
                "The provider gave access for a while, and nothing to renew it with.",
                "Have the application ask for offline access there, and connect again.",
            )
        await self._secrets.put(secret, token.refresh_token, actor=actor)
        await self._audit.record(
            AuditEntry(actor=actor, action="destination.connect", subject=under.destination)
        )
        return under.destination

    def give_up(self, state: str, *, by: str) -> str:
        """Forget a visit that the provider did not agree to; return its destination's name."""
        return self._under(state, by).destination

    async def close(self) -> None:
        """Let go of connections."""
        await self._sender.close()

    def _under(self, state: str, by: str) -> _Under:
        """Return a visit, once; another's is left as it is. Raises ConnectError."""
        under = self._visits.get(state)
        if under is not None and under.by != by:
            raise ConnectError(
                "connect.session",
                "This visit to the provider was begun in another session.",
                "Begin again here, or come back in the browser in which you began.",
            )
        self._visits.pop(state, None)
        if under is None or self._clock.now() >= under.until:
            raise ConnectError(
                "connect.state",
                "This visit to the provider is not known, was used already, or took over ten "
                "minutes.",
                _AGAIN,
            )
        return under

    def _read(self, name: str) -> tuple[Spec, Terms, str]:
        """Return what a visit needs, and the secret that its refresh token is kept under."""
        destination = self._plan().destinations.get(name)
        compiled = compile_manifest(destination.manifest) if destination is not None else None
        if destination is None or compiled is None or compiled.spec is None:
            raise ConnectError(
                "destination.unknown",
                "The plan has no destination of this name, or its manifest is broken.",
                "See `legato plan` and `legato check`.",
            )
        spec = with_account(compiled.spec, destination.settings)
        setting = _refresh_setting(destination, spec)
        secret = secrets_of(destination.settings).get(setting, "")
        if not can_connect(spec) or not secret:
            raise ConnectError(
                "connect.not_by_browser",
                f"{spec.head.name} is not connected in a browser.",
                "Set its secrets: `legato secrets list` names them.",
            )
        if self._secrets.is_given(secret):
            raise ConnectError(
                "connect.environment",
                f"{secret} comes from the environment, which goes before what is kept.",
                f"Take LEGATO_SECRET_{secret} out of it and start again.",
            )
        return spec, self._terms(destination, spec, setting), secret

    def _terms(self, destination: Destination, spec: Spec, setting: str) -> Terms:
        values: dict[str, str] = {}
        for named, secret in secrets_of(destination.settings).items():
            value = None if named == setting else self._secrets.get(secret)
            if value is not None:
                values[named] = value
            elif named != setting:
                raise ConnectError(
                    "secret.missing",
                    f"There is no secret named {secret}.",
                    f"Set it first: `legato secrets set {secret}`.",
                )
        return Terms(
            settings=resolve(spec, destination.settings, values),
            timeout=destination.timeout,
            allow_private=destination.allow_private,
        )


def _refresh_setting(destination: Destination, spec: Spec) -> str:
    """Return which secret setting is the refresh token; empty: none is."""
    named = {setting: setting for setting in secrets_of(destination.settings)}
    terms = Terms(settings=resolve(spec, destination.settings, named), timeout=destination.timeout)
    try:
        return named.get(read_fields(spec, terms, 0).get("refresh_token", ""), "")
    except ExpressionError:  # it is worked out of the secret: nothing can be put there
        return ""


def _fault(what: str) -> ConnectError:
    fix = "Begin again; look at the application's settings there if it stays so."
    return ConnectError("connect.fault", what, fix)
