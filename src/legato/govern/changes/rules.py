"""What may become of a change request. Every move is here; each is a function of the one before.

Nobody answers for their own. Every team that owns what changes, or what rests on it, answers; an
edit takes all answers back, and so does another plan, for what was approved was a difference from
the one that ran. When the deadline has passed, any approver may answer for the silent.
"""

from __future__ import annotations

from msgspec.structs import replace

from legato.govern.access.denial import Denial
from legato.govern.changes.calendar import after_working_days
from legato.govern.changes.request import (
    ANYBODY,
    Answer,
    ChangeRequest,
    Draft,
    Party,
    Verdict,
    team_words,
)
from legato.model.instant import Instant
from legato.model.plan import Approvals


def deadline(policy: Approvals | None, now: Instant, zone: str) -> Instant:
    """Return until when teams may answer for themselves."""
    policy = policy or Approvals()
    if policy.within_days:
        return after_working_days(now, policy.within_days, zone)
    return now + policy.within


def proposed(
    number: int, author: Party, draft: Draft, *, words: tuple[str, str], now: Instant
) -> ChangeRequest:
    """Begin a request; `words`: its title, and why it is wanted."""
    title, why = words
    blank = ChangeRequest(
        number=number, title=title, why=why, author=author, created_at=now, draft=draft
    )
    return _asked(blank, draft)


def revised(request: ChangeRequest, party: Party, draft: Draft) -> ChangeRequest:
    """Put other texts in place; whatever was answered is void."""
    if not party.is_same(request.author):
        raise Denial(
            "forbidden",
            "change.not_yours",
            "Only its author edits a change.",
            fix="Propose one of your own: `legato change propose`.",
        )
    if request.state in ("applied", "withdrawn"):
        raise _ended(request)
    return _asked(replace(request, revision=request.revision + 1), draft)


def answered(
    request: ChangeRequest, party: Party, verdict: Verdict, *, why: str, now: Instant
) -> ChangeRequest:
    """Take an answer. Raises Denial."""
    if not request.is_live:
        raise _ended(request)
    if party.is_same(request.author):
        raise Denial(
            "forbidden",
            "change.own",
            "Nobody answers for a change of their own.",
            fix=_ask_others(request),
        )
    if request.teams and party.role not in request.draft.roles:
        raise Denial(
            "forbidden",
            "change.role",
            f"The role {party.role} does not answer for changes here.",
            fix=f"These do: {', '.join(request.draft.roles)}.",
        )
    teams = _stands_for(request, party)
    answer = Answer(party=party, verdict=verdict, at=now, teams=teams, why=why)
    others = [each for each in request.answers if not each.party.is_same(party)]
    after = replace(request, answers=(*others, answer))
    if verdict == "reject":
        return replace(after, state="rejected", ended_at=now, ended_by=party.actor)
    return replace(after, state="open" if after.missing else "approved")


def _ask_others(request: ChangeRequest) -> str:
    if not request.teams:
        return "Nobody needs to answer for it: it may be applied as it is."
    return f"Ask somebody else of: {team_words(request.missing or request.teams)}."


def withdrawn(
    request: ChangeRequest, party: Party, *, is_admin: bool, now: Instant
) -> ChangeRequest:
    """Take it back. Raises Denial."""
    if request.state in ("applied", "withdrawn"):
        raise _ended(request)
    if not (is_admin or party.is_same(request.author)):
        raise Denial(
            "forbidden",
            "change.not_yours",
            "Only its author or an admin withdraws a change.",
            fix="Reject it instead, with a reason: `legato change reject`.",
        )
    return replace(request, state="withdrawn", ended_at=now, ended_by=party.actor)


def voided(request: ChangeRequest, note: str, *, now: Instant) -> ChangeRequest:
    """Take every answer back: what they were given for is no more."""
    return replace(request, state="void", answers=(), ended_at=now, ended_by="system", note=note)


