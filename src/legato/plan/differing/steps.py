"""What differs between two versions of a journey, step by step and in words.

Ids of steps without a label are places: one step put in changes those of all that follow. So steps
are told by what they do: two versions are laid side by side, what stands in both is one step, what
is of one kind between two such is one that changed, and what left one place and stands at another
as it was has moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import assert_never

import msgspec

from legato.model.definitions.journey import (
    END,
    Audience,
    Branch,
    Call,
    GoTo,
    Journey,
    JourneyStep,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitFor,
    WaitUntil,
)
from legato.model.instant import format_duration
from legato.plan.differing.called import Names, is_labelled
from legato.plan.explain import step_text, ways
from legato.plan.rules.journeys.flow import successors


def step_differences(was: Journey, now: Journey) -> list[str]:
    """Return a sentence for each step that is not as it was, in the order of the text."""
    return list(_Beside(was, now).sentences())


class _Beside:
    """Two versions side by side."""

    def __init__(self, was: Journey, now: Journey) -> None:
        self._was, self._now = was, now
        self._olds, self._news = Names(was), Names(now)
        self._pairs = _paired((was, self._olds.order), (now, self._news.order))
        self._moved = self._find_moved()

    def sentences(self) -> Iterator[str]:
        after = {new: old for old, new in self._pairs.items()}
        gone = [each for each in self._olds.order if each not in self._pairs]
        for step_id in self._news.order:
            old = after.get(step_id)
            if old is None:
                step = self._now.steps[step_id]
                yield f"newly, {self._news.where(step_id)}: {_whole(step)}"
            else:
                yield from self._changed(old, step_id)
        for step_id in gone:
            yield f"no longer, {self._olds.where(step_id)}: {_whole(self._was.steps[step_id])}"

    def _changed(self, old_id: str, new_id: str) -> Iterator[str]:
        old, new = self._was.steps[old_id], self._now.steps[new_id]
        if new_id in self._moved:
            yield (
                f"{self._news.of(new_id)} has moved: it stands {self._news.where(new_id)}, "
                f"where before it stood {self._olds.where(old_id)}"
            )
        if _bare(old) != _bare(new):
            yield self._said(new_id, old, new)
        elif new_id not in self._moved and self._is_led_elsewhere(old, new):
            yield f"{self._news.of(new_id)} leads on to other steps"

    def _said(self, new_id: str, old: JourneyStep, new: JourneyStep) -> str:
        where = self._news.of(new_id) if is_labelled(new_id) else self._news.where(new_id)
        if isinstance(old, Wait) and isinstance(new, Wait):
            before, after = format_duration(old.duration), format_duration(new.duration)
            said = f"waits {after} instead of {before}"
            return f"{where} {said}" if is_labelled(new_id) else f"{said} {where}"
        if step_text(old) != step_text(new):
            return f"{where}: {step_text(new)}, where before it {step_text(old)}"
        if _cases(old) != _cases(new):
            return f"{self._news.of(new_id)}: {_other_cases(_cases(old), _cases(new))}"
        fields = ", ".join(_fields(old, new))
        return f"{self._news.of(new_id)} has changed in {fields}"

    def _is_led_elsewhere(self, old: JourneyStep, new: JourneyStep) -> bool:
        """Return whether it leads to another of the steps that stayed: others are told of."""
        stayed = {old: new for old, new in self._pairs.items() if new not in self._moved}
        there = {END: END, **dict.fromkeys(stayed.values(), "")}
        return any(
            stayed.get(before, before) != after
            for before, after in zip(successors(old), successors(new), strict=True)
            if (before in stayed or before == END) and after in there
        )

    def _find_moved(self) -> dict[str, None]:
        """Pair what is gone here and came there as it was; return where it came."""
        gone = {_key(self._was, old): old for old in self._olds.order if old not in self._pairs}
        taken = dict.fromkeys(self._pairs.values())
        moved: dict[str, None] = {}
        for new in self._news.order:
            old = None if new in taken else gone.pop(_key(self._now, new), None)
            if old is not None:
                self._pairs[old] = new
                moved[new] = None
        olds = [self._pairs[old] for old in self._olds.order if old in self._pairs]
        kept = dict.fromkeys(olds)
        news = [new for new in self._news.order if new in kept]
        matcher = SequenceMatcher(None, olds, news, autojunk=False)
        stayed = [
            news[at]
            for block in matcher.get_matching_blocks()
            for at in range(block.b, block.b + block.size)
        ]
        return {new: None for new in news if new in moved or new not in stayed}


def _paired(
    was: tuple[Journey, Sequence[str]], now: tuple[Journey, Sequence[str]]
) -> dict[str, str]:
    """Return which step of the new version each of the old one is."""
    (before, olds), (after, news) = was, now
    keys = [_key(before, step_id) for step_id in olds], [_key(after, step_id) for step_id in news]
    pairs: dict[str, str] = {}
    for tag, low, high, first, last in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        here, there = olds[low:high], news[first:last]
        if tag == "equal":
            pairs.update(zip(here, there, strict=True))
        else:
            _pair_kinds((before, here), (after, there), pairs)
    labels = {each for each in news if is_labelled(each)}
    for old in olds:  # what somebody named is the same step wherever it stands
        if is_labelled(old) and old in labels and type(before.steps[old]) is type(after.steps[old]):
            pairs = {key: new for key, new in pairs.items() if new != old}
            pairs[old] = old
    return pairs


def _pair_kinds(
    was: tuple[Journey, Sequence[str]],
    now: tuple[Journey, Sequence[str]],
    pairs: dict[str, str],
) -> None:
    """Between two steps that stayed, one of a kind is the one of that kind, changed."""
    (before, olds), (after, news) = was, now
    left = list(news)
    for old in olds:
        kind = type(before.steps[old])
        found = next((new for new in left if type(after.steps[new]) is kind), None)
        if found is not None and is_labelled(old) == is_labelled(found):
            pairs[old] = found
            left = left[left.index(found) + 1 :]


def _key(journey: Journey, step_id: str) -> str:
    label = step_id if is_labelled(step_id) else ""
    body = msgspec.json.encode(_bare(journey.steps[step_id]), order="deterministic").decode()
    return f"{label} {body}"


def _whole(step: JourneyStep) -> str:
    """Tell a step with when its ways are taken."""
    forked = [when for when, _ in ways(step)]
    said = step_text(step)
    return f"{said} {'; '.join(forked)}" if forked and not isinstance(step, Branch) else said


def _cases(step: JourneyStep) -> list[str]:
    return [when for when, _ in ways(step)]


def _other_cases(old: Sequence[str], new: Sequence[str]) -> str:
    gone = [each for each in old if each not in new]
    come = [each for each in new if each not in old]
    if gone and come:
        return f"{'; '.join(come)}, instead of: {'; '.join(gone)}"
    if come:
        return f"also {'; '.join(come)}"
    return f"no longer {'; '.join(gone)}" if gone else "looks at its ways in another order"


def _fields(old: JourneyStep, new: JourneyStep) -> list[str]:
    before, after = _bare(old), _bare(new)
    names = [
        name
        for name in msgspec.structs.asdict(before)
        if getattr(before, name) != getattr(after, name)
    ]
    # What the salt is made of, is the name of the split.
    return [
        "its name: people are split anew"
        if name == "salt"
        else name.removeprefix("is_").replace("_", " ")
        for name in names
    ]


def _bare(step: JourneyStep) -> JourneyStep:
    """Return a step without its place: what it is called, and where it leads."""
    put = msgspec.structs.replace
    match step:
        case Wait() | WaitUntil() | Send() | SetTrait() | Audience() | GoTo():
            return put(step, step_id="", next="")
        case WaitFor():
            cases = tuple(put(case, next="") for case in step.cases)
            return put(step, step_id="", cases=cases)
        case Branch():
            stale = None if step.stale is None else ""
            return put(step, step_id="", then="", otherwise="", stale=stale)
        case Split():
            arms = tuple(put(arm, next="") for arm in step.arms)
            return put(step, step_id="", arms=arms)
        case Call():
            answers = tuple((rule, "") for rule, _ in step.answers)
            return put(step, step_id="", answers=answers, otherwise="", failed="")
        case Leave():
            return put(step, step_id="")
        case _:
            assert_never(step)
