"""Rehearsed providers: how long they take, how often they fail. All from one seed."""

from __future__ import annotations

from legato.model.delivery import Outcome
from legato.model.ids import share
from legato.model.instant import MILLISECOND, Duration
from legato.model.noun import Noun


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


class Answer(Noun, frozen=True, kw_only=True):
    """What one attempt comes to."""

    latency: Duration
    outcome: Outcome | None
    """None: failed for now, to be tried again."""
    is_lost: bool = False
    """Taken, and nobody hears of it."""


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
        return Answer(latency=latency, outcome="accepted", is_lost=True)
    return Answer(latency=latency, outcome="accepted")
