"""Routes of rollouts: how many of those who enter get a journey, and raising or taking it back.

The share stands in the journey's text, so moving it is a change of the running texts like any
other: proposed, and applied at once where the policy of approvals and the caller's role allow.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody

from legato.app.config import Applied
from legato.model.definitions.rollout import percent
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.drawing.commands import Command, RemoveField, SetField
from legato.plan.drawing.edit import NotDone, edit
from legato.plan.rollouts.words import rollout_words
from legato.studio.access import needs
from legato.studio.changes.routes import Shown, proposed_at_once
from legato.studio.drawing.routes import not_done
from legato.studio.drawing.texts import merged
from legato.studio.host import Host, Who
from legato.studio.journeys import journey_of
from legato.studio.refusal import Refused

FIELD = "rollout"


class ShownRollout(Noun, frozen=True, kw_only=True):
    """Who gets the present version of a journey that enters it."""

    journey: str
    share: float | None
    """Of 1.0; None: it is not rolled out, so everybody does."""
    has_before: bool
    """The rest enter an older version; else they are not let in."""
    words: str


class ToRoll(Noun, frozen=True, kw_only=True):
    """To how many of those who enter; null ends the rollout, and everybody gets it."""

    share: Annotated[float, msgspec.Meta(ge=0, le=1)] | None
    why: str = ""


class RolledOut(Noun, frozen=True, kw_only=True):
    """The change that this was, and what became of it."""

    rollout: ShownRollout
    """As it is now."""
    proposed: Shown
    applied: Applied | None = None
    """None: it waits for answers, or for somebody who may apply it."""


@get("/{name:str}/rollout", opt=needs("look"), summary="How far a journey is rolled out")
async def read_rollout(name: FromPath[str], host: Host) -> ShownRollout:
    """Return the share of those who enter that get its present version."""
    journey_of(host, name)
    return _shown(host.plan(), name)


@post(
    "/{name:str}/rollout",
    opt=needs("propose"),
    status_code=200,
    summary="Raise a rollout, take it back, or end it",
)
async def roll_out(
    name: FromPath[str], data: JSONBody[ToRoll], host: Host, caller: Who
) -> RolledOut:
    """Propose the running texts with another share, and apply that at once where the caller may."""
    journey_of(host, name)
    rollout = host.plan().rollouts.get(name)
    if data.share == (None if rollout is None else rollout.share):
        raise Refused(
            status=409,
            code="rollout.same",
            message=f"The rollout of {name} is so already.",
            fix="Choose another share.",
        )
    files = merged(host, {})
    done = await asyncio.to_thread(edit, files, name, [_command(data.share)])
    if isinstance(done, NotDone):
        raise not_done(done)
    title = _title(name, data.share)
    proposed, applied = await proposed_at_once(host, caller, done.files, title=title, why=data.why)
    return RolledOut(rollout=_shown(host.plan(), name), proposed=proposed, applied=applied)


def _command(share: float | None) -> Command:
    if share is None:
        return RemoveField(path=FIELD)
    return SetField(path=FIELD, value=percent(share).replace(" ", ""))


def _title(journey: str, share: float | None) -> str:
    if share is None:
        return f"End the rollout of {journey}: everybody who enters gets it"
    if not share:
        return f"Take {journey} back: nobody who enters gets what is rolled out"
    return f"Roll {journey} out to {percent(share)} of those who enter"


def _shown(plan: Plan, name: str) -> ShownRollout:
    rollout = plan.rollouts.get(name)
    return ShownRollout(
        journey=name,
        share=None if rollout is None else rollout.share,
        has_before=plan.before(name) is not None,
        words=rollout_words(plan, name),
    )


ROLLOUTS = Router("/api/journeys", route_handlers=[read_rollout, roll_out], tags=["journeys"])
