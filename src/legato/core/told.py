"""What a provider says of an address, of consent and of a delivery: it holds in the very step."""

from __future__ import annotations

from typing import cast, get_args

from legato.core.consents.replies import address_in, hear_answer
from legato.core.identifiers import plain_address
from legato.core.moment import Moment
from legato.core.settle import settle
from legato.model.definitions.source import OptOuts
from legato.model.delivery import Outcome, Reaction
from legato.model.effect import Suppress
from legato.model.event import CustomerEvent, DeliveryReported, Told
from legato.model.ids import DeliveryId
from legato.model.note import Reacted
from legato.model.problem import Reason


def take_told(moment: Moment, event: CustomerEvent, told: Told) -> None:
    """Take in what stands beside an event. A source that is gone says nothing any more."""
    rules = moment.program.tellings.get(event.source)
    if rules is None:
        return
    if told.consent:
        hear_answer(moment, event, rules, is_granted=told.consent == "granted")
    delivery_id = told.delivery_id or _by_receipt(moment, told)
    if delivery_id and told.outcome in get_args(Outcome):
        settle(moment, _report(moment, event, told, delivery_id))
    if delivery_id and told.outcome in get_args(Reaction):
        reaction = cast("Reaction", told.outcome)
        reacted = Reacted(delivery_id=DeliveryId(delivery_id), reaction=reaction)
        moment.notes.append(reacted)
    if told.standing:
        _suppress(moment, rules, told)


def _by_receipt(moment: Moment, told: Told) -> str:
    """Return the delivery of this person that the provider gave this id when it took it."""
    if not told.receipt or not told.outcome:
        return ""
    contacts = reversed(moment.state.contacts)
    return next((one.delivery_id for one in contacts if one.receipt == told.receipt), "")


def _report(moment: Moment, event: CustomerEvent, told: Told, delivery_id: str) -> DeliveryReported:
    reason = None
    if told.code:
        what = f"the provider says {told.code}"
        reason = Reason(code=f"provider.{told.outcome}", what=what, definition=event.source)
    return DeliveryReported(
        received_at=event.received_at,
        person_id=moment.state.person_id,
        delivery_id=DeliveryId(delivery_id),
        outcome=cast("Outcome", told.outcome),
        reason=reason,
        receipt=told.receipt,
    )


def _suppress(moment: Moment, rules: OptOuts, told: Told) -> None:
    """Contact an address no more, as the person has it written and as it is compared."""
    address = address_in(rules, moment)
    if not address:
        what = "its address was not found, and is still contacted"
        moment.warn(Reason(code=f"suppression.{told.standing}", what=what))
        return
    own, plain = moment.address(rules.channel), plain_address(address)
    reason = Reason(code=f"suppression.{told.standing}", what=f"a message there {told.standing}")
    for one in dict.fromkeys((own, plain) if plain_address(own) == plain else (address, plain)):
        moment.state.suppressed.setdefault(one, moment.now)
        moment.effects.append(Suppress(channel=rules.channel, address=one, reason=reason))
