"""Entering a journey: by event, by segment, by schedule or by call; and coming again."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from legato.core.consents.replies import ANSWERS_WINDOW
from legato.core.course import Course, Move
from legato.core.journeys.call import forget_answer
from legato.core.journeys.journey import has_left_already, run, still_sending
from legato.core.moment import Moment
from legato.expr import places
from legato.expr.path import values_at
from legato.model.ended import bring_back, count_ended, ended_in, put_away
from legato.model.ids import EnrollmentId, derive
from legato.model.instant import Instant
from legato.model.note import Entered, NotEntered
from legato.model.problem import Reason
from legato.model.state import Enrollment, Passage, State

ENROLLMENTS_MAX = 200
"""Passages a person can be in at once, the recently ended counted: a state must stay small."""

PASSAGES_MAX = 1_000
"""Keys of past passages remembered a person: of more (a thousand orders), the oldest passages are
forgotten, and an entry `once` for such a key would be possible again."""

ROLLOUT = "entry.rollout"
"""The journey is rolled out to a share of people, and somebody is not among them."""

REASONS_MAX = 1_024
"""Reasons not to enter that are kept: each journey has a few, and most events meet one."""


def _kept_key(moment: Moment, enrollment: Enrollment) -> str:
    """Return the key a passage is kept under: only `once` and `cooldown` ask about a key later."""
    course = moment.program.courses.get(enrollment.version)
    entry = course.journey.entry if course is not None else None
    asks = entry is not None and entry.again in ("once", "cooldown")
    return enrollment.key if asks else ""


def enter_by_event(moment: Moment, course: Course, body: bytes) -> None:
    """Let the moment's event bring the person in, if everything agrees."""
    if _is_of_others(moment, course):
        return
    entry = course.journey.entry
    key = _key(moment, course)
    if key is None:
        _refuse(moment, course, "", "entry.no_key", f"the event has no {entry.key}")
    elif moment.is_late:
        _refuse(moment, course, key, "entry.late", "it arrived later than lateness allows")
    elif not _is_meant(moment, course):
        _refuse(moment, course, key, "entry.condition", "its entry condition did not hold")
    else:
        enter(moment, course, Entry(key, body, moment.position if moment.is_logged else 0))


def _is_meant(moment: Moment, course: Course) -> bool:
    if course.entry_match is not None:
        return course.entry_match(moment.body)
    return course.entry_check is None or course.entry_check(moment.facts())


def _key(moment: Moment, course: Course) -> str | None:
    if not course.journey.entry.key:
        return ""
    values = values_at(moment.body, course.journey.entry.key)
    return str(values[0]) if values else None


def enter_by_segments(moment: Moment) -> None:
    """Let segments entered in this step bring the person into the journeys that follow them."""
    for name in [name for name in moment.changed if name.startswith("segment:")]:
        if name.removeprefix("segment:") not in moment.state.segments:
            continue
        for course in moment.program.entries.get(name, ()):
            if _is_of_others(moment, course):
                continue
            if name in moment.born and not course.journey.entry.with_present:
                what = "the person was in the segment already when its rule was new"
                _refuse(moment, course, "", "entry.present", what)
            elif course.entry_check is not None and not course.entry_check(moment.facts()):
                _refuse(moment, course, "", "entry.condition", "its entry condition did not hold")
            else:
                enter(moment, course, Entry())


def _is_of_others(moment: Moment, course: Course) -> bool:
    """Return whether the person gets another version of the journey, which answers for itself."""
    rolling = moment.program.rolling.get(course.journey.name)
    return rolling is not None and rolling.passes_over(moment.state.person_id, course)


class Entry(NamedTuple):
    """What somebody enters with."""

    key: str = ""
    body: bytes = b"{}"
    """JSON of the event or call that brings them in."""
    position: int = 0
    """Where the log has it; 0: nowhere."""


def enter(moment: Moment, course: Course, entry: Entry, *, is_called: bool = False) -> None:
    """Enter, unless the journey is paused or the person may not come (again)."""
    journey, key = course.journey, entry.key
    if moment.program.paused.get(journey.name):
        _refuse(moment, course, key, "entry.paused", "the journey is paused")
        return
    rolling = moment.program.rolling.get(journey.name)
    if rolling is not None:
        what = rolling.refusal(moment.state.person_id, course, is_called=is_called)
        if what:
            _refuse(moment, course, key, ROLLOUT, what)
            return
    refusal = _again(moment, course, key)
    if refusal is not None:
        _refuse(moment, course, key, *refusal)
        return
    cause = moment.event_id or f"{moment.state.person_id}@{moment.at}"
    enrollment = Enrollment(
        enrollment_id=EnrollmentId(derive("enrollment", journey.name, key, cause)),
        journey=journey.name,
        version=journey.version,
        key=key,
        entered_at=moment.at,
        entry_event=moment.event_id,
        entry=entry.body,
        entry_position=entry.position,
        step_id=journey.first,
        since=moment.at,
    )
    if has_left_already(moment, course, enrollment):
        _refuse(moment, course, key, "entry.exit_holds", "a condition to leave it holds already")
        return
    moment.state.enrollments.append(enrollment)
    moment.changed[f"journey:{journey.name}"] = True
    moment.notes.append(
        Entered(
            journey=journey.name,
            version=journey.version,
            enrollment_id=enrollment.enrollment_id,
            key=key,
        )
    )
    run(moment, course, enrollment, Move(journey.first, "entered"))


