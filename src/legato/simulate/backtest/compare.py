"""Two lives of the same people, compared: who would get what, when, by which channel, at what cost.

A person's life is the same in both until the first message that differs. What people would have
made of that message nobody knows: from there on both lives go by what they did then. So of all
differences those that come first for their person hold whatever anybody would have done, and the
others hold if people had behaved alike. Both counts are given: they are the bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

from legato.model.ids import share
from legato.model.instant import MINUTE, Duration, Instant
from legato.model.noun import Noun
from legato.simulate.backtest.went import Key, Ways, Went

Kind: TypeAlias = Literal["new", "lost", "suppressed", "rechannelled", "moved"]
KINDS: tuple[Kind, ...] = ("new", "lost", "suppressed", "rechannelled", "moved")
"""`new` and `lost`: sent under one plan only; `suppressed`: a gate refuses what was sent;
`rechannelled`: by another way; `moved`: at another time."""

MOVED_LEAST: Duration = MINUTE
"""A message is at another time when it is further away than this."""
EXAMPLES_MOST = 20
STORY_MOST = 12
"""Messages told of one example, nearest to the difference."""


class Difference(Noun, frozen=True, kw_only=True, array_like=True):
    """One message that goes otherwise."""

    kind: Kind
    was: Went | None
    now: Went | None
    is_first: bool = False
    """The first of its person: it rests on nothing that anybody would have done."""

    @property
    def shown(self) -> Went:
        """The message, as far as it is known on either side."""
        one = self.now or self.was
        assert one is not None, "a difference is of something"
        return one

    @property
    def at(self) -> Instant:
        """When the two lives part over it."""
        return min(one.decided_at for one in (self.was, self.now) if one is not None)


class Example(Noun, frozen=True, kw_only=True, array_like=True):
    """One difference, and what surrounds it in both lives."""

    difference: Difference
    was: tuple[Went, ...]
    now: tuple[Went, ...]


class Side(msgspec.Struct, kw_only=True):
    """Totals of one life."""

    sent: dict[str, int] = {}
    """By channel."""
    cost_micros: dict[str, int] = {}
    """By journey; empty: of none."""
    refused: dict[str, int] = {}
    """By code of the reason."""
    failed: int = 0
    held: int = 0
    people: int = 0
    """Who got anything."""
    entered: dict[str, int] = {}
    left: dict[str, int] = {}
    """`journey: outcome` -> how many."""


class Comparison(msgspec.Struct, kw_only=True):
    """What differs between two lives of some people."""

    was: Side
    now: Side
    counts: dict[str, int] = {}
    """By kind."""
    first_counts: dict[str, int] = {}
    """Of these, the first of their person."""
    gates: dict[str, int] = {}
    """Of what is newly suppressed: code of the reason -> how many."""
    messages: dict[str, dict[str, int]] = {}
    """Message -> kind -> how many."""
    same: int = 0
    """Messages sent alike."""
    open: int = 0
    """Sent under one plan; under the other the history ends before it is decided."""
    examples: dict[str, list[Example]] = {}


def compare(was: Ways, now: Ways, *, speed: int = 1) -> Comparison:
    """Compare two lives, lived so many times as fast as life."""
    moved_least = MOVED_LEAST // speed
    found = Comparison(was=side_of(was), now=side_of(now))
    pairs = list(_pairs(was.messages, now.messages))
    differences = [
        difference for pair in pairs if (difference := _difference(*pair, moved_least)) is not None
    ]
    found.open = len(differences)
    differences = [one for one in differences if not _is_open(one, was, now)]
    found.open -= len(differences)
    found.same = sum(
        1 for a, b in pairs if a is not None and b is not None and a.is_sent and b.is_sent
    ) - sum(1 for one in differences if one.kind in ("moved", "rechannelled"))
    _count(found, _marked(differences))
    _tell(found, was, now)
    return found


def side_of(ways: Ways) -> Side:
    """Return the totals of a life."""
    side = Side(held=ways.held, entered=dict(ways.entered))
    side.left = {f"{journey}: {end}": count for (journey, end), count in ways.left.items()}
    people: dict[str, None] = {}
    for one in ways.messages.values():
        if one.is_sent:
            _more(side.sent, one.channel)
            _more(side.cost_micros, one.journey, one.cost_micros)
            people[one.person_id] = None
        elif one.fate == "refused":
            _more(side.refused, one.reason)
        elif one.fate == "failed":
            side.failed += 1
    side.people = len(people)
    return side


def merge(parts: Iterable[Comparison]) -> Comparison:
    """Put the comparisons of several parts together: of the examples, the first by draw."""
    whole = Comparison(was=Side(), now=Side())
    for part in parts:
        add_side(whole.was, part.was)
        add_side(whole.now, part.now)
        _add(whole.counts, part.counts)
        _add(whole.first_counts, part.first_counts)
        _add(whole.gates, part.gates)
        whole.same += part.same
        whole.open += part.open
        for message, counts in part.messages.items():
            _add(whole.messages.setdefault(message, {}), counts)
        for kind, examples in part.examples.items():
            known = [*whole.examples.get(kind, []), *examples]
            whole.examples[kind] = sorted(known, key=_draw)[:EXAMPLES_MOST]
    return whole


def _pairs(
    was: Mapping[Key, Went], now: Mapping[Key, Went]
) -> Iterable[tuple[Went | None, Went | None]]:
    """Yield each message of both lives with its like.

    A pass is known by what began it. Where that differs (a segment was entered at another
    instant), the n-th of a message in one life is the n-th in the other.
    """
    left: dict[tuple[str, str, str], list[Went]] = {}
    for key, one in was.items():
        if key in now:
            yield one, now[key]
        else:
            left.setdefault((one.person_id, one.journey, one.message), []).append(one)
    for key, one in now.items():
        if key not in was:
            alike = left.get((one.person_id, one.journey, one.message))
            yield (alike.pop(0) if alike else None), one
    for rest in left.values():
        for one in rest:
            yield one, None


def _difference(was: Went | None, now: Went | None, moved_least: Duration) -> Difference | None:
    was_sent, now_sent = was is not None and was.is_sent, now is not None and now.is_sent
    kind: Kind | None = None
    if was_sent and now_sent:
        assert was is not None
        assert now is not None
        if was.channel != now.channel:
            kind = "rechannelled"
        elif _apart(was, now) > moved_least:
            kind = "moved"
    elif now_sent:
        kind = "new"
    elif was_sent:
        kind = "suppressed" if now is not None and now.fate == "refused" else "lost"
    return None if kind is None else Difference(kind=kind, was=was, now=now)


def _apart(was: Went, now: Went) -> Duration:
    """Return how far apart in time two messages are: in their ends, where both have come to one."""
    if was.is_over and now.is_over:
        return abs(was.at - now.at)
    return abs(was.decided_at - now.decided_at)


def _is_open(difference: Difference, was: Ways, now: Ways) -> bool:
    """Return whether the other life might still send the message, had it not ended."""
    if difference.kind == "lost":
        return difference.shown.pass_id in now.inside
    return difference.was is None and difference.shown.pass_id in was.inside


def _marked(differences: Iterable[Difference]) -> list[Difference]:
    """Return differences in order of time, the first of each person marked."""
    known: dict[str, Instant] = {}
    marked: list[Difference] = []
    for one in sorted(differences, key=lambda one: (one.at, one.shown.pass_id, one.shown.message)):
        first_at = known.setdefault(one.shown.person_id, one.at)
        marked.append(msgspec.structs.replace(one, is_first=first_at == one.at))
    return marked


def _count(found: Comparison, differences: Iterable[Difference]) -> None:
    for one in differences:
        _more(found.counts, one.kind)
        if one.is_first:
            _more(found.first_counts, one.kind)
        if one.kind == "suppressed" and one.now is not None:
            _more(found.gates, one.now.reason)
        _more(found.messages.setdefault(one.shown.message, {}), one.kind)
        found.examples.setdefault(one.kind, []).append(Example(difference=one, was=(), now=()))


def _tell(found: Comparison, was: Ways, now: Ways) -> None:
    """Keep the examples drawn, and put their people's other messages beside them."""
    wanted: dict[str, None] = {}
    for kind, examples in found.examples.items():
        chosen = sorted(examples, key=_draw)[:EXAMPLES_MOST]
        found.examples[kind] = chosen
        wanted.update(dict.fromkeys(one.difference.shown.person_id for one in chosen))
    stories = [_of_people(ways, wanted) for ways in (was, now)]
    for kind, examples in found.examples.items():
        found.examples[kind] = [
            msgspec.structs.replace(
                one, was=_near(stories[0], one.difference), now=_near(stories[1], one.difference)
            )
            for one in examples
        ]


