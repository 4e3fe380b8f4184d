"""A source's account at its provider, and questions that are put with its proof."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from legato.connectors.classify import Verdict, parse_after
from legato.connectors.inbound.asking import account_spec
from legato.connectors.inbound.settings import first_live
from legato.connectors.inbound.spec import SourceSpec
from legato.connectors.terms import Terms
from legato.model.definitions.inbound import Inbound
from legato.model.instant import Duration
from legato.model.plan import Destination
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response
from legato.ports.clock import Clock
from legato.ports.intake import Intake
from legato.ports.sender import Secrets, Sender, SendFault
from legato.runtime.accounts.account import Account
from legato.runtime.accounts.tokens import Tokens

OK, UNAUTHORIZED, FAILURES_FROM = 200, 401, 300
PASSING = (401, 403, 408, 409, 423, 425, 429)
"""Refusals that somebody, or time, can put right; the others of their class are final."""
FAULTS_FROM = 500


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What asking needs around it."""

    sender: Sender
    secrets: Secrets
    tokens: Tokens
    intake: Intake
    clock: Clock


class Unanswered(Exception):  # noqa: N818 - it is told, and tried again
    """A question came to nothing, for now or for good."""

    def __init__(
        self, reason: Reason, *, after: Duration | None = None, is_final: bool = False
    ) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.after = after
        self.is_final = is_final


class Asker:
    """Of one source."""

    def __init__(self, name: str, inbound: Inbound, spec: SourceSpec, world: World) -> None:
        self._spec = spec
        self._world = world
        settings = {setting: first_live(value) for setting, value in inbound.settings.items()}
        self._account = Account(
            Destination(
                name=f"source {name}",
                manifest={},
                settings=settings,
                allow_private=inbound.allow_private,
            ),
            account_spec(spec),
            secrets=world.secrets,
            tokens=world.tokens,
        )

    def renewed(self, secret: str) -> bool:
        """Go on if this secret is one of the account's: somebody has set it."""
        return self._account.renewed(secret)

    async def ask(
        self, question: Callable[[Terms], HttpRequest | Reason]
    ) -> tuple[HttpRequest, Response]:
        """Put a question and return its answer, a success. Raises Unanswered.

        Where the provider calls the token old, it is put again with another.
        """
        request, response, terms = await self._put(question)
        if response.status == UNAUTHORIZED and self._spec.auth.kind == "oauth2":
            self._account.heard(Verdict(kind="retry", account="refresh"), terms)
            request, response, terms = await self._put(question)
        status = response.status
        if not OK <= status < FAILURES_FROM:
            now = self._world.clock.now()
            raise Unanswered(
                Reason(code="source.refused", what=f"the provider answered {status}"),
                after=parse_after(response.headers.get("retry-after", ""), now),
                is_final=FAILURES_FROM <= status < FAULTS_FROM and status not in PASSING,
            )
        self._account.heard(Verdict(kind="accepted"), terms)
        return request, response

    async def _put(
        self, question: Callable[[Terms], HttpRequest | Reason]
    ) -> tuple[HttpRequest, Response, Terms]:
        terms = await self._account.terms()
        if isinstance(terms, Reason):
            raise Unanswered(terms)
        request = question(terms)
        if isinstance(request, Reason):
            raise Unanswered(request, is_final=True)
        try:
            return request, await self._world.sender.send(request), terms
        except SendFault as fault:
            reason = Reason(code="source.no_answer", what=fault.what)
            raise Unanswered(reason, is_final=fault.is_permanent) from fault
