"""What a lane asks before every attempt: whether it may still be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId
from legato.model.instant import Instant

__all__ = ["Clearance", "Ends", "Gatekeeper", "TakenBack"]

Ends: TypeAlias = Sequence[tuple[DeliveryId, Instant]]
TakenBack: TypeAlias = Sequence[tuple[DeliveryId, bool]]


class Gatekeeper(Protocol):
    """The engine, as lanes see it."""

    async def clear(self, delivery: Delivery, by: str = "") -> Clearance:
        """Read the gates again, after everything acknowledged before this call was applied.

        `by` names the destination that takes over from its own: the gates are those of that one.

        When it is clear, the attempt is on record as begun: after a crash it is in doubt. Raises
        LegatoError where that cannot be read or stored; then no attempt may be made, but of
        purposes that are declared not to wait for it.
        """
        ...

    async def end_attempts(self, ends: Ends, taken_back: TakenBack = ()) -> None:
        """Put on record that attempts failed for now, and when the next are due.

        What is `taken_back` was cleared and did not leave: no attempt was made. With each goes
        whether one before may have arrived; then it stays in doubt. Raises LegatoError where that
        cannot be stored.
        """
        ...
