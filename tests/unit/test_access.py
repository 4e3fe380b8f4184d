"""Who calls: passwords, sessions, tokens and how long guessers wait, on a real file."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from argon2 import PasswordHasher

from legato.govern.access.book import Book
from legato.govern.access.callers import Caller
from legato.govern.access.denial import Denial
from legato.govern.access.pace import Pace
from legato.govern.access.passwords import (
    HASHER,
    NOBODY,
    WAITING_MAX,
    Passwords,
    normal,
    refuse_weak,
)
from legato.govern.access.records import User
from legato.govern.access.sessions import AGE_MAX, IDLE_MAX, PER_USER_MAX, Proof, Sessions
from legato.govern.access.teams import Teams
from legato.govern.access.throttle import Throttle
from legato.govern.access.tokens import Tokens, Wish, read_old
from legato.govern.access.users import INVITATION_HOLDS, UserChange, Users, UserWish
from legato.govern.roles import ALLOWED, PERMISSIONS, Permission
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.stores.govern.access import SqliteAccess
from legato.stores.govern.schema import open_govern
from legato.stores.sqlite.file import SqliteFile

NOW: Instant = 1_800_000_000 * SECOND
BY_PASSWORD = Proof(way="password", at=NOW)
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteFile]:
    opened = open_govern(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def book(file: SqliteFile) -> Book:
    return read(file)


def read(file: SqliteFile) -> Book:
    book = Book(SqliteAccess(file))
    book.load()
    return book


def teams(book: Book) -> Teams:
    return Teams(book, lambda: Plan(name="t"))


def tokens_of(book: Book) -> Tokens:
    return Tokens(book, teams(book))


def giver(*permissions: Permission, **scope: Any) -> Caller:  # noqa: ANN401 - fields of the caller
    return Caller(name="me", actor="token:me", role="admin", permissions=permissions, **scope)


ANYBODY = giver(*PERMISSIONS)


def add(book: Book, email: str = "ana@example.com", role: Any = "viewer") -> User:  # noqa: ANN401 - a role
    users = Users(book, Sessions(book), teams(book))
    user, _ = run(users.add(UserWish(email=email, role=role), giver=ANYBODY, now=NOW))
    return user


def denied(work: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(Denial) as caught:
        run(work)
    return caught.value.code


# -- Passwords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "elevenchars",
        "four words of which each is fine " * 4,
        "aaaaaaaaaaaaaaaa",
        "121212121212",
        "Password123456",
        "P@ssw0rd!!!!!!",
        "12345678901234",
        "qwertyuiop123",
        "abcdefghijklmnop",
        "correcthorsebatterystaple",
        "Summer-Dragon-2026!",
        "w3lc0me-w3lc0me",
        "monkeymonkeymonkey99",
        "ana.lopes@example.com",
        "xx-ana.lopes-yy",
    ],
)
def test_a_password_that_is_guessed_first_is_refused(text: str) -> None:
    with pytest.raises(Denial) as caught:
        refuse_weak(text, "ana.lopes@example.com")

    assert caught.value.code == "password.weak"
    assert text not in caught.value.what + caught.value.fix


@pytest.mark.parametrize(
    "text", ["vier ganz andere wörter", "lluvia-mesa-tornillo", "x7Gq!mv0Zr4w", "рыба на крыше"]
)
def test_a_password_needs_no_special_characters(text: str) -> None:
    refuse_weak(text, "ana.lopes@example.com")


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    async def checked() -> str:
        passwords = Passwords()
        return await passwords.check(await passwords.hash("cafe\u0301 com leite"), "café com leite")

    assert run(checked()) == "right"


def test_a_hash_of_fewer_rounds_is_right_and_outdated() -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(normal("a b c d e"))

    assert run(Passwords().check(weaker, "a b c d e")) == "outdated"
    assert run(Passwords().check(weaker, "a b c d f")) == "wrong"


def test_more_sign_ins_at_once_than_can_wait_are_told_to_come_back() -> None:
    async def crowd() -> list[object]:
        passwords = Passwords()
        tries = (passwords.check("", "x") for _ in range(WAITING_MAX + 3))
        return await asyncio.gather(*tries, return_exceptions=True)

    told = [each.code for each in run(crowd()) if isinstance(each, Denial)]

    assert told == ["sign_in.busy"] * 3


def test_nobodys_hash_takes_as_long_as_everybodys_and_is_of_no_password() -> None:
    assert not HASHER.check_needs_rehash(NOBODY)
    assert run(Passwords().check("", "")) == "wrong"


# -- Waiting -------------------------------------------------------------------------------------


def test_each_failure_beyond_the_free_ones_doubles_the_wait_up_to_a_bound() -> None:
    throttle = Throttle(free=3, first=30 * SECOND, longest=2 * MINUTE)
    waits: list[int] = []
    for _ in range(7):
        waits.append(throttle.wait("ana", NOW) // SECOND)
        throttle.begin("ana", NOW)

    assert waits == [0, 0, 0, 30, 60, 120, 120]
    assert throttle.wait("bo", NOW) == 0
    assert throttle.wait("ana", NOW + 2 * MINUTE) == 0


def test_a_wait_is_forgotten_after_a_day_and_forgiven_after_success() -> None:
    throttle = Throttle(free=1, first=HOUR, longest=HOUR)
    throttle.begin("ana", NOW)
    throttle.begin("bo", NOW)
    throttle.forgive("bo")

    throttle.begin("ana", NOW + 2 * DAY)

    assert throttle.wait("ana", NOW + 2 * DAY) == HOUR, "the new failure counts, the old is gone"
    assert throttle.wait("bo", NOW) == 0


def test_a_caller_that_runs_wild_is_slowed_to_its_rate() -> None:
    pace = Pace(rate=10, burst=5)

    taken = [pace.wait("a", NOW) for _ in range(7)]

    assert taken[:5] == [0] * 5
    assert all(0 < wait <= SECOND // 10 for wait in taken[5:])
    assert pace.wait("b", NOW) == 0
    assert [pace.wait("a", NOW + SECOND // 10) == 0 for _ in range(2)] == [True, False]


# -- Sessions ------------------------------------------------------------------------------------


def test_a_session_ends_by_idling_by_age_and_by_signing_out(book: Book) -> None:
    user, sessions = add(book), Sessions(book)
    text = run(sessions.begin(user, BY_PASSWORD, now=NOW))

    used = [sessions.who(text, NOW + n * (IDLE_MAX - 1)) for n in range(24)]
    aged = sessions.who(text, NOW + AGE_MAX)
    idle = run(sessions.begin(user, BY_PASSWORD, now=NOW))
    left = run(sessions.begin(user, BY_PASSWORD, now=NOW))
    caller = sessions.who(left, NOW)
    assert caller is not None
    run(sessions.end(caller.session))

    assert all(used)
    assert aged is None
    assert sessions.who(idle, NOW + IDLE_MAX) is None
    assert sessions.who(left, NOW) is None


def test_signing_in_begins_another_session_and_ends_the_one_before(book: Book) -> None:
    user, sessions = add(book), Sessions(book)
    first = run(sessions.begin(user, BY_PASSWORD, now=NOW))

    second = run(sessions.begin(user, BY_PASSWORD, now=NOW, before=first))

    assert first != second
    assert sessions.who(first, NOW) is None
    assert sessions.who(second, NOW) is not None


def test_the_longest_unused_session_makes_room(book: Book) -> None:
    user, sessions = add(book), Sessions(book)
    texts = [
        run(sessions.begin(user, BY_PASSWORD, now=NOW + n * SECOND)) for n in range(PER_USER_MAX)
    ]
    sessions.who(texts[0], NOW + MINUTE)

    texts.append(run(sessions.begin(user, BY_PASSWORD, now=NOW + MINUTE)))

    standing = [sessions.who(text, NOW + MINUTE) is not None for text in texts]
    assert standing == [True, False, *[True] * (PER_USER_MAX - 1)]


def test_a_disabled_user_is_signed_out_and_may_be_let_in_again(book: Book) -> None:
    user, sessions = add(book), Sessions(book)
    users = Users(book, sessions, teams(book))
    text = run(sessions.begin(user, BY_PASSWORD, now=NOW))

    run(users.change(user.user_id, UserChange(is_disabled=True), giver=ANYBODY))
    off = sessions.who(text, NOW)
    run(users.change(user.user_id, UserChange(is_disabled=False), giver=ANYBODY))

    assert off is None
    assert sessions.who(text, NOW) is None, "the session has ended for good"
    assert sessions.who(run(sessions.begin(user, BY_PASSWORD, now=NOW)), NOW) is not None


def test_sessions_and_tokens_outlive_a_restart(file: SqliteFile, book: Book) -> None:
    user, sessions, tokens = add(book), Sessions(book), tokens_of(book)
    session = run(sessions.begin(user, BY_PASSWORD, now=NOW))
    token = run(tokens.create(Wish(name="ci"), maker=ANYBODY, now=NOW))
    assert sessions.who(session, NOW + 20 * MINUTE)
    run(sessions.keep_seen(NOW + 20 * MINUTE))

    again = read(file)

    assert Sessions(again).who(session, NOW + 40 * MINUTE) is not None
    assert tokens_of(again).who(token, NOW) is not None


# -- Tokens --------------------------------------------------------------------------------------


def test_a_token_may_what_it_was_narrowed_to_until_it_expires(book: Book) -> None:
    tokens = tokens_of(book)
    wish = Wish(
        name="ci",
        role="engineer",
        permissions=("look", "rehearse"),
        prefixes=("/api/plan",),
        expires_in=DAY,
    )
    text = run(tokens.create(wish, maker=ANYBODY, now=NOW))

    caller = tokens.who(text, NOW + DAY - 1)

    assert caller is not None
    assert caller.permissions == ("look", "rehearse")
    assert caller.may_go("/api/plan/check")
    assert caller.may_go("/api/plan")
    assert not caller.may_go("/api/planets")
    assert not caller.may_go("/api/people/ana")
    assert tokens.who(text, NOW + DAY) is None


@pytest.mark.parametrize(
    ("maker", "wish"),
    [
        (giver("administer", "look"), Wish(name="x", role="admin")),
        (giver("administer", "look"), Wish(name="x", role="privacy", permissions=("reveal",))),
        (giver(*PERMISSIONS, prefixes=("/api/tokens",)), Wish(name="x")),
        (
            giver(*PERMISSIONS, prefixes=("/api/tokens",)),
            Wish(name="x", prefixes=("/api/tokens", "/api/people")),
        ),
        (giver(*PERMISSIONS, expires_at=NOW + DAY), Wish(name="x")),
        (giver(*PERMISSIONS, expires_at=NOW + DAY), Wish(name="x", expires_in=2 * DAY)),
    ],
)
def test_a_token_never_exceeds_its_maker(book: Book, maker: Caller, wish: Wish) -> None:
    assert denied(tokens_of(book).create(wish, maker=maker, now=NOW)) == "access.beyond_maker"
    assert tokens_of(book).all() == []


@pytest.mark.parametrize(
    "wish",
    [
        Wish(name=" "),
        Wish(name="x" * 101),
        Wish(name="x", role="viewer", permissions=("apply",)),
        Wish(name="x", permissions=()),
        Wish(name="x", prefixes=("api",)),
        Wish(name="x", expires_in=0),
        Wish(name="x", team="nowhere"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(book: Book, wish: Wish) -> None:
    assert denied(tokens_of(book).create(wish, maker=ANYBODY, now=NOW)).startswith(
        ("token.", "team.")
    )
    assert tokens_of(book).all() == []


def test_a_token_follows_its_maker_down_and_out(book: Book) -> None:
    boss, tokens = add(book, role="admin"), tokens_of(book)
    add(book, "second@example.com", role="admin")
    users = Users(book, Sessions(book), teams(book))
    maker = giver(*PERMISSIONS, user_id=boss.user_id)
    text = run(tokens.create(Wish(name="ci", role="engineer"), maker=maker, now=NOW))

    before = tokens.who(text, NOW)
    run(users.change(boss.user_id, UserChange(role="analyst"), giver=ANYBODY))
    after = tokens.who(text, NOW)
    run(users.change(boss.user_id, UserChange(is_disabled=True), giver=ANYBODY))

    assert before is not None
    assert before.may("apply")
    assert after is not None
    assert after.permissions == ALLOWED["analyst"]
    assert tokens.who(text, NOW) is None


def test_a_token_made_for_somebody_acts_for_them(book: Book) -> None:
    ana, tokens = add(book, role="marketer"), tokens_of(book)
    wish = Wish(name="hers", role="engineer", user="ana@example.com")
    text = run(tokens.create(wish, maker=ANYBODY, now=NOW))

    caller = tokens.who(text, NOW)
    lesser = giver("look", "administer")

    assert caller is not None
    assert (caller.user_id, caller.permissions) == (ana.user_id, ALLOWED["marketer"])
    nobody = Wish(name="x", user="nobody@example.com")
    assert denied(tokens.create(nobody, maker=ANYBODY, now=NOW)) == "user.unknown"
    narrow = Wish(name="x", role="viewer", user="ana@example.com")
    assert denied(tokens.create(narrow, maker=lesser, now=NOW)) == "access.beyond_maker"


def test_the_tokens_of_an_older_legato_keep_what_they_might(book: Book) -> None:
    old = [
        {"name": f"a {role}", "role": role, "digest": role, "created_at": 1}
        for role in ("viewer", "editor", "operator", "admin")
    ]

    run(tokens_of(book).take_old(msgspec.json.encode(old)))
    run(tokens_of(book).take_old(msgspec.json.encode(old)))

    roles = {token.digest: token.role for token in tokens_of(book).all()}
    assert roles == {
        "viewer": "viewer",
        "editor": "analyst",
        "operator": "engineer",
        "admin": "admin",
    }


@pytest.mark.parametrize("data", [b"nonsense", b'[{"name": "x"}]', b'[{"name":"x","role":"king"}]'])
def test_an_old_file_that_is_no_list_of_tokens_is_refused(data: bytes) -> None:
    with pytest.raises(LegatoError):
        read_old(data)


# -- Users ---------------------------------------------------------------------------------------


def test_nobody_gives_a_role_beyond_their_own(book: Book) -> None:
    users = Users(book, Sessions(book), teams(book))
    boss, clerk = add(book, role="admin"), giver("administer", "look")
    viewer = add(book, "bo@example.com")

    codes = [
        denied(users.add(UserWish(email="c@example.com", role="admin"), giver=clerk, now=NOW)),
        denied(users.change(viewer.user_id, UserChange(role="engineer"), giver=clerk)),
        denied(users.change(boss.user_id, UserChange(role="viewer"), giver=clerk)),
        denied(users.invite(boss.user_id, giver=clerk, now=NOW)),
        denied(users.remove(boss.user_id, giver=clerk)),
    ]

    assert codes == ["access.beyond_maker"] * 5
    assert {user.email: user.role for user in users.all()} == {
        "ana@example.com": "admin",
        "bo@example.com": "viewer",
    }


def test_the_last_admin_stays(book: Book) -> None:
    users = Users(book, Sessions(book), teams(book))
    boss = add(book, role="admin")

    codes = [
        denied(users.remove(boss.user_id, giver=ANYBODY)),
        denied(users.change(boss.user_id, UserChange(is_disabled=True), giver=ANYBODY)),
        denied(users.change(boss.user_id, UserChange(role="viewer"), giver=ANYBODY)),
    ]
    add(book, "second@example.com", role="admin")
    run(users.remove(boss.user_id, giver=ANYBODY))

    assert codes == ["user.last_admin"] * 3


def test_an_invitation_holds_for_some_days_and_until_the_next(book: Book) -> None:
    user, users = add(book), Users(book, Sessions(book), teams(book))
    first = run(users.invite(user.user_id, giver=ANYBODY, now=NOW))
    second = run(users.invite(user.user_id, giver=ANYBODY, now=NOW))

    assert users.invited(second, NOW + INVITATION_HOLDS - 1) == user
    for code, now in ((first, NOW), (second, NOW + INVITATION_HOLDS), ("nonsense", NOW)):
        with pytest.raises(Denial) as caught:
            users.invited(code, now)
        assert caught.value.code == "invitation.unknown"


def test_an_address_has_one_user_however_it_is_written(book: Book) -> None:
    users = Users(book, Sessions(book), teams(book))
    add(book)
    wish = UserWish(email=" Ana@Example.COM ")

    assert denied(users.add(wish, giver=ANYBODY, now=NOW)) == "user.taken"
    for text in ("nobody", "a@b", "a b@c.de", "a@b\n.de", "x" * 250 + "@c.de"):
        wish = UserWish(email=text)
        assert denied(users.add(wish, giver=ANYBODY, now=NOW)) == "user.email"
