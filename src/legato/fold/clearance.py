"""The gate at the instant of sending, with what only the whole store knows."""

from __future__ import annotations

from legato.core.gate import Clearance, clear
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
    if not store.is_suppressed(delivery.channel, delivery.address):
        return clearance
    gate = GateSeen(
        gate="suppression",
        verdict="refuse",
        seen="the address is suppressed",
        reason=LISTED,
        would_change="another address",
    )
    kept = tuple(one for one in clearance.gates if one.gate != "suppression")
    return Clearance(is_clear=False, reason=LISTED, gates=(*kept, gate))
