"""What stands in the log in place of a record that told of somebody."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from legato.model.delivery import Delivery
from legato.model.erasure import Erasure
from legato.model.event import Erased, ErasureRequested, Event, PersonSplit
from legato.model.ids import EventId

ERASURE = "erasure"
"""As a cause: somebody was erased."""


def instead_of(
    event: Event,
    *,
    cause: str,
    erasure: Callable[[EventId], Erasure | None],
    telling: Callable[[EventId], list[Delivery]],
) -> Event | None:
    """Return what a record is overwritten with; None: it is already.

    The request for an erasure stays, with what a replay cannot know any more: the tombstones, the
    addresses that are closed, and by which deliveries destinations are still being told. So does
    that two persons were parted: the other of them is still here.
    """
    match event:
        case Erased():
            return None
        case ErasureRequested():
            known = erasure(event.event_id)
            return replace(
                event,
                tombs=event.tombs if known is None else known.tombs,
                closed=event.closed if known is None else known.closed,
                deliveries=tuple(telling(event.event_id)),
            )
        case PersonSplit():
            nobody = ("", "")  # an address is somebody's, also where it was parted from another
            return (
                None
                if event.is_done
                else replace(event, is_done=True, reason="", identifier=nobody)
            )
        case _:
            return Erased(received_at=event.received_at, cause=cause)
