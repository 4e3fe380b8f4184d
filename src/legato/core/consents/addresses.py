"""Addresses that want no more, whoever has them: how they are compared, and under which name.

A number may belong to several people, and to somebody else tomorrow. So what is said by a number,
or of an address, is remembered of the address too, for the purposes it was said about; stores keep
its digest only.
"""

from __future__ import annotations

from legato.core.identifiers import plain_address
from legato.core.moment import Moment
from legato.model.effect import Suppress
from legato.model.problem import Reason

OPTED_OUT = Reason(
    code="suppression.opted_out",
    what="whoever has the address wants no more of this by this channel",
)


def opt_out_key(channel: str, purpose: str) -> str:
    """Name what an address has opted out of, where stores name a channel."""
    return f"{channel}/{purpose}"


def close_address(moment: Moment, channel: str, purpose: str, address: str) -> None:
    """Remember that an address wants no more of a purpose by a channel."""
    _say(moment, channel, purpose, address, is_lifted=False)


def open_address(moment: Moment, channel: str, purpose: str, address: str) -> None:
    """Forget that it wanted no more."""
    _say(moment, channel, purpose, address, is_lifted=True)


def _say(moment: Moment, channel: str, purpose: str, address: str, *, is_lifted: bool) -> None:
    if address:
        effect = Suppress(
            channel=opt_out_key(channel, purpose),
            address=plain_address(address),
            reason=OPTED_OUT,
            is_lifted=is_lifted,
        )
        moment.effects.append(effect)
