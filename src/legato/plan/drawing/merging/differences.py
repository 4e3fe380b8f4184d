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
from legato.plan.drawing.merging.called import named, stood_in, told
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
    name: str = ""
    """What the step is called."""
    stood: str = ""
    """Of a step that is gone or has moved: where it stood, as `after 'Cart reminder'`."""
    into: str = ""
    """Of a step that is gone: the list of steps in the second drawing where it would stand; empty:
    its way is gone too."""
    index: int = 0
    """Of a step that is gone: before which step of that list."""
    fork: str = ""
    """Where its way is gone too: the step that it was a way of, in the second drawing."""
    inner: int = 0
    """Of a step that is gone: how many steps went with it."""


def differences(before: Drawing, after: Drawing) -> tuple[DrawnDifference, ...]:
    """Return what differs, in the order of the second drawing; what is gone, where it stood."""
    found = [
        *_of_heads(before.head, after.head),
        *_of_steps(before.steps, after.steps, into="steps"),
    ]
    stood = stood_in(before.steps)
    return tuple(
        msgspec.structs.replace(each, stood=stood[each.was])
        if each.what in ("removed", "moved")
        else each
        for each in _with_moves(found, before, after)
    )


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


def _of_steps(
    before: Sequence[Step], after: Sequence[Step], *, into: str, fork: str = ""
) -> Iterator[DrawnDifference]:
    """Compare two lists of steps. `into`: the path of the second; empty: only `fork` is left."""
    index = 0
    for old, new in _paired(before, after):
        if new is None:
            assert old is not None, "a pair has one of them"
            yield msgspec.structs.replace(_gone(old), into=into, index=index, fork=fork)
            continue
        index += 1
        if old is None:
            yield _new(new)
        else:
            if old.fields != new.fields:
                yield _both("changed", old, new)
            yield from _of_ways(ways_of(old), ways_of(new), new.path)


def _of_ways(before: Sequence[Way], after: Sequence[Way], fork: str) -> Iterator[DrawnDifference]:
    for old, new in _laid(
        [_key(way.fields) for way in before], [_key(way.fields) for way in after]
    ):
        yield from _of_steps(
            before[old].steps if old is not None else (),
            after[new].steps if new is not None else (),
            into=after[new].block if new is not None else "",
            fork=fork if new is None else "",
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
    inner = sum(1 for way in ways_of(step) for _ in every_step(way.steps))
    return DrawnDifference(
        what="removed",
        was=step.path,
        kind=_kind(step),
        name=named(step),
        before=told(step),
        inner=inner,
    )


def _new(step: Step) -> DrawnDifference:
    return DrawnDifference(
        what="added", path=step.path, kind=_kind(step), name=named(step), after=told(step)
    )


def _both(what: What, old: Step, new: Step) -> DrawnDifference:
    return DrawnDifference(
        what=what,
        path=new.path,
        was=old.path,
        kind=_kind(new),
        name=named(new),
        before=told(old),
        after=told(new),
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