def applied(request: ChangeRequest, by: str, *, now: Instant) -> ChangeRequest:
    """Say that it runs. Whoever says so has asked `check_appliable` before."""
    return replace(request, state="applied", ended_at=now, ended_by=by)


def escalated(request: ChangeRequest, now: Instant) -> ChangeRequest | None:
    """Return the request with its deadline passed; None while it has not, or nothing is asked."""
    if request.state != "open" or request.escalated_at is not None or now < request.draft.due_at:
        return None
    return replace(request, escalated_at=now)


def check_appliable(request: ChangeRequest, *, base: str, asked: tuple[str, ...]) -> None:
    """Raise Denial unless it may be applied over the plan `base`.

    `asked` are the teams that the policy asks for now: people move while answers are awaited.
    """
    if request.state == "open":
        raise _unanswered(request, request.missing)
    if request.state != "approved":
        raise _ended(request)
    if request.draft.base != base:
        raise Denial(
            "taken",
            "change.base",
            "Another plan runs than the one it was compared with.",
            fix=f"Look at it again: `legato change revise {request.number} FOLDER`.",
        )
    if not is_answered(request, asked):
        raise _unanswered(request, asked)


def check_reversible(request: ChangeRequest, *, running: str) -> None:
    """Raise Denial unless what ran before it can be proposed in its place."""
    if request.state != "applied":
        raise Denial(
            "taken",
            "change.not_applied",
            f"Change {request.number} was not applied, so there is nothing to roll back.",
            fix="Withdraw it, where it still waits.",
        )
    if request.draft.after != running:
        raise Denial(
            "taken",
            "change.moved_on",
            f"Another plan runs since change {request.number} was applied.",
            fix="Roll back the change that was applied last.",
        )


def is_answered(request: ChangeRequest, asked: tuple[str, ...]) -> bool:
    """Return whether each of these teams has approved."""
    said = [team for each in request.answers for team in each.teams]
    return all(team in said for team in asked)


def teams_asked(draft: Draft) -> tuple[str, ...]:
    """Return who has to answer."""
    if not draft.reasons:
        return ()
    return draft.impact.teams or (ANYBODY,)


def _asked(request: ChangeRequest, draft: Draft) -> ChangeRequest:
    """Ask for answers from the start."""
    teams = teams_asked(draft)
    return replace(
        request,
        draft=draft,
        teams=teams,
        state="open" if teams else "approved",
        answers=(),
        escalated_at=None,
        ended_at=None,
        ended_by="",
        note="",
    )


def _stands_for(request: ChangeRequest, party: Party) -> tuple[str, ...]:
    if request.escalated_at is not None:
        own = (party.team,) if party.team in request.teams else ()
        return tuple(dict.fromkeys((*own, *request.missing)))
    if not request.teams or ANYBODY in request.teams:
        return request.teams
    if party.team in request.teams:
        return (party.team,)
    yours = f"you are of {party.team}" if party.team else "you are of no team"
    raise Denial(
        "forbidden",
        "change.team",
        f"It is for {team_words(request.missing)} to answer, and {yours}.",
        fix="Wait for them; when its deadline has passed, any approver may answer.",
    )


def _unanswered(request: ChangeRequest, missing: tuple[str, ...]) -> Denial:
    return Denial(
        "taken",
        "change.unanswered",
        f"Change {request.number} still needs the approval of: {team_words(missing)}.",
        fix=f"Ask them to `legato change review {request.number}` and approve it.",
    )


def _ended(request: ChangeRequest) -> Denial:
    words = {
        "open": "still open",
        "approved": "approved already",
        "rejected": "rejected",
        "void": f"void: {request.note}",
        "applied": "applied already",
        "withdrawn": "withdrawn",
    }
    return Denial(
        "taken",
        "change.ended",
        f"Change {request.number} is {words[request.state]}.",
        fix="Propose it anew: `legato change propose`; its author may `legato change revise` one "
        "that is rejected or void.",
    )