def _of_people(ways: Ways, people: Mapping[str, None]) -> dict[str, list[Went]]:
    stories: dict[str, list[Went]] = {}
    for one in ways.messages.values():
        if one.person_id in people:
            stories.setdefault(one.person_id, []).append(one)
    return stories


def _near(stories: Mapping[str, list[Went]], difference: Difference) -> tuple[Went, ...]:
    story = stories.get(difference.shown.person_id, [])
    nearest = sorted(story, key=lambda one: abs(one.decided_at - difference.at))[:STORY_MOST]
    return tuple(sorted(nearest, key=lambda one: (one.at, one.message)))


def _draw(example: Example) -> tuple[bool, float]:
    """Return the order in which examples are taken: by chance, the certain ones first."""
    one = example.difference
    return not one.is_first, share("example", f"{one.shown.pass_id}/{one.shown.message}")


def _more(counts: dict[str, int], key: str, count: int = 1) -> None:
    counts[key] = counts.get(key, 0) + count


def _add(counts: dict[str, int], others: Mapping[str, int]) -> None:
    for key, count in others.items():
        _more(counts, key, count)


def add_side(side: Side, other: Side) -> None:
    """Add the totals of other people to these."""
    for mine, others in (
        (side.sent, other.sent),
        (side.cost_micros, other.cost_micros),
        (side.refused, other.refused),
        (side.entered, other.entered),
        (side.left, other.left),
    ):
        _add(mine, others)
    side.failed += other.failed
    side.held += other.held
    side.people += other.people
