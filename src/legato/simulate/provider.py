"""Rehearsed providers: how long they take, how often they fail. All from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from legato.model.delivery import Delivery, Outcome
from legato.model.ids import share
from legato.model.instant import MILLISECOND, Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Destination
from legato.model.problem import Reason


class Provider(Noun, frozen=True, kw_only=True):
    """One destination's behaviour, as distributions."""

    latency_least: Duration = 5 * MILLISECOND
    latency_most: Duration = 200 * MILLISECOND
    fault_share: float = 0.0
    """Of attempts that fail for now: an answer of 5xx, or none."""
    bounce_share: float = 0.0
    """Of attempts refused for good because the address does not exist."""
    lost_share: float = 0.0
    """Of attempts that it takes, and whose answer is lost on the way back."""
    answer: bytes = b"{}"
    """JSON that calls are answered with."""


STEADY = Provider()


class Answer(Noun, frozen=True, kw_only=True):
    """What one attempt comes to."""

    latency: Duration
    outcome: Outcome | None
    """None: failed for now, to be tried again."""
    is_lost: bool = False
    """Taken, and nobody hears of it."""
    after: Duration | None = None
    """Not before this long from then, it says; None: as the destination's retries go."""
    reason: Reason | None = None
    receipt: str = ""
    body: bytes = b"{}"
    """JSON that a call is answered with."""


class Desk(Protocol):
    """Whoever answers for the providers."""

    def answer(
        self, delivery: Delivery, destination: Destination, *, attempt_count: int, now: Instant
    ) -> Answer:
        """Return what an attempt that begins now comes to."""
        ...


class Drawn:
    """Answers as drawn from a seed, each provider by its own distributions."""

    def __init__(self, providers: Mapping[str, Provider], seed: int) -> None:
        self._providers = providers
        self._seed = seed

    def answer(
        self, delivery: Delivery, destination: Destination, *, attempt_count: int, now: Instant
    ) -> Answer:
        del now
        provider = self._providers.get(destination.name, STEADY)
        return attempt(provider, self._seed, delivery.delivery_id, attempt_count)


def attempt(provider: Provider, seed: int, delivery_id: str, attempt_count: int) -> Answer:
    """Return what the provider does with an attempt: the same for the same seed."""
    subject = f"{delivery_id}#{attempt_count}"
    span = provider.latency_most - provider.latency_least
    latency = provider.latency_least + round(share(f"{seed}:latency", subject) * span)
    drawn = share(f"{seed}:fate", subject)
    if drawn < provider.fault_share:
        return Answer(latency=latency, outcome=None)
    if drawn < provider.fault_share + provider.bounce_share:
        return Answer(latency=latency, outcome="bounced")
    if drawn < provider.fault_share + provider.bounce_share + provider.lost_share:
        return Answer(latency=latency, outcome="accepted", is_lost=True, body=provider.answer)
    return Answer(latency=latency, outcome="accepted", body=provider.answer)
