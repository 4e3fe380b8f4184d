"""Alerts for destinations that hold their deliveries until an account or a manifest is right."""

from __future__ import annotations

from collections.abc import Mapping

from legato.app.guard.guard import Alert
from legato.insight.shown import ShownReason
from legato.model.problem import Reason
from legato.runtime.lanes.status import LaneStatus


def held(lanes: Mapping[str, LaneStatus]) -> tuple[Alert, ...]:
    """Return what is so now: an alert ends when the account is connected, the manifest mended."""
    return tuple(
        Alert(topic=f"{lane.held.code}:{name}", reason=_reason(name, lane.held), since=lane.since)
        for name, lane in lanes.items()
        if lane.held is not None and lane.since
    )


def _reason(destination: str, dead: Reason) -> ShownReason:
    what = f"{destination} holds its deliveries: {dead.what}"
    return ShownReason(code=dead.code, what=what, definition=f"destinations/{destination}")
