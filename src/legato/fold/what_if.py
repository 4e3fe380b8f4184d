"""A recorded decision taken again, with one thing or two otherwise than they were.

The person is folded up to the step that decided, under the plan that ran then (fold.then). Where
the step decides again as it did, it is taken once more from the same state for each change, and
then for each two of them. Where it does not, nothing is said but why.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from legato.core.exchange import Result
from legato.fold.inputs import Change, changes
from legato.fold.retaken import Retaken, scene_of
from legato.fold.then import DIFFERS, Chronicle
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import Decided, Story
from legato.model.noun import Noun
from legato.model.problem import Reason

CHANGES_MAX = 16
"""Changes tried by twos: 120 steps, of which some need a plan compiled."""


class Otherwise(Noun, frozen=True, kw_only=True):
    """What would have let it pass: one change, or two together."""

    changes: tuple[str, ...]
    channel: str
    at: Instant


def what_if(
    chronicle: Chronicle, person_id: PersonId, decided: Decided, row: Story
) -> tuple[Otherwise, ...] | Reason:
    """Return the fewest changes that would have sent it: each one, or else each two.

    Or why the decision cannot be taken again as it was. `row` is where it was noted.
    """
    scene = scene_of(chronicle, person_id, row)
    if isinstance(scene, Reason):
        return scene
    retaken = Retaken(scene)
    if not _is_alike(_decision(retaken.take(()), decided.delivery_id), decided):
        return DIFFERS
    tried = changes(scene.program, decided, scene.people())[:CHANGES_MAX]
    for size in (1, 2):
        ways = tuple(_ways(retaken, combinations(tried, size), decided, at=row.at))
        if ways:
            return ways
    return ()


def _ways(
    retaken: Retaken, tried: Iterator[tuple[Change, ...]], decided: Decided, *, at: Instant
) -> Iterator[Otherwise]:
    """Yield what sends it."""
    for each in tried:
        again = _decision(retaken.take(each), decided.delivery_id)
        if again is not None and again.verdict == "pass":
            words = tuple(change.words for change in each)
            yield Otherwise(changes=words, channel=again.channel, at=at)


def _decision(result: Result, delivery_id: DeliveryId) -> Decided | None:
    mine = [
        note
        for note in result.notes
        if isinstance(note, Decided) and note.delivery_id == delivery_id
    ]
    return mine[-1] if mine else None


def _is_alike(one: Decided | None, other: Decided) -> bool:
    return one is not None and one.verdict == other.verdict and _verdicts(one) == _verdicts(other)


def _verdicts(decided: Decided) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (each.channel, [(gate.gate, gate.verdict) for gate in each.gates])
        for each in decided.candidates
    ]
