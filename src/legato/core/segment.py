"""Stage 4: who enters and leaves which segment, on event and on time."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.delivery import sync_audience
from legato.core.moment import Moment
from legato.model.note import SegmentChanged


def settle_segments(moment: Moment, *, is_timer: bool = False) -> None:
    """Look again at every segment whose inputs changed, in an order in which one look suffices."""
    state, program = moment.state, moment.program
    if state.plan != program.digest:
        _drop_unknown(moment)
        state.plan = program.digest
        moment.is_upheaval = True
        looked_at: Iterator[int] = iter(range(len(program.segments)))
    else:
        looked_at = _affected(moment, is_timer=is_timer)
    facts = None
    for index in looked_at:
        one = program.segments[index]
        facts = facts or moment.facts()
        is_member = one.check(facts)
        if is_member == (one.name in state.segments):
            continue
        if is_member:
            state.segments[one.name] = moment.now
        else:
            del state.segments[one.name]
        moment.changed[f"segment:{one.name}"] = True
        moment.notes.append(SegmentChanged(segment=one.name, is_member=is_member))
        for destination in one.segment.destinations:
            sync_audience(moment, one.name, destination, is_member=is_member)


def _affected(moment: Moment, *, is_timer: bool) -> Iterator[int]:
    """Yield the indexes to look at, ascending; a change on the way may add later ones."""
    affected = moment.program.affected
    found = [index for name in moment.news() for index in affected.get(name, ())]
    waiting = sorted(dict.fromkeys(found + moment.program.timed if is_timer else found))
    while waiting:
        index = waiting.pop(0)
        moment.looked_at.append(index)
        yield index
        later = [one for name in moment.news() for one in affected.get(name, ()) if one > index]
        if later:
            waiting = sorted(dict.fromkeys(waiting + later))


def _drop_unknown(moment: Moment) -> None:
    """Forget memberships and measurements that the present plan does not define."""
    known = moment.program.plan.segments
    for name in [name for name in moment.state.segments if name not in known]:
        del moment.state.segments[name]
    slots = moment.program.slots
    for slot_id in [slot_id for slot_id in moment.state.history if slot_id not in slots]:
        del moment.state.history[slot_id]
