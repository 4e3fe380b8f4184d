"""The order of the stages, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

from legato.core.admit import policy_of, refusal, shape_refusal
from legato.core.alarm import set_alarm
from legato.core.consents.statement import take_statement
from legato.core.erasure.erase import certify, erase, returned, settle_husk
from legato.core.erasure.expire import expire
from legato.core.erasure.redact import forget
from legato.core.exchange import Loaded, Result
from legato.core.fold import fold
from legato.core.identity.identify import identify, join_as_told
from legato.core.journeys.enter import Entry, compact, enter, enter_by_event, enter_by_segments
from legato.core.journeys.journey import show
from legato.core.journeys.late import remember, replay
from legato.core.moment import Moment
from legato.core.offers.holding import tend_offers
from legato.core.program import ZONE_CHANGED, Program
from legato.core.segment import settle_births, settle_segments
from legato.core.sending.answers import answer_reply
from legato.core.sending.audience import keep_addresses
from legato.core.sending.confirm import ask_to_confirm, drop_questions
from legato.core.sending.decide import release_held
from legato.core.sending.fallback import call_back_the_slow
from legato.core.sending.offer_ends import end_by_event, part_offers
from legato.core.sending.propagate import alarm_untold, tell_of_consents
from legato.core.sending.recall import recall
from legato.core.sending.stream import hand_on
from legato.core.settle import revoke_what_gates_now_close, settle
from legato.core.told import take_told
from legato.model.effect import Quarantine, Strike
from legato.model.event import (
    BackfillBegan,
    ConsentSaid,
    CustomerEvent,
    DeliveryReported,
    Erased,
    ErasureCompleted,
    ErasureRequested,
    Event,
    EventRecalled,
    Forgotten,
    JourneyCalled,
    JourneySwitched,
    Noticed,
    PastMeasured,
    PersonsJoined,
    PersonSplit,
    PersonTouched,
    PlanActivated,
    RejectedItem,
    ScheduleTaken,
    TimerFired,
)
from legato.model.ids import EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import Admitted, Alerted, NotEntered, Rejected
from legato.model.problem import Reason

_OfKnownPerson: TypeAlias = (
    TimerFired | PersonTouched | DeliveryReported | JourneyCalled | ConsentSaid | Forgotten
)


def step(program: Program, loaded: Loaded, event: Event, now: Instant) -> Result:
    """Advance one person by one event. Pure: the same arguments give the same Result."""
    match event:
        case CustomerEvent():
            return _on_customer_event(program, loaded, event, now)
        case RejectedItem():
            return _quarantined(event, event.reason, name="")
        case Noticed():
            return Result(notes=[Alerted(reason=event.reason)])
        case TimerFired() | PersonTouched() | DeliveryReported() | JourneyCalled() | ConsentSaid():
            return _on_known_person(program, loaded, event, now)
        case Forgotten():
            return _on_known_person(program, loaded, event, now)
        case EventRecalled():
            return _on_recalled(program, loaded, event, now)
        case ErasureRequested():
            return erase(program, loaded, event, now)
        case ErasureCompleted():
            return certify(event)
        case PersonsJoined():
            return _join(program, loaded, event, now)
        case Erased() | PersonSplit() | PastMeasured():
            return Result()  # it only says what time it was; the host looks at records again
        case PlanActivated() | JourneySwitched() | ScheduleTaken() | BackfillBegan():
            return Result()  # the host changes the program between two steps
        case _:
            assert_never(event)


def _on_customer_event(
    program: Program, loaded: Loaded, event: CustomerEvent, now: Instant
) -> Result:
    if loaded.tombs and (gone := returned(loaded, event)) is not None:
        return gone
    if loaded.is_duplicate:
        return _duplicate(loaded, event)
    adjusted = loaded.keys.adjusted
    sent_as = event.name
    reason = None
    if adjusted is not None:
        event, reason = adjusted.event, adjusted.refusal
    reason = reason or refusal(program, event, loaded.keys.body)
    if reason is not None:
        return _quarantined(event, reason, name=sent_as)
    found = identify(
        program,
        loaded,
        at=event.occurred_at,
        horizon=now - program.plan.lateness,
    )
    if found.state is None:
        assert found.reason is not None
        return _quarantined(event, found.reason, name=sent_as)
    moment = Moment(program, found.state, now)
    _admit(moment, loaded, event)
    moment.effects += found.effects
    moment.notes += found.notes
    moment.is_upheaval = bool(found.gone)
    settle_births(moment)
    if found.gone and moment.state.offers:
        part_offers(moment)
    fold(moment, event, loaded.keys.context)
    if event.told is not None:
        take_told(moment, event, event.told)
    if program.forgets:
        expire(moment)
    if ZONE_CHANGED in moment.changed:
        moment.zone = program.zone_of(moment.state)
    settle_segments(moment)
    if event.name in program.offer_ends:
        end_by_event(moment)
    if program.outlets.by_destination:
        hand_on(moment, event, loaded.keys.context)
    _on_journeys(moment, event)
    enter_by_segments(moment)
    if event.source in program.opt_outs:
        answer_reply(moment, event)
    return _finish(moment, found.gone, is_admitted=True)


def _admit(moment: Moment, loaded: Loaded, event: CustomerEvent) -> None:
    moment.take(event, loaded.keys.body)
    moment.position = loaded.position
    moment.is_logged = bool(loaded.position) and loaded.keys.adjusted is None
    moment.recalled = loaded.recalled
    moment.notes.append(Admitted(event_id=event.event_id, name=event.name, is_late=moment.is_late))
    if loaded.keys.adjusted is not None:
        moment.notes += loaded.keys.adjusted.notes
    if event.name in moment.program.lenient:
        _warn_of_shape(moment, event)


def _on_recalled(program: Program, loaded: Loaded, event: EventRecalled, now: Instant) -> Result:
    if event.event is not None and loaded.tombs:
        gone = returned(loaded, event.event)
        if gone is not None:
            return gone
    return recall(program, loaded, event, now)


def _join(program: Program, loaded: Loaded, event: PersonsJoined, now: Instant) -> Result:
    """Merge two persons because somebody says that they are one."""
    found = join_as_told(program, loaded, event, horizon=now - program.plan.lateness)
    if found.state is None:
        assert found.reason is not None
        refused = Rejected(event_id=event.event_id, reason=found.reason)
        return Result(about=event.person_id, notes=[refused])
    moment = Moment(program, found.state, now)
    moment.notes += found.notes
    moment.is_upheaval = True
    if moment.state.offers:
        part_offers(moment)
    settle_segments(moment)
    enter_by_segments(moment)
    return _finish(moment, found.gone)


def _duplicate(loaded: Loaded, event: CustomerEvent) -> Result:
    """Refuse what was received before. The note is its person's: the record is about them too."""
    reason = Reason(code="event.duplicate", what="this message was received before")
    return Result(
        about=next(iter(loaded.pointers.values()), None),
        notes=[Rejected(event_id=event.event_id, reason=reason)],
    )


