"""The providers of a crowd's world: what they answer, and what they send back by themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from legato.model.delivery import Delivery
from legato.model.event import CustomerEvent
from legato.model.ids import EventId, derive
from legato.model.instant import Instant
from legato.model.plan import Destination
from legato.plan.crowds.crowd import Crowd, ProviderLike, Reply, SourceLike
from legato.simulate.crowd.people import lag_of
from legato.simulate.dice import Dice
from legato.simulate.provider import Answer, Provider, attempt

Later = Callable[[Instant, Callable[[], None]], None]
"""Lets something happen at an instant."""

_STEADY = ProviderLike()
_PROMPT = SourceLike()


class CrowdDesk:
    """Answers as the crowd's world says; every draw is of the seed and the delivery."""

    def __init__(self, crowd: Crowd, seed: int, dice: Dice) -> None:
        self._crowd = crowd
        self._seed = seed
        self._dice = dice
        self._replied: dict[str, None] = {}
        self.later: Later = _nothing
        self.feed: Callable[[CustomerEvent], None] = _nobody

    def answer(
        self, delivery: Delivery, destination: Destination, *, attempt_count: int, now: Instant
    ) -> Answer:
        """Return what an attempt that begins now comes to."""
        like = self._crowd.providers.get(destination.name, _STEADY)
        provider = Provider(
            fault_share=like.fails,
            bounce_share=like.bounces,
            lost_share=like.loses,
            answer=like.answer,
        )
        answer = attempt(provider, self._seed, delivery.delivery_id, attempt_count)
        if like.lag.usual:
            drawn = self._dice.throw("latency", delivery.delivery_id, attempt_count)
            answer = msgspec.structs.replace(answer, latency=lag_of(like.lag, drawn))
        if answer.outcome == "accepted" and delivery.delivery_id not in self._replied:
            self._replied[delivery.delivery_id] = None
            for reply in self._crowd.replies:
                if reply.to == destination.name and delivery.operation == "call":
                    self._send_back(reply, delivery, now + answer.latency)
        return answer

    def _send_back(self, reply: Reply, delivery: Delivery, at: Instant) -> None:
        like = self._crowd.sources.get(reply.source, _PROMPT)
        lag = lag_of(like.lag, self._dice.throw("reply", delivery.delivery_id))
        event = _event(reply, delivery, occurred_at=at, received_at=at + lag)
        self.later(event.received_at, partial(self.feed, event))
        if like.twice and self._dice.is_hit(like.twice, "reply twice", delivery.delivery_id):
            self.later(event.received_at + lag, partial(self.feed, event))


def _event(
    reply: Reply, delivery: Delivery, *, occurred_at: Instant, received_at: Instant
) -> CustomerEvent:
    body = {name: delivery.content.get(field) for name, field in reply.copied.items()}
    message_id = f"reply.{delivery.delivery_id}"
    user_id = delivery.content.get(reply.user_id)
    return CustomerEvent(
        event_id=EventId(derive("event", reply.source, message_id)),
        received_at=received_at,
        occurred_at=occurred_at,
        source=reply.source,
        message_id=message_id,
        kind="track",
        name=reply.event,
        user_id=user_id if isinstance(user_id, str) else None,
        body=msgspec.json.encode(body | dict(reply.said)),
    )


def _nothing(_at: Instant, _what: Callable[[], None]) -> None:
    """Before the world is there, nothing happens later."""


def _nobody(_event: CustomerEvent) -> None:
    """Before the world is there, nobody hears."""