def _refuse(moment: Moment, course: Course, key: str, code: str, what: str) -> None:
    name = course.journey.name
    moment.notes.append(NotEntered(journey=name, key=key, reason=_reason(code, what, name)))


@lru_cache(maxsize=REASONS_MAX)
def _reason(code: str, what: str, journey: str) -> Reason:
    return Reason(code=code, what=what, definition=f"journeys/{journey}")


def _again(moment: Moment, course: Course, key: str) -> tuple[str, str] | None:
    """Return code and words where the person may not enter (again) now."""
    state, entry = moment.state, course.journey.entry
    if len(state.enrollments) + count_ended(state) >= ENROLLMENTS_MAX:
        return "entry.bound", f"the person is in {ENROLLMENTS_MAX} journeys already"
    name = course.journey.name
    # Of people who come as often as they like, nothing but this very event matters.
    told = (moment.event_id, key) if entry.again == "concurrent" else (key,)
    mine = [
        one
        for one in (*state.enrollments, *ended_in(state, name, *told))
        if one.journey == name and one.key == key and one.outcome != "merged"
    ]
    if any(one.entry_event == moment.event_id != "" for one in mine):
        return "entry.repeated", "this very event brought the person in already"
    if entry.again == "concurrent":
        return None
    if any(one.ended_at is None or one.ended_at > moment.at for one in mine):
        return "entry.already_in", "the person is in it already"
    passage = state.passages.get(passage_key(name, key))
    last = max((one.entered_at for one in (*mine, *([passage] if passage else []))), default=None)
    if last is None or entry.again == "after_exit":
        return None
    if entry.again == "once":
        return "entry.once", "the person was in it before, and it is entered once"
    if last + entry.cooldown > moment.at:
        return "entry.cooldown", "the person entered it too recently"
    return None


def passage_key(journey: str, key: str) -> str:
    """Name what remains of the passages through a journey with one key."""
    return f"{journey}\x1f{key}"


def _put_away_ended(state: State) -> None:
    """Put away what is over, but for what may be called back or holds what somebody said.

    The entry event is left to the log: nothing but a late event may ask for it.
    """
    over = [one for one in state.enrollments if one.ended_at is not None]
    sending = still_sending(state) if over else ()
    for enrollment in over:
        if enrollment.enrollment_id in sending:
            continue
        if enrollment.entry_position:
            enrollment.entry = b""
        if enrollment.entry in (b"", b"{}") and not enrollment.answer:
            if _was_over_at_once(enrollment):
                enrollment.trail = []
            put_away(state, enrollment)


def _was_over_at_once(enrollment: Enrollment) -> bool:
    """Return whether a late event finds a passage either not begun yet or over."""
    at = enrollment.entered_at
    return all(trail.at == at and not trail.is_by_time for trail in enrollment.trail)


def compact(moment: Moment) -> None:
    """Reduce what ended before the lateness horizon to what re-entry rules need."""
    state = moment.state
    horizon = moment.now - moment.program.plan.lateness
    if state.compacted_at <= horizon:  # else nothing much is older than it since the last time
        state.compacted_at = moment.now
        _compact(moment, horizon)
    _put_away_ended(state)


def _compact(moment: Moment, horizon: Instant) -> None:
    state = moment.state
    bring_back(state, list(state.ended))
    sending = still_sending(state)
    for enrollment in [one for one in state.enrollments if one.ended_at and one.ended_at < horizon]:
        if enrollment.enrollment_id in sending:
            continue  # what makes people leave may still call it back
        state.enrollments.remove(enrollment)
        key = passage_key(enrollment.journey, _kept_key(moment, enrollment))
        before = state.passages.pop(key, None)  # the newest stand last
        state.passages[key] = Passage(
            entered_at=max(enrollment.entered_at, before.entered_at if before else 0),
            entry_count=1 + (before.entry_count if before else 0),
            ended_at=enrollment.ended_at,
            outcome=enrollment.outcome,
            reached_goal=enrollment.outcome == "goal" or bool(before and before.reached_goal),
        )
    while len(state.passages) > PASSAGES_MAX:
        del state.passages[next(iter(state.passages))]
    for enrollment in state.enrollments:
        if enrollment.answer and enrollment.since < horizon:
            forget_answer(enrollment)
    if state.recent and state.recent[0].at < horizon:
        state.recent = [one for one in state.recent if one.at >= horizon]
    state.seen = places.since(state.seen, horizon)
    if state.decided and min(state.decided.values()) < horizon:
        state.decided = {key: at for key, at in state.decided.items() if at >= horizon}
    # Not before the horizon: a replay for a late event asks what has been sent.
    window = moment.program.cap_window
    if moment.program.opt_outs:
        window = max(window, ANSWERS_WINDOW)
    oldest = min(horizon, moment.now - window)
    if state.contacts and state.contacts[0].at < oldest:
        state.contacts = [
            one for one in state.contacts if one.at >= oldest or one.delivery_id in state.pending
        ]