def _warn_of_shape(moment: Moment, event: CustomerEvent) -> None:
    if policy_of(moment.program.plan.events[event.name], event.source) == "warn":
        reason = shape_refusal(moment.program, event, moment.body)
        if reason is not None:
            moment.warn(reason)


def _on_journeys(moment: Moment, event: CustomerEvent) -> None:
    """Journeys see the event after everything it says is known of the person."""
    replayed: Mapping[str, bool] = {}
    if moment.name in moment.program.relevant and not moment.is_late:
        is_out_of_order = remember(moment, event.body)
        if is_out_of_order:
            replayed = replay(moment, event)
    there = moment.state.enrollments
    show(moment, [one for one in there if one.journey not in replayed])
    for course in moment.program.entries.get(f"event:{moment.name}", ()):
        if course.journey.name not in replayed:
            enter_by_event(moment, course, event.body)


def _on_known_person(
    program: Program,
    loaded: Loaded,
    event: _OfKnownPerson,
    now: Instant,
) -> Result:
    state = next(iter(loaded.states.values()), None)
    if state is None:
        return _on_nobody(event)
    if state.erasure_id:
        is_report = isinstance(event, DeliveryReported)
        return settle_husk(state, event, now) if is_report else Result()
    moment = Moment(program, state, now)
    if program.forgets:
        expire(moment)
    match event:
        case TimerFired() | PersonTouched():
            moment.is_upheaval = True
            settle_segments(moment, is_timer=True)
            show(moment, list(moment.state.enrollments), is_timer=True)
            release_held(moment)
            call_back_the_slow(moment)
            alarm_untold(moment)
        case DeliveryReported():
            settle(moment, event)
            settle_segments(moment)
        case JourneyCalled():
            _call(moment, loaded, event)
        case ConsentSaid():
            if not loaded.is_duplicate:
                moment.hear(event)
                take_statement(moment, event)
        case Forgotten():
            forget(moment, event)
            settle_segments(moment)
        case _:
            assert_never(event)
    enter_by_segments(moment)
    return _finish(moment, [], is_admitted=isinstance(event, ConsentSaid))


