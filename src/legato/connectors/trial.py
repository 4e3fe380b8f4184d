"""What a connector would send for one delivery, without sending it.

Secrets stand in it by name. A question that is asked before writing is answered by whoever tries
it out, else with an empty 200: what would be sent behind it may then be different.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from legato.connectors.accounts import with_account
from legato.connectors.exchange.exchange import Ask, Done, begin
from legato.connectors.mistake import Mistake
from legato.connectors.settings import MAP, check_settings, compile_map, resolve, secret_name
from legato.connectors.spec import Auth, Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import SECOND
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import Response

ASKS_MAX = 20
"""Requests that are tried: one delivery that makes more is understood from the first of them."""
EMPTY = Response(status=200, body=b"{}")


class Tried(Noun, frozen=True, kw_only=True):
    """The requests in order, and what stopped them."""

    asks: tuple[Ask, ...]
    refused: Reason | None = None
    """Why nothing is sent, or nothing more."""

    @property
    def made(self) -> int:
        """How many of them change something, whatever an answer that nobody gave would mean."""
        return sum(ask.question is None for ask in self.asks)


def by_name(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which every secret stands by a name, whatever was given for it.

    One that is not needed and was not given is not there, as when it is sent.
    """
    secret = {name: one for name, one in spec.settings.items() if one.secret}
    is_there = {name: one.required or name in given for name, one in secret.items()}
    named = {name: {"secret": name.upper()} for name in secret if is_there[name]}
    own = {name: one for name, one in given.items() if secret_name(one) is not None}
    plain = {name: one for name, one in given.items() if name not in secret}
    return {**plain, **named, **{name: one for name, one in own.items() if name in named}}


def mistakes_in(spec: Spec, given: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Return what is wrong with settings, of which secrets may be missing."""
    return check_settings(spec, by_name(spec, given))


def try_out(
    spec: Spec, given: Mapping[str, Any], delivery: Delivery, *, answers: Sequence[Response] = ()
) -> Tried:
    """Return what would be sent with these settings, which have no mistakes."""
    tried = _tried(spec, given, delivery, answers=answers)
    if tried.refused is None or tried.refused.code != "render.url":
        return tried
    # The whole URL is the secret, as with incoming webhooks: its name stands where a host would.
    return _tried(spec, given, delivery, answers=answers, url="https://{}.secret")


def _tried(
    spec: Spec,
    given: Mapping[str, Any],
    delivery: Delivery,
    *,
    answers: Sequence[Response],
    url: str = "<{}>",
) -> Tried:
    whole = by_name(spec, given)
    public = {name: one for name, one in whole.items() if name != MAP}
    terms = Terms(
        settings=resolve(spec, public, _stand_ins(spec, whole, url)),
        timeout=SECOND,
        token={"access_token": "<access_token>"},
        inputs=compile_map(spec, given)[0],
    )
    exchange = begin(_unsigned(spec, given), delivery, terms=terms, now=delivery.decided_at)
    waiting, asks = list(answers), list[Ask]()
    step = exchange.next()
    while isinstance(step, Ask) and len(asks) < ASKS_MAX:
        asks.append(step)
        step = exchange.next(waiting.pop(0) if waiting else EMPTY)
    if isinstance(step, Ask | Done):
        return Tried(asks=tuple(asks))
    return Tried(asks=tuple(asks), refused=step.reason)


def _stand_ins(spec: Spec, whole: Mapping[str, Any], url: str) -> dict[str, str]:
    """Return what stands for each secret; `url`: for those that may stand in a URL."""
    secrets = {name: one for name, one in spec.settings.items() if one.secret and name in whole}
    return {name: (url if one.in_url else "<{}>").format(name) for name, one in secrets.items()}


def _unsigned(spec: Spec, given: Mapping[str, Any]) -> Spec:
    """Leave a signed token out: without the key it cannot be made."""
    whole = with_account(spec, given)
    is_signed = whole.auth.kind == "jwt"
    return msgspec.structs.replace(whole, auth=Auth()) if is_signed else whole
