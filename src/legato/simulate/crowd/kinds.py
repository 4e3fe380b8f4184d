"""People as a crowd declares them: how often they do what, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from legato.core.program import ZONE_TRAIT, Program
from legato.core.reads import reads
from legato.model.consent import EVERY_CHANNEL, ConsentLine
from legato.model.event import ConsentSaid, CustomerEvent
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import Duration, Instant, format_instant
from legato.model.plan import Plan
from legato.plan.crowds.crowd import Between, Crowd, Doing, Kind, Lag, SourceLike
from legato.plan.scenarios.bodies import complete
from legato.simulate.crowd.lives import Deed
from legato.simulate.crowd.people import lag_of
from legato.simulate.dice import Dice

SLOW = 10
"""What follows something comes, in one case of a hundred, so many times later than usual."""
_PROMPT = SourceLike()


class Kinds:
    """Gives one person after the other: the same seed and number give the same person."""

    def __init__(self, crowd: Crowd, plan: Plan, dice: Dice) -> None:
        self._crowd = crowd
        self._plan = plan
        self._program = Program(plan)
        self._dice = dice
        self._source = next(iter(plan.sources), "web")

    def deeds(self, number: int, start: Instant, end: Instant) -> Iterator[Deed]:
        """Yield what person `number` does between two instants."""
        kind = self._kind(number)
        if kind is None:
            return
        yield from self._introduced(kind, number, start)
        for index, doing in enumerate(kind.does):
            at, count = start, 0
            while True:
                count += 1
                drawn = self._dice.throw("gap", number, index, count)
                at += round(-math.log(1 - drawn) * doing.every)  # exponential: a Poisson process
                if at >= end:
                    break
                yield from self._done(doing, (number, f"{index}.{count}"), at, end, {})

    def _kind(self, number: int) -> Kind | None:
        drawn = self._dice.throw("kind", number)
        for kind in self._crowd.kinds:
            if drawn < kind.share:
                return kind
            drawn -= kind.share
        return None

    def _introduced(self, kind: Kind, number: int, start: Instant) -> Iterator[Deed]:
        traits: dict[str, Any] = {
            name: format_instant(start) if self._is_instant(name) else _made_up(name, number)
            for name, share in kind.has.items()
            if self._dice.is_hit(share, "has", number, name)
        }
        if kind.zones:
            traits[ZONE_TRAIT] = self._dice.pick(kind.zones, "zone", number)
        introduced = self._event("Identified", (number, "traits"), start, traits)
        yield introduced
        agreed = [
            name
            for name, share in kind.consents.items()
            if self._dice.is_hit(share, "consent", number, name)
        ]
        if agreed:
            pointers = reads(self._program, introduced).pointers
            person_id = PersonId(derive("person", pointers[0]))
            yield self._consent(person_id, agreed, introduced.received_at + 1)

    def _is_instant(self, trait: str) -> bool:
        declared = self._plan.traits.get(trait)
        return declared is not None and declared.schema.get("format") == "date-time"

    def _done(
        self,
        doing: Doing,
        which: tuple[int, str],
        at: Instant,
        end: Instant,
        inherited: Mapping[str, Any],
    ) -> Iterator[Deed]:
        number, name = which
        said = {
            key: self._value(value, number, name, key) for key, value in doing.properties.items()
        }
        event = self._event(doing.event, which, at, {**inherited, **said})
        if event.received_at < end:
            yield event
        body: Mapping[str, Any] = msgspec.json.decode(event.body) if doing.then else {}
        for index, following in enumerate(doing.then):
            inner = f"{name}.{index}"
            if not self._dice.is_hit(following.chance, "then", number, inner):
                continue
            lag = Lag(usual=following.after, slow=SLOW * following.after)
            later = at + self._drawn(lag, number, inner)
            if later < end:
                yield from self._done(following, (number, inner), later, end, body)

    def _drawn(self, lag: Lag, number: int, name: str) -> Duration:
        return lag_of(lag, self._dice.throw("after", number, name))

    def _event(
        self, name: str, which: tuple[int, str], at: Instant, said: Mapping[str, Any]
    ) -> CustomerEvent:
        number, place = which
        declared = self._plan.events.get(name)
        if declared is not None:
            own = dict.fromkeys(declared.schema.get("required", ()), f"{number}.{place}")
            said = complete(declared.schema, said, own=_typed(declared.schema, own), at=at)
        source = (declared.sources if declared is not None else ()) or (self._source,)
        like = self._crowd.sources.get(source[0], _PROMPT)
        message_id = f"crowd.{number}.{place}"
        return CustomerEvent(
            event_id=EventId(derive("event", source[0], message_id)),
            received_at=at + lag_of(like.lag, self._dice.throw("lag", message_id)),
            occurred_at=at,
            source=source[0],
            message_id=message_id,
            kind="identify" if name == "Identified" else "track",
            name=name,
            user_id=f"crowd-{number}",
            body=msgspec.json.encode(said),
        )

    def _consent(self, person_id: PersonId, purposes: list[str], at: Instant) -> ConsentSaid:
        return ConsentSaid(
            event_id=EventId(derive("ev", "crowd consent", person_id)),
            received_at=at,
            occurred_at=at,
            person_id=person_id,
            lines=tuple(
                ConsentLine(purpose=one, channel=EVERY_CHANNEL, is_granted=True) for one in purposes
            ),
            source="crowd",
        )

    def _value(self, value: Any, number: int, name: str, key: str) -> Any:  # noqa: ANN401 - JSON
        drawn = self._dice.throw("value", number, name, key)
        if isinstance(value, Between):
            if value.is_whole:
                return int(value.least + drawn * (value.most - value.least + 1))
            return round(value.least + drawn * (value.most - value.least), 2)
        if isinstance(value, list):
            return value[int(drawn * len(value))]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        return value


def _typed(schema: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """Return those made-up values that may be texts."""
    declared: Mapping[str, Any] = schema.get("properties", {})
    return {
        name: text
        for name, text in own.items()
        if declared.get(name, {}).get("type", "string") == "string"
        and not set(declared.get(name, {})) & {"enum", "format", "pattern", "const"}
    }


def _made_up(trait: str, number: int) -> str:
    """Return an address of nobody: reserved domains, numbers kept for drama."""
    if "mail" in trait:
        return f"crowd{number}@example.com"
    if "phone" in trait or "mobile" in trait:
        return f"+1555{number:07d}"
    return f"{trait}-{number}"
