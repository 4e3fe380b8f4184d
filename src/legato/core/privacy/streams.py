"""What the streams of destinations read: each event that is asked for by name, and all it requires.

What may not be shown of an event is left out of it. Without what its own shape requires it would
be another event, so that is refused, unless the destination says that it does without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from legato.core.privacy.breaches import Bindings
from legato.core.privacy.law import ceiling_of, is_within, may_serve
from legato.core.privacy.uses import Fact, Use, facts_of_rule
from legato.model.definitions.stream import Stream
from legato.model.plan import Destination, Plan

EVENTS = "events"
"""In place of a step: where in its destination a stream stands."""


def stream_uses(plan: Plan) -> Iterator[Use]:
    """Walk what each destination is handed on, and what decides it."""
    bindings = Bindings(plan)
    for destination in plan.destinations.values():
        stream = destination.events
        if stream is None or stream.purpose not in plan.purposes:
            continue
        yield _use(destination, stream, tuple(_facts(plan, bindings, destination, stream)))
        if stream.when is not None:
            event = stream.only[0] if len(stream.only) == 1 else ""
            facts = facts_of_rule(plan, stream.when, event=event)
            yield _use(destination, stream, facts, part="the condition of the stream")


def _use(
    destination: Destination, stream: Stream, facts: tuple[Fact, ...], part: str = "the stream"
) -> Use:
    return Use(
        family="destination",
        name=destination.name,
        part=part,
        purposes=(stream.purpose,),
        facts=facts,
        ceiling=ceiling_of(destination),
        destination=destination.name,
        step=EVENTS,
    )


def _facts(
    plan: Plan, bindings: Bindings, destination: Destination, stream: Stream
) -> Iterator[Fact]:
    for name in stream.only or plan.events:
        if name in stream.apart_from or name not in plan.events:
            continue
        fact = Fact(family="event", name=name)
        if stream.only:
            yield fact
        binding = bindings.of(fact)
        if binding is None or not may_serve(plan.purposes, stream.purpose, binding):
            continue  # it does not go there at all
        if not is_within(binding.privacy, ceiling_of(destination)):
            continue
        for path in _required(plan.events[name].schema):
            if path not in stream.without:
                yield Fact(family="event", name=name, path=path)


def _required(schema: Mapping[str, Any]) -> list[str]:
    return [str(one) for one in cast("list[Any]", schema.get("required") or [])]
