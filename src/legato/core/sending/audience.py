"""Audiences: lists of people at destinations, each known there by an address.

What a list holds is remembered by address, so that who leaves is taken off under the address they
were put on, and who changes it is taken off and put on again.
"""

from __future__ import annotations

from legato.core.gate import Intent, consent_gate, law_gates
from legato.core.identifiers import address_of
from legato.core.moment import Moment
from legato.core.sending.delivery import Draft, commit, make_delivery
from legato.model.ids import DeliveryId, derive
from legato.model.instant import DAY
from legato.model.note import AudienceChanged, GateSeen, Settled
from legato.model.plan import AudienceType
from legato.model.problem import Reason
from legato.model.state import Enrollment

AUDIENCE_EXPIRES = 7 * DAY
"""A destination that was down for longer is not told any more, and the delivery says so."""


def change_audience(
    moment: Moment,
    audience: AudienceType,
    *,
    is_member: bool,
    enrollment: Enrollment | None = None,
) -> None:
    """Put the person on an audience, or off it. Joining needs consent; leaving needs nothing."""
    state = moment.state
    if is_member == (audience.name in state.audiences):
        return
    address = address_of(state, audience.address)
    if is_member:
        if not _may_join(moment, audience, address, enrollment):
            return
        state.audiences[audience.name] = moment.now
        state.listed[audience.name] = [address]
        _tell(moment, audience, address, is_member=True, enrollment=enrollment)
        return
    del state.audiences[audience.name]
    for listed in state.listed.pop(audience.name, [address]):
        _tell(moment, audience, listed, is_member=False, enrollment=enrollment)


def keep_addresses(moment: Moment) -> None:
    """Put the person on each of their audiences under their present address, and no other."""
    state = moment.state
    for name in list(state.audiences):
        audience = moment.program.plan.audiences.get(name)
        if audience is None:
            continue
        address = address_of(state, audience.address)
        listed = state.listed.get(name)
        if listed is None:  # it was joined before addresses were remembered
            state.listed[name] = [address]
        elif listed != [address]:
            _readdress(moment, audience, address, listed)


def _readdress(moment: Moment, audience: AudienceType, address: str, listed: list[str]) -> None:
    for old in listed:
        if old != address:
            _tell(moment, audience, old, is_member=False)
    if address in listed:
        moment.state.listed[audience.name] = [address]
        return
    del moment.state.audiences[audience.name]
    del moment.state.listed[audience.name]
    change_audience(moment, audience, is_member=True)


def _tell(
    moment: Moment,
    audience: AudienceType,
    address: str,
    *,
    is_member: bool,
    enrollment: Enrollment | None = None,
) -> None:
    change = "add" if is_member else "remove"
    person_id = moment.state.person_id
    causes = (person_id, str(moment.event_id), audience.name, change, str(moment.now), address)
    delivery_id = DeliveryId(derive("audience", *causes))
    draft = Draft(
        delivery_id=delivery_id,
        operation="audience_add" if is_member else "audience_remove",
        destination=audience.destination,
        message=audience.name,
        expires_at=moment.now + AUDIENCE_EXPIRES,
        purpose=audience.purpose if is_member else "",
        address=address,
        content={"audience": audience.list or audience.name},
    )
    commit(moment, make_delivery(moment, draft, enrollment))
    moment.notes.append(
        AudienceChanged(audience=audience.name, is_member=is_member, delivery_id=delivery_id)
    )


def _may_join(
    moment: Moment, audience: AudienceType, address: str, enrollment: Enrollment | None
) -> bool:
    if not address:
        what = f"there is no address by which {audience.destination} could know them"
        no_address = Reason(code="reachable.no_address", what=what)
        _refuse_to_join(moment, audience, no_address)
        return False
    intent = Intent(
        purpose=audience.purpose,
        channel="",
        address=address,
        about="",
        expires_at=moment.now + AUDIENCE_EXPIRES,
        destination=audience.destination,
        version=enrollment.version if enrollment is not None else "",
        step=enrollment.step_id if enrollment is not None else "",
    )
    gates = law_gates(moment.program, moment.state, intent)
    if audience.purpose:
        gates = (consent_gate(moment.program, moment.state, intent), *gates)
    closed = next((gate for gate in gates if gate.verdict != "pass"), None)
    if closed is None:
        return True
    assert closed.reason is not None
    _refuse_to_join(moment, audience, closed.reason, *gates)
    return False


def _refuse_to_join(
    moment: Moment, audience: AudienceType, reason: Reason, *gates: GateSeen
) -> None:
    delivery_id = DeliveryId(derive("audience", moment.state.person_id, audience.name))
    moment.notes.append(
        Settled(delivery_id=delivery_id, outcome="refused", reason=reason, gates=gates)
    )
