"""Example values of a word of the dictionary, out of what was seen lately: the most frequent first.

Bounded: so many people, or so many events of the last records. Whoever asks sees of them what the
class of the word allows; of what is sensitive or of health there are none, for nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import msgspec

from legato.core.privacy.mask import SPECIAL, Sight
from legato.insight.reach import PAGE
from legato.model.event import CustomerEvent, Event
from legato.model.ids import PersonId
from legato.model.note import Admitted, Story
from legato.model.noun import Noun
from legato.model.state import traits_of
from legato.plan.dictionary.entries import Entry
from legato.ports.state_store import Records

PEOPLE_MAX = 5_000
RECORDS_MAX = 20_000
"""Records looked through for events of a name."""
EVENTS_MAX = 200
VALUES_MAX = 5
LENGTH_MAX = 80
DISTINCT_MAX = 10_000
"""Values counted: enough to know the most frequent."""


class Sample(Noun, frozen=True, kw_only=True):
    """One value as JSON writes it, cut where it is long, and how often it was seen."""

    value: str
    count: int


class Samples(Noun, frozen=True, kw_only=True):
    """What one fact looked like lately."""

    name: str
    privacy: str
    of: int
    """People or events looked at."""
    known: int
    """Of these, how many had a value."""
    values: tuple[Sample, ...] = ()
    is_masked: bool = False
    """They are personal: whoever may reveal sees them for a reason."""
    is_withheld: bool = False
    """They are sensitive or of health: nobody sees them here."""


def of_trait(records: Records, entry: Entry, sight: Sight) -> Samples:
    """Return what a trait is, of the first PEOPLE_MAX people by id: as good as drawn by lot."""
    values: list[object] = []
    of = 0
    for state in islice(_states(records), PEOPLE_MAX):
        of += 1
        trait = traits_of(state).get(entry.name)
        if trait is not None:
            values.append(trait.value)
    seen = Samples(name=entry.name, privacy=entry.privacy, of=of, known=len(values))
    return _with(seen, values, sight)


def latest(pages: Iterable[Sequence[Story]], name: str) -> list[int]:
    """Return where the last events of a name are, EVENTS_MAX at most."""
    found = [
        row.position
        for page in pages
        for row in page
        for note in row.notes
        if isinstance(note, Admitted) and note.name == name
    ]
    return found[-EVENTS_MAX:]


def of_event(entry: Entry, events: Iterable[Event], sight: Sight) -> list[Samples]:
    """Return what each property of an event was."""
    bodies: list[object] = [
        msgspec.json.decode(event.body)
        for event in events
        if isinstance(event, CustomerEvent) and event.name == entry.name
    ]
    found: list[Samples] = []
    for each in entry.properties:
        path = each.name.split(".")
        known = sum(_is_there(body, path) for body in bodies)
        seen = Samples(name=each.name, privacy=each.privacy, of=len(bodies), known=known)
        found.append(_with(seen, [value for body in bodies for value in _at(body, path)], sight))
    return found


def _with(seen: Samples, values: Iterable[object], sight: Sight) -> Samples:
    """Add the values, as far as class and sight allow."""
    if seen.privacy in SPECIAL:
        return msgspec.structs.replace(seen, is_withheld=True)
    if sight == "masked" and seen.privacy != "public":
        return msgspec.structs.replace(seen, is_masked=True)
    counts = Counter(islice(map(_written, values), DISTINCT_MAX))
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:VALUES_MAX]
    return msgspec.structs.replace(
        seen, values=tuple(Sample(value=value, count=count) for value, count in most)
    )


def _written(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LENGTH_MAX else f"{text[:LENGTH_MAX]}…"


def _at(value: object, path: Sequence[str]) -> Iterator[object]:
    """Yield what stands at a path; of a list, in each of its items."""
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _at(each, path)
    elif not path:
        if value is not None and not isinstance(value, dict):
            yield value
    elif isinstance(value, Mapping):
        inner = cast("Mapping[str, Any]", value).get(path[0])
        yield from _at(inner, path[1:])


def _is_there(value: object, path: Sequence[str]) -> bool:
    """Return whether anything stands at a path, a list or an object too."""
    if not path:
        return value is not None
    if isinstance(value, list):
        return any(_is_there(each, path) for each in cast("list[object]", value))
    if not isinstance(value, Mapping):
        return False
    return _is_there(cast("Mapping[str, Any]", value).get(path[0]), path[1:])


def _states(records: Records) -> Iterator[bytes]:
    after = PersonId("")
    while page := list(records.people(after, PAGE)):
        for person_id, state in page:
            after = person_id
            yield state