def _call(moment: Moment, loaded: Loaded, event: JourneyCalled) -> None:
    course = moment.program.current.get(event.journey)
    if event.journey in moment.program.rolling:
        course = moment.program.rolling[event.journey].called(moment.state.person_id)
    if loaded.is_duplicate or course is None:
        code = "event.duplicate" if course is not None else "entry.unknown"
        what = "it was asked before" if course is not None else "there is no such journey"
        reason = Reason(code=code, what=what)
        moment.notes.append(NotEntered(journey=event.journey, key=event.key, reason=reason))
        return
    moment.event_id = event.event_id
    moment.captured_at = event.received_at
    moment.body = loaded.keys.body
    if course.entry_check is not None and not course.entry_check(moment.facts()):
        reason = Reason(code="entry.condition", what="its entry condition did not hold")
        moment.notes.append(NotEntered(journey=event.journey, key=event.key, reason=reason))
        return
    entry = Entry(event.key, event.body, loaded.position)
    enter(moment, course, entry, is_called=True)


def _on_nobody(event: _OfKnownPerson) -> Result:
    """Refuse what finds nobody: erased, or never there. Of an answer or a call, nothing is kept."""
    reason = Reason(code="person.unknown", what="there is no such person")
    cause = event.event_id if isinstance(event, JourneyCalled | ConsentSaid) else ""
    is_kept = isinstance(event, TimerFired | PersonTouched | Forgotten)
    return Result(
        effects=[] if is_kept else [Strike()],
        notes=[Rejected(event_id=EventId(cause), reason=reason)],
    )


def _finish(moment: Moment, gone: Sequence[PersonId], *, is_admitted: bool = False) -> Result:
    settle_segments(moment)  # journeys may have changed what segments ask about
    if moment.to_confirm:
        ask_to_confirm(moment)
    if "consent" in moment.changed and moment.state.unconfirmed:
        drop_questions(moment)
    if "consent" in moment.changed or _may_state_forbid(moment):
        revoke_what_gates_now_close(moment)
    if "consent" in moment.changed or gone:
        tell_of_consents(moment)
    if moment.state.audiences:
        keep_addresses(moment)
    if moment.state.offers:
        tend_offers(moment)
    compact(moment)
    set_alarm(moment)
    moment.state.version += 1
    return Result(
        is_admitted=is_admitted,
        state=moment.state,
        gone=list(gone),
        effects=moment.effects,
        notes=moment.notes,
    )


def _may_state_forbid(moment: Moment) -> bool:
    """Return whether something on its way may be forbidden by what has just changed."""
    if not moment.state.pending and not moment.state.held:
        return False
    return any(name in moment.program.state_inputs for name in moment.changed)


def _quarantined(event: CustomerEvent | RejectedItem, reason: Reason, *, name: str) -> Result:
    effect = Quarantine(
        event_id=event.event_id,
        source=event.source,
        message_id=event.message_id,
        name=name,
        received_at=event.received_at,
        reason=reason,
    )
    return Result(effects=[effect], notes=[Rejected(event_id=event.event_id, reason=reason)])
