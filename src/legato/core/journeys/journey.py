"""Stage 5: who enters, waits, moves on and leaves in which journey.

Time here is the moment's `at`: when the event happened, or when the timer was due, never when it
was handled. So an event that arrives late can be put where it belongs (late.py), and a replay takes
the same path. Dues strictly before an event fire before it: at one instant, the event wins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, assert_never

from legato.core.course import Course, Move
from legato.core.fold import write_trait
from legato.core.journeys.call import ask, branch_on_answer, keep_answer
from legato.core.journeys.stale import staleness
from legato.core.moment import Moment
from legato.core.sending.audience import change_audience
from legato.core.sending.decide import decide
from legato.core.sending.delivery import drop_held, withdraw
from legato.expr.path import values_at
from legato.expr.wall import next_minute
from legato.model.definitions.journey import (
    END,
    Arm,
    Audience,
    Branch,
    Call,
    Exit,
    GoTo,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.event import decode_object
from legato.model.ids import PersonId, share
from legato.model.instant import Instant
from legato.model.note import Alerted, Left, Moved
from legato.model.problem import Reason
from legato.model.state import Enrollment, State, Trail

_EARLY = "early:"
STEPS_MAX = 100
"""Journey steps taken in one go; more is a loop without a wait, which `check` refuses."""


def show(moment: Moment, enrollments: Iterable[Enrollment], *, is_timer: bool = False) -> None:
    """Let enrollments see the moment's event, or do what is due.

    Most of a busy person's are over, or wait for something else: those are passed by.
    """
    courses = moment.program.courses
    sending: Collection[str | None] | None = None
    for enrollment in enrollments:
        course = courses.get(enrollment.version)
        if course is None:
            continue
        if enrollment.ended_at is None:
            if is_timer:
                _fire(moment, course, enrollment)
            else:
                _touch(moment, course, enrollment)
        elif course.may_end_by(moment.name):
            # Found once: no passage sends, or takes back, what is another's.
            sending = still_sending(moment.state) if sending is None else sending
            if enrollment.enrollment_id in sending:
                _call_back(moment, course, enrollment)


def _fire(moment: Moment, course: Course, enrollment: Enrollment) -> None:
    """Do everything that is due, then what time alone may have made true."""
    _fire_due(moment, course, enrollment, until=moment.now)
    moment.at = moment.now
    if enrollment.ended_at is None:
        _touch(moment, course, enrollment)
    else:
        _call_back(moment, course, enrollment)


def _touch(moment: Moment, course: Course, enrollment: Enrollment) -> None:
    """Let an enrollment that goes on see the moment's event: exits first, then what it awaits."""
    at = moment.at
    if enrollment.due_at is not None and enrollment.due_at < at:
        _fire_due(moment, course, enrollment, until=at)
        moment.at = at
        if enrollment.ended_at is not None:
            return
    if not course.heeds(enrollment.step_id, moment.name) or _leaves(moment, course, enrollment):
        return
    for index, (case, check) in enumerate(course.cases.get(enrollment.step_id, ())):
        if not _is_met(moment, enrollment, case, index):
            continue
        if check is not None and not check(moment.facts(entry=entry_of(enrollment))):
            continue
        why = "event" if case.on else "condition"
        run(moment, course, enrollment, _by_case(course, enrollment, index, why))
        return
    if course.confirmations:
        _keep_confirmation(moment, course, enrollment)


def _keep_confirmation(moment: Moment, course: Course, enrollment: Enrollment) -> None:
    """Remember a confirmation that comes before its step: the other system was the quicker one."""
    for step_id, index in course.confirmations.get(moment.name, ()):
        case, check = course.cases[step_id][index]
        if step_id == enrollment.step_id or (case.source and case.source != moment.source):
            continue
        if not is_same(moment, enrollment, case.same):
            continue
        if check is None or check(moment.facts(entry=entry_of(enrollment))):
            enrollment.counts[_early_key(step_id, index)] = 1


def _early_key(step_id: str, index: int) -> str:
    """Name, among an enrollment's counts, a confirmation that came before its step."""
    return f"{_EARLY}{step_id}#{index}"


