"""The words that may stand in a step: what a plan declares, by what kind of word it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, TypeAlias

from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.conditions.properties import schema_of_function
from legato.plan.drawing.kinds import Words

ManyWords: TypeAlias = Literal["segments", "journeys"]
"""Of which a workspace may have thousands: not all of them are told unasked."""
MANY: tuple[ManyWords, ...] = ("segments", "journeys")


class Word(Noun, frozen=True, kw_only=True):
    """A name that something is declared under."""

    name: str
    title: str
    owner: str = ""
    schema: Any = None
    """Of an event's properties, or of a trait's value: JSON Schema."""
    channels: tuple[str, ...] = ()
    """Those that a template has a text for."""


class _Titled(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...


def words_of(plan: Plan) -> Mapping[Words, tuple[Word, ...]]:
    """Return all words of a plan, by name. Labels are a journey's own: its drawing has them."""
    return {
        "events": tuple(
            Word(
                name=each.name, title=each.title or each.name, owner=each.owner, schema=each.schema
            )
            for each in plan.events.values()
            if not each.retired
        ),
        "traits": tuple(
            Word(
                name=each.name, title=each.title or each.name, owner=each.owner, schema=each.schema
            )
            for each in plan.traits.values()
            if not each.retired
        )
        + tuple(
            Word(
                name=each.name,
                title=each.title or each.name,
                owner=each.owner,
                schema=schema_of_function(each.slot.function),
            )
            for each in plan.computed.values()
        ),
        "templates": tuple(
            Word(name=each.name, title=each.title or each.name, channels=tuple(each.texts))
            for each in plan.templates.values()
        ),
        "segments": _owned((each, each.owner) for each in plan.segments.values()),
        "audiences": _owned((each, each.owner) for each in plan.audiences.values()),
        "journeys": _owned((each, each.owner) for each in plan.journeys.values()),
        "channels": _owned((each, "") for each in plan.channels.values()),
        "purposes": _owned((each, "") for each in plan.purposes.values()),
        "sources": _owned((each, "") for each in plan.sources.values()),
        "destinations": tuple(
            Word(name=each.name, title=each.title or each.name, owner=each.owner or "")
            for each in plan.destinations.values()
        ),
    }


def of_many(plan: Plan, kind: ManyWords, text: str = "") -> list[Word]:
    """Return the segments or journeys in whose name, title or owner every word of a text occurs."""
    named = plan.segments if kind == "segments" else plan.journeys
    typed = text.casefold().split()
    found = _owned((each, each.owner) for each in named.values())
    return [each for each in found if _has_all(each, typed)]


def _has_all(word: Word, typed: Iterable[str]) -> bool:
    told = f"{word.name} {word.title} {word.owner}".casefold().replace("_", " ")
    return all(each.replace("_", " ") in told for each in typed)


def _owned(named: Iterable[tuple[_Titled, str]]) -> tuple[Word, ...]:
    return tuple(
        Word(name=each.name, title=each.title or each.name, owner=owner) for each, owner in named
    )
