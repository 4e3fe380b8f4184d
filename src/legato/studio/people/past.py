"""What was known of somebody, and why a message went, as of a moment of the past.

A life of many records takes seconds to fold again, so the answer also comes line by line: how far
it has come, and in the last line what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from legato.app.app import App
from legato.fold.then import Phase
from legato.fold.then import Told as Tell
from legato.govern.access.callers import Caller
from legato.insight.messages import Message, messages_of
from legato.insight.past import PastProfile, past_profile
from legato.insight.sentences import moment
from legato.insight.story import Told, tell
from legato.insight.why.answer import Answer
from legato.insight.why.otherwise import computed
from legato.insight.why.stopped import stopped_events
from legato.insight.why.why import Question, why
from legato.model.instant import SECOND, Duration
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host
from legato.studio.masking import mask_profile, mask_told
from legato.studio.people.moments import Noted, Stood, noted_by, past_instant, stood
from legato.studio.refusal import Refusal, Refused

TELL_EVERY: Duration = SECOND // 5
STEPS_MAX = 1_000
Name = Annotated[str, QueryParameter(max_length=512)]
Asking = Request[Any, Caller, Any]


class PastPerson(Noun, frozen=True, kw_only=True):
    """Somebody as of a moment, with what had happened by then."""

    known: PastProfile
    steps: tuple[Told, ...]
    """Oldest first: the newest STEPS_MAX of them."""
    messages: tuple[Message, ...]


class PastLine(Noun, frozen=True, kw_only=True):
    """A line of the answer: how far it has come, or, in the last one, what came of it."""

    phase: Phase = "rules"
    """The log is read for the plans of then, once; then the person's records are taken again."""
    done: int = 0
    of: int = 0
    profile: PastProfile | None = None
    person: PastPerson | None = None
    answer: Answer | None = None
    refused: Refusal | None = None


@get(
    "/{who:str}/past",
    opt=needs("look"),
    media_type="application/x-ndjson",
    summary="A profile, or why a message went, as of a moment of the past, told as it is found",
)
async def read_past(  # noqa: PLR0913, PLR0917 - one for each parameter of the query
    who: FromPath[str],
    host: Host,
    request: Asking,
    at: Name = "",
    of: FromQuery[Literal["profile", "person", "why"]] = "profile",
    journey: Name = "",
    message: Name = "",
    delivery: Name = "",
    what_if: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the query
) -> Stream:
    """Answer as the profile and `why` do with `at`, in JSON, line by line.

    Each line says how far it has come; the last one holds the profile, the answer, or why there is
    none. `of=person`: the profile with what had happened by then, and its messages.
    """
    past_instant(at, host.clock.now())

    async def find(told: Tell) -> PastLine:
        if of == "profile":
            return PastLine(profile=await profile_then(host, who, at, request, told=told))
        if of == "person":
            return PastLine(person=await person_then(host, who, at, request, told=told))
        asked = Question(person_id="", journey=journey, message=message, delivery=delivery)
        answer, then = await why_then(host, who, at, asked, told=told)
        return PastLine(answer=await tried(host, answer, then) if what_if else answer)

    return Stream(_lines(find), media_type="application/x-ndjson")


async def _lines(
    find: Callable[[Tell], Coroutine[Any, Any, PastLine]],
) -> AsyncGenerator[bytes]:
    """Yield how far it has come until it is found, then what was."""
    come = PastLine()

    def hear(phase: Phase, done: int, of: int) -> None:
        nonlocal come
        come = PastLine(phase=phase, done=done, of=of)

    task = asyncio.create_task(find(hear))
    try:
        while not task.done():
            await asyncio.wait((task,), timeout=TELL_EVERY / SECOND)
            if not task.done():
                yield _line(come)
        yield _line(await task)
    except Refused as refused:
        yield _line(PastLine(refused=refused.refusal))
    finally:
        task.cancel()


def _line(line: PastLine) -> bytes:
    return msgspec.json.encode(line) + b"\n"


async def profile_then(host: App, who: str, at: str, request: Asking, *, told: Tell) -> PastProfile:
    """Return what was known of somebody at a moment, masked as the caller may see it."""
    return await _masked(host, await stood(host, who, at, told), request)


async def person_then(host: App, who: str, at: str, request: Asking, *, told: Tell) -> PastPerson:
    """Return somebody with what had happened to them by a moment, masked too."""
    was = await stood(host, who, at, told)
    story = was.then.story(was.state.person_id)
    newest = [row for row in story if row.notes][-STEPS_MAX:]
    return PastPerson(
        known=await _masked(host, was, request),
        steps=tuple(mask_told(tell(row)) for row in newest),
        messages=tuple(messages_of(story)),
    )


async def _masked(host: App, was: Stood, request: Asking) -> PastProfile:
    plan, present = was.then.program.plan, host.plan()
    past = past_profile(was.state, plan=plan, at=was.at, present=present, now=host.clock.now())
    sight = await sight_of(
        request, host, action="person.reveal", subject=was.state.person_id, at=moment(was.at)
    )
    if sight == "whole":
        return past
    # What one of the two plans calls special is special.
    masked = mask_profile(mask_profile(past.profile, plan, sight), present, sight)
    return msgspec.structs.replace(past, profile=masked)


async def why_then(
    host: App, who: str, at: str, question: Question, *, told: Tell
) -> tuple[Answer, Noted]:
    """Answer as it would have been answered at a moment, of what had been noted by then."""
    then = await noted_by(host, who, at, told)
    question = msgspec.structs.replace(question, person_id=then.state.person_id)
    waiting = await stopped_events(
        host.records, then.state, question, plan=then.plan, read_events=host.events
    )
    stopped = [one for one in waiting if one.at <= then.at]
    return why(then.story, question, plan=then.plan, stopped=stopped), then


async def tried(host: App, answer: Answer, then: Noted) -> Answer:
    """Return an answer with what would have sent the message."""
    return await asyncio.to_thread(
        lambda: computed(answer, then.story, chronicle=host.chronicle, plan=then.plan, now=then.at)
    )