def _fire_due(moment: Moment, course: Course, enrollment: Enrollment, *, until: Instant) -> None:
    """Do everything that was due before `until`, each as of its own instant."""
    if moment.program.paused.get(enrollment.journey):
        return
    name, moment.name = moment.name, ""
    for _ in range(STEPS_MAX):
        due_at = enrollment.due_at
        if due_at is None or due_at >= until:
            break
        moment.at = due_at
        enrollment.due_at = None
        if not _leaves(moment, course, enrollment):
            _time_is_up(moment, course, enrollment)
    moment.name = name


def _time_is_up(moment: Moment, course: Course, enrollment: Enrollment) -> None:
    step = course.journey.steps[enrollment.step_id]
    match step:
        case Wait() | WaitUntil():
            run(moment, course, enrollment, Move(step.next, "time"))
        case WaitFor():
            index = _limit_case(step, enrollment)
            if index is None:
                return
            if step.is_confirmation:
                moment.notes.append(Alerted(reason=_unconfirmed(enrollment)))
            run(moment, course, enrollment, _by_case(course, enrollment, index, "timeout"))
        case Call():
            enrollment.waiting_for = None
            run(moment, course, enrollment, Move(step.failed, "no answer in time"))
        case Branch() | Split() | Send() | SetTrait() | Audience() | GoTo() | Leave():
            # Reached while the journey was paused: it is taken now.
            run(moment, course, enrollment, Move(enrollment.step_id, "resumed"))
        case _:
            assert_never(step)


def _unconfirmed(enrollment: Enrollment) -> Reason:
    return Reason(
        code="journey.unconfirmed",
        what="the confirmation that the journey awaits did not come in time",
        definition=f"journeys/{enrollment.journey}",
    )


def _leaves(moment: Moment, course: Course, enrollment: Enrollment) -> bool:
    leave = _met_exit(moment, course, enrollment)
    if leave is None:
        return False
    reason = _reason_of(course, leave)
    end(moment, enrollment, "goal" if leave.is_goal else leave.outcome or "exit", reason)
    _take_messages_back(moment, enrollment, reason)
    return True


def _call_back(moment: Moment, course: Course, enrollment: Enrollment) -> None:
    """Look whether a passage that is over would be left, while a message of it has not gone yet.

    A journey may end with a message. While that waits for the morning, for its turn or for
    another attempt, what makes people leave still speaks against it.
    """
    leave = _met_exit(moment, course, enrollment)
    if leave is not None:
        _take_messages_back(moment, enrollment, _reason_of(course, leave))


def still_sending(state: State) -> Collection[str | None]:
    """Return the ids of the enrollments that decided to send something that has not gone yet."""
    sending = {one.enrollment_id for one in state.pending.values()}
    return sending.union([one.delivery.enrollment_id for one in state.held])


def _met_exit(moment: Moment, course: Course, enrollment: Enrollment) -> Exit | None:
    for leave, check in course.exits:
        if leave.on and (leave.on != moment.name or not is_same(moment, enrollment, leave.same)):
            continue
        if check is None or check(moment.facts(entry=entry_of(enrollment))):
            return leave
    return None


def has_left_already(moment: Moment, course: Course, enrollment: Enrollment) -> bool:
    """Return whether somebody about to enter would have to leave at once."""
    if not course.standing_exits:
        return False
    facts = moment.facts(entry=entry_of(enrollment))
    return any(check(facts) for check in course.standing_exits)


def _reason_of(course: Course, leave: Exit) -> Reason:
    code = "journey.goal" if leave.is_goal else "journey.exit"
    what = f"{leave.on} happened" if leave.on else "a leave condition holds"
    return Reason(code=code, what=what, definition=f"journeys/{course.journey.name}")


def _take_messages_back(moment: Moment, enrollment: Enrollment, reason: Reason) -> None:
    state = moment.state
    for held in list(state.held):
        if _is_of(held.delivery.enrollment_id, enrollment):
            drop_held(moment, held, reason)
    pending = state.pending.values()
    for delivery in [one for one in pending if _is_of(one.enrollment_id, enrollment)]:
        if delivery.operation == "send":
            withdraw(moment, delivery.delivery_id, reason)


def _is_of(enrollment_id: str | None, enrollment: Enrollment) -> bool:
    return enrollment_id == enrollment.enrollment_id


