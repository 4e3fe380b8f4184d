"""Users: made, changed, invited, removed. Nobody gives what they have not themselves."""

from __future__ import annotations

import re

from msgspec.structs import replace

from legato.govern.access.book import Book, Change, normal_email
from legato.govern.access.callers import Caller
from legato.govern.access.denial import Denial
from legato.govern.access.records import Invitation, User
from legato.govern.access.secret import digest_of, new_secret
from legato.govern.access.sessions import Sessions
from legato.govern.access.teams import Teams
from legato.govern.access.tokens import no_more_than
from legato.govern.roles import ALLOWED, Role
from legato.model.ids import derive
from legato.model.instant import DAY, Duration, Instant
from legato.model.noun import Noun

USERS_MAX = 10_000
EMAIL_LENGTH_MAX = 254
NAME_LENGTH_MAX = 100
INVITATION_HOLDS: Duration = 3 * DAY
INVITATION_PREFIX = "lgi_"
ADMIN: Role = "admin"

_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+\.[^\s@\x00-\x1f]+")


class UserWish(Noun, frozen=True, kw_only=True):
    """A user to be made."""

    email: str
    role: Role = "viewer"
    name: str = ""
    team: str = ""


class UserChange(Noun, frozen=True, kw_only=True):
    """What is to be otherwise; None: as it is."""

    role: Role | None = None
    name: str | None = None
    team: str | None = None
    is_disabled: bool | None = None


