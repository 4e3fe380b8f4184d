"""Teams: the workspace says which there are, users and tokens say who is in each."""

from __future__ import annotations

from collections.abc import Callable

from legato.govern.access.book import Book
from legato.govern.access.denial import Denial
from legato.govern.access.records import Token, User
from legato.govern.roles import Role
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.dictionary.owners import owned, team_names
from legato.plan.findings import nearest


class Standing(Noun, frozen=True, kw_only=True):
    """A team, and who is in it."""

    name: str
    title: str = ""
    is_known: bool = True
    """The workspace names it; no more where users were put into it before."""
    owned_count: int = 0
    """Definitions that it answers for."""
    users: tuple[str, ...] = ()
    """By address; without those who may not sign in any more."""
    tokens: tuple[str, ...] = ()


class Member(Noun, frozen=True, kw_only=True):
    """Somebody in a team, or a token of it."""

    actor: str
    role: Role
    user_id: str
    team: str


class Teams:
    """The teams of the running plan. On the loop."""

    def __init__(self, book: Book, plan: Callable[[], Plan]) -> None:
        self._book = book
        self._plan = plan

    def all(self) -> list[Standing]:
        """Return every team that is named anywhere, by name."""
        plan = self._plan()
        known, counts = team_names(plan), owned(plan)
        used = [each.team for each in (*self._book.users.all(), *self._book.tokens.all())]
        return [
            Standing(
                name=name,
                title=plan.teams[name].title if name in plan.teams else "",
                is_known=name in known,
                owned_count=counts.get(name, 0),
                users=self._users_of(name),
                tokens=self._tokens_of(name),
            )
            for name in sorted(dict.fromkeys((*known, *filter(None, used))))
        ]

    def check(self, name: str) -> None:
        """Refuse a team that the workspace does not name. Raises Denial."""
        known = team_names(self._plan())
        if name in known:
            return
        near = nearest(name, known)
        raise Denial(
            "missing",
            "team.unknown",
            f"The workspace has no team `{name}`.",
            fix=f"Did you mean `{near}`?"
            if near
            else f"Declare it there (`team: {name}`) and apply it, or take one of: "
            f"{', '.join(known) or 'none yet'}.",
        )

    def empty(self, plan: Plan) -> tuple[str, ...]:
        """Return the teams that own something in a plan and have nobody in them.

        Only where teams mean something: they are declared, or are asked for approval.
        """
        if not plan.teams and plan.policies.approvals is None:
            return ()
        manned = [each.team for each in (*self._present(), *self._tokens())]
        return tuple(name for name in owned(plan) if name not in manned)

    def members(self) -> list[Member]:
        """Return everybody who is in a team, and each token of one."""
        return [
            *(_member(f"user:{user.user_id}", user, user.user_id) for user in self._present()),
            *(_member(f"token:{token.name}", token, token.maker) for token in self._tokens()),
        ]

    def _present(self) -> list[User]:
        return [user for user in self._book.users.all() if not user.is_disabled]

    def _tokens(self) -> list[Token]:
        return self._book.tokens.all()

    def _users_of(self, team: str) -> tuple[str, ...]:
        return tuple(sorted(user.email for user in self._present() if user.team == team))

    def _tokens_of(self, team: str) -> tuple[str, ...]:
        return tuple(sorted(token.name for token in self._tokens() if token.team == team))


def _member(actor: str, record: User | Token, user_id: str) -> Member:
    return Member(actor=actor, role=record.role, user_id=user_id, team=record.team)
