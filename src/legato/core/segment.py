"""Stage 4: who enters and leaves which segment, on event and on time."""

from __future__ import annotations

from collections.abc import Sequence

from legato.core.moment import Moment
from legato.core.program import SegmentCheck
from legato.core.sending.audience import change_audience
from legato.model.note import SegmentChanged


def settle_births(moment: Moment) -> None:
    """Look at the person by new rules before anything happens: they may meet them already."""
    if moment.state.births < moment.program.plan.births and moment.state.version:
        settle_segments(moment)


def settle_segments(moment: Moment, *, is_timer: bool = False) -> None:
    """Look again at every segment whose inputs changed; each comes after those it asks about."""
    program = moment.program
    is_new = moment.state.plan != program.digest
    if not is_new and not is_timer and not moment.has_news():
        return
    before = dict(moment.state.segments) if is_new else {}
    if is_new:
        _drop_unknown(moment)
        moment.state.plan = program.digest
        indexes = _all_anew(moment)
    else:
        indexes = program.affected_by(moment.news())
        if is_timer:
            indexes = sorted(dict.fromkeys([*program.timed, *indexes]))
    while indexes:
        _look_at(moment, indexes)
        indexes = program.affected_by(moment.news())  # those that ask about what has just changed
    if is_new:
        _note_births(moment)
        for one in program.segments if before else ():
            if one.name in before and one.name in moment.state.segments:
                _keep_in(moment, one)


def _all_anew(moment: Moment) -> Sequence[int]:
    """Return which segments are looked at because none was under this plan: of newcomers, few."""
    news = moment.news()
    if not moment.state.version and not moment.is_upheaval:
        return moment.program.of_newcomer(news)
    moment.is_upheaval = True
    return range(len(moment.program.segments))


def _note_births(moment: Moment) -> None:
    """Remember who is in a segment because its rule is new: nothing has happened to them."""
    state, births = moment.state, moment.program.plan.births
    if state.version and state.births < births:
        moment.born = {
            f"segment:{one.name}": True
            for one in moment.program.segments
            if one.segment.since > state.births and f"segment:{one.name}" in moment.changed
        }
    state.births = births


def _look_at(moment: Moment, indexes: Sequence[int]) -> None:
    program, segments = moment.program, moment.state.segments
    # Whoever is a member is one now. As of an event of minutes ago, somebody whom time has taken
    # out since would be let in again, and no alarm would be left to see to it.
    at, moment.at = moment.at, moment.now
    facts = moment.facts()
    moment.at = at
    for index in indexes:
        one = program.segments[index]
        is_member = one.check(facts)
        if is_member != (one.name in segments):
            _change(moment, one, is_member=is_member)
    moment.looked_at += indexes


def _change(moment: Moment, one: SegmentCheck, *, is_member: bool) -> None:
    if is_member:
        moment.state.segments[one.name] = moment.now
    else:
        del moment.state.segments[one.name]
    moment.changed[f"segment:{one.name}"] = True
    moment.notes.append(SegmentChanged(segment=one.name, is_member=is_member))
    _keep_in(moment, one)


def _keep_in(moment: Moment, one: SegmentCheck) -> None:
    """Have destinations' lists follow a membership."""
    is_member = one.name in moment.state.segments
    for destination in one.segment.destinations:
        audience = moment.program.plan.audiences[one.segment.audience_of(destination)]
        change_audience(moment, audience, is_member=is_member)


def _drop_unknown(moment: Moment) -> None:
    """Forget memberships and measurements that the present plan does not define."""
    known = moment.program.plan.segments
    for name in [name for name in moment.state.segments if name not in known]:
        del moment.state.segments[name]
    slots = moment.program.slots
    for slot_id in [slot_id for slot_id in moment.state.history if slot_id not in slots]:
        del moment.state.history[slot_id]
