"""What a person can choose, and what holds for them now: the preference centre's content."""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.consents.standing import awaited, holding
from legato.model.consent import EVERY_CHANNEL
from legato.model.definitions.journey import Send
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, Purpose
from legato.model.state import State


class Choice(Noun, frozen=True, kw_only=True):
    """One purpose in one channel."""

    purpose: str
    channel: str
    title: str
    """The channel's."""
    is_on: bool
    since: Instant | None = None
    """When the person said so; None where nobody ever did."""
    is_pending: bool = False
    """A yes waits to be confirmed."""


class Topic(Noun, frozen=True, kw_only=True):
    """A purpose, and the channels in which it is served."""

    purpose: str
    title: str
    choices: tuple[Choice, ...]


def topics(plan: Plan, state: State) -> tuple[Topic, ...]:
    """Return everything a person may say yes or no to, by name."""
    return tuple(
        Topic(
            purpose=purpose.name,
            title=purpose.title or purpose.name,
            choices=tuple(_choices(plan, state, purpose)),
        )
        for purpose in plan.purposes.values()
        if may_refuse(purpose)
    )


def may_refuse(purpose: Purpose) -> bool:
    """Return whether it is for the person to say: consent, or an objection to advertising."""
    return purpose.basis == "consent" or purpose.is_promotional


def is_open(plan: Plan, state: State, purpose: str, channel: str) -> bool:
    """Return whether what the person said lets something be sent for a purpose in a channel."""
    line = holding(plan, state, purpose, channel)
    if line is None:
        declared = plan.purposes.get(purpose)
        return declared is not None and declared.basis != "consent"
    return line.is_granted


def closed_together(plan: Plan, purpose: str, channel: str) -> tuple[tuple[str, str], ...]:
    """Return every purpose and channel that an opt-out in one of them closes, by the policy.

    A link may be older than the plan: what is declared no longer stands for all there is.
    """
    scope = plan.policies.opt_out_scope
    promotional = [one.name for one in plan.purposes.values() if one.is_promotional]
    purposes = [purpose] if purpose in plan.purposes else promotional
    if scope == "global":
        purposes = list(dict.fromkeys([*purposes, *promotional]))
    is_narrow = scope == "channel" and channel in plan.channels
    channels = [channel] if is_narrow else [EVERY_CHANNEL, *plan.channels]
    return tuple((one, where) for one in purposes for where in channels)


def _choices(plan: Plan, state: State, purpose: Purpose) -> Iterable[Choice]:
    for name in channels_of(plan, purpose.name):
        line = holding(plan, state, purpose.name, name)
        yield Choice(
            purpose=purpose.name,
            channel=name,
            title=plan.channels[name].title or name if name in plan.channels else "",
            is_on=is_open(plan, state, purpose.name, name),
            since=line.at if line is not None else None,
            is_pending=awaited(plan, state, purpose.name, name) is not None,
        )


def channels_of(plan: Plan, purpose: str) -> tuple[str, ...]:
    """Return the channels by which something is or may be sent for a purpose.

    A purpose that nothing is sent for (a list at a destination, measuring) has one choice.
    """
    used: dict[str, bool] = {}
    for template in plan.templates.values():
        if template.purpose == purpose:
            used.update(dict.fromkeys(template.texts, True))
    for journey in plan.entered:
        for step in journey.steps.values():
            if isinstance(step, Send) and step.purpose == purpose:
                used.update(dict.fromkeys(step.channels, True))
    return tuple(name for name in plan.channels if name in used) or (EVERY_CHANNEL,)
