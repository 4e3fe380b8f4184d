"""Telling connected systems of an opt-out: each that can be told, with a receipt of its own.

A system that sends by itself goes on until it is told. So a withdrawal becomes a delivery to every
destination whose connector has a way to say it: tried until it has worked, or for a week. One that
has not been told after a quarter of an hour raises an alarm. The system that told us is left out.
"""

from __future__ import annotations

from legato.core.consents.standing import holding
from legato.core.identifiers import address_of
from legato.core.moment import Moment
from legato.core.sending.delivery import Draft, commit, make_delivery
from legato.model.consent import EVERY_CHANNEL
from legato.model.delivery import Operation
from legato.model.ids import DeliveryId, derive
from legato.model.instant import DAY, MINUTE, Duration, format_instant
from legato.model.note import AudienceChanged, Propagated
from legato.model.problem import Reason
from legato.model.state import State

TELL_FOR: Duration = 7 * DAY
"""At least the three days that are promised, and a long weekend more."""
ALARM_AFTER: Duration = 15 * MINUTE


def tell_of_consents(moment: Moment) -> None:
    """Tell every destination that can be told what has just been withdrawn, or given again."""
    if moment.state.told or _has_said_no(moment.state):
        _tell_everybody(moment)
    for note in moment.notes:
        if isinstance(note, AudienceChanged) and not note.is_member:
            _watch(moment, note.delivery_id)


def _has_said_no(state: State) -> bool:
    """Return whether anything can be closed: most people agree once, and are never asked again."""
    said = (*state.consents.values(), *state.signals.values())
    return bool(state.objections) or any(not line.is_granted for line in said)


def _tell_everybody(moment: Moment) -> None:
    source = moment.program.plan.sources.get(moment.source)
    told_by = source.pairs_with if source is not None else moment.source
    for destination, teller in moment.program.tellers.items():
        for channel in teller.channels or ("",):
            _tell(moment, destination, channel, is_known=destination == told_by)


def alarm_untold(moment: Moment) -> None:
    """Raise an alarm for every destination that should have been told by now, once."""
    state = moment.state
    due = [delivery_id for delivery_id, at in state.untold.items() if at < moment.now]
    for delivery_id in due:
        del state.untold[delivery_id]
        delivery = state.pending.get(delivery_id)
        if delivery is None:
            continue
        what = f"{delivery.destination} has not been told of a withdrawn consent for 15 minutes"
        definition = f"destinations/{delivery.destination}"
        moment.warn(Reason(code="opt_out.untold", what=what, definition=definition))


def _tell(moment: Moment, destination: str, channel: str, *, is_known: bool) -> None:
    """Tell what a destination does not know yet; `is_known`: it is who has just told us."""
    state, key = moment.state, f"{destination}/{channel}"
    closed = _closed(moment, channel)
    before = state.told.get(key, [])
    if closed == before:
        return
    address = _address(moment, destination, channel)
    if channel and not address:
        return  # it knows nobody there
    state.told[key] = closed
    opened = tuple(one for one in before if one not in closed)
    fresh = tuple(one for one in closed if one not in before)
    if opened and not is_known and moment.program.tellers[destination].may_reopen:
        _deliver(moment, destination, "opt_in", channel, (address, opened))
    if fresh and not is_known:
        _deliver(moment, destination, "opt_out", channel, (address, fresh))


def _closed(moment: Moment, channel: str) -> list[str]:
    """Return the purposes that the person has said no to, as a destination is told of them.

    One that serves no channel hears of all: `marketing`, or `marketing/sms` where only that is
    closed.
    """
    plan, state = moment.program.plan, moment.state

    def is_closed(purpose: str, by: str) -> bool:
        line = holding(plan, state, purpose, by)
        return line is not None and not line.is_granted

    names = [one.name for one in plan.purposes.values() if one.is_promotional]
    if channel:
        return [name for name in names if is_closed(name, channel)]
    found: list[str] = []
    for name in names:
        closed = [one for one in plan.channels if is_closed(name, one)]
        is_all = len(closed) == len(plan.channels) and is_closed(name, EVERY_CHANNEL)
        found += [name] if is_all else [f"{name}/{one}" for one in closed]
    return found


def _address(moment: Moment, destination: str, channel: str) -> str:
    """Return by what a destination knows the person, as its channel or its audiences have it."""
    plan = moment.program.plan
    if channel:
        return moment.address(channel)
    kept = [one.address for one in plan.audiences.values() if one.destination == destination]
    return next((found for where in kept if (found := address_of(moment.state, where))), "")


def _deliver(
    moment: Moment,
    destination: str,
    operation: Operation,
    channel: str,
    what: tuple[str, tuple[str, ...]],
) -> None:
    address, purposes = what
    person_id = moment.state.person_id
    causes = (person_id, str(moment.event_id), destination, channel, str(moment.now))
    delivery_id = DeliveryId(derive(operation, *causes))
    draft = Draft(
        delivery_id=delivery_id,
        operation=operation,
        destination=destination,
        message=operation,
        expires_at=moment.now + TELL_FOR,
        channel=channel,
        address=address,
        content={
            "purposes": list(purposes),
            "at": format_instant(moment.at),
            "source": moment.source,
        },
    )
    commit(moment, make_delivery(moment, draft))
    if operation == "opt_out":
        _watch(moment, delivery_id)
    note = Propagated(
        delivery_id=delivery_id,
        destination=destination,
        channel=channel,
        purposes=purposes,
        is_granted=operation == "opt_in",
    )
    moment.notes.append(note)


def _watch(moment: Moment, delivery_id: DeliveryId) -> None:
    moment.state.untold[delivery_id] = moment.now + ALARM_AFTER
