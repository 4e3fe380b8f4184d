"""How a destination stands, as one word with since when and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from legato.insight.shown import ShownReason, shown_reason
from legato.model.instant import SECOND, Instant, format_duration
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.runtime.lanes.status import LaneStatus
from legato.runtime.pulse import Pulse

SLOW_COUNT = 20
"""Deliveries of the last hour below which nothing is said of how fast they are."""
SLOW_SHARE = 0.95
"""Of them taken: the aim of the scorecard."""
SLOW_P99 = 10 * SECOND
RETRYING_MANY = 5

Word: TypeAlias = Literal[
    "well",
    "unused",  # nothing has ended there since the start, and nothing waits
    "slow",
    "held",  # something of ours is missing: a secret
    "signed_out",  # the provider refuses the account for good
    "dead",  # it does not answer, or cannot be used here
]


class Standing(Noun, frozen=True, kw_only=True):
    """How a destination stands now."""

    word: Word
    since: Instant | None = None
    """None: not known, or all is well."""
    reason: ShownReason | None = None
    """Why, where it is not well."""


def standing(lane: LaneStatus | None, pulse: Pulse, missing: Sequence[str]) -> Standing:
    """Return the gravest thing there is to say. `missing`: secrets that nobody has set."""
    word, since, reason = _standing(lane, pulse, missing)
    return Standing(
        word=word, since=since or None, reason=None if reason is None else shown_reason(reason)
    )


def _standing(
    lane: LaneStatus | None, pulse: Pulse, missing: Sequence[str]
) -> tuple[Word, Instant, Reason | None]:
    if lane is None or lane.breaker == "stopped":
        if lane is not None and lane.held is not None:
            return "dead", lane.since, lane.held
        what = "its connector cannot be used by this installation"
        return "dead", 0, Reason(code="destination.stopped", what=what)
    if lane.held is not None:
        return "signed_out", lane.since, lane.held
    if missing:
        what = f"nobody has set the secret {' or '.join(missing)}"
        return "held", lane.failing_since, Reason(code="secret.missing", what=what)
    if lane.breaker != "closed":
        return "dead", lane.failing_since, lane.last_fault
    slow = _slow(lane, pulse)
    if slow is not None:
        return "slow", lane.failing_since, slow
    is_used = pulse.accepted or pulse.failed or lane.waiting or lane.in_flight
    return "well" if is_used else "unused", 0, None


def _slow(lane: LaneStatus, pulse: Pulse) -> Reason | None:
    hour = pulse.last_hour
    ended = hour.accepted + hour.failed
    if lane.is_behind:
        what = f"more than {lane.waiting:,} deliveries wait for it"
        return Reason(code="destination.behind", what=what)
    if lane.retrying >= RETRYING_MANY:
        what = f"{lane.retrying:,} deliveries failed lately and are tried again"
        return Reason(code="destination.retrying", what=what)
    if ended >= SLOW_COUNT and hour.accepted < SLOW_SHARE * ended:
        what = f"it took {hour.accepted:,} of {ended:,} in the last hour"
        return Reason(code="destination.failing", what=what)
    if ended >= SLOW_COUNT and hour.p99_us is not None and hour.p99_us > SLOW_P99:
        what = f"one in a hundred waited {format_duration(hour.p99_us)} or longer"
        return Reason(code="destination.slow", what=what)
    return None
