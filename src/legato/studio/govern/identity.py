"""Routes that join two persons, or part who or what should never have been joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from legato.app.app import App
from legato.app.identity.trial import Came, identifier_of
from legato.core.privacy.mask import Sight
from legato.govern.access.callers import Caller
from legato.insight.profile import Profile, profile_of
from legato.model.ids import PersonId
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.state import State
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, Who, actor_of, found, nobody
from legato.studio.masking import mask_profile
from legato.studio.refusal import Refusal, Refused

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 500
CANNOT = "That cannot be"
NOBODY = Refusal(
    code="person.unknown",
    message="Nobody is known by this.",
    fix="Write it as it was sent, or name its kind: `email:ana@example.com`.",
)
Name: TypeAlias = Annotated[str, QueryParameter(min_length=1, max_length=520)]
Asking: TypeAlias = Request[Any, Caller, Any]


class Wish(Noun, frozen=True, kw_only=True):
    other: str
    """Person id or `kind:value`; to part: the id of a person merged into this one."""
    reason: str


class Parted(Noun, frozen=True, kw_only=True):
    person_id: PersonId
    other: PersonId


class Joined(Noun, frozen=True, kw_only=True):
    person_id: PersonId


class JoinTrial(Noun, frozen=True, kw_only=True):
    """Two people beside each other, and as one."""

    one: Profile
    other: Profile | None
    """None: nobody is known by that."""
    joined: Profile | None
    """None: they cannot be."""
    refused: Refusal | None
    were_parted: bool
    """Somebody has parted these two before."""


class LoneWish(Noun, frozen=True, kw_only=True):
    identifier: str
    """`kind:value`; the kind alone will do where they are known by one of it."""
    reason: str


class PartTrial(Noun, frozen=True, kw_only=True):
    """Who there would be if an identifier were not theirs."""

    kind: str
    before: Profile
    goes: Profile | None
    """Who the identifier is by itself; None: it cannot be parted."""
    stays: tuple[Profile, ...]
    """Who remains; several, where the identifier alone had joined them."""
    came: tuple[Came, ...]
    """Events that came under it alone, and go with it."""
    remains_count: int
    """Events that stay."""
    refused: Refusal | None


class PartedOff(Noun, frozen=True, kw_only=True):
    stays: tuple[PersonId, ...]
    other: PersonId
    """Who the identifier is by itself."""


@post("/{who:str}/split", opt=needs("identify"), status_code=200, summary="Undo a merge")
async def split_person(who: FromPath[str], data: JSONBody[Wish], host: Host, caller: Who) -> Parted:
    """Part a person who was made of two: both are as if they had never been merged."""
    reason = checked_reason(data.reason)
    person_id, gone = await found(host, who), PersonId(data.other)
    raise_if(await host.identity.split(person_id, gone, by=actor_of(caller), reason=reason))
    return Parted(person_id=person_id, other=gone)


@post("/{who:str}/join", opt=needs("identify"), status_code=200, summary="Two persons are one")
async def join_people(who: FromPath[str], data: JSONBody[Wish], host: Host, caller: Who) -> Joined:
    """Make two persons one, for ever unless they are parted again."""
    reason = checked_reason(data.reason)
    one, other = await found(host, who), await found(host, data.other)
    raise_if(await host.identity.join(one, other, by=actor_of(caller), reason=reason))
    return Joined(person_id=await found(host, one))


@get("/{who:str}/join", opt=needs("identify"), summary="Who two people would be as one")
async def try_join(who: FromPath[str], other: Name, host: Host, request: Asking) -> JoinTrial:
    """Return both, and what joining them would come to; nothing is changed by asking.

    Values are masked without a reason to see them, as those of a profile are.
    """
    one = await _person(host, who)
    found_id = await host.find(other)
    another = None if found_id is None else await host.person(found_id)
    if another is None:
        # An answer like others: that somebody is looked for in vain is no fault of the call.
        show = await _shown(host, request, one.person_id)
        return JoinTrial(one=show(one), other=None, joined=None, refused=NOBODY, were_parted=False)
    union = await host.identity.try_join(one, another)
    show = await _shown(host, request, one.person_id, another.person_id)
    return JoinTrial(
        one=show(one),
        other=show(another),
        joined=None if union.state is None else show(union.state),
        refused=_refusal(union.refused, CANNOT),
        were_parted=union.were_parted,
    )


@get("/{who:str}/part", opt=needs("identify"), summary="Who there would be without an identifier")
async def try_part(who: FromPath[str], identifier: Name, host: Host, request: Asking) -> PartTrial:
    """Return what would go with an identifier and what would stay; nothing is changed by asking.

    `identifier`: `kind:value`; the kind alone will do where they are known by one of it.
    """
    person = await _person(host, who)
    division = await host.identity.try_part(person, _identifier(host, person, identifier))
    show = await _shown(host, request, person.person_id)
    return PartTrial(
        kind=division.lone.identifier[0],
        before=show(person),
        goes=None if division.goes is None else show(division.goes),
        stays=tuple([show(state) for state in division.stays]),
        came=division.came,
        remains_count=division.remains_count,
        refused=_refusal(division.refused, CANNOT),
    )


@post(
    "/{who:str}/part", opt=needs("identify"), status_code=200, summary="An identifier is not theirs"
)
async def part_identifier(
    who: FromPath[str], data: JSONBody[LoneWish], host: Host, caller: Who
) -> PartedOff:
    """Take one identifier from a person, with what came under it alone: it is by itself then."""
    reason = checked_reason(data.reason)
    person = await _person(host, who)
    division = await host.identity.try_part(person, _identifier(host, person, data.identifier))
    raise_if(division.refused)
    lone, by = division.lone, actor_of(caller)
    raise_if(await host.identity.part(person.person_id, lone, by=by, reason=reason))
    return PartedOff(stays=lone.stays, other=lone.gone)


async def _person(host: App, who: str) -> State:
    await host.applied(host.log.last_position())  # whom one has just sent an event of is there
    _, state = await host.present(await found(host, who))
    if state is None:
        raise nobody()
    return state


def _identifier(host: App, person: State, text: str) -> tuple[str, str]:
    identifier = identifier_of(host.plan().identity, person, text)
    if identifier is None:
        raise Refused(
            status=404,
            code="identity.unknown",
            message="This person is not known by such an identifier, or by more than one of it.",
            fix="Give one of theirs as `kind:value`, as `legato profile WHO` shows them.",
        )
    return identifier


async def _shown(host: App, request: Asking, *subjects: PersonId) -> Callable[[State], Profile]:
    """Return how people are shown to the caller; what they see of whom is on record then."""
    plan, now = host.plan(), host.clock.now()
    sight: Sight = "masked"
    for subject in subjects:
        sight = await sight_of(request, host, action="person.reveal", subject=subject)

    def show(state: State) -> Profile:
        profile = profile_of(state, plan=plan, now=now)
        return profile if sight == "whole" else mask_profile(profile, plan, sight)

    return show


def checked_reason(reason: str) -> str:
    text = reason.strip()
    if REASON_LENGTH_MIN <= len(text) <= REASON_LENGTH_MAX:
        return text
    raise Refused(
        status=400,
        code="identity.reason",
        message=f"A reason has {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters.",
        fix="Say how you know; it goes on record with your name.",
    )


def raise_if(reason: Reason | None) -> None:
    refusal = _refusal(reason)
    if refusal is not None:
        raise Refused(status=409, **msgspec.structs.asdict(refusal))


def _refusal(reason: Reason | None, said: str = "It was not done") -> Refusal | None:
    if reason is None:
        return None
    return Refusal(
        code=reason.code,
        message=f"{said}: {reason.what}.",
        fix="See what each of them is known by.",
    )


IDENTITY = Router(
    "/api/people",
    route_handlers=[split_person, try_join, join_people, try_part, part_identifier],
    tags=["people"],
)
