"""Teams that are asked for an answer and have nobody who could give one."""

from __future__ import annotations

from collections.abc import Iterable

from legato.govern.access.teams import Member
from legato.govern.changes.request import ChangeRequest, Party


def silent(request: ChangeRequest, members: Iterable[Member]) -> tuple[str, ...]:
    """Return which of the missing teams have nobody, beside the author, in a role that answers."""
    able = [
        each.team
        for each in members
        if each.role in request.draft.roles and not _party(each).is_same(request.author)
    ]
    return tuple(name for name in request.missing if name and name not in able)


def _party(member: Member) -> Party:
    return Party(actor=member.actor, role=member.role, user_id=member.user_id, team=member.team)