def end(moment: Moment, enrollment: Enrollment, outcome: str, reason: Reason | None = None) -> None:
    """End a passage. It stays for the lateness horizon, in which a late event may reopen it."""
    _remember(moment, enrollment)
    enrollment.ended_at = moment.at
    enrollment.outcome = outcome
    enrollment.due_at = None
    enrollment.waiting_for = None
    moment.changed[f"journey:{enrollment.journey}"] = True
    moment.notes.append(
        Left(
            journey=enrollment.journey,
            enrollment_id=enrollment.enrollment_id,
            step=enrollment.step_id,
            outcome=outcome,
            reason=reason,
        )
    )


def _remember(moment: Moment, enrollment: Enrollment) -> None:
    horizon = moment.now - moment.program.plan.lateness
    if enrollment.trail:
        enrollment.trail = [trail for trail in enrollment.trail if trail.at >= horizon]
    if moment.at >= horizon:
        enrollment.trail.append(
            Trail(
                at=moment.at,
                step_id=enrollment.step_id,
                since=enrollment.since,
                due_at=enrollment.due_at if moment.name else moment.at,
                counts=dict(enrollment.counts),
                is_by_time=not moment.name,
            )
        )
    # A timer is seen just after its instant, so that an event of that instant comes before it.
    seen_at = moment.at if moment.name else moment.at + 1
    moment.state.observed_at = max(moment.state.observed_at, seen_at)


def _is_met(moment: Moment, enrollment: Enrollment, case: WaitCase, index: int) -> bool:
    """Return whether a case is open and its event, if it names one, is the one at hand."""
    if case.after is not None or _is_used_up(enrollment, case, index):
        return False
    if case.on:
        if case.on != moment.name or (case.source and case.source != moment.source):
            return False
        return is_same(moment, enrollment, case.same)
    return True


def _is_used_up(enrollment: Enrollment, case: WaitCase, index: int) -> bool:
    if case.at_most is None:
        return False
    return enrollment.counts.get(_case_key(enrollment, index), 0) >= case.at_most


def _case_key(enrollment: Enrollment, index: int) -> str:
    return f"{enrollment.step_id}#{index}"


def _by_case(course: Course, enrollment: Enrollment, index: int, why: str) -> Move:
    case = course.cases[enrollment.step_id][index][0]
    count = _case_key(enrollment, index) if case.at_most is not None else ""
    return Move(case.next, why, count=count)


def is_same(moment: Moment, enrollment: Enrollment, path: str) -> bool:
    """Return whether the event and the entry event agree on a property; '' always agrees."""
    if not path:
        return True
    theirs = values_at(entry_of(enrollment), path)
    return any(value in theirs for value in values_at(moment.body, path))


def entry_of(enrollment: Enrollment) -> Mapping[str, Any]:
    """Return the body of the event by which the person entered."""
    return decode_object(enrollment.entry)


def _limit_case(step: WaitFor, enrollment: Enrollment) -> int | None:
    """Return the time limit that runs out first, of those still open."""
    limits = [
        (case.after, index)
        for index, case in enumerate(step.cases)
        if case.after is not None and not _is_used_up(enrollment, case, index)
    ]
    return min(limits)[1] if limits else None


def run(moment: Moment, course: Course, enrollment: Enrollment, move: Move) -> None:
    """Walk on until a step that waits, or the end."""
    _remember(moment, enrollment)
    for _ in range(STEPS_MAX):
        _arrive(moment, enrollment, move)
        if move.to == END:
            end(moment, enrollment, "completed")
            return
        if moment.program.paused.get(enrollment.journey):
            enrollment.due_at = moment.at
            return
        following = _take(moment, course, enrollment, move.to)
        if following is None:
            return
        move = following
    reason = Reason(
        code="journey.bound",
        what=f"more than {STEPS_MAX} steps were taken without a wait",
        definition=f"journeys/{enrollment.journey}",
    )
    end(moment, enrollment, "stopped", reason)


def _arrive(moment: Moment, enrollment: Enrollment, move: Move) -> None:
    if move.count:
        enrollment.counts[move.count] = enrollment.counts.get(move.count, 0) + 1
    if enrollment.step_id != move.to:
        moment.notes.append(
            Moved(
                journey=enrollment.journey,
                enrollment_id=enrollment.enrollment_id,
                from_step=enrollment.step_id,
                to_step=move.to,
                why=move.why,
            )
        )
    enrollment.step_id = move.to
    enrollment.since = moment.at
    enrollment.due_at = None
    enrollment.waiting_for = None


