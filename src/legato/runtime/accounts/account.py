"""A destination's account: its settings with the secrets of this moment, and its token.

A secret is looked up for every attempt, so that a renewed one is used at once. All that is made
of them is made once, and again when one of them has another value.

An account that its provider calls dead holds its deliveries: none is tried, and none fails for it,
until somebody has put it right.
"""

from __future__ import annotations

from msgspec import structs

from legato.connectors.auth.oauth2 import account_of
from legato.connectors.classify import Verdict
from legato.connectors.language.value import ExpressionError
from legato.connectors.settings import compile_map, resolve, secrets_of
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.plan import Destination
from legato.model.problem import LegatoError, Reason
from legato.ports.sender import Secrets
from legato.runtime.accounts.tokens import Grant, Tokens

HELD = "account.dead"
"""The code of what is held until somebody has connected the account again."""


class Account:
    def __init__(
        self, destination: Destination, spec: Spec, *, secrets: Secrets, tokens: Tokens
    ) -> None:
        self._destination = destination
        self._spec = spec
        self._secrets = secrets
        self._tokens = tokens
        self._named = secrets_of(destination.settings)
        self._values: dict[str, str] = {}
        self._base: Terms | None = None
        """Without the token."""
        self._grant: Grant | None = None
        self._terms: Terms | None = None
        """With the token that they were made with."""
        self._dead: Reason | None = None

    async def terms(self) -> Terms | Reason:
        """Return what every request needs, or why there can be no attempt for now."""
        base = self._settled()
        if isinstance(base, Reason):
            return base
        held = self.held()
        if held is not None:
            return held
        if self._spec.auth.kind != "oauth2":
            return base
        return await self._with_token(base)

    def heard(self, verdict: Verdict, terms: Terms) -> None:
        """Learn from an answer whether the token is old or the account dead.

        An answer to what was sent with another token or other secrets says nothing of these.
        """
        if self._base is None or terms.settings != self._base.settings:
            return
        grant = self._grant
        match verdict.account:
            case "refresh":
                if grant is not None:
                    grant.refused(terms.token)
            case "dead":
                if self._terms is None or terms.token == self._terms.token:
                    self._dead = verdict.reason
            case "":
                if grant is not None and verdict.kind != "retry":
                    grant.proved(terms.token)

    def held(self) -> Reason | None:
        """Return why nothing is sent until somebody has put the account right."""
        dead = self._dead or (self._grant.dead if self._grant is not None else None)
        if dead is None:
            return None
        return Reason(code=HELD, what=f"{dead.what}. {self._remedy()}")

    def renewed(self, secret: str) -> bool:
        """Go on if this secret is one of the account's: somebody has set it."""
        if secret not in self._named.values():
            return False
        self._dead = None
        if self._grant is not None:
            self._grant.renewed()
        return True

    def _settled(self) -> Terms | Reason:
        values: dict[str, str] = {}
        for setting, name in self._named.items():
            try:
                value = self._secrets.get(name)
            except LegatoError as error:
                return Reason(code="secret.unreadable", what=error.what)
            if value is None:
                return Reason(code="secret.missing", what=f"there is no secret named {name}")
            values[setting] = value
        if self._base is None or values != self._values:
            base = self._make(values)
            if self._spec.auth.kind == "oauth2":
                try:
                    account = account_of(self._spec, base)
                except ExpressionError:
                    what = "what the account needs cannot be read from its settings"
                    return Reason(code="auth.settings", what=what)
                self._grant = self._tokens.grant(account, self._destination.name)
            self._values, self._base, self._terms, self._dead = values, base, None, None
        return self._base

    def _make(self, values: dict[str, str]) -> Terms:
        return Terms(
            settings=resolve(self._spec, self._destination.settings, values),
            timeout=self._destination.timeout,
            allow_private=self._destination.allow_private,
            inputs=compile_map(self._spec, self._destination.settings)[0],
        )

    async def _with_token(self, base: Terms) -> Terms | Reason:
        assert self._grant is not None
        token = await self._grant.token(self._spec, base)
        if isinstance(token, Reason):
            return self.held() or token
        if self._terms is None or self._terms.token is not token.fields:
            self._terms = structs.replace(base, token=token.fields)
        return self._terms

    def _remedy(self) -> str:
        """Return how a person puts it right."""
        if "refresh_token" in self._spec.auth.fields:
            return f"Connect it again: legato connectors connect {self._destination.name}"
        names = " or ".join(sorted(self._named.values()))
        return f"Set its secret again: legato secrets set {names or 'NAME'}"
