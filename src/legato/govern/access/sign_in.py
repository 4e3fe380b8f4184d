"""Signing in with an address and a password: slowly for who guesses, and the same for everybody."""

from __future__ import annotations

from legato.govern.access.book import Book, normal_email
from legato.govern.access.denial import Denial
from legato.govern.access.passwords import Passwords, refuse_weak
from legato.govern.access.records import User
from legato.govern.access.throttle import Throttle
from legato.govern.access.users import EMAIL_LENGTH_MAX, Users
from legato.model.instant import MINUTE, SECOND, Duration, Instant
from legato.ports.audit import Audit, AuditEntry

FAILURES_FREE = 10
"""Of an account, or from an address: a person mistypes fewer."""
WAIT_FIRST: Duration = 30 * SECOND
WAIT_LONGEST: Duration = 15 * MINUTE
"""No longer: who fails on purpose keeps the account's owner out for as long."""


class SignIn:
    """Proves who somebody is. On the loop. Everything raises Denial."""

    def __init__(self, book: Book, users: Users, passwords: Passwords, audit: Audit) -> None:
        self._book = book
        self._users = users
        self._passwords = passwords
        self._audit = audit
        self._throttle = Throttle(free=FAILURES_FREE, first=WAIT_FIRST, longest=WAIT_LONGEST)

    async def by_password(self, email: str, text: str, *, address: str, now: Instant) -> User:
        """Return who has this address and this password; `address` is the network's."""
        account = f"account {normal_email(email)[:EMAIL_LENGTH_MAX]}"
        user = self._book.user_of(email)
        actor = f"user:{user.user_id}" if user is not None else ""
        self._begin([account, f"address {address}"], now)
        kept = user.password if user is not None and not user.is_disabled else ""
        verdict = await self._passwords.check(kept, text)
        if user is None or not kept or verdict == "wrong":
            raise Denial(
                "unknown",
                "sign_in.refused",
                "This address and this password do not belong together.",
                fix="Try again, or ask an admin for a link: `legato users invite EMAIL`.",
                actor=actor,
            )
        self._succeed(account, address)
        if verdict == "outdated":
            await self._rehash(user, text)
        return user

    def invited(self, code: str, *, address: str, now: Instant) -> User:
        """Return whom a code invites; it is not used up by that."""
        key = f"address {address}"
        self._begin([key], now)
        user = self._users.invited(code, now)
        self._throttle.forgive(key)
        return user

    async def by_invitation(self, code: str, text: str, *, address: str, now: Instant) -> User:
        """Let an invited user choose a password; the code ends with that."""
        key = f"address {address}"
        self._begin([key], now)
        user = self._users.invited(code, now)
        refuse_weak(text, user.email)
        kept = await self._passwords.hash(text)
        self._users.invited(code, now)  # somebody may have used it meanwhile
        self._throttle.forgive(key)
        fresh = await self._users.set_password(user, kept)
        await self._note(user, "invitation")
        return fresh

    async def prove(self, user: User, present: str, *, now: Instant) -> None:
        """Have somebody who is signed in prove again who they are."""
        account = f"account {user.email}"
        self._begin([account], now)
        if not user.password or await self._passwords.check(user.password, present) == "wrong":
            raise Denial(
                "shape",
                "password.wrong",
                "This is not the present password.",
                fix="Try again, or ask an admin for a link: `legato users invite EMAIL`.",
                actor=f"user:{user.user_id}",
            )
        self._throttle.forget(account)

    async def change_password(
        self, user: User, present: str, text: str, *, session: str, now: Instant
    ) -> None:
        """Change one's own password, given the present one; other sessions end."""
        await self.prove(user, present, now=now)
        refuse_weak(text, user.email)
        await self._users.set_password(user, await self._passwords.hash(text), but=session)
        await self._note(user, "present password")

    async def hashed(self, text: str, email: str) -> str:
        """Return what is kept of a password for a user yet to be made."""
        refuse_weak(text, normal_email(email))
        return await self._passwords.hash(text)

    async def set_password(self, user: User, text: str) -> None:
        """Set somebody's password; for who may, and puts it on record."""
        refuse_weak(text, user.email)
        await self._users.set_password(user, await self._passwords.hash(text))
        self._throttle.forget(f"account {user.email}")

    def _begin(self, keys: list[str], now: Instant) -> None:
        wait = max(self._throttle.wait(key, now) for key in keys)
        if wait:
            seconds = -(-wait // SECOND)
            raise Denial(
                "wait",
                "sign_in.wait",
                "Too many tries failed, for this account or from this address.",
                fix=f"Wait {seconds} seconds.",
                wait=wait,
            )
        for key in keys:
            self._throttle.begin(key, now)

    def _succeed(self, account: str, address: str) -> None:
        self._throttle.forget(account)
        # Not forgotten: who has an account of their own could go on guessing others'.
        self._throttle.forgive(f"address {address}")

    async def _rehash(self, user: User, text: str) -> None:
        kept = await self._passwords.hash(text)
        async with self._book.changing:
            present = self._book.users.get(user.user_id)
            if present is not None and present.password == user.password:
                await self._users.keep_hash(present, kept)

    async def _note(self, user: User, way: str) -> None:
        actor = f"user:{user.user_id}"
        detail = {"way": way}
        entry = AuditEntry(actor=actor, action="user.password", subject=user.user_id, detail=detail)
        await self._audit.record(entry)
