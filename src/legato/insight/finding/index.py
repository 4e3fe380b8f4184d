"""Everything of a plan that has a page, found by its name, its title and the words in them.

What is named exactly comes first, then what begins so, then what has all the words, at their
beginnings before anywhere. One look at each thing, on texts made once for a plan: 20,000 things
take some milliseconds.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from legato.model.definitions.journey import Journey, Send
from legato.model.noun import Noun
from legato.model.plan import Plan

Kind: TypeAlias = Literal[
    "journey", "segment", "destination", "source", "template", "event", "trait", "term", "person"
]
_ORDER: tuple[Kind, ...] = (
    "person",
    "journey",
    "segment",
    "destination",
    "source",
    "template",
    "event",
    "trait",
    "term",
)
EXACT, PREFIX, WORDS, INSIDE = range(4)
_BETWEEN = re.compile(r"[\s_\-./]+")


class FoundThing(Noun, frozen=True, kw_only=True):
    """Something that has a page."""

    kind: Kind
    name: str
    title: str
    about: str
    """What tells it from its like: an owner, a connector; of a template, the journey it is in."""
    step: str = ""
    """Of a template: the step that sends it, in the journey that `about` names."""
    rank: int
    """How well it meets what was asked: 0 is its very name, 3 has the words somewhere in it."""


class _Entry(NamedTuple):
    kind: Kind
    name: str
    title: str
    about: str
    step: str
    keys: tuple[str, str]
    words: str
    """Of name and title, each behind a space."""


class Index:
    """Of one plan. Immutable, for any thread."""

    def __init__(self, plan: Plan, titles: Mapping[str, str]) -> None:
        """`titles`: those of destinations, which a plan leaves in their texts."""
        self._entries = tuple(_entries(plan, titles))

    def find(self, text: str, limit: int) -> list[FoundThing]:
        """Return the best of what meets a text, in order."""
        asked = plain(text)
        if not asked:
            return []
        words = asked.split(" ")
        found = (
            (rank, _ORDER.index(entry.kind), len(entry.keys[0]), entry.keys[0], place)
            for place, entry in enumerate(self._entries)
            if (rank := _rank(entry, asked, words)) is not None
        )
        best = heapq.nsmallest(limit, found)
        return [_shown(self._entries[place], rank) for rank, _, _, _, place in best]


def plain(text: str) -> str:
    """Return a text as texts are compared: `Cart rescue`, `cart_rescue`, `CART-RESCUE` are one."""
    return _BETWEEN.sub(" ", text.casefold()).strip()


def _rank(entry: _Entry, asked: str, words: list[str]) -> int | None:
    for word in words:
        if word not in entry.words:
            return None
    if asked in entry.keys:
        return EXACT
    if entry.keys[0].startswith(asked) or entry.keys[1].startswith(asked):
        return PREFIX
    return WORDS if all(f" {word}" in entry.words for word in words) else INSIDE


def _shown(entry: _Entry, rank: int) -> FoundThing:
    return FoundThing(
        kind=entry.kind,
        name=entry.name,
        title=entry.title,
        about=entry.about,
        step=entry.step,
        rank=rank,
    )


def _entries(plan: Plan, titles: Mapping[str, str]) -> Iterator[_Entry]:
    for journey in plan.journeys.values():
        yield _entry("journey", journey.name, journey.title, journey.owner)
    for segment in plan.segments.values():
        yield _entry("segment", segment.name, segment.title, segment.owner)
    for destination in plan.destinations.values():
        connector = str(destination.manifest.get("name", ""))
        title = titles.get(destination.name, "")
        yield _entry("destination", destination.name, title, connector)
    for source in plan.sources.values():
        yield _entry("source", source.name, source.title, "")
    sent = _sent(plan.journeys.values())
    for template in plan.templates.values():
        journey, step = sent.get(template.name, ("", ""))
        yield _entry("template", template.name, template.title, journey, step)
    for event in plan.events.values():
        yield _entry("event", event.name, event.title, event.owner)
    for trait in (*plan.traits.values(), *plan.computed.values()):
        yield _entry("trait", trait.name, trait.title, trait.owner)
    for term in plan.terms.values():
        yield _entry("term", term.name, term.title, term.owner)


def _entry(kind: Kind, name: str, title: str, about: str, step: str = "") -> _Entry:
    keys = plain(name), plain(title)
    words = f" {keys[0]} {keys[1]}" if keys[1] != keys[0] else f" {keys[0]}"
    return _Entry(kind, name, title, about, step, keys, words)


def _sent(journeys: Iterable[Journey]) -> dict[str, tuple[str, str]]:
    """Return the first journey and step that sends each template."""
    found: dict[str, tuple[str, str]] = {}
    for journey in journeys:
        for name, step in journey.steps.items():
            if isinstance(step, Send):
                found.setdefault(step.message, (journey.name, name))
    return found
