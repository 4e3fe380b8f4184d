"""The gate at the instant of sending, with what only the whole store knows."""

from __future__ import annotations

from legato.core.consents.addresses import OPTED_OUT, opt_out_key
from legato.core.gate import Clearance, clear
from legato.core.identifiers import plain_address
from legato.core.program import Program
from legato.model.delivery import Delivery
from legato.model.instant import Instant
from legato.model.note import GateSeen
from legato.model.problem import Reason
from legato.model.state import State
from legato.ports.state_store import StateStore

LISTED = Reason(
    code="suppression.listed",
    what="the address bounced for good or its owner complained, whoever has it now",
)


def clear_to_send(
    store: StateStore, program: Program, state: State | None, delivery: Delivery, *, now: Instant
) -> Clearance:
    """Read the person's gates again, and the suppression list that holds for everybody."""
    clearance = clear(program, state, delivery, now)
    if not clearance.is_clear or delivery.operation != "send":
        return clearance
    reason = _closed(store, program, delivery)
    if reason is None:
        return clearance
    gate = GateSeen(
        gate="suppression",
        verdict="refuse",
        seen="the address is suppressed",
        reason=reason,
        would_change="another address",
    )
    kept = tuple(one for one in clearance.gates if one.gate != "suppression")
    return Clearance(is_clear=False, reason=reason, gates=(*kept, gate))


def _closed(store: StateStore, program: Program, delivery: Delivery) -> Reason | None:
    channel = delivery.channel
    if store.is_suppressed(channel, delivery.address):
        return LISTED
    if channel in program.opt_out_channels and store.is_suppressed(
        opt_out_key(channel, delivery.purpose), plain_address(delivery.address)
    ):
        return OPTED_OUT
    return None
