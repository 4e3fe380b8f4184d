"""Users whom an identity provider answers for: let in by its claims, in the role they give."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, cast

from msgspec.structs import replace

from legato.govern.access.book import Book, normal_email
from legato.govern.access.denial import Denial
from legato.govern.access.records import User
from legato.govern.access.secret import digest_of, new_secret
from legato.govern.access.users import Users, UserWish
from legato.govern.roles import ALLOWED, Role
from legato.model.definitions.sign_in import SignIn
from legato.model.instant import MINUTE, Duration, Instant
from legato.model.noun import Noun
from legato.ports.sign_in import Visit

VISIT_MAX: Duration = 10 * MINUTE
"""From leaving for the provider to coming back: long enough to find the second factor."""
VISITS_MAX = 10_000
"""Under way at a time; the oldest is forgotten first, so memory is bounded."""


class _Away(Noun, frozen=True, kw_only=True):
    visit: Visit
    browser: str
    """The digest of what the browser carries meanwhile."""
    until: Instant
    back: str
    """The page of ours that they began on; empty: none in particular."""


class Visits:
    """Browsers that are at the provider. Each comes back once, and only the one that left."""

    def __init__(self) -> None:
        self._away: OrderedDict[str, _Away] = OrderedDict()

    def begin(
        self, redirect: str, now: Instant, *, is_again: bool, back: str = ""
    ) -> tuple[Visit, str]:
        """Return a visit, and what the browser is to carry; `back` is where it began."""
        visit = Visit(
            state=new_secret(),
            nonce=new_secret(),
            verifier=new_secret(),
            redirect=redirect,
            is_again=is_again,
        )
        browser = new_secret()
        away = _Away(visit=visit, browser=digest_of(browser), until=now + VISIT_MAX, back=back)
        self._away[digest_of(visit.state)] = away
        if len(self._away) > VISITS_MAX:
            self._away.popitem(last=False)
        return visit, browser

    def end(self, state: str, browser: str, now: Instant) -> tuple[Visit, str]:
        """Return the visit that a browser comes back from, and where it began. Raises Denial."""
        away = self._away.pop(digest_of(state), None)
        if away is None or now >= away.until or away.browser != digest_of(browser):
            raise Denial(
                "unknown",
                "sign_in.state",
                "This browser did not leave for the provider from here, or came back twice or "
                "too late.",
                fix="Begin again: GET /api/sign-in/oidc.",
            )
        return away.visit, away.back


class Provided:
    """Lets people in by the claims of the provider. On the loop. Raises Denial."""

    def __init__(self, book: Book, users: Users) -> None:
        self._book = book
        self._users = users

    async def enter(self, settings: SignIn, claims: Mapping[str, Any], now: Instant) -> User:
        """Return the user of these claims, made or changed as they say."""
        subject = at_provider(settings, claims["sub"])
        email = _email(settings, claims)
        role, team = _role(settings, claims)
        async with self._book.changing:
            known = next((each for each in self._users.all() if each.subject == subject), None)
            user = known or self._by_email(email, subject)
            if user is None:
                user = self._made(UserWish(email=email, role=_needed(role)), subject, now)
            elif user.is_provided:
                user = replace(user, role=_needed(role))
            if user.is_disabled:
                raise Denial(
                    "unknown",
                    "sign_in.disabled",
                    "This user may not sign in any more.",
                    fix="Ask an admin: `legato users enable EMAIL`.",
                    actor=f"user:{user.user_id}",
                )
            if user.is_provided and team:
                user = replace(user, team=team)
            await self._book.write([self._book.users.put(user.user_id, user)])
        return user

    def _by_email(self, email: str, subject: str) -> User | None:
        """Return the user whom an admin has made for this address; from now on it is theirs."""
        user = self._book.user_of(email)
        if user is None:
            return None
        if user.subject:
            raise Denial(
                "forbidden",
                "sign_in.taken",
                "Somebody else at the provider has this address here.",
                fix="Have an admin remove the old user: `legato users remove EMAIL`.",
                actor=f"user:{user.user_id}",
            )
        return replace(user, subject=subject)

    def _made(self, wish: UserWish, subject: str, now: Instant) -> User:
        return replace(self._users.fresh(wish, now), is_provided=True, subject=subject)


def at_provider(settings: SignIn, what: str) -> str:
    """Return what is kept of a subject or a session of the provider's."""
    return digest_of(f"{settings.issuer}\x1f{what}")


def _email(settings: SignIn, claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True or settings.trust_email
    if not isinstance(email, str) or not is_verified:
        raise Denial(
            "forbidden",
            "sign_in.email",
            "The provider gives no address that it has verified.",
            fix="Have it verified there, or set `trust_email: true` where the provider alone gives "
            "addresses out.",
        )
    email = normal_email(email)
    domain = email.rpartition("@")[2]
    if settings.domains and domain not in settings.domains:
        raise Denial(
            "forbidden",
            "sign_in.domain",
            "Addresses of this domain are not let in.",
            fix="Sign in with another account, or add the domain to `domains:` of `sign_in:`.",
        )
    return email


def _role(settings: SignIn, claims: Mapping[str, Any]) -> tuple[Role | None, str]:
    """Return role and team by the first rule that fits; None where none does."""
    given = claims.get(settings.claim)
    values = cast("list[object]", given) if isinstance(given, list) else [given]
    for rule in settings.rules:
        if rule.value in values:
            return _known(rule.role), rule.team
    return _known(settings.default_role), ""


def _known(role: str) -> Role | None:
    return cast("Role", role) if role in ALLOWED else None


def _needed(role: Role | None) -> Role:
    if role is None:
        raise Denial(
            "forbidden",
            "sign_in.no_role",
            "The provider knows you, and nothing here says what you may.",
            fix="Have an admin make you a user, or put you into a group that `roles:` names.",
        )
    return role
