"""Routes that join two persons, or part one who should never have been joined."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import FromPath, JSONBody

from legato.model.ids import PersonId
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of, found
from legato.studio.refusal import Refused

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 500


class Wish(Noun, frozen=True, kw_only=True):
    other: str
    """Person id or `kind:value`; to part: the id of a person merged into this one."""
    reason: str


class Parted(Noun, frozen=True, kw_only=True):
    person_id: PersonId
    other: PersonId


class Joined(Noun, frozen=True, kw_only=True):
    person_id: PersonId


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


def raise_if(refusal: Reason | None) -> None:
    if refusal is not None:
        raise Refused(
            status=409,
            code=refusal.code,
            message=f"It was not done: {refusal.what}.",
            fix="See what is known of them: `legato profile WHO`.",
        )


IDENTITY = Router("/api/people", route_handlers=[split_person, join_people], tags=["people"])
