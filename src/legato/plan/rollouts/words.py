"""What a rollout means for those who enter, in words: for changes, read-backs and screens."""

from __future__ import annotations

from legato.model.definitions.rollout import Rollout, percent
from legato.model.plan import Plan


def rollout_words(plan: Plan, journey: str) -> str:
    """Say who gets a journey's present version, and what the rest get; empty: everybody does."""
    rollout = plan.rollouts.get(journey)
    if rollout is None:
        return ""
    if rollout.before == plan.journeys[journey].version:
        return "everybody who enters gets this: it is what ran before, so there is nothing to share"
    if rollout.share >= 1:
        return f"everybody who enters gets this; {_kept(rollout)}"
    share = percent(rollout.share)
    first = (
        "nobody who enters gets this"
        if not rollout.share
        else f"{share} of those who enter get this"
    )
    return f"{first}; {_rest(rollout)}"


def rollout_change(old: Plan, new: Plan, journey: str) -> str:
    """Say what becomes of a journey's rollout with another plan; empty: nothing that is new."""
    was, now = old.rollouts.get(journey), new.rollouts.get(journey)
    is_known = journey in old.journeys
    is_other = not is_known or old.journeys[journey].version != new.journeys[journey].version
    if now is None:
        is_over = was is not None
        return "everybody who enters gets this from now on: its rollout is over" if is_over else ""
    if was == now and not is_other:
        return ""
    moved = f" (now {percent(was.share)})" if was is not None and was.share != now.share else ""
    return f"{rollout_words(new, journey)}{moved}"


def _kept(rollout: Rollout) -> str:
    return "what ran before is kept beside it" if rollout.before else "nothing ran before it"


def _rest(rollout: Rollout) -> str:
    who = "the rest" if rollout.share else "they"
    if rollout.before is None:
        return f"{who} get what runs now, or nothing where nothing does"
    if not rollout.before:
        return f"{who} are not let in, for nothing ran before it"
    return f"{who} get what ran before"
