"""What is shown of personal data: that it is there, and only to who may see it, what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import msgspec

from legato.app.identity.matches import Match
from legato.core.privacy.mask import MASK, SPECIAL, Sight, special_names
from legato.core.privacy.uses import facts_of_rule
from legato.insight.profile import Profile, ShownOffer, ShownTrait
from legato.insight.story import Told
from legato.insight.why.fate import GroupQuestion
from legato.insight.why.group import GroupAnswer, without_few
from legato.model.plan import Plan
from legato.model.rule import InSegment, Rule

LEAF_LENGTH_MIN = 3
_SOMEBODY = re.compile(
    r"[^\s@\"'<>,;:=(){}\[\]]+@[^\s@\"'<>,;:=(){}\[\]]+"  # an address
    r"|\+?\d(?:[ ().-]?\d){6,}"  # a number by which somebody can be called, or known
)


def mask_profile(profile: Profile, plan: Plan, sight: Sight) -> Profile:
    """Return a profile without the values that a caller may not see."""
    traits = tuple(
        each if _is_shown(each, plan, sight) else msgspec.structs.replace(each, value=MASK)
        for each in profile.traits
    )
    if sight != "masked":
        return msgspec.structs.replace(profile, traits=traits)
    return msgspec.structs.replace(
        profile,
        traits=traits,
        identifiers=tuple(
            msgspec.structs.replace(each, value=MASK) for each in profile.identifiers
        ),
        enrollments=tuple(
            msgspec.structs.replace(each, key=MASK if each.key else "")
            for each in profile.enrollments
        ),
        offers=tuple(_masked_offer(each, plan) for each in profile.offers),
    )


def _masked_offer(shown: ShownOffer, plan: Plan) -> ShownOffer:
    """Return an offer without what an event has told: what its definition names is no secret."""
    offer = plan.offers.get(shown.offer)
    item = shown.item if offer is not None and offer.item == shown.item else MASK
    category = shown.category if offer is not None and offer.category == shown.category else MASK
    return msgspec.structs.replace(shown, item=item, category=category)


def mask_told(told: Told) -> Told:
    """Return a step of a story without the keys of passages: an order number leads to somebody."""
    notes = tuple({**note, "key": MASK} if note.get("key") else note for note in told.notes)
    return msgspec.structs.replace(told, notes=notes)


def mask_group(answer: GroupAnswer, plan: Plan, sight: Sight) -> GroupAnswer:
    """Return a group's answer so that nobody in particular can be read from it.

    To be in a group of which the rule asks for an illness says that one has it: of such a group no
    ids are shown, and no reason that only a few share.
    """
    if sight == "whole" or not is_special(plan, answer.question):
        return answer
    return without_few(answer)


def is_special(plan: Plan, question: GroupQuestion) -> bool:
    """Return whether membership rests on something sensitive or of health."""
    special = special_names(plan)
    return any(
        fact.name in special or fact.path.rpartition(".")[2] in special
        for rule, event in _rules(plan, question)
        for fact in facts_of_rule(plan, rule, event=event)
    )


def _rules(plan: Plan, question: GroupQuestion) -> Iterator[tuple[Rule, str]]:
    """Walk what is asked of those who are in the group, each with the event that it is asked of."""
    if question.segment:
        yield InSegment(name=question.segment), ""
        return
    for journey in (*plan.journeys.values(), *plan.retired):
        if journey.name == question.journey:
            entry = journey.entry
            segment = entry.on if entry.kind == "segment" else entry.segment
            if segment:
                yield InSegment(name=segment), ""
            if entry.when is not None:
                yield entry.when, entry.on if entry.kind == "event" else ""


def mask_match(match: Match, plan: Plan, sight: Sight) -> Match:
    """Return a match without how the two agree in what a caller may not see.

    That two have the same illness says something of both, though not which.
    """
    special = special_names(plan)
    evidence = tuple(
        msgspec.structs.replace(each, agreement=MASK, weight=MASK)
        if sight != "whole" and each.trait in special
        else each
        for each in match.evidence
    )
    return msgspec.structs.replace(match, evidence=evidence)


def mask_text(text: str, values: object) -> str:
    """Return a text of others without what it repeats of these values, and what looks like people.

    What is left are the words of whoever wrote it.
    """
    for value in sorted(dict.fromkeys(_leaves(values)), key=len, reverse=True):
        text = re.sub(re.escape(value), MASK, text, flags=re.IGNORECASE)
    return _SOMEBODY.sub(MASK, text)


def _leaves(value: object) -> Iterator[str]:
    """Yield the texts and numbers in a JSON value that are long enough to tell somebody."""
    if isinstance(value, Mapping):
        for each in cast("Mapping[str, object]", value).values():
            yield from _leaves(each)
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[object]", value):
            yield from _leaves(each)
    elif isinstance(value, str | int | float) and len(str(value)) >= LEAF_LENGTH_MIN:
        yield str(value)


def _is_shown(trait: ShownTrait, plan: Plan, sight: Sight) -> bool:
    declared = plan.traits.get(trait.name) or plan.computed.get(trait.name)
    privacy = declared.privacy if declared is not None else "personal"
    if privacy in SPECIAL:
        return sight == "whole"
    return sight != "masked" or privacy == "public"