def _take(moment: Moment, course: Course, enrollment: Enrollment, step_id: str) -> Move | None:
    """Take one step; return where next and why, or None where the person stays or has left."""
    step = course.journey.steps[step_id]
    match step:
        case Wait() | WaitUntil() | WaitFor():
            return _begin_wait(moment, course, enrollment, step)
        case Branch():
            return _answer_guard(moment, course, enrollment, step)
        case Split():
            return _draw(moment, step)
        case Send():
            decide(moment, course, enrollment, step)
            return Move(step.next, "decided")
        case SetTrait():
            for name, value in step.traits.items():
                write_trait(moment, name, value)
            return Move(step.next, "set")
        case Audience():
            audience = moment.program.plan.audiences[step.audience]
            is_member = step.operation == "join"
            change_audience(moment, audience, is_member=is_member, enrollment=enrollment)
            return Move(step.next, step.operation)
        case Call():
            return ask(moment, course, enrollment, step)
        case GoTo():
            return _jump(enrollment, step)
        case Leave():
            end(moment, enrollment, step.outcome)
            return None
        case _:
            assert_never(step)


def _answer_guard(moment: Moment, course: Course, enrollment: Enrollment, step: Branch) -> Move:
    """Answer yes or no, unless what is asked about is too old to say either."""
    if step.fresh_for and step.stale is not None:
        why = staleness(step.fresh_for, moment.state, moment.at)
        if why:
            return Move(step.stale, why)
    holds = course.branches[step.step_id](moment.facts(entry=entry_of(enrollment)))
    return Move(step.then, "yes") if holds else Move(step.otherwise, "no")


def _begin_wait(
    moment: Moment, course: Course, enrollment: Enrollment, step: Wait | WaitUntil | WaitFor
) -> Move | None:
    match step:
        case Wait():
            enrollment.due_at = moment.at + step.duration
        case WaitUntil():
            enrollment.due_at = next_minute(moment.at, moment.zone, step.minute, step.weekdays)
        case WaitFor():
            return _begin_wait_for(moment, course, enrollment, step)
        case _:
            assert_never(step)
    return None


def _begin_wait_for(
    moment: Moment, course: Course, enrollment: Enrollment, step: WaitFor
) -> Move | None:
    """Wait, unless a condition waited for holds, or the confirmation has come already."""
    for index, (case, check) in enumerate(course.cases[step.step_id]):
        if enrollment.counts.pop(_early_key(step.step_id, index), 0):
            return _by_case(course, enrollment, index, "confirmed already")
        if case.on or check is None or _is_used_up(enrollment, case, index):
            continue
        if check(moment.facts(entry=entry_of(enrollment))):
            return _by_case(course, enrollment, index, "condition")
    index = _limit_case(step, enrollment)
    if index is not None:
        after = step.cases[index].after
        assert after is not None
        enrollment.due_at = moment.at + after
    return None


def _draw(moment: Moment, step: Split) -> Move:
    arm = drawn_arm(step, moment.state.person_id)
    drawn = share(step.salt, moment.state.person_id)
    return Move(arm.next, f"arm {arm.name} (drew {drawn:.4f} with salt {step.salt})")


def drawn_arm(step: Split, person_id: PersonId) -> Arm:
    """Return the arm of a split that a person draws: the same for ever."""
    drawn = share(step.salt, person_id)
    for arm in step.arms[:-1]:
        if drawn < arm.share:
            return arm
        drawn -= arm.share
    return step.arms[-1]


def _jump(enrollment: Enrollment, step: GoTo) -> Move:
    taken = enrollment.counts.get(step.step_id, 0)
    if taken >= step.at_most:
        return Move(step.next, f"gone back {taken} times already")
    early = [key for key in enrollment.counts if key.startswith(_EARLY)]
    for key in early:
        del enrollment.counts[key]  # what is asked again has to be confirmed again
    return Move(step.target, "go to", count=step.step_id)


def answer_arrived(moment: Moment, enrollment: Enrollment, answer: bytes | None) -> None:
    """Go on after a call by what it answered; None: it failed."""
    course = moment.program.courses.get(enrollment.version)
    if course is None or enrollment.ended_at is not None:
        return
    step = course.journey.steps[enrollment.step_id]
    if not isinstance(step, Call) or enrollment.waiting_for is None:
        return
    keep_answer(enrollment, enrollment.waiting_for, answer)
    enrollment.waiting_for = None
    run(moment, course, enrollment, branch_on_answer(moment, course, enrollment, step, answer))
