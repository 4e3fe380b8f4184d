"""The first request that a delivery makes."""

from __future__ import annotations

from legato.connectors.exchange.exchange import Ask, Refused, begin
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import Instant
from legato.model.problem import Reason
from legato.model.wire import Request


def rendered(spec: Spec, delivery: Delivery, *, terms: Terms, now: Instant) -> Request | Reason:
    """Return the first request, or why there is none."""
    step = begin(spec, delivery, terms=terms, now=now).next()
    match step:
        case Ask():
            return step.request
        case Refused():
            return step.reason
        case _:
            raise AssertionError(step)
