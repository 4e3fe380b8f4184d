"""The hosted pages: what a link does, what it never does, and what is left on record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest

from legato.govern.links.linker import PATHS
from legato.govern.links.token import Token
from legato.insight.preferences import is_open
from legato.model.definitions.links import LinkKind
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import DAY, HOUR
from legato.pages.guesses import GUESSES_MAX
from tests.door.hosted import Hosted, hosted

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
DOUBLE = """
---
template: ask
purpose: service
email: {subject: Please confirm, body: "{{ confirm_url }}"}
"""
Scenario = Callable[[Hosted], Awaitable[None]]


def run(folder: Path, scenario: Scenario, *, scope: str = "topic", more: str = "") -> None:
    async def all_of_it() -> None:
        async with hosted(folder, scope=scope, more=more) as running:
            await scenario(running)

    asyncio.run(all_of_it())


def link(running: Hosted, person_id: PersonId, kind: LinkKind, purpose: str = "marketing") -> str:
    """Return a link as a message of now would carry it."""
    token = Token(
        kind=kind,
        person_id=person_id,
        purpose=purpose,
        channel="email",
        delivery_id=DeliveryId("delivery_1"),
        issued_at=running.clock.now(),
    )
    return f"https://shop.example/mail/{PATHS[kind]}/{running.app.pages.signed(token)}"


async def may_send(running: Hosted, who: str, purpose: str, channel: str = "email") -> bool:
    return is_open(running.app.plan(), await running.state(who), purpose, channel)


async def entries(running: Hosted, action: str) -> list[tuple[str, str, dict[str, str]]]:
    found = await asyncio.to_thread(running.app.audit.read, 0, 1_000)
    return [
        (one.entry.outcome, one.entry.subject, dict(one.entry.detail))
        for one in found
        if one.entry.action == action
    ]


def test_one_click_in_a_delivered_mail_stops_the_next_one(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        await running.agreed("ana")
        await running.track("ana")
        letter = await running.mailbox.next("An offer")
        ways = re.findall(r"<([^>]+)>", str(letter["List-Unsubscribe"]))
        before = await may_send(running, "ana", "marketing")

        answer = await running.post(ways[0], ONE_CLICK)
        await running.track("ana")
        await running.mailbox.next("News")

        assert before
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert ways[0].startswith("https://")
        assert ways[1].startswith("mailto:leave@shop.example")
        assert (answer.status, answer.title) == (200, "You are unsubscribed")
        assert not await may_send(running, "ana", "marketing")
        assert [one["subject"] for one in running.mailbox.letters].count("An offer") == 1

    run(tmp_path, scenario)


@pytest.mark.parametrize("content_type", ["", "application/x-www-form-urlencoded"])
def test_what_reads_the_mailbox_unsubscribes_by_the_subject_of_a_letter(
    tmp_path: Path, content_type: str
) -> None:
    async def scenario(running: Hosted) -> None:
        await running.agreed("ana")
        await running.track("ana")
        letter = await running.mailbox.next("An offer")
        (subject,) = re.findall(
            r"<mailto:[^?>]+\?subject=([^>]+)>", str(letter["List-Unsubscribe"])
        )

        answer = await running.send(f"https://shop.example/mail/u/{subject}", b"", content_type)

        assert answer.title == "You are unsubscribed"
        assert not await may_send(running, "ana", "marketing")

    run(tmp_path, scenario)


def test_links_of_a_mail_lead_where_they_say(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        await running.agreed("ana")
        await running.track("ana")
        letter = await running.mailbox.next("An offer")
        text, html = (part.get_content() for part in letter.walk() if not part.is_multipart())

        unsubscribe = re.search(r"https://\S+", text)
        preferences = re.search(r"href='([^']+)'", html)
        assert unsubscribe is not None
        assert preferences is not None
        assert (await running.get(unsubscribe[0])).title == "No more “Offers”?"
        assert (await running.get(preferences[1])).title == "What may we send you?"
        assert "1 Example Yard, London" in text

    run(tmp_path, scenario)


def test_a_link_works_for_as_long_as_it_says_and_no_longer(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        ana, bob = await running.agreed("ana"), await running.agreed("bob")
        old, older = link(running, ana, "unsubscribe"), link(running, bob, "unsubscribe")

        running.clock.set(running.clock.now() + 60 * DAY)
        after_sixty_days = await running.post(old, ONE_CLICK)
        running.clock.set(running.clock.now() + 340 * DAY + HOUR)
        after_four_hundred = await running.post(older, ONE_CLICK)

        assert after_sixty_days.status == 200
        assert not await may_send(running, "ana", "marketing")
        assert after_four_hundred.status == 410
        assert await may_send(running, "bob", "marketing")

    run(tmp_path, scenario)


def test_looking_changes_nothing(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        ana = await running.agreed("ana")
        before = (await running.state("ana")).version

        for kind in ("unsubscribe", "preferences", "confirm"):
            page = await running.get(link(running, ana, kind))
            empty = await running.get(link(running, ana, kind), method="HEAD")
            assert (page.status, empty.status, empty.body) == (200, 200, "")

        assert (await running.state("ana")).version == before
        assert await may_send(running, "ana", "marketing")

    run(tmp_path, scenario)


def test_a_link_shown_again_says_so_and_leaves_no_second_record(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe")
        await running.post(url)
        before = (await running.state("ana")).consents

        again, looked = await running.post(url), await running.get(url)

        assert (again.status, again.title) == (200, "You had unsubscribed already")
        assert looked.title == again.title
        assert (await running.state("ana")).consents == before
        assert len(await entries(running, "consent.say")) == 1

    run(tmp_path, scenario)


def test_an_old_link_works_again_after_somebody_came_back(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe")
        await running.post(url)
        await running.agreed("ana")
        returned = await may_send(running, "ana", "marketing")

        await running.post(url)

        assert returned
        assert not await may_send(running, "ana", "marketing")

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("scope", "closed"),
    [
        ("channel", ["marketing/email"]),
        ("topic", ["marketing/email", "marketing/sms"]),
        ("global", ["marketing/email", "marketing/sms", "news/email"]),
    ],
)
def test_unsubscribing_reaches_as_far_as_the_policy_says(
    tmp_path: Path, scope: str, closed: list[str]
) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe")

        await running.post(url)

        pairs = [("marketing", "email"), ("marketing", "sms"), ("news", "email")]
        shut = [f"{p}/{c}" for p, c in pairs if not await may_send(running, "ana", p, c)]
        assert shut == closed
        assert (await running.post(url)).title == "You had unsubscribed already"

    run(tmp_path, scenario, scope=scope)


def test_an_objection_stops_advertising_that_rests_on_no_consent(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        ana = await running.agreed("ana")
        await running.track("ana")
        await running.mailbox.next("News")

        await running.post(link(running, ana, "unsubscribe", purpose="news"))
        await running.track("ana")
        await running.track("bob", email="bob@example.com")
        await running.track("bob")
        while "bob@example.com" not in [one["to"] for one in running.mailbox.letters]:
            running.mailbox.came.clear()
            await asyncio.wait_for(running.mailbox.came.wait(), 60)

        news = [one["to"] for one in running.mailbox.letters if one["subject"] == "News"]
        assert news == ["ana@example.com", "bob@example.com"]

    run(tmp_path, scenario)


def test_a_purpose_that_is_no_longer_declared_can_still_be_left(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe", purpose="old_news")

        answer = await running.post(url)

        assert answer.title == "You are unsubscribed"
        assert not await may_send(running, "ana", "marketing")
        assert not await may_send(running, "ana", "news")

    run(tmp_path, scenario)


def test_links_that_are_not_ours_are_refused_on_record_and_tell_nothing(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        ana = await running.agreed("ana")
        good = link(running, ana, "unsubscribe")
        other = link(running, ana, "preferences").replace("/p/", "/u/")
        altered = good[:60] + ("A" if good[60] != "A" else "B") + good[61:]
        before = (await running.state("ana")).version

        for url, status in (
            (altered, 403),
            (other, 403),
            ("https://shop.example/mail/u/anything", 400),
            ("https://shop.example/mail/u/" + "A" * 5_000, 400),
        ):
            for answer in (await running.get(url), await running.post(url, ONE_CLICK)):
                assert answer.status == status
                assert "Offers" not in answer.body
                assert ana not in answer.body

        assert (await running.state("ana")).version == before
        refusals = await entries(running, "link.open")
        assert [outcome for outcome, _, _ in refusals] == ["refused"] * 3
        assert sorted(detail["why"] for _, _, detail in refusals) == [
            "malformed",
            "unsigned",
            "wrong_kind",
        ]

    run(tmp_path, scenario)


def test_guessing_is_made_to_wait_and_a_sound_link_never_is(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        good = link(running, await running.agreed("ana"), "unsubscribe")
        bad = "https://shop.example/mail/u/guess"

        answers = [(await running.get(bad)) for _ in range(GUESSES_MAX + 1)]
        sound = await running.post(good)
        elsewhere = await running.post(bad, peer="192.0.2.8")

        assert [one.status for one in answers] == [400] * GUESSES_MAX + [429]
        assert answers[-1].headers["retry-after"] == "60"
        assert sound.status == 200
        assert elsewhere.status == 400

    run(tmp_path, scenario)


def test_a_link_follows_a_person_who_became_another(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        await running.agreed("ana")
        bea = await running.agreed("bea")
        url = link(running, bea, "unsubscribe")
        await running.track("bea", email="ana@example.com")
        joined = await running.app.find("bea")

        answer = await running.post(url)

        assert joined == await running.app.find("ana")
        assert joined != bea
        assert answer.title == "You are unsubscribed"
        assert not await may_send(running, "ana", "marketing")

    run(tmp_path, scenario)


@pytest.mark.parametrize("kind", ["unsubscribe", "preferences", "confirm"])
def test_of_somebody_erased_nothing_is_known(tmp_path: Path, kind: LinkKind) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, PersonId("person_erased"), kind)

        for answer in (await running.get(url), await running.post(url, ONE_CLICK)):
            assert answer.status == 200
            assert answer.title == "Nothing is kept about you any more"

    run(tmp_path, scenario)


def test_mailboxes_may_send_their_click_as_multipart(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe")
        data = (
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
            b"One-Click\r\n--b--\r\n"
        )

        answer = await running.send(url, data, "multipart/form-data; boundary=b")

        assert answer.title == "You are unsubscribed"
        line = (await running.state("ana")).consents["marketing/email"]
        assert line.evidence.method == "one_click"

    run(tmp_path, scenario)


def test_the_preference_centre_shows_what_holds_and_takes_what_is_chosen(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "preferences")
        page = await running.get(url)
        shown = [
            ("shown", f"{name}={'on' if is_on else 'off'}") for name, is_on in page.ticked.items()
        ]

        answer = await running.post(url, [*shown, ("yes", "marketing/email")])
        after = await running.get(urljoin(url, answer.headers["location"]))

        assert page.ticked == {"marketing/email": True, "marketing/sms": True, "news/email": True}
        assert answer.status == 303
        assert "Saved." in after.body
        assert after.ticked == {
            "marketing/email": True,
            "marketing/sms": False,
            "news/email": False,
        }
        assert await may_send(running, "ana", "marketing", "email")
        assert not await may_send(running, "ana", "marketing", "sms")

    run(tmp_path, scenario)


def test_a_box_that_nobody_touched_undoes_nothing(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        ana = await running.agreed("ana")
        url = link(running, ana, "preferences")
        page = await running.get(url)
        shown = [("shown", f"{name}=on") for name in page.ticked]
        await running.post(link(running, ana, "unsubscribe"))  # elsewhere, in the meantime

        answer = await running.post(url, [*shown, *(("yes", name) for name in page.ticked)])

        assert answer.headers["location"] == "?now=unchanged"
        assert not await may_send(running, "ana", "marketing")

    run(tmp_path, scenario)


def test_everything_can_be_stopped_at_once(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "preferences")

        answer = await running.post(url, {"do": "stop"})
        after = await running.get(urljoin(url, answer.headers["location"]))

        assert "Everything is off." in after.body
        assert not any(after.ticked.values())

    run(tmp_path, scenario, scope="channel")


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("shown", "marketing/email=on"), ("shown", "sold/email=off"), ("yes", "sold/email")],
        [("shown", "marketing/email=off"), ("yes", "news/email")],
    ],
)
def test_a_form_about_something_else_changes_nothing(
    tmp_path: Path, fields: list[tuple[str, str]]
) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "preferences")
        before = (await running.state("ana")).version

        answer = await running.post(url, fields)

        assert answer.status == 400
        assert (await running.state("ana")).version == before

    run(tmp_path, scenario)


def test_a_yes_is_confirmed_once(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        await running.track("ana", email="ana@example.com")
        await running.agreed("ana", "email")
        letter = await running.mailbox.next("Please confirm")
        url = letter.get_content().strip()
        before = await may_send(running, "ana", "marketing")

        asked = await running.get(url)
        answer, again = await running.post(url), await running.post(url)

        assert not before
        assert asked.title == "Please confirm"
        assert answer.title == "Thank you, it is confirmed"
        assert again.title == "This was confirmed already"
        line = (await running.state("ana")).consents["marketing/email"]
        assert (line.is_granted, line.evidence.method) == (True, "double_opt_in")
        assert line.confirms

    rule = "{purpose: marketing, channels: [email], message: ask}"
    run(tmp_path, scenario, scope=f"topic, double_opt_in: {rule}", more=DOUBLE)


def test_a_confirmation_that_nobody_waits_for_opens_nothing(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        ana = await running.agreed("ana")
        await running.post(link(running, ana, "unsubscribe"))

        answer = await running.post(link(running, ana, "confirm"))

        assert answer.title == "There is nothing to confirm"
        assert not await may_send(running, "ana", "marketing")

    run(tmp_path, scenario)


def test_what_was_said_is_kept_with_its_evidence(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        ana = await running.agreed("ana")

        await running.post(link(running, ana, "unsubscribe"), language="de")

        line = (await running.state("ana")).consents["marketing/email"]
        assert line.source == "page:unsubscribe"
        assert (line.evidence.method, line.evidence.language) == ("page", "de")
        assert line.evidence.ip_digest == running.app.audit.address_digest("192.0.2.7")
        [(_, name, detail)] = await entries(running, "pages.wording")
        assert name == line.wording
        assert "„Offers“ abbestellen?" in detail["text"]
        [(outcome, subject, said)] = await entries(running, "consent.say")
        assert (outcome, subject) == ("done", ana)
        assert said["event"] == line.event_id

    run(tmp_path, scenario)


def test_every_page_speaks_the_readers_language_without_a_script(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe")

        for language, expected in (
            ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
            ("ja, pt-BR;q=0.5, es;q=0.4", "pt"),
            ("ja", "en"),
        ):
            page = await running.get(url, language=language)
            assert f'<html lang="{expected}">' in page.body
            assert page.headers["content-language"] == expected
            assert "<script" not in page.body
        assert '<html lang="es">' in (await running.get(f"{url}?lang=es")).body

    run(tmp_path, scenario)


def test_no_page_is_kept_framed_indexed_or_passed_on(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe")

        for page in (await running.get(url), await running.get("https://a.example/u/x")):
            policy = page.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            assert "frame-ancestors 'none'" in policy
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["x-robots-tag"].startswith("noindex")
        assert (await running.get(url, method="DELETE")).status == 405

    run(tmp_path, scenario)


def test_a_renewed_key_leaves_old_links_working(tmp_path: Path) -> None:
    async def scenario(running: Hosted) -> None:
        url = link(running, await running.agreed("ana"), "unsubscribe")

        await running.app.pages.renew_key(by="token:ops")

        assert (await running.post(url)).title == "You are unsubscribed"
        assert await entries(running, "links.renew") == [("done", "key 2", {})]

    run(tmp_path, scenario)
