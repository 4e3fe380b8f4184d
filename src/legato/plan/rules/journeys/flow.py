"""Whether a journey's steps can be walked: nothing out of reach, no circle without end or pause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from legato.model.definitions.journey import (
    END,
    Audience,
    Branch,
    Call,
    GoTo,
    JourneyStep,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitFor,
    WaitUntil,
)
from legato.plan.findings import Findings, nearest
from legato.plan.rules.journeys.steps import Course


def successors(step: JourneyStep) -> tuple[str, ...]:
    """Return the steps that may come next; END among them where the journey may end."""
    match step:
        case Wait() | WaitUntil() | Send() | SetTrait() | Audience():
            return (step.next,)
        case WaitFor():
            return tuple(case.next for case in step.cases)
        case Branch():
            ways = (step.then, step.otherwise)
            return ways if step.stale is None else (*ways, step.stale)
        case Split():
            return tuple(arm.next for arm in step.arms)
        case Call():
            return (*(goal for _, goal in step.answers), step.otherwise, step.failed)
        case GoTo():
            return (step.target, step.next)
        case Leave():
            return ()
        case _:
            assert_never(step)


def check_flow(findings: Findings, course: Course, first: str) -> None:
    """Report jumps to nowhere, circles without a bound or a pause, and steps out of reach."""
    if not _check_labels(findings, course):
        return
    for jump in course.jumps:
        if not jump.is_bounded and jump.origin in reachable(course.steps, (jump.label,)):
            findings.report(
                "J302",
                jump.place,
                f"`go_to: {jump.label}` goes back without end",
                "add `at_most: 3`: how often one person may take it",
            )
    _check_pauses(findings, course)
    reached = reachable(course.steps, (first,))
    blocked: dict[str, None] = {}
    for step_id in course.steps:
        if step_id not in reached and step_id not in blocked:
            findings.report(
                "J301",
                course.places[step_id],
                "no way leads to this step",
                "remove it, or change the step before it: nothing comes after `leave`, and nothing "
                "after a `wait_for` of which every case goes elsewhere",
            )
            # What lies behind it is out of reach for the same reason.
            blocked.update(reachable(course.steps, (step_id,)))


def reachable(steps: Mapping[str, JourneyStep], starts: Iterable[str]) -> dict[str, None]:
    """Return every step that can be reached, the starts included."""
    found: dict[str, None] = {}
    waiting = list(starts)
    while waiting:
        step_id = waiting.pop()
        if step_id == END or step_id in found or step_id not in steps:
            continue
        found[step_id] = None
        waiting.extend(successors(steps[step_id]))
    return found


def _check_labels(findings: Findings, course: Course) -> bool:
    is_whole = True
    for jump in course.jumps:
        if jump.label in course.labels:
            continue
        is_whole = False
        near = nearest(jump.label, course.labels)
        findings.report(
            "N202",
            jump.place,
            f"there is no step labelled `{jump.label}` in this journey",
            f"did you mean `{near}`?" if near else f"give a step `label: {jump.label}`",
        )
    return is_whole


def _check_pauses(findings: Findings, course: Course) -> None:
    """Report circles on which nothing waits: they would be run through in one instant."""
    restless = {
        step_id: step
        for step_id, step in course.steps.items()
        if not isinstance(step, Wait | WaitUntil | WaitFor | Call)
    }
    for jump in course.jumps:
        if jump.origin in restless and jump.origin in reachable(restless, (jump.label,)):
            findings.report(
                "J311",
                jump.place,
                f"`go_to: {jump.label}` makes a circle in which nothing waits",
                "put a `wait` or a `wait_for` between the label and the jump",
            )
