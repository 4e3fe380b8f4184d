"""What must not be at a spot: each check is given a spot about to be taken, and looks for harm.

A message harms where its gates can all pass and what must not be is so at the same time. Gates are
read again when a message leaves, guards are not: so the built-in properties count on the gates, and
on a guard only where an exit takes the message back when its answer changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from legato.model.definitions.journey import Audience, Journey, Send
from legato.model.definitions.property import Messages, NeverSends, Property
from legato.model.instant import format_duration
from legato.model.plan import Purpose
from legato.simulate.proof.ground import Condition, Ground, about_item, concerns, hours, is_by
from legato.simulate.proof.guards import Consents, Known, kept
from legato.simulate.proof.moves import again
from legato.simulate.proof.states import Move, Spot
from legato.simulate.proof.violation import Violation, place_of


def harm_at(ground: Ground, journey: Journey, spot: Spot) -> Iterator[Violation]:
    """Return what of the built-in properties a spot breaks."""
    step = journey.steps.get(spot.step)
    match step:
        case Send():
            yield from _twice(ground, journey, spot, step)
            for channel in step.channels:
                yield from _without_consent(ground, journey, spot, step, channel)
                yield from _after_buying(ground, journey, spot, step, channel)
                yield from _at_night(ground, journey, spot, step, channel)
        case Audience(operation="join"):
            yield from _joined(ground, journey, spot, step)
        case _:
            pass


def _without_consent(
    ground: Ground, journey: Journey, spot: Spot, step: Send, channel: str
) -> Iterator[Violation]:
    for purpose in ground.demanded(journey, step):
        if purpose.basis != "consent" and not purpose.is_promotional:
            continue
        asked = Consents(purpose=purpose.name, channel=channel, words=("granted",))
        known = _harm(ground, spot, (*ground.gates(step, channel), (asked, False)))
        if known is None:
            continue
        yield Violation(
            code="V501",
            journey=journey.name,
            step=step.step_id,
            place=place_of(journey, step.step_id),
            what=f"`{step.message}` can be sent by {channel} without consent to {purpose.name}",
            fix=_way_to_consent(step, purpose),
            channel=channel,
            message=step.message,
            ending=(_ending(step, channel, known),),
        )


def _way_to_consent(step: Send, purpose: Purpose) -> str:
    if purpose.basis != "consent":
        return f"give {purpose.name} `basis: consent`: it promotes, and rests on {purpose.basis}"
    return (
        f"take `purpose: {step.purpose}` away, or write `purpose: {purpose.name}`: the gates ask "
        f"for what the message is sent for, and {step.purpose} needs no consent"
    )


def _after_buying(
    ground: Ground, journey: Journey, spot: Spot, step: Send, channel: str
) -> Iterator[Violation]:
    bought = ground.bought(step.about or ground.item_of(journey))
    if bought is None or not ground.is_promotional(journey, step):
        return
    event = bought.slot.match.event
    if journey.entry.kind == "event" and journey.entry.on == event:
        return  # who comes in by buying is written to because of it
    is_called_back = any(
        each.on == event and each.when is None and not each.same for each in journey.exits
    )
    conditions = (*ground.gates(step, channel), (bought, True))
    known = _harm(ground, spot, conditions, is_guarded=is_called_back)
    if known is None:
        return
    window = format_duration(bought.slot.window.size) if bought.slot.window.size else "ever"
    yield Violation(
        code="V502",
        journey=journey.name,
        step=step.step_id,
        place=place_of(journey, step.step_id),
        what=f"`{step.message}` can be sent by {channel} within {window} of buying what it is "
        "about",
        fix=f"add a policy: `suppress: bought` with `when: {{did_same: {event}, on: "
        f'"{bought.slot.property}", within: 14d}}` and `because: bought it already`'
        if step.about
        else f"say what it is about: `about: {bought.subject}`",
        channel=channel,
        message=step.message,
        ending=(_ending(step, channel, known),),
    )


def _at_night(
    ground: Ground, journey: Journey, spot: Spot, step: Send, channel: str
) -> Iterator[Violation]:
    for quiet in ground.plan.policies.quiet_hours:
        purposes = [one for one in ground.demanded(journey, step) if one.is_promotional]
        if not is_by(quiet.channels, channel):
            continue
        if not any(concerns(quiet.purposes, purpose) for purpose in purposes):
            continue
        known = _harm(ground, spot, (*ground.gates(step, channel), (hours(quiet), True)))
        if known is not None:
            yield Violation(
                code="V503",
                journey=journey.name,
                step=step.step_id,
                place=place_of(journey, step.step_id),
                what=f"`{step.message}` can be sent by {channel} in the quiet hours {quiet.name}",
                fix=f"send it for what it is, with `purpose: {purposes[0].name}`: quiet hours "
                f"hold what promotes, and {step.purpose} does not",
                channel=channel,
                message=step.message,
                ending=(_ending(step, channel, known),),
            )


def _harm(
    ground: Ground, spot: Spot, conditions: tuple[Condition, ...], *, is_guarded: bool = False
) -> Known | None:
    """Return what is known when a message leaves although it must not; None: it never does."""
    found = ground.ways(conditions, spot.known)
    if not found and not is_guarded:
        # A person may change their mind, or buy, while the message waits for its turn: guards of
        # the journey do not hold then.
        found = ground.ways(conditions, kept(spot.known))
    return found[0] if found else None


def _ending(step: Send, channel: str, known: Known) -> Move:
    return Move(kind="send", step=step.step_id, name=step.message, channel=channel, known=known)


def _twice(ground: Ground, journey: Journey, spot: Spot, step: Send) -> Iterator[Violation]:
    channel, known = step.channels[0], spot.known
    for each in step.channels:
        leaving = ground.leaves(step, each, spot.known)
        if leaving is not None:
            channel, known = each, leaving
            break
    ending = _ending(step, channel, known)
    if journey.entry.again == "concurrent" and journey.entry.key:
        yield _beside(journey, step, ending)
        return
    for recent in spot.recents:
        if recent.message != step.message:
            continue
        if recent.is_undone and recent.step == step.step_id:
            continue  # the engine knows the delivery of that step by its id
        how = (
            "once when the time was up and again for an event that arrived late"
            if recent.is_undone
            else f"again {format_duration(recent.ago)} after the first"
            if recent.ago
            else "twice at once"
        )
        yield Violation(
            code="V508",
            journey=journey.name,
            step=step.step_id,
            place=place_of(journey, step.step_id),
            what=f"`{step.message}` can reach a person twice: {how}, while the first may still be "
            "on its way",
            fix="send it in one step behind the wait that both ways lead to"
            if recent.is_undone
            else "let more time pass between the two than the first one's `expires`, or make that "
            "shorter",
            message=step.message,
            channel=channel,
            ending=(ending,),
        )
        return


def _beside(journey: Journey, step: Send, ending: Move) -> Violation:
    return Violation(
        code="V508",
        journey=journey.name,
        step=step.step_id,
        place=place_of(journey, step.step_id),
        what=f"`{step.message}` can reach a person twice: by two passages for the same "
        f"{journey.entry.key}, as `again: any time` allows",
        fix="write `again: once` or `again: after 1h`: other keys have passages of their own",
        message=step.message,
        channel=ending.channel,
        moves=(again(journey),),
        ending=(ending, ending),
    )


def _joined(ground: Ground, journey: Journey, spot: Spot, step: Audience) -> Iterator[Violation]:
    audience = ground.plan.audiences[step.audience]
    purposes = ground.plan.purposes
    purpose = purposes.get(journey.purpose)
    own = purposes.get(audience.purpose)
    if purpose is None or purpose.basis != "consent" or (own and own.basis == "consent"):
        return
    yield Violation(
        code="V501",
        journey=journey.name,
        step=step.step_id,
        place=place_of(journey, step.step_id),
        what=f"people are put on `{audience.name}` for {purpose.name} without consent to it",
        fix=f"give the audience `purpose: {purpose.name}`: joining asks for consent then",
        message=audience.name,
        ending=(Move(kind="go", step=step.step_id, known=spot.known),),
    )


# -- What the workspace promises -----------------------------------------------------------------


def is_meant(ground: Ground, messages: Messages, journey: Journey, step: Send) -> bool:
    """Return whether a property speaks of what a step sends."""
    if messages.of and journey.name not in messages.of:
        return False
    match messages.kind:
        case "any":
            return True
        case "promotional":
            return ground.is_promotional(journey, step)
        case _:
            return step.message in messages.names


def channels_meant(messages: Messages, step: Send) -> tuple[str, ...]:
    """Return the channels of a step that a property speaks of."""
    return tuple(one for one in step.channels if is_by(messages.by, one))


def broken_at(
    ground: Ground, journey: Journey, spot: Spot, named: Property, claim: NeverSends
) -> Iterator[Violation]:
    """Return where a spot breaks a promise about what is never sent."""
    step = journey.steps.get(spot.step)
    if not isinstance(step, Send) or not is_meant(ground, claim.messages, journey, step):
        return
    if claim.after and not spot.is_flagged:
        return
    for channel in channels_meant(claim.messages, step):
        harm: list[Condition] = []
        if claim.when is not None:
            harm.append((about_item(claim.when, step.about), True))
        if claim.without:
            asked = Consents(purpose=claim.without, channel=channel, words=("granted",))
            harm.append((asked, False))
        found = ground.ways((*ground.gates(step, channel), *harm), spot.known)
        if found:
            ending = _ending(step, channel, found[0])
            yield promised(named, journey, step.step_id, ending=ending)


def promised(
    named: Property, journey: Journey, step: str = "", *, what: str = "", ending: Move | None = None
) -> Violation:
    """Return a promise that is not kept."""
    return Violation(
        code="V510",
        journey=journey.name,
        step=step,
        place=place_of(journey, step),
        property=named.name,
        what=f"the promise `{named.name}` is not kept: {what or named.title}",
        fix=f"change the journey or the policies; the promise stands at {named.place}",
        message=ending.name if ending is not None else "",
        channel=ending.channel if ending is not None else "",
        ending=(ending,) if ending is not None else (),
    )
