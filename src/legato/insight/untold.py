"""Which destinations go on with people who have opted out, because they could not be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from legato.model.delivery import OPT_OUTS, Delivery
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import Reason


class Untold(Noun, frozen=True, kw_only=True):
    """One destination, and what it does not know."""

    destination: str
    since: Instant
    """When the oldest of it was said."""
    reason: Reason


def untold(trying: Iterable[Delivery], dead: Iterable[Delivery]) -> list[Untold]:
    """Return a line for each destination with opt-outs that are late, and one for those given up.

    `trying` are late already; of the dead only opt-outs count.
    """
    given_up = [one for one in dead if one.operation in OPT_OUTS]
    return [*_lines(trying, is_given_up=False), *_lines(given_up, is_given_up=True)]


def _lines(deliveries: Iterable[Delivery], *, is_given_up: bool) -> Iterable[Untold]:
    found: dict[str, list[Delivery]] = {}
    for one in deliveries:
        found.setdefault(one.destination, []).append(one)
    for destination, each in sorted(found.items()):
        since = min(one.decided_at for one in each)
        reason = _reason(destination, each, is_given_up=is_given_up)
        yield Untold(destination=destination, since=since, reason=reason)


def _reason(destination: str, each: Sequence[Delivery], *, is_given_up: bool) -> Reason:
    count = f"{len(each):,} {'opt-out' if len(each) == 1 else 'opt-outs'}"
    definition = f"destinations/{destination}"
    if is_given_up:
        what = f"{destination} could not be told of {count}; see `legato deliveries redrive`"
        return Reason(code="opt_out.failed", what=what, definition=definition)
    what = f"{destination} has not taken {count} for over 15 minutes, and goes on being told"
    return Reason(code="opt_out.untold", what=what, definition=definition)
