"""Recorded lives: what each household on record did, when, and by which names it is known.

A life is all that is on record of people who know each other by an identifier. It is the donor of
synthetic lives: they keep its rates, gaps, paths, zones and consents, because they are it, under
other names and on other days. That is the moving-block bootstrap of H. R. Künsch, "The jackknife
and the bootstrap for general stationary observations", Annals of Statistics 17 (1989), with a
household's whole history as the block, which is wrapped round as in its circular form (D. N.
Politis and J. P. Romano, 1992).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

import msgspec

from legato.core.identifiers import plain_address
from legato.core.program import Program
from legato.core.reads import reads
from legato.model.definitions.journey import WaitFor
from legato.model.event import ConsentSaid, CustomerEvent, decode_object
from legato.model.ids import PersonId, derive
from legato.model.instant import WEEK, Duration, Instant
from legato.model.plan import Plan
from legato.simulate.backtest.households import Households
from legato.simulate.dice import Dice

Deed: TypeAlias = CustomerEvent | ConsentSaid
"""What comes from outside of the engine, and is somebody's own doing."""

RARE = 0.01
"""Somebody signs up once in a life: what fewer than this share of lives did twice is not done
again when a life is wrapped round."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One household's history."""

    deeds: tuple[Deed, ...]
    """In the order in which they were received."""
    names: tuple[str, ...]
    """Texts in them that say who somebody is: every life cast from this one has others."""
    keys: tuple[str, ...]
    """Texts that say which cart, order or ticket: every round has others."""
    people: Mapping[PersonId, str]
    """Persons of whom deeds speak by id -> the identifier that they are named by."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Lives on record, and the span that they were taken from."""

    lives: Mapping[int, Life]
    """By the number of whoever is cast from them."""
    start: Instant
    round: Duration
    """Whole weeks, at least as long as the history: a life begins again after it."""
    once: frozenset[str]
    """Names of events that happen once in a life."""


def read_lives(deeds: Sequence[Deed], plan: Plan) -> Record:
    """Divide what is on record, oldest first, into lives, numbered as they begin."""
    households = Households([plan])
    households.show(enumerate(deeds, 1))
    of_lives: dict[int, list[Deed]] = {}
    for household, deed in zip(households.roots(), deeds, strict=True):
        if household >= 0:
            of_lives.setdefault(household, []).append(deed)
    reader = _Reader(plan)
    lives = [reader.life(one) for one in of_lives.values()]
    start, end = deeds[0].received_at, max(deed.received_at for deed in deeds)
    weeks = (end - start) // WEEK + 1
    numbered = dict(enumerate(lives))
    return Record(lives=numbered, start=start, round=weeks * WEEK, once=_once(lives))


def draw(record: Record, numbers: range, dice: Dice) -> Record:
    """Return the lives that people of these numbers are cast from."""
    known = list(record.lives.values())
    lives = {number: dice.pick(known, "life", number) for number in numbers}
    return msgspec.structs.replace(record, lives=lives)


def _once(lives: Sequence[Life]) -> frozenset[str]:
    have: dict[str, int] = {}
    again: dict[str, int] = {}
    for life in lives:
        counts: dict[str, int] = {}
        for deed in life.deeds:
            if isinstance(deed, CustomerEvent):
                counts[deed.name] = counts.get(deed.name, 0) + 1
        for name, count in counts.items():
            have[name] = have.get(name, 0) + 1
            again[name] = again.get(name, 0) + (count > 1)
    return frozenset(name for name, count in have.items() if again[name] <= RARE * count)


class _Reader:
    """Finds names and keys in what people did."""

    def __init__(self, plan: Plan) -> None:
        self._program = Program(plan)
        self._keys = tuple(dict.fromkeys(_keys_of(plan)))
        self._traits = tuple(
            dict.fromkeys(
                one.address
                for one in (*plan.channels.values(), *plan.audiences.values())
                if not one.address.startswith("identifier:")
            )
        )

    def life(self, deeds: Sequence[Deed]) -> Life:
        """Read one household."""
        names: dict[str, None] = {}
        keys: dict[str, None] = {}
        people: dict[PersonId, str] = {}
        for deed in deeds:
            if not isinstance(deed, CustomerEvent):
                continue
            found = reads(self._program, deed)
            for pointer in found.pointers:
                people[PersonId(derive("person", pointer))] = pointer
            known = {value.lower() for _, value in found.identifiers}
            body, context = decode_object(deed.body), decode_object(deed.context)
            for traits in (body, context.get("traits")):
                known.update(self._addresses(traits))
            for text in (*_ids_of(deed), *_texts(body), *_texts(context)):
                if text.lower() in known or plain_address(text) in known:
                    names[text] = None
            for key in self._keys:
                value = body.get(key)
                if isinstance(value, str) and value not in names:
                    keys[value] = None
        return Life(deeds=tuple(deeds), names=tuple(names), keys=tuple(keys), people=people)

    def _addresses(self, traits: object) -> Iterator[str]:
        if isinstance(traits, Mapping):
            for name in self._traits:
                value = cast("Mapping[str, object]", traits).get(name)
                if isinstance(value, str) and value:
                    yield plain_address(value)


def _ids_of(deed: CustomerEvent) -> Iterator[str]:
    for one in (deed.user_id, deed.anonymous_id, deed.previous_id, deed.group_id):
        if one:
            yield one


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in cast("Mapping[str, object]", value).values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _texts(each)


def _keys_of(plan: Plan) -> Iterable[str]:
    """Yield the properties that tell one cart, order or ticket from another."""
    for journey in plan.entered:
        if journey.entry.key:
            yield journey.entry.key
        yield from (one.same for one in journey.exits if one.same)
        for step in journey.steps.values():
            if isinstance(step, WaitFor):
                yield from (one.same for one in step.cases if one.same)
