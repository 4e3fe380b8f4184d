"""Sessions of browsers: begun by signing in, ended by leaving, by idling or by their age."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from legato.govern.access.book import Book, Change
from legato.govern.access.callers import Caller, session_caller
from legato.govern.access.records import Session, User, Way
from legato.govern.access.secret import digest_of, new_secret
from legato.model.instant import HOUR, MINUTE, Duration, Instant
from legato.model.noun import Noun

IDLE_MAX: Duration = 30 * MINUTE
AGE_MAX: Duration = 12 * HOUR
PROOF_HOLDS: Duration = 15 * MINUTE
"""What is worth most asks who did not prove lately who they are to do so again."""
SEEN_EVERY: Duration = MINUTE
"""How exactly it is kept when a session was last used."""
PER_USER_MAX = 10
"""A person has fewer browsers; the longest unused makes room."""


class Proof(Noun, frozen=True, kw_only=True):
    """How somebody has proved who they are."""

    way: Way
    at: Instant
    """0: the provider does not say."""
    provided: str = ""
    """The digest of the provider's session."""


class Sessions:
    """The sessions of the book. On the loop."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._seen: dict[str, Instant] = {}

    def who(self, text: str, now: Instant) -> Caller | None:
        """Return whose session this is, and take note that it is in use."""
        session = self._book.sessions.get(digest_of(text))
        if session is None or self._is_over(session, now):
            return None
        user = self._book.users.get(session.user_id)
        if user is None or user.is_disabled:
            return None
        self._seen[session.digest] = now
        return session_caller(session, user)

    def of(self, user_id: str, now: Instant) -> list[Session]:
        """Return a user's sessions that are not over, the last used first."""
        found = [
            replace(each, seen_at=self._last_seen(each))
            for each in self._book.sessions.all()
            if each.user_id == user_id and not self._is_over(each, now)
        ]
        return sorted(found, key=lambda each: each.seen_at, reverse=True)

    def present(self, now: Instant) -> Mapping[str, Sequence[Session]]:
        """Return every user's sessions that are not over, in one walk."""
        found: dict[str, list[Session]] = {}
        for each in self._book.sessions.all():
            if not self._is_over(each, now):
                seen = replace(each, seen_at=self._last_seen(each))
                found.setdefault(each.user_id, []).append(seen)
        return found

    def ends_at(self, digest: str) -> Instant:
        """Return when a session ends, at the latest."""
        session = self._book.sessions.get(digest)
        return session.created_at + AGE_MAX if session is not None else 0

    def get(self, digest: str) -> Session | None:
        """Return a session by its digest."""
        return self._book.sessions.get(digest)

    async def begin(
        self, user: User, proof: Proof, *, now: Instant, before: str = "", agent: str = ""
    ) -> str:
        """Begin a session and return its text; the one of `before` ends: it is never taken over."""
        text = new_secret()
        digest = digest_of(text)
        session = Session(
            digest=digest,
            user_id=user.user_id,
            created_at=now,
            seen_at=now,
            way=proof.way,
            agent=agent,
            proved_at=proof.at,
            provided=proof.provided,
        )
        async with self._book.changing:
            changes = self._over(now)
            others = [each for each in self._book.sessions.all() if each.user_id == user.user_id]
            others.sort(key=self._last_seen, reverse=True)
            changes += [self._drop(each.digest) for each in others[PER_USER_MAX - 1 :]]
            if before:
                changes.append(self._drop(digest_of(before)))
            await self._book.write([*changes, self._book.sessions.put(digest, session)])
        return text

    async def end(self, digest: str) -> None:
        """End a session."""
        async with self._book.changing:
            await self._book.write([self._drop(digest)])

    async def prove(self, digest: str, now: Instant) -> None:
        """Keep that its user has just proved who they are."""
        async with self._book.changing:
            session = self._book.sessions.get(digest)
            if session is not None:
                fresh = replace(session, proved_at=now)
                await self._book.write([self._book.sessions.put(digest, fresh)])

    async def end_provided(self, *, session: str, subject: str) -> list[Session]:
        """End what began at one session of the provider, or all of whom it knows by `subject`."""
        async with self._book.changing:
            users = [each.user_id for each in self._book.users.all() if each.subject == subject]
            found = [
                each
                for each in self._book.sessions.all()
                if each.way == "provider"
                and (each.provided == session if session else each.user_id in users)
            ]
            await self._book.write([self._drop(each.digest) for each in found])
        return found

    async def end_all(self, user_id: str, *, but: str = "") -> int:
        """End a user's sessions, `but` one by its digest; return how many were."""
        async with self._book.changing:
            endings = self.endings(user_id, but=but)
            await self._book.write(endings)
        return len(endings)

    def endings(self, user_id: str, *, but: str = "") -> list[Change]:
        """Return the changes that end all sessions of a user, `but` one by its digest."""
        return [
            self._drop(each.digest)
            for each in self._book.sessions.all()
            if each.user_id == user_id and each.digest != but
        ]

    async def keep_seen(self, now: Instant) -> None:
        """Store when sessions were last used, and forget those that are over."""
        async with self._book.changing:
            changes = self._over(now)
            for digest, seen_at in self._seen.items():
                session = self._book.sessions.get(digest)
                if session is not None and seen_at - session.seen_at >= SEEN_EVERY:
                    fresh = replace(session, seen_at=seen_at)
                    changes.append(self._book.sessions.put(digest, fresh))
            await self._book.write(changes)
            # What is too new to be stored must not be forgotten: idling is measured from it.
            self._seen = {
                digest: seen_at
                for digest, seen_at in self._seen.items()
                if self._book.sessions.get(digest) is not None
            }

    def _over(self, now: Instant) -> list[Change]:
        return [
            self._drop(each.digest)
            for each in self._book.sessions.all()
            if self._is_over(each, now)
        ]

    def _is_over(self, session: Session, now: Instant) -> bool:
        # A clock that was set back must not lengthen a session: long before it began, it is over.
        is_aged = not -MINUTE <= now - session.created_at < AGE_MAX
        return is_aged or now - self._last_seen(session) >= IDLE_MAX

    def _last_seen(self, session: Session) -> Instant:
        return max(session.seen_at, self._seen.get(session.digest, 0))

    def _drop(self, digest: str) -> Change:
        return self._book.sessions.drop(digest)


def is_proved(caller: Caller, now: Instant) -> bool:
    """Return whether who calls has proved lately who they are; a program does with each call."""
    return not caller.session or 0 <= now - caller.proved_at < PROOF_HOLDS


def csrf_of(text: str) -> str:
    """Return what a page of the session's own must send along with whatever changes something.

    Of the session's secret, so nothing more is kept, and another session's does not do.
    """
    return hmac.new(text.encode(), b"legato csrf", "sha256").hexdigest()


def is_csrf(text: str, given: str) -> bool:
    """Compare, in a time that says nothing."""
    return hmac.compare_digest(csrf_of(text).encode(), given.encode())
