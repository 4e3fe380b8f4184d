"""What differs between two drawings of a journey, step by step and in words.

Steps have no identity of their own, only a place: they are told by what they say. Two lists of
steps are laid side by side; what stands in both is one step, what is of one kind between two such
is one that changed, and what left one place and came to another as it was has moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal, TypeAlias, cast

import msgspec

from legato.model.noun import Noun
from legato.plan.drawing.merging.walk import every_step, ways_of
from legato.plan.drawing.tree import Drawing, Head, Step, Way

What: TypeAlias = Literal["added", "removed", "changed", "moved"]


class DrawnDifference(Noun, frozen=True, kw_only=True):
    """One step, or the head, that is not as it was."""

    what: What
    path: str = ""
    """Of the step in the second drawing; empty: of the head, or it is gone."""
    was: str = ""
    """Of the step in the first drawing; empty: of the head, or it is new."""
    is_head: bool = False
    kind: str = ""
    before: str = ""
    """As a sentence."""
    after: str = ""
    fields: tuple[str, ...] = ()
    """Of a step that changed: which of its fields did."""


def differences(before: Drawing, after: Drawing) -> tuple[DrawnDifference, ...]:
    """Return what differs, in the order of the second drawing; what is gone, where it stood."""
    found = [*_of_heads(before.head, after.head), *_of_steps(before.steps, after.steps)]
    return tuple(_with_moves(found, before, after))


def _of_heads(before: Head, after: Head) -> Iterator[DrawnDifference]:
    if before.fields == after.fields:
        return
    lines = (_lines(before), _lines(after))
    yield DrawnDifference(
        what="changed",
        is_head=True,
        before="; ".join(line for line in lines[0] if line not in lines[1]),
        after="; ".join(line for line in lines[1] if line not in lines[0]),
        fields=_changed(before.fields, after.fields),
    )


def _lines(head: Head) -> list[str]:
    said = [head.entry.sentence, *(each.sentence for each in head.exits)]
    said += [head.rollout.sentence] if head.rollout is not None else []
    words = {"Title": head.title, "Owner": head.owner, "Purpose": head.purpose}
    named = [f"{name}: {word}" for name, word in words.items() if word]
    return [*said, *named, f"Overdue messages: {head.overdue}"]


def _of_steps(before: Sequence[Step], after: Sequence[Step]) -> Iterator[DrawnDifference]:
    for old, new in _paired(before, after):
        if new is None:
            assert old is not None, "a pair has one of them"
            yield _gone(old)
        elif old is None:
            yield _new(new)
        else:
            if old.fields != new.fields:
                yield _both("changed", old, new)
            yield from _of_ways(ways_of(old), ways_of(new))


def _of_ways(before: Sequence[Way], after: Sequence[Way]) -> Iterator[DrawnDifference]:
    for old, new in _laid(
        [_key(way.fields) for way in before], [_key(way.fields) for way in after]
    ):
        yield from _of_steps(
            before[old].steps if old is not None else (),
            after[new].steps if new is not None else (),
        )


def _paired(
    before: Sequence[Step], after: Sequence[Step]
) -> Iterator[tuple[Step | None, Step | None]]:
    """Lay two lists of steps side by side; steps of other kinds are not one step that changed."""
    olds, news = [_key(step.fields) for step in before], [_key(step.fields) for step in after]
    for old, new in _laid(olds, news):
        one = before[old] if old is not None else None
        other = after[new] if new is not None else None
        if one is not None and other is not None and type(one) is not type(other):
            yield one, None
            yield None, other
        else:
            yield one, other


def _laid(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, low, high, first, last in matcher.get_opcodes():
        yield from zip_longest(range(low, high), range(first, last))


def _with_moves(
    found: Sequence[DrawnDifference], before: Drawing, after: Drawing
) -> Iterator[DrawnDifference]:
    """Make one of a step that is gone from one place and new at another."""
    olds = {step.path: _whole(step) for step in every_step(before.steps)}
    news = {step.path: _whole(step) for step in every_step(after.steps)}
    gone = {olds[each.was]: each for each in found if each.what == "removed"}
    come = {news[each.path]: each for each in found if each.what == "added"}
    for each in found:
        if each.what == "removed" and olds[each.was] in come:
            continue
        whole = news[each.path] if each.what == "added" else ""
        if whole in gone:
            yield msgspec.structs.replace(
                each, what="moved", was=gone[whole].was, before=gone[whole].before
            )
        else:
            yield each


def _gone(step: Step) -> DrawnDifference:
    return DrawnDifference(what="removed", was=step.path, kind=_kind(step), before=step.sentence)


def _new(step: Step) -> DrawnDifference:
    return DrawnDifference(what="added", path=step.path, kind=_kind(step), after=step.sentence)


def _both(what: What, old: Step, new: Step) -> DrawnDifference:
    return DrawnDifference(
        what=what,
        path=new.path,
        was=old.path,
        kind=_kind(new),
        before=old.sentence,
        after=new.sentence,
        fields=_changed(old.fields, new.fields),
    )


def _changed(before: Any, after: Any) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ()
    old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
    return tuple(key for key in {**old, **new} if old.get(key) != new.get(key))


def _kind(step: Step) -> str:
    tag = step.__struct_config__.tag
    assert isinstance(tag, str), "each kind is tagged by its word"
    return tag


def _key(fields: Any) -> str:  # noqa: ANN401 - JSON
    return msgspec.json.encode(fields, order="deterministic").decode()


def _whole(step: Step) -> str:
    inner = [[_whole(each) for each in way.steps] for way in ways_of(step)]
    return _key([step.fields, inner])
