"""Calls: a journey asks an API and goes on by its answer."""

from __future__ import annotations

import msgspec

from legato.core.course import Course, Move
from legato.core.gate import Intent, law_gates
from legato.core.identifiers import address_of
from legato.core.moment import Moment
from legato.core.privacy.filled import Text
from legato.core.privacy.law import CEILINGS
from legato.core.sending.content import Written, write
from legato.core.sending.delivery import Draft, commit, make_delivery
from legato.expr.hashing import is_digest
from legato.expr.template import TemplateFault
from legato.model.definitions.journey import Call
from legato.model.event import decode_object
from legato.model.ids import DeliveryId, derive
from legato.model.note import Called, Settled
from legato.model.problem import Reason
from legato.model.state import Enrollment

NAME_CHARS_MIN = 6
"""A shorter value, such as the customer number 7, stands in many a text by chance."""


def ask(moment: Moment, course: Course, enrollment: Enrollment, step: Call) -> Move | None:
    """Send the question, and wait for the answer or the time limit.

    A replay for a late event asks nothing twice: it goes on by the answer that is known.
    """
    visit = enrollment.counts.get(f"call:{step.step_id}", 0) + 1
    enrollment.counts[f"call:{step.step_id}"] = visit
    delivery_id = DeliveryId(derive("call", enrollment.enrollment_id, step.step_id, str(visit)))
    enrollment.due_at = moment.at + step.timeout
    enrollment.waiting_for = delivery_id
    if delivery_id in moment.state.decided:
        moment.confirmed[delivery_id] = True
        is_success = enrollment.counts.get(answered_key(delivery_id))
        if is_success is None:
            return None
        known = enrollment.answer if is_success else None
        return branch_on_answer(moment, course, enrollment, step, known)
    moment.state.decided[delivery_id] = moment.at
    written = _write(moment, course, enrollment, step)
    if isinstance(written, Reason):
        moment.notes.append(Settled(delivery_id=delivery_id, outcome="refused", reason=written))
        enrollment.due_at = moment.at  # at once, by way of the failed path
        return None
    draft = Draft(
        delivery_id=delivery_id,
        operation="call",
        destination=step.destination,
        message=step.step_id,
        expires_at=moment.now + step.timeout,
        content=written.content,
        used=written.used,
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
    return None


def _write(moment: Moment, course: Course, enrollment: Enrollment, step: Call) -> Written | Reason:
    """Return what is asked, or why it may not be."""
    purpose = course.journey.purpose
    intent = Intent(
        purpose=purpose,
        channel="",
        address="",
        about="",
        expires_at=moment.now + step.timeout,
        destination=step.destination,
        version=enrollment.version,
        step=step.step_id,
    )
    for gate in law_gates(moment.program, moment.state, intent):
        if gate.reason is not None:
            return gate.reason
    text = Text(
        name=f"{enrollment.version} {step.step_id}",
        fields=step.content,
        purpose=purpose,
        destination=step.destination,
    )
    written = write(moment, enrollment, text)
    if not isinstance(written, TemplateFault):
        return _exposed(moment, step, written) or written
    definition = f"journeys/{enrollment.journey}"
    return Reason(code="template.failed", what=written.what, definition=definition)


def _exposed(moment: Moment, step: Call, written: Written) -> Reason | None:
    """Refuse to name somebody to who may have digests only, whatever the catalog calls it."""
    plan, state = moment.program.plan, moment.state
    destination = plan.destinations.get(step.destination)
    if destination is None or destination.manifest.get("category") not in CEILINGS:
        return None
    known = [value for values in state.identifiers.values() for value in values]
    known += [address_of(state, channel.address) for channel in plan.channels.values()]
    names = [one.lower() for one in known if len(one) >= NAME_CHARS_MIN and not is_digest(one)]
    text = msgspec.json.encode(written.content).decode().lower()
    if not any(name in text for name in names):
        return None
    what = f"{step.destination} would be given an address or an identifier that is no digest"
    return Reason(code="call.exposed", what=what, definition=f"destinations/{step.destination}")


def keep_answer(enrollment: Enrollment, delivery_id: DeliveryId, answer: bytes | None) -> None:
    """Remember the newest answer (None: a failure) for as long as a late event may ask for it."""
    forget_answer(enrollment)
    enrollment.counts[answered_key(delivery_id)] = 0 if answer is None else 1
    enrollment.answer = answer or b""


def forget_answer(enrollment: Enrollment) -> None:
    """Drop what was answered."""
    for key in [key for key in enrollment.counts if key.startswith(answered_key(""))]:
        del enrollment.counts[key]
    enrollment.answer = b""


def answered_key(delivery_id: str) -> str:
    """Name, among an enrollment's counts, the call whose answer is kept: 1, or 0 if it failed."""
    return f"answered:{delivery_id}"


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
