"""One call to a destination's provider, made because somebody asked for it: nobody's delivery.

It passes no gate and leaves nothing in any lane: it shows whether the account is let in, and what
the provider answers. It goes by the same connector, account and way out as deliveries do.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from legato.connectors.accounts import with_account
from legato.connectors.excerpt import excerpt, secrets_in
from legato.connectors.exchange.exchange import Ask, Done, begin
from legato.connectors.spec import Spec, TransportKind
from legato.connectors.terms import Terms
from legato.connectors.trial import ASKS_MAX
from legato.model.delivery import Answered, Delivery
from legato.model.plan import Destination
from legato.model.problem import Reason
from legato.ports.clock import Clock
from legato.ports.sender import Secrets, Sender, SendFault
from legato.runtime.accounts.account import Account
from legato.runtime.accounts.tokens import Tokens


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was made, and what was answered."""

    ask: Ask
    secrets: tuple[str, ...]
    """What must not be shown of it."""
    answer: Answered | None
    """None: there was none."""
    took_us: int


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """How a call went."""

    said: tuple[Said, ...]
    is_taken: bool
    """The provider took it, as its manifest reads the answer."""
    reason: Reason | None = None
    """Why not."""


class Probe:
    """Used once."""

    def __init__(self, senders: Mapping[TransportKind, Sender], clock: Clock) -> None:
        self._senders = senders
        self._clock = clock
        self._said: list[Said] = []

    async def by_account(self, account: Account, spec: Spec, delivery: Delivery) -> Probed:
        """Call with the account of a destination that runs: it goes on with the same token."""
        terms = await account.terms()
        if isinstance(terms, Reason):
            return Probed(said=(), is_taken=False, reason=terms)
        return await self._hold(spec, delivery, terms)

    async def by_settings(
        self, destination: Destination, spec: Spec, delivery: Delivery, *, secrets: Secrets
    ) -> Probed:
        """Call with settings that run nowhere yet. A token that is fetched for it is not kept."""
        tokens = Tokens(self._senders["http"], self._clock, None)
        try:
            whole = with_account(spec, destination.settings)
            account = Account(destination, whole, secrets=secrets, tokens=tokens)
            return await self.by_account(account, whole, delivery)
        finally:
            await tokens.close()

    async def _hold(self, spec: Spec, delivery: Delivery, terms: Terms) -> Probed:
        sender = self._senders.get(spec.transport)
        if sender is None:
            what = f"it needs `pip install 'legato[{spec.transport}]'` and a restart"
            return self._ended(Reason(code="destination.driver", what=what))
        exchange = begin(spec, delivery, terms=terms, now=self._clock.now())
        step = exchange.next()
        while isinstance(step, Ask) and len(self._said) < ASKS_MAX:
            began = self._clock.now()
            hidden = secrets_in(spec, terms, step.request)
            try:
                response = await sender.send(step.request)
            except SendFault as fault:
                took = self._clock.now() - began
                said = Said(ask=step, secrets=hidden, answer=None, took_us=took)
                self._said.append(said)
                return self._ended(Reason(code="send.fault", what=fault.what))
            now = self._clock.now()
            answer = excerpt(response, hidden, now)
            self._said.append(Said(ask=step, secrets=hidden, answer=answer, took_us=now - began))
            step = exchange.next(response)
        if isinstance(step, Ask):
            what = f"it would make over {ASKS_MAX} requests"
            return self._ended(Reason(code="render.requests", what=what))
        if isinstance(step, Done):
            is_taken = step.verdict.kind == "accepted"
            return self._ended(None if is_taken else step.verdict.reason, is_taken=is_taken)
        return self._ended(step.reason)

    def _ended(self, reason: Reason | None, *, is_taken: bool = False) -> Probed:
        return Probed(said=tuple(self._said), is_taken=is_taken, reason=reason)
