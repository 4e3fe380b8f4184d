"""API tokens: a role, narrowed if wanted; for programs, and for the commands of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec
from msgspec.structs import replace

from legato.govern.access.book import Book
from legato.govern.access.callers import Caller, is_under, token_caller
from legato.govern.access.denial import Denial
from legato.govern.access.records import Token
from legato.govern.access.secret import digest_of, new_secret
from legato.govern.access.teams import Teams
from legato.govern.roles import ALLOWED, Permission, Role
from legato.model.instant import DAY, MINUTE, Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError

PREFIX = "lgt_"
TOKENS_MAX = 1_000
"""More names than a company has programs that call."""
NAME_LENGTH_MAX = 100
PREFIXES_MAX = 20
HOLDS_MAX: Duration = 3_650 * DAY
SEEN_EVERY: Duration = MINUTE
"""How exactly it is kept when a token was last used."""
OLD_ROLES = {"editor": "analyst", "operator": "engineer"}
"""The roles of an older Legato that have another name now."""


class Wish(Noun, frozen=True, kw_only=True):
    """A token to be made."""

    name: str
    role: Role = "viewer"
    reveal_reason: str = ""
    permissions: tuple[Permission, ...] | None = None
    prefixes: tuple[str, ...] = ()
    expires_in: Duration | None = None
    team: str = ""
    user: str = ""
    """The address of whom it acts for; empty: of who makes it."""


class Tokens:
    """The tokens of the book, and those that end with the process. On the loop."""

    def __init__(self, book: Book, teams: Teams) -> None:
        self._book = book
        self._teams = teams
        self._passing: dict[str, Token] = {}
        self._callers: dict[str, Caller] = {}
        self._version = -1
        self._seen: dict[str, Instant] = {}

    def who(self, text: str, now: Instant) -> Caller | None:
        """Return whose token this is; None for one unknown, expired or of a disabled user."""
        digest = digest_of(text)
        if self._version != self._book.version:
            self._callers.clear()
            self._version = self._book.version
        # Looked up by digest: how long it takes says nothing about the text.
        caller = self._callers.get(digest) or self._work_out(digest)
        if caller is None or (caller.expires_at is not None and now >= caller.expires_at):
            return None
        self._seen[digest] = now
        return caller

    def all(self) -> list[Token]:
        """Return the stored tokens by name."""
        tokens = [
            replace(token, seen_at=self._seen.get(token.digest, token.seen_at))
            for token in self._book.tokens.all()
        ]
        return sorted(tokens, key=lambda token: token.name)

    async def create(self, wish: Wish, *, maker: Caller, now: Instant) -> str:
        """Store a new token and return its text, once. Raises Denial."""
        _check(wish, maker, now)
        async with self._book.changing:
            kept = self._book.tokens.all()
            if any(token.name == wish.name for token in kept):
                raise Denial(
                    "taken",
                    "token.taken",
                    "There is a token of this name.",
                    fix="Choose another name, or revoke that one first.",
                )
            if len(kept) >= TOKENS_MAX:
                raise Denial(
                    "taken",
                    "token.too_many",
                    f"There are {TOKENS_MAX} tokens already.",
                    fix="Revoke the ones nobody uses: `legato tokens revoke NAME`.",
                )
            if wish.team:
                self._teams.check(wish.team)
            user_id, team = self._owner(wish, maker)
            text = new_secret(PREFIX)
            token = Token(
                name=wish.name,
                role=wish.role,
                digest=digest_of(text),
                created_at=now,
                reveal_reason=wish.reveal_reason,
                permissions=wish.permissions,
                prefixes=wish.prefixes,
                expires_at=None if wish.expires_in is None else now + wish.expires_in,
                team=wish.team or team,
                maker=user_id,
            )
            await self._book.write([self._book.tokens.put(token.digest, token)])
        return text

    def issue(self, name: str, role: Role, *, now: Instant) -> str:
        """Return a token that holds until the process ends and is stored nowhere."""
        text = new_secret(PREFIX)
        token = Token(name=name, role=role, digest=digest_of(text), created_at=now)
        self._passing[token.digest] = token
        return text

    async def revoke(self, name: str) -> None:
        """Forget a token; it stops working at once. Raises Denial."""
        async with self._book.changing:
            found = [token for token in self._book.tokens.all() if token.name == name]
            if not found:
                raise Denial(
                    "missing",
                    "token.unknown",
                    "There is no token of this name.",
                    fix="List them: GET /api/tokens.",
                )
            await self._book.write([self._book.tokens.drop(found[0].digest)])

    async def take_old(self, data: bytes) -> None:
        """Take in the tokens of an older Legato's file. Raises LegatoError."""
        async with self._book.changing:
            names = [token.name for token in self._book.tokens.all()]
            found = [token for token in read_old(data) if token.name not in names]
            await self._book.write([self._book.tokens.put(each.digest, each) for each in found])

    async def keep_seen(self) -> None:
        """Store when tokens were last used."""
        async with self._book.changing:
            changes = [
                self._book.tokens.put(token.digest, replace(token, seen_at=seen_at))
                for digest, seen_at in self._seen.items()
                if (token := self._book.tokens.get(digest)) is not None
                and seen_at - (token.seen_at or 0) >= SEEN_EVERY
            ]
            self._seen.clear()
            await self._book.write(changes)

    def _owner(self, wish: Wish, maker: Caller) -> tuple[str, str]:
        """Return for whom a token acts, and their team."""
        if not wish.user:
            return maker.user_id, ""
        user = self._book.user_of(wish.user)
        if user is None:
            raise Denial(
                "missing",
                "user.unknown",
                "There is no user with this address.",
                fix="List them: GET /api/users, or `legato users list`.",
            )
        no_more_than(maker, ALLOWED[user.role])
        return user.user_id, user.team

    def _work_out(self, digest: str) -> Caller | None:
        token = self._passing.get(digest) or self._book.tokens.get(digest)
        if token is None:
            return None
        maker = self._book.users.get(token.maker)
        if token.maker and (maker is None or maker.is_disabled):
            return None
        caller = self._callers[digest] = token_caller(token, maker)
        return caller


