"""The pages on which people sign in: what they show, take and refuse, called as browsers call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from legato.app.config import Config
from legato.govern.access.secret import digest_of
from legato.govern.access.sessions import PROOF_HOLDS
from legato.govern.access.sign_in import FAILURES_FREE
from legato.govern.access.users import INVITATION_HOLDS
from legato.markup.style import source_of
from legato.model.instant import MINUTE
from legato.studio.access import PLAIN_COOKIE
from tests.door.test_api_routes import Answered, Legato, make_workspace, started
from tests.door.test_sign_in import WORDS, actions, cookie_of, user

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OTHER_WORDS = "quatro palavras bem soltas"
PROVIDER = """
sign_in: company
title: The Company <&>
issuer: https://login.example.com
client_id: legato
client_secret: {secret: OIDC_CLIENT}
url: https://legato.example.com
"""


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("entry"), is_one_process=True) as running:
        yield running


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self, answer: Answered) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(answer.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())


def sign_in(legato: Legato, email: str, password: str = WORDS, **headers: str) -> Answered:
    return legato.page("POST", "/sign-in", {"email": email, "password": password}, **headers)


def account(legato: Legato, cookie: str, path: str = "/account") -> Answered:
    return legato.page("GET", path, cookie=cookie)


def csrf_in(answer: Answered) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', answer.body.decode())
    assert found is not None
    return found[1]


def test_somebody_signs_in_looks_and_signs_out_without_a_script(legato: Legato) -> None:
    user(legato, "ana@example.com", "marketer")

    begun = sign_in(legato, "Ana@Example.com", **{"user-agent": FIREFOX})
    cookie = cookie_of(begun)
    shown = account(legato, cookie)
    again = legato.page("GET", "/sign-in", cookie=cookie)
    gone = legato.page("POST", "/account/sign-out", {"csrf": csrf_in(shown)}, cookie=cookie)
    after = account(legato, cookie)

    assert (begun.status, begun.headers["location"]) == (303, "/account")
    words = Outline(shown).words
    for part in ("ana@example.com", "marketer", "propose changes", "Firefox on Linux (this one)"):
        assert part in words
    assert (again.status, again.headers["location"]) == (303, "/account")
    assert (gone.status, gone.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in gone.headers["set-cookie"]
    assert (after.status, after.headers["location"]) == (303, "/sign-in")


def test_a_page_can_be_used_by_keyboard_screen_reader_and_password_manager(
    legato: Legato,
) -> None:
    outline = Outline(legato.page("GET", "/sign-in"))

    assert outline.all("html") == [{"lang": "en"}]
    assert [len(outline.all(tag)) for tag in ("main", "h1", "script", "img")] == [1, 1, 0, 0]
    fields = outline.all("input")
    assert len(fields) == len(outline.all("label")), "each stands in its label"
    assert [field["autocomplete"] for field in fields] == ["username", "current-password"]
    refused = Outline(sign_in(legato, "nobody@example.com"))
    assert [each for each in refused.all("p") if each.get("role") == "alert"]


def test_a_page_lets_nothing_in_and_is_shown_in_no_frame(legato: Legato) -> None:
    answer = legato.page("GET", "/sign-in")

    sheet = answer.body.decode().partition("<style>")[2].partition("</style>")[0]
    policy = answer.headers["content-security-policy"]
    assert policy == (
        f"default-src 'none'; style-src {source_of(sheet)}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"


def test_a_refusal_stands_on_the_page_and_says_the_same_of_a_stranger(legato: Legato) -> None:
    user(legato, "known@example.com")

    wrong = sign_in(legato, "known@example.com", "quite another text")
    stranger = sign_in(legato, "strange@example.com", "quite another text")

    assert wrong.status == 401
    assert "do not belong together" in Outline(wrong).words
    assert wrong.body.replace(b"known@", b"strange@") == stranger.body
    assert "set-cookie" not in wrong.headers
    assert ("access.refuse", "sign_in.refused") in actions(legato, "unknown")


def test_what_was_typed_is_shown_as_text_only(legato: Legato) -> None:
    answer = sign_in(legato, '"><script>alert(1)</script>@example.com')

    assert Outline(answer).all("script") == []


def test_who_guesses_is_told_on_the_page_how_long_to_wait(legato: Legato) -> None:
    for _ in range(FAILURES_FREE):
        sign_in(legato, "guessed@example.com", peer="10.8.0.1")

    answer = sign_in(legato, "guessed@example.com", peer="10.8.0.2")

    assert answer.status == 429
    assert re.search(r"Wait \d+ seconds, then try again", Outline(answer).words)
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"origin": ""}]
)
def test_a_form_of_another_site_or_of_nobody_signs_nobody_in(
    legato: Legato, headers: dict[str, str]
) -> None:
    answer = sign_in(legato, "ana@example.com", **headers)

    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_an_invitation_is_a_link_that_works_once(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        wish = {"email": "new@example.com", "role": "analyst"}
        link = legato.call("POST", "/api/users", wish).json()["link"]

        looked = [legato.page("GET", link) for _ in range(2)]
        unlike = legato.page("POST", link, {"password": WORDS, "again": OTHER_WORDS})
        weak = legato.page("POST", link, {"password": "aaaa", "again": "aaaa"})
        chosen = legato.page("POST", link, {"password": WORDS, "again": WORDS})
        used = [legato.page("GET", link), legato.page("POST", link, {"password": WORDS})]
        me = Outline(account(legato, cookie_of(chosen)))

    assert [each.status for each in looked] == [200, 200]
    assert "new@example.com, in the role analyst" in Outline(looked[0]).words
    assert "two different passwords" in Outline(unlike).words
    assert (weak.status, "12 to" in Outline(weak).words) == (400, True)
    assert (chosen.status, chosen.headers["location"]) == (303, "/account")
    assert "new@example.com" in me.words
    assert [each.status for each in used] == [401, 401]
    assert "has been used" in Outline(used[0]).words


def test_an_invitation_ends_after_three_days(legato: Legato) -> None:
    made = legato.call("POST", "/api/users", {"email": "late@example.com"}).json()
    now = legato.app.clock.now()

    users = legato.app.access.users
    assert users.invited(made["code"], now + INVITATION_HOLDS - MINUTE).email == "late@example.com"
    with pytest.raises(Exception, match="has expired"):
        users.invited(made["code"], now + INVITATION_HOLDS + MINUTE)


def test_guesses_at_invitations_have_to_wait(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        statuses = [legato.page("GET", f"/invitation/guess-{n}").status for n in range(11)]

    assert statuses == [401] * FAILURES_FREE + [429]


def test_a_password_is_changed_on_the_page_and_other_sessions_end(legato: Legato) -> None:
    user(legato, "change@example.com")
    here, there = (cookie_of(sign_in(legato, "change@example.com")) for _ in range(2))
    form = {"csrf": csrf_in(account(legato, here)), "password": OTHER_WORDS, "again": OTHER_WORDS}

    wrong = legato.page("POST", "/account/password", {**form, "present": "x"}, cookie=here)
    right = legato.page("POST", "/account/password", {**form, "present": WORDS}, cookie=here)
    told = Outline(account(legato, here, right.headers["location"]))

    assert (wrong.status, "not the present password" in Outline(wrong).words) == (400, True)
    assert right.status == 303
    assert "The password is changed" in told.words
    assert account(legato, there).status == 303, "it is not signed in any more"
    assert sign_in(legato, "change@example.com", OTHER_WORDS).status == 303


def test_signing_out_everywhere_ends_every_session(legato: Legato) -> None:
    user_id = user(legato, "many@example.com")
    here, there = (cookie_of(sign_in(legato, "many@example.com")) for _ in range(2))
    listed = Outline(account(legato, here))
    form = {"csrf": csrf_in(account(legato, here))}

    legato.page("POST", "/account/sign-out-everywhere", form, cookie=here)

    assert len(listed.all("li")) == 2
    assert [account(legato, each).status for each in (here, there)] == [303, 303]
    assert ("session.end_all", "") in actions(legato, f"user:{user_id}")


def test_who_proved_long_ago_who_they_are_is_asked_before_signing_out_everywhere(
    legato: Legato,
) -> None:
    user(legato, "proof@example.com")
    cookie = cookie_of(sign_in(legato, "proof@example.com"))
    form = {"csrf": csrf_in(account(legato, cookie))}
    digest = digest_of(cookie.partition("=")[2])
    long_ago = legato.app.clock.now() - PROOF_HOLDS
    legato.runner.run(legato.app.access.sessions.prove(digest, long_ago))

    asked = legato.page("POST", "/account/sign-out-everywhere", form, cookie=cookie)
    page = account(legato, cookie, asked.headers["location"])
    wrong = legato.page("POST", "/account/proof", {**form, "present": "x"}, cookie=cookie)
    right = legato.page("POST", "/account/proof", {**form, "present": WORDS}, cookie=cookie)
    told = account(legato, cookie, right.headers["location"])
    done = legato.page("POST", "/account/sign-out-everywhere", form, cookie=cookie)

    assert (asked.status, asked.headers["location"]) == (303, "/account/proof")
    assert "Is it you?" in Outline(page).words
    assert (wrong.status, "not the present password" in Outline(wrong).words) == (400, True)
    assert "do it once more" in Outline(told).words
    assert (done.status, done.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("form", [{}, {"csrf": "of another session"}])
def test_a_form_without_its_own_csrf_changes_nothing(legato: Legato, form: dict[str, str]) -> None:
    email = f"csrf-{len(form)}@example.com"
    user(legato, email)
    cookie = cookie_of(sign_in(legato, email))

    answer = legato.page("POST", "/account/sign-out-everywhere", form, cookie=cookie)

    assert answer.status == 403
    assert account(legato, cookie).status == 200


def test_the_way_to_the_provider_stands_first_and_its_refusals_are_pages(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    (workspace / "sign_in.yaml").write_text(PROVIDER)
    config = Config(
        workspace=workspace, data=tmp_path / "data", keys=tmp_path / "keys", is_one_process=True
    )
    with started(tmp_path, config=config) as legato:
        page = legato.page("GET", "/sign-in")
        refused = legato.page("GET", "/api/sign-in/oidc/callback?state=forged")
        made = legato.call("POST", "/api/users", {"email": "x@example.com"}).json()

    assert "Sign in with The Company <&>" in Outline(page).words
    assert page.body.index(b"/api/sign-in/oidc") < page.body.index(b"<form")
    assert (refused.status, "You are not signed in" in Outline(refused).words) == (401, True)
    assert made["link"] == f"https://legato.example.com/invitation/{made['code']}"


def test_nobody_signs_in_on_an_open_line(tmp_path: Path) -> None:
    config = Config(
        workspace=make_workspace(tmp_path),
        data=tmp_path / "data",
        keys=tmp_path / "keys",
        names=("legato.example.com",),
        is_one_process=True,
    )
    with started(tmp_path, config=config) as legato:
        answer = legato.page("GET", "/sign-in", host="legato.example.com")

    assert answer.status == 403
    assert "others could read along" in Outline(answer).words
    assert PLAIN_COOKIE not in str(answer.headers)
