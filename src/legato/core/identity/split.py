"""Joining two persons and parting them again, when somebody who looked at them says so."""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.alarm import set_alarm
from legato.core.exchange import Result
from legato.core.moment import Moment
from legato.core.offers.holding import kept_apart
from legato.core.program import Program
from legato.core.sending.audience import change_audience
from legato.model.effect import Effect, Revoke
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Separated
from legato.model.problem import Reason
from legato.model.state import State

APART = Reason(
    code="identity.apart",
    what="somebody has parted these two: what they share joins them no more",
    definition="identity",
)
SPLIT = Reason(code="identity.split", what="the person it was decided for is two persons")


def are_apart(one: State, other: State) -> bool:
    """Return whether somebody has parted these two, or persons merged into them."""
    return _bars(one, other) or _bars(other, one)


def _bars(one: State, other: State) -> bool:
    return bool(one.apart) and any(each in one.apart for each in (other.person_id, *other.merged))


def take_up(
    program: Program, state: State, before: State, *, note: Separated, now: Instant
) -> Result:
    """Let one of two that were parted go on from here, in the world as it has become.

    `state` is what its records say; `before` is the merged person, by whom destinations know both.
    """
    moment = Moment(program, state, now)
    moment.is_upheaval = True
    moment.notes.append(note)
    # What the records decided again was sent then, or never will be: only what is on its way now,
    # just as it is, is still awaited.
    state.pending = {
        key: delivery
        for key, delivery in state.pending.items()
        if before.pending.get(key) == delivery
    }
    alive = {**state.pending, **{held.delivery.delivery_id: held for held in state.held}}
    state.fallbacks = {key: one for key, one in state.fallbacks.items() if key in alive}
    state.suppressed = {**before.suppressed, **state.suppressed}
    _tell_audiences(moment, before)
    state.alarm_at = 0  # nobody knows of the one it set while its records were lived again
    set_alarm(moment)
    state.version = max(state.version, before.version) + 1
    return Result(state=state, effects=moment.effects, notes=moment.notes)


def _tell_audiences(moment: Moment, before: State) -> None:
    """Put every list right: it may hold the person under an address that was the other's."""
    wanted = dict(moment.state.audiences)
    for name in dict.fromkeys([*before.audiences, *wanted]):
        audience = moment.program.plan.audiences.get(name)
        if audience is None:
            continue
        if name in wanted:
            del moment.state.audiences[name]
        else:
            moment.state.audiences[name] = before.audiences[name]
        change_audience(moment, audience, is_member=name in wanted)


def call_back(before: State, parted: Mapping[PersonId, State]) -> list[Effect]:
    """Take back what is on its way to the merged person and is neither's."""
    return [
        Revoke(delivery_id=delivery_id, reason=SPLIT)
        for delivery_id in before.pending
        if not any(delivery_id in state.pending for state in parted.values())
    ]


def share_offers(before: State, parted: Mapping[PersonId, State]) -> None:
    """Let both hold what the merged person was offered and the records of neither explain.

    Nobody is promised its contrary then, whoever of them has read it. Of two that contradict each
    other the earlier one stays.
    """
    known = {one.delivery_id: True for state in parted.values() for one in state.offers}
    more = [one for one in before.offers if one.delivery_id not in known]
    for state in parted.values():
        state.offers, _ = kept_apart([*state.offers, *more])


def share_contacts(before: State, parted: Mapping[PersonId, State]) -> None:
    """Count what was sent to the merged person, and the records of neither explain, for both.

    Too little is sent then rather than too much.
    """
    known = {contact.delivery_id: True for state in parted.values() for contact in state.contacts}
    more = [contact for contact in before.contacts if contact.delivery_id not in known]
    for state in parted.values():
        state.contacts = sorted(
            [*state.contacts, *more], key=lambda contact: (contact.at, contact.delivery_id)
        )