def no_more_than(maker: Caller, wanted: Sequence[Permission]) -> None:
    """Refuse to give what the giver has not."""
    beyond = [each for each in wanted if not maker.may(each)]
    if beyond:
        raise Denial(
            "forbidden",
            "access.beyond_maker",
            f"Nobody gives what they may not themselves: {', '.join(beyond)}.",
            fix="Leave that out, or have somebody do it who may.",
        )


def _check(wish: Wish, maker: Caller, now: Instant) -> None:
    if not wish.name.strip() or len(wish.name) > NAME_LENGTH_MAX or not wish.name.isprintable():
        raise Denial(
            "shape",
            "token.name",
            f"A token's name has 1 to {NAME_LENGTH_MAX} characters.",
            fix="Name who or what will use it.",
        )
    allowed = ALLOWED[wish.role]
    wanted = allowed if wish.permissions is None else wish.permissions
    if any(each not in allowed for each in wanted) or not wanted:
        raise Denial(
            "shape",
            "token.scope",
            f"The role {wish.role} may: {', '.join(allowed)}. A token is narrower, never wider.",
            fix="Name some of these, or choose another role.",
        )
    no_more_than(maker, wanted)
    _check_prefixes(wish.prefixes, maker)
    _check_expiry(wish.expires_in, maker, now)


def _check_prefixes(prefixes: Sequence[str], maker: Caller) -> None:
    if len(prefixes) > PREFIXES_MAX or any(not each.startswith("/") for each in prefixes):
        raise Denial(
            "shape",
            "token.prefix",
            f"A token is narrowed to at most {PREFIXES_MAX} paths, each with a slash in front.",
            fix="Write them as `/api/people`.",
        )
    if maker.prefixes and not (
        prefixes and all(any(is_under(each, own) for own in maker.prefixes) for each in prefixes)
    ):
        raise Denial(
            "forbidden",
            "access.beyond_maker",
            "Nobody gives routes that they may not call themselves.",
            fix=f"Narrow it to routes under: {', '.join(maker.prefixes)}.",
        )


def _check_expiry(expires_in: Duration | None, maker: Caller, now: Instant) -> None:
    if expires_in is not None and not 0 < expires_in <= HOLDS_MAX:
        raise Denial(
            "shape",
            "token.expiry",
            "A token holds for a time of at most ten years.",
            fix="Give microseconds; on the command line `--expires 90d`.",
        )
    if maker.expires_at is not None and (expires_in is None or now + expires_in > maker.expires_at):
        raise Denial(
            "forbidden",
            "access.beyond_maker",
            "A token does not outlive the one it is made with.",
            fix="Let it expire no later, or make it with another.",
        )


class _OldToken(msgspec.Struct):
    name: str
    role: str
    digest: str
    created_at: Instant
    reveal_reason: str = ""


def read_old(data: bytes) -> list[Token]:
    """Read an older Legato's file of tokens. Raises LegatoError."""
    try:
        found = msgspec.json.decode(data, type=list[_OldToken])
        roles = [OLD_ROLES.get(token.role, token.role) for token in found]
        if any(role not in ALLOWED for role in roles):
            raise msgspec.ValidationError("a role that never was")
    except msgspec.MsgspecError as error:
        raise LegatoError(
            "tokens.json in the data folder is not a list of tokens.",
            fix="Restore it from a backup, or delete it and make new tokens.",
        ) from error
    return [
        Token(
            name=token.name,
            role=cast("Role", role),
            digest=token.digest,
            created_at=token.created_at,
            reveal_reason=token.reveal_reason,
        )
        for token, role in zip(found, roles, strict=True)
    ]