class Users:
    """The users of the book. On the loop. Everything raises Denial and LegatoError."""

    def __init__(self, book: Book, sessions: Sessions, teams: Teams) -> None:
        self._book = book
        self._sessions = sessions
        self._teams = teams

    def all(self) -> list[User]:
        """Return every user by address."""
        return sorted(self._book.users.all(), key=lambda user: user.email)

    def get(self, user_id: str) -> User:
        """Return a user."""
        user = self._book.users.get(user_id)
        if user is None:
            raise Denial(
                "missing",
                "user.unknown",
                "There is no user of this id.",
                fix="List them: GET /api/users, or `legato users list`.",
            )
        return user

    def has_admin(self) -> bool:
        """Return whether anybody could sign in to administer."""
        return any(_is_admin(user) for user in self._book.users.all())

    async def add(
        self, wish: UserWish, *, giver: Caller, now: Instant, kept: str = ""
    ) -> tuple[User, str]:
        """Make a user; return them and the code to choose a password with.

        `kept`: what is kept of a password that was chosen already; there is no code then.
        """
        no_more_than(giver, ALLOWED[wish.role])
        async with self._book.changing:
            user = replace(self.fresh(wish, now), password=kept)
            if kept:
                await self._book.write([self._book.users.put(user.user_id, user)])
                return user, ""
            text, invitation = _invitation(user, now)
            await self._book.write(
                [self._book.users.put(user.user_id, user), self._invite(invitation)]
            )
        return user, text

    def fresh(self, wish: UserWish, now: Instant) -> User:
        """Return a user as one would be made; for who holds the book."""
        email = normal_email(wish.email)
        if len(email) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(email):
            raise Denial(
                "shape",
                "user.email",
                "This is no e-mail address.",
                fix="Write it as `ana@example.com`.",
            )
        if self._book.user_of(email) is not None:
            raise Denial(
                "taken",
                "user.taken",
                "There is a user with this address.",
                fix="Change that one: `legato users role`, `legato users password`.",
            )
        if len(self._book.users.all()) >= USERS_MAX:
            raise Denial(
                "taken", "user.too_many", f"There are {USERS_MAX} users.", fix="Remove some."
            )
        self._check_words(wish.name, wish.team)
        return User(
            user_id=derive("usr", email, str(now)),
            email=email,
            role=wish.role,
            created_at=now,
            name=wish.name,
            team=wish.team,
        )

    async def change(self, user_id: str, wish: UserChange, *, giver: Caller) -> User:
        """Change a user; one who is disabled is signed out."""
        async with self._book.changing:
            before = self.touched(user_id, giver)
            self._check_words(wish.name or "", wish.team or "")
            if wish.role is not None:
                no_more_than(giver, ALLOWED[wish.role])
            user = replace(
                before,
                role=wish.role if wish.role is not None else before.role,
                name=wish.name if wish.name is not None else before.name,
                team=wish.team if wish.team is not None else before.team,
                is_disabled=(
                    wish.is_disabled if wish.is_disabled is not None else before.is_disabled
                ),
            )
            self._keep_an_admin(before, user)
            changes = [self._book.users.put(user_id, user)]
            if user.is_disabled:
                changes += self._sessions.endings(user_id) + self._uninvite(user_id)
            await self._book.write(changes)
        return user

    async def remove(self, user_id: str, *, giver: Caller) -> None:
        """Remove a user, their sessions, and the tokens that act for them."""
        async with self._book.changing:
            before = self.touched(user_id, giver)
            self._keep_an_admin(before, None)
            tokens = [each for each in self._book.tokens.all() if each.maker == user_id]
            await self._book.write(
                [
                    self._book.users.drop(user_id),
                    *self._sessions.endings(user_id),
                    *self._uninvite(user_id),
                    *(self._book.tokens.drop(each.digest) for each in tokens),
                ]
            )

    async def invite(self, user_id: str, *, giver: Caller, now: Instant) -> str:
        """Return a new code to choose a password with; codes before it end."""
        async with self._book.changing:
            user = self.touched(user_id, giver)
            text, invitation = _invitation(user, now)
            await self._book.write([*self._uninvite(user_id), self._invite(invitation)])
        return text

    def invited(self, code: str, now: Instant) -> User:
        """Return whom a code invites."""
        invitation = self._book.invitations.get(digest_of(code))
        user = self._book.users.get(invitation.user_id) if invitation is not None else None
        if invitation is None or user is None or user.is_disabled or now >= invitation.expires_at:
            raise Denial(
                "unknown",
                "invitation.unknown",
                "This code is not known, has been used, or has expired.",
                fix="Ask an admin for another: `legato users invite EMAIL`.",
            )
        return user

    async def set_password(self, user: User, kept: str, *, but: str = "") -> User:
        """Store what is kept of a user's password; every session ends but one, and every code."""
        async with self._book.changing:
            fresh = replace(self.get(user.user_id), password=kept)
            await self._book.write(
                [
                    self._book.users.put(fresh.user_id, fresh),
                    *self._sessions.endings(fresh.user_id, but=but),
                    *self._uninvite(fresh.user_id),
                ]
            )
        return fresh

    # -- Rules -----------------------------------------------------------------------------------

    async def keep_hash(self, user: User, kept: str) -> None:
        """Store the same password hashed anew; for who holds the book."""
        fresh = replace(user, password=kept)
        await self._book.write([self._book.users.put(fresh.user_id, fresh)])

    def touched(self, user_id: str, giver: Caller) -> User:
        """Return a user whom a giver may change: none that may more than they."""
        user = self.get(user_id)
        no_more_than(giver, ALLOWED[user.role])
        return user

    def _check_words(self, name: str, team: str) -> None:
        if len(name) > NAME_LENGTH_MAX or not name.isprintable():
            raise Denial(
                "shape",
                "user.name",
                f"A name has at most {NAME_LENGTH_MAX} characters.",
                fix="Shorten it.",
            )
        if team:
            self._teams.check(team)

    def _keep_an_admin(self, before: User, after: User | None) -> None:
        others = [each for each in self._book.users.all() if each.user_id != before.user_id]
        is_one_left = after is not None and _is_admin(after)
        if _is_admin(before) and not is_one_left and not any(map(_is_admin, others)):
            raise Denial(
                "taken",
                "user.last_admin",
                "This is the only admin left.",
                fix="Make another one first.",
            )

    def _uninvite(self, user_id: str) -> list[Change]:
        return [
            self._book.invitations.drop(each.digest)
            for each in self._book.invitations.all()
            if each.user_id == user_id
        ]

    def _invite(self, invitation: Invitation) -> Change:
        return self._book.invitations.put(invitation.digest, invitation)


def _invitation(user: User, now: Instant) -> tuple[str, Invitation]:
    text = new_secret(INVITATION_PREFIX)
    return text, Invitation(
        digest=digest_of(text), user_id=user.user_id, expires_at=now + INVITATION_HOLDS
    )


def _is_admin(user: User) -> bool:
    return user.role == ADMIN and not user.is_disabled
