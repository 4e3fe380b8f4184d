"""What the people outside a rollout get: found by looking at the plan that runs.

Texts say the share alone. What ran before is known where definitions are activated, as is which
older versions have people in them; so a plan is settled there, and the log holds it settled.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from legato.model.definitions.journey import Journey
from legato.model.definitions.rollout import Rollout
from legato.model.plan import Plan


def settled(old: Plan, new: Plan) -> Mapping[str, Rollout]:
    """Return a plan's rollouts with what the others get, if it follows another plan."""
    return {
        name: rollout
        if rollout.before is not None
        else replace(rollout, before=_before(old, new.journeys[name]))
        for name, rollout in new.rollouts.items()
    }


def _before(old: Plan, present: Journey) -> str:
    """Return the version that ran before a journey was rolled out; empty: none did.

    A text that is mended while it is rolled out takes the place of the one rolled out, and the
    others go on with what they had. At the whole share it has come to everybody: what is rolled
    out then follows it.
    """
    was = old.journeys.get(present.name)
    if was is None:
        return ""
    rollout = old.rollouts.get(present.name)
    is_same_text = was.version == present.version
    if rollout is None or (rollout.share >= 1 and not is_same_text):
        return was.version
    return rollout.before or ""
