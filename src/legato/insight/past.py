"""A profile as it stood at a moment of the past, less what may not be kept any longer."""

from __future__ import annotations

from legato.core.retirement.limits import limits_of
from legato.core.retirement.retired import is_hidden
from legato.insight.profile import Profile, profile_of
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, plan_digest
from legato.model.state import State


class PastProfile(Noun, frozen=True, kw_only=True):
    """What was known of a person at a moment: of what had come in by then."""

    at: Instant
    plan: str
    """Digest of the plan that ran then."""
    profile: Profile
    withheld: tuple[str, ...] = ()
    """Traits that there were, of which the value is not kept any longer."""


def past_profile(
    state: State, *, plan: Plan, at: Instant, present: Plan, now: Instant
) -> PastProfile:
    """Return a profile as of `at`. `plan` ran then; what is kept until `now` the present one says.

    The records from which the past is told outlive the values that they brought: without this,
    a trait that was to be forgotten after a month could be had again a year later.
    """
    ended = [
        limit.name
        for limit in limits_of(present)
        if limit.name in state.traits
        and (limit.ends_at(state.traits[limit.name]) <= now or is_hidden(present, limit.name, now))
    ]
    for name in ended:
        del state.traits[name]
    return PastProfile(
        at=at,
        plan=plan_digest(plan),
        profile=profile_of(state, plan=plan, now=at),
        withheld=tuple(ended),
    )
