"""Calls: a journey asks an API and goes on by its answer."""

from __future__ import annotations

from legato.core.content import render_content, variables
from legato.core.course import Course, Move
from legato.core.delivery import Draft, commit, make_delivery
from legato.core.moment import Moment
from legato.expr.template import TemplateFault
from legato.model.event import decode_object
from legato.model.ids import DeliveryId, derive
from legato.model.journey import Call
from legato.model.note import Called, Settled
from legato.model.problem import Reason
from legato.model.state import Enrollment


def ask(moment: Moment, enrollment: Enrollment, step: Call) -> None:
    """Send the question, and wait for the answer or the time limit."""
    visit = enrollment.counts.get(f"call:{step.step_id}", 0) + 1
    enrollment.counts[f"call:{step.step_id}"] = visit
    delivery_id = DeliveryId(derive("call", enrollment.enrollment_id, step.step_id, str(visit)))
    enrollment.due_at = moment.at + step.timeout
    enrollment.waiting_for = delivery_id
    if delivery_id in moment.state.decided:
        moment.confirmed[delivery_id] = True
        return
    moment.state.decided[delivery_id] = moment.at
    content = render_content(step.content, variables(moment, enrollment))
    if isinstance(content, TemplateFault):
        reason = Reason(
            code="template.failed",
            what=content.what,
            definition=f"journeys/{enrollment.journey}",
        )
        moment.notes.append(Settled(delivery_id=delivery_id, outcome="refused", reason=reason))
        enrollment.due_at = moment.at  # at once, by way of the failed path
        return
    draft = Draft(
        delivery_id=delivery_id,
        operation="call",
        destination=step.destination,
        message=step.step_id,
        expires_at=moment.now + step.timeout,
        content=content,
    )
    commit(moment, make_delivery(moment, draft, enrollment))
    moment.notes.append(
        Called(
            journey=enrollment.journey,
            enrollment_id=enrollment.enrollment_id,
            step=step.step_id,
            delivery_id=delivery_id,
        )
    )


def branch_on_answer(
    moment: Moment, course: Course, enrollment: Enrollment, step: Call, answer: bytes | None
) -> Move:
    """Return where an answer leads and why; None is a failure."""
    if answer is None:
        return Move(to=step.failed, why="call failed")
    entry = decode_object(enrollment.entry)
    facts = moment.facts(entry=entry, answer=decode_object(answer or b"{}"))
    for check, following in course.answers[step.step_id]:
        if check(facts):
            return Move(to=following, why="answer")
    return Move(to=step.otherwise, why="another answer")
