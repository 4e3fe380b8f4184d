"""A change request: what is proposed, what it concerns, who has to answer, and what they said."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.govern.roles import Role
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.plan.impact.impact import Impact

State: TypeAlias = Literal["open", "approved", "rejected", "void", "applied", "withdrawn"]
Verdict: TypeAlias = Literal["approve", "reject"]

ANYBODY = ""
"""In place of a team: no owner is known, so any approver may answer."""


class Party(Noun, frozen=True, kw_only=True):
    """Who proposes or answers."""

    actor: str
    role: Role
    user_id: str = ""
    team: str = ""

    def is_same(self, other: Party) -> bool:
        """Return whether the two are one person: a user is one with every token of theirs."""
        return self.actor == other.actor or (self.user_id != "" and self.user_id == other.user_id)


class Draft(Noun, frozen=True, kw_only=True):
    """Texts that were compiled and compared: what a request is made of."""

    files_digest: str
    file_count: int
    base: str
    """The plan they were compared with: the one that ran."""
    after: str
    impact: Impact
    reasons: tuple[str, ...]
    """Why the policy asks for approval; empty: it does not."""
    roles: tuple[str, ...]
    due_at: Instant


class Answer(Noun, frozen=True, kw_only=True):
    party: Party
    verdict: Verdict
    at: Instant
    teams: tuple[str, ...]
    """For whom it stands: their own team, or after the deadline every one that is silent."""
    why: str = ""


class ChangeRequest(Noun, frozen=True, kw_only=True):
    """One proposed change of definitions."""

    number: int
    title: str
    why: str
    author: Party
    created_at: Instant
    draft: Draft
    state: State = "open"
    revision: int = 1
    """Rises with each edit, which no answer survives."""
    teams: tuple[str, ...] = ()
    """Who has to answer."""
    answers: tuple[Answer, ...] = ()
    escalated_at: Instant | None = None
    """When the deadline passed without every answer; since then any approver may give them."""
    ended_at: Instant | None = None
    ended_by: str = ""
    note: str = ""
    """Why it is void or was withdrawn."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The teams that have not approved."""
        said = [team for each in self.answers if each.verdict == "approve" for team in each.teams]
        return tuple(team for team in self.teams if team not in said)

    @property
    def is_live(self) -> bool:
        """Whether anything may still become of it without an edit."""
        return self.state in ("open", "approved")


def team_words(teams: tuple[str, ...]) -> str:
    """Write teams in a sentence."""
    return ", ".join(team or "any approver" for team in teams)
