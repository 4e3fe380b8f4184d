"""Routes about one person: profile, story, and why a message went or did not."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from legato.fold.then import to_nobody
from legato.govern.access.callers import Caller
from legato.insight.messages import Message, messages_of
from legato.insight.past import PastProfile
from legato.insight.profile import Profile, profile_of
from legato.insight.receipts import Receipt, receipts_of
from legato.insight.story import Told, noted, tell, whole_story
from legato.insight.why.answer import Answer
from legato.insight.why.stopped import stopped_events
from legato.insight.why.stream import StreamQuestion, why_handed_on
from legato.insight.why.why import Question, unknown_person, why
from legato.model.ids import PersonId
from legato.model.note import Story
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import PAGE_MAX, Host, Limit, found, nobody
from legato.studio.masking import mask_profile, mask_told
from legato.studio.people.moments import Noted
from legato.studio.people.past import profile_then, read_past, tried, why_then

Name = Annotated[str, QueryParameter(max_length=512)]
Newest = Annotated[int, QueryParameter(ge=0, le=PAGE_MAX)]


@get("/{who:str}", opt=needs("look"), summary="A person's profile")
async def read_profile(
    who: FromPath[str], host: Host, request: Request[Any, Caller, Any], at: Name = ""
) -> Profile | PastProfile:
    """Find by person id or `kind:value`; values are masked without a reason to see them.

    `at`: as they stood at that instant, or so long ago, of what had come in by then.
    """
    if at:
        return await profile_then(host, who, at, request, told=to_nobody)
    # A program may ask for thousands a second: the caller is not asked for as a dependency, since
    # the framework resolves two of them in tasks, and a person id leads to its state at once.
    state = None if ":" in who else await host.person(PersonId(who))
    if state is None:
        state = await host.person(await found(host, who))
    if state is None:
        raise nobody()
    profile = profile_of(state, plan=host.plan(), now=host.clock.now())
    sight = await sight_of(request, host, action="person.reveal", subject=state.person_id)
    return profile if sight == "whole" else mask_profile(profile, host.plan(), sight)


@get("/{who:str}/story", opt=needs("look"), summary="What happened to a person, in order")
async def read_story(
    who: FromPath[str],
    host: Host,
    after: FromQuery[int] = 0,
    limit: Limit = 200,
    newest: Newest = 0,
) -> list[Told]:
    """Return notes as sentences and as they were written, oldest first.

    `newest`: the last so many, whatever `after` and `limit` say.
    """
    person_id = await found(host, who)
    if newest:
        story = await asyncio.to_thread(whole_story, host.records, person_id)
        last = [row for row in story if row.notes][-newest:]
        return [mask_told(tell(row)) for row in last]

    def read(position: int) -> list[Story]:
        return host.records.story(person_id, position, limit)

    rows, _ = await asyncio.to_thread(noted, read, after)
    return [mask_told(tell(row)) for row in rows]


@get("/{who:str}/why", opt=needs("look"), summary="Why a message did or did not go")
async def read_why(  # noqa: PLR0913, PLR0917 - one for each parameter of the query
    who: FromPath[str],
    host: Host,
    journey: Name = "",
    message: Name = "",
    delivery: Name = "",
    at: Name = "",
    what_if: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the query
) -> Answer:
    """Answer yes or no in one sentence, then every gate with what it saw then.

    `delivery`: of this one decision, by its id.
    `at`: as it would have been answered at that instant, or so long ago.
    `what_if`: compute what would have sent it, by taking the decision again.
    """
    if at:
        asked = Question(person_id="", journey=journey, message=message, delivery=delivery)
        answer, then = await why_then(host, who, at, asked, told=to_nobody)
        return await tried(host, answer, then) if what_if else answer
    found_id = await host.find(who)
    question = Question(
        person_id=found_id or "", journey=journey, message=message, delivery=delivery
    )
    state = await host.person(found_id) if found_id is not None else None
    if found_id is None or state is None:
        return unknown_person(question)
    story = await asyncio.to_thread(whole_story, host.records, found_id)
    plan = host.plan()
    stopped = await stopped_events(
        host.records, state, question, plan=plan, read_events=host.events
    )
    answer = why(story, question, plan=plan, stopped=stopped)
    noted_now = Noted(at=host.clock.now(), state=state, story=story, plan=plan)
    return await tried(host, answer, noted_now) if what_if else answer


@get("/{who:str}/why/events", opt=needs("look"), summary="Whether events went on, and why not")
async def read_why_events(
    who: FromPath[str], host: Host, destination: Name, event: Name = ""
) -> Answer:
    """Answer whether a person's events, or those of one name, went on to a destination."""
    person_id = await found(host, who)
    story = await asyncio.to_thread(whole_story, host.records, person_id)
    asked = StreamQuestion(person_id=person_id, destination=destination, event=event)
    return why_handed_on(story, asked, plan=host.plan())


@get("/{who:str}/deliveries", opt=needs("look"), summary="A person's messages and their states")
async def read_messages(who: FromPath[str], host: Host) -> list[Message]:
    """Return every message decided for this person, oldest first, with what became of it."""
    person_id = await found(host, who)
    return messages_of(await asyncio.to_thread(whole_story, host.records, person_id))


@get("/{who:str}/receipts", opt=needs("look"), summary="Which systems were told of a consent")
async def read_receipts(who: FromPath[str], host: Host) -> list[Receipt]:
    """Return what each connected system was told of this person's opt-outs, and its answer."""
    person_id = await found(host, who)
    story = await asyncio.to_thread(whole_story, host.records, person_id)
    return receipts_of(story, host.plan())


PEOPLE = Router(
    "/api/people",
    route_handlers=[
        read_profile,
        read_past,
        read_story,
        read_why,
        read_why_events,
        read_messages,
        read_receipts,
    ],
    tags=["people"],
)
