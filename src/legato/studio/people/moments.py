"""People as of a moment of the past: who somebody was then, or why that cannot be told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from legato.app.app import App
from legato.core.identifiers import possible_keys
from legato.fold.then import Then, Told, Until, then, to_nobody
from legato.insight.sentences import moment
from legato.insight.story import whole_story
from legato.model.ids import PersonId
from legato.model.instant import Instant, parse_duration, parse_instant
from legato.model.note import Merged, Separated, Story
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.model.state import State
from legato.studio.host import nobody
from legato.studio.refusal import Refused, not_found


class Stood(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as they were."""

    at: Instant
    state: State
    then: Then


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What had been noted of somebody."""

    at: Instant
    state: State
    story: Sequence[Story]
    plan: Plan


async def stood(host: App, who: str, text: str, told: Told = to_nobody) -> Stood:
    """Return how somebody stood at the moment that a text names, or refuse.

    `who` is read as of then: an identifier leads to whom it led to, and an id that was merged since
    is a person of its own.
    """
    at, present, found = await _folded(host, who, text, told)
    if isinstance(found, Reason):
        raise untold(found)
    return await _stood(host, who, present, at=at, found=found)


async def noted_by(host: App, who: str, text: str, told: Told = to_nobody) -> Noted:
    """Return what had been noted of somebody by the moment that a text names, or refuse.

    Notes outlive records: where those are gone, the notes answer alone, unless somebody was merged
    or parted since.
    """
    at, present, found = await _folded(host, who, text, told)
    if isinstance(found, Reason):
        return await _by_notes(host, present, at=at, reason=found)
    was = await _stood(host, who, present, at=at, found=found)
    story = found.story(was.state.person_id)
    return Noted(at=at, state=was.state, story=story, plan=found.program.plan)


async def _folded(
    host: App, who: str, text: str, told: Told
) -> tuple[Instant, PersonId, Then | Reason]:
    at = past_instant(text, host.clock.now())
    present = await host.find(who)
    if present is None:
        raise await _nobody(host, who)
    until = Until(at=at)
    return at, present, await asyncio.to_thread(then, host.chronicle, present, until, told)


async def _stood(host: App, who: str, present: PersonId, *, at: Instant, found: Then) -> Stood:
    keys = possible_keys(found.program.plan.identity.kinds, who)
    state = found.person(PersonId(who)) or found.known_by(keys)
    if state is None:
        raise await _not_yet(host, who, present, found)
    return Stood(at=at, state=state, then=found)


async def _by_notes(host: App, present: PersonId, *, at: Instant, reason: Reason) -> Noted:
    state = await host.person(present)
    rows = await asyncio.to_thread(whole_story, host.records, present)
    since = [note for row in rows if row.at > at for note in row.notes]
    story = [row for row in rows if row.at <= at]
    if state is None or not story or any(isinstance(n, Merged | Separated) for n in since):
        raise untold(reason)
    plan = await asyncio.to_thread(host.chronicle.plan_at, at)
    return Noted(at=at, state=state, story=story, plan=plan)


def past_instant(text: str, now: Instant) -> Instant:
    """Return the moment that a text names, or refuse: no moment, or one that is not past."""
    duration = parse_duration(text)
    at = parse_instant(text) if duration is None else now - duration
    if at is None:
        raise Refused(
            status=400,
            code="past.moment",
            message="`at` is neither an instant nor a length of time.",
            fix="Write it as `2026-01-31T12:00Z`, or as how long ago: `30d`.",
        )
    if at > now:
        raise Refused(
            status=400,
            code="past.future",
            message="`at` has not come yet: nothing is known of then.",
            fix=f"Ask for a moment until now, which is {moment(now)}.",
        )
    return at


def untold(reason: Reason) -> Refused:
    """Return the refusal where the past cannot be told."""
    return Refused(
        status=409,
        code=reason.code,
        message=f"This cannot be told: {reason.what}.",
        fix="What is known of the person now can be read without `at`.",
    )


async def _nobody(host: App, who: str) -> Exception:
    """Return the refusal of somebody who is not known, and says so if they were erased."""
    erased_at = await _erased_at(host, who)
    if erased_at is None:
        return nobody()
    return _erased(erased_at)


async def _not_yet(host: App, who: str, present: PersonId, found: Then) -> Exception:
    erased_at = await _erased_at(host, who)
    if erased_at is not None:
        return _erased(erased_at)
    state = await host.person(present)
    merged = [one for one in (state.merged if state else ()) if found.person(one) is not None]
    first = await asyncio.to_thread(host.records.story, present, 0, 1)
    since = f" They were first heard of at {moment(first[0].at)}." if first else ""
    names = " or ".join(f"`{one}`" for one in merged)
    return not_found(
        "past.unknown",
        f"Nobody was known by this at that moment.{since}",
        fix=f"Of those who became this person since, ask for {names}."
        if merged
        else "Ask for a later moment.",
    )


async def _erased_at(host: App, who: str) -> Instant | None:
    keys = possible_keys(host.plan().identity.kinds, who)
    return await asyncio.to_thread(host.erasures.erased_at, keys)


def _erased(at: Instant) -> Refused:
    return Refused(
        status=410,
        code="past.erased",
        message=f"Whoever was known by this was erased at {moment(at)}: nothing is left of then.",
        fix="See GET /api/erasures for the certificate.",
    )
