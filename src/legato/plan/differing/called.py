"""What steps of a compiled journey are called, and where they stand: what people know them by.

The id of a step without a label is its place in the text, and counts on from whatever is put in
before it. Nobody knows a step by that, so what is said to people never has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from legato.expr.english import listed, sentence
from legato.model.definitions.journey import (
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
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.instant import format_duration
from legato.plan.explain import reading_order, step_text, ways
from legato.plan.rules.journeys.flow import successors

SHOWN_LENGTH = 48


class Names:
    """The names of one journey's steps."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self.order = reading_order(journey)
        self._places = {step_id: at for at, step_id in enumerate(self.order)}
        self._before = _before(journey, self._places)

    def of(self, step_id: str) -> str:
        """Name a step; where several are called so, say which it is."""
        name = self._short(step_id)
        alike = [each for each in self.order if self._short(each) == name]
        if len(alike) == 1 or is_labelled(step_id) or step_id not in self._before:
            return name
        before = self._before[step_id][0]
        return f"{name} after {self._short(before)}"

    def where(self, step_id: str) -> str:
        """Say where a step stands: after which other, and on which of its ways."""
        found = self._before.get(step_id)
        if found is None:
            return "at the beginning"
        before, way = found
        return f"on '{way}' of {self.of(before)}" if way else f"after {self.of(before)}"

    def _short(self, step_id: str) -> str:
        step = self._journey.steps[step_id]
        return f"'{title(step_id)}'" if is_labelled(step_id) else f"'{_name(step)}'"


def is_labelled(step_id: str) -> bool:
    """Return whether somebody named the step: ids without a label begin with a number."""
    return not step_id[:1].isdigit()


def title(name: str) -> str:
    """Write a name of a definition as a title: `cart_reminder` is `Cart reminder`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _name(step: JourneyStep) -> str:
    match step:
        case Wait():
            return f"Wait {format_duration(step.duration)}"
        case Send():
            return title(step.message)
        case WaitFor():
            return _cut(f"Wait for {listed(_awaited(step.cases))}")
        case Branch():
            return _cut(f"Choose: {sentence(step.when)}")
        case Split():
            return _cut(f"Split: {listed([arm.name for arm in step.arms])}")
        case SetTrait():
            return _cut(f"Set {listed(list(step.traits), 'and')}")
        case Audience():
            return f"{'Join' if step.operation == 'join' else 'Leave'} {step.audience}"
        case Call():
            return f"Call {step.destination}"
        case GoTo():
            return f"Go to {title(step.target)}"
        case Leave():
            return f"End: {step.outcome}"
        case WaitUntil():
            return title(step_text(step).replace("waits", "wait", 1))
        case _:
            assert_never(step)


def _awaited(cases: Iterable[WaitCase]) -> list[str]:
    return [
        format_duration(case.after) if case.after is not None else case.on or "something to hold"
        for case in cases
    ]


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"


def _before(journey: Journey, places: dict[str, int]) -> dict[str, tuple[str, str]]:
    """Return which step is written before each that leads to it, and on which way of that."""
    found: dict[str, list[tuple[str, str]]] = {}
    for step_id, at in places.items():
        step = journey.steps[step_id]
        leads = [(goal, when) for when, goal in ways(step)] or [
            (goal, "") for goal in successors(step)
        ]
        for goal, when in leads:
            if goal in places and places[goal] > at:
                found.setdefault(goal, []).append((step_id, when))
    before: dict[str, tuple[str, str]] = {}
    for step_id in places:
        leading = found.get(step_id, [])
        if len(leading) == 1:
            before[step_id] = leading[0]
        elif leading:  # ways come together here: it stands after the step that all come from
            chains = [_chain(each, before) for each, _ in leading]
            shared = [each for each in chains[0] if all(each in chain for chain in chains)]
            if shared:
                before[step_id] = (shared[0], "")
    return before


def _chain(step_id: str, before: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return a step and all that stand before it."""
    chain = [step_id]
    while chain[-1] in before:
        chain.append(before[chain[-1]][0])
    return chain
