"""Scenarios, read, lived through and judged: what they can say, and how they fail."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from legato.app.rehearse.scenarios import Outcome, open_book, outcome_of, rehearse_scenario
from legato.model.plan import Plan
from legato.simulate.scenario.timeline import written
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"
GIVEN = (
    "given: {person: ana, consents: {email: granted}, zone: Europe/Lisbon, at: 2026-03-02 10:00}"
)
LOOKED = "Product Viewed, Product Viewed, Checkout Started: {cart_id: c1, value: 80}"


@cache
def files() -> dict[str, str]:
    return read_workspace(SHOP)


@cache
def shop() -> Plan:
    loaded = check_files(files())
    assert loaded.plan is not None, loaded.problems
    return loaded.plan


def tell(when: str, then: str, given: str = GIVEN, **changes: str) -> Outcome:
    """Live through one story of the shop."""
    texts = {"scenarios/a.yaml": f"scenario: a\n{given}\nwhen: {when}\nthen: {then}"}
    texts |= {f"scenarios/changes/next/{name}.yaml": text for name, text in changes.items()}
    book = open_book(texts, files(), shop())
    assert not book.problems, "\n".join(str(problem) for problem in book.problems)
    return outcome_of(rehearse_scenario(book.scenarios[0], shop(), book.changes))


def misses(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.miss.expected, one.miss.actual) for one in outcome.misses]


@pytest.mark.parametrize(
    ("when", "then"),
    [
        (
            f"[{LOOKED}, after 20m: {{Order Completed: {{cart_id: c1}}}}, after 2d]",
            "{never: cart_reminder, ends: {cart_rescue: goal}}",
        ),
        (
            f"[{LOOKED}, after 3d]",
            ("{messages: [{message: cart_reminder, by: email, within: 31m, after: 30m}, "
            "{message: cart_question, at: 2026-03-04 10:30}], cost_at_most: 0.001, "
            "exactly: {email: 2}, at_most: {sms: 0}, never: push, ends: {cart_rescue: completed}}"),
        ),
        (
            f"[{LOOKED}, after 20m: {{consents: {{email: denied}}}}, after 1d]",
            ("{messages: none, refused: {message: cart_reminder, by: consent}, "
            "in_step: {cart_rescue: '3'}, consents: {marketing: denied}}"),
        ),
        (
            f"[{LOOKED}, provider email_provider: {{answer: 503, for: 40m}}, after 1d]",
            "{messages: [{message: cart_reminder, after: 40m, within: 46m}]}",
        ),
        (
            f"[{LOOKED}, provider email_provider: {{answer: 400}}, after 1d]",
            "{messages: none}",
        ),
        (
            f"[{LOOKED}, provider email_provider: {{mute: true, times: 1}}, after 1d]",
            "{exactly: {cart_reminder: 1}, requests: {to: email_provider, exactly: 1}}",
        ),
        (
            f"[{LOOKED}, provider email_provider: down, after 7h]",
            "{messages: none}",
        ),
        (f"[{LOOKED}, pause cart_rescue, after 7h]", "{messages: none}"),
        (
            f"[{LOOKED}, after 29m: crash, after 1h]",
            ("{messages: [cart_reminder by email], "
            "requests: {to: email_provider, holds: {headers: {Authorization: Bearer}}}}"),
        ),
        (
            "[Order Completed: {total: 700}, after 1m]",
            ("{in_segment: big_basket, not_in_segment: vip, traits: {spend_365d: 700}, "
            "enters: post_purchase, never_enters: win_back}"),
        ),
        ("[Order Completed: {total: many}]", "{quarantined: Order Completed}"),
        (
            "[provider crm: {body: {accepted: true}}, Order Completed, after 31m]",
            "{messages: [order_delayed by sms], requests: {to: sms_gateway, exactly: 1}}",
        ),
        (
            ("[provider crm: {body: {accepted: true}}, Order Completed, "
            "provider sms_gateway: {answer: 400, body: {code: 21211}}, after 50m]"),
            "{messages: [order_delayed by service_email]}",
        ),
        (
            ("[source crm: {behind: 40m}, provider crm: {body: {accepted: true}}, Order Completed, "
            "Order Synced from crm: {status: updated}, after 45m]"),
            "{messages: [order_delayed by sms, order_thanks by service_email]}",
        ),
        (
            "[source web: {copies: 3}, Order Completed, after 1h]",
            "{traits: {orders_90d: 1}}",
        ),
        (
            "[replies by sms: STOP, after 1m]",
            "{consents: {marketing: denied}}",
        ),
    ],
)  # fmt: skip
def test_a_story_comes_out_as_told(when: str, then: str) -> None:
    outcome = tell(when, then)

    assert misses(outcome) == []


def test_a_story_that_fails_shows_both_timelines_and_says_why() -> None:
    given = GIVEN.replace("granted", "denied")

    outcome = tell(f"[{LOOKED}, after 1d]", "{messages: [cart_reminder by email]}", given)

    assert misses(outcome) == [("cart_reminder by email", "it did not go")]
    assert "email for consent" in outcome.misses[0].why
    lines = [line for _, line in written(outcome.rows, "Europe/Lisbon")]
    assert all(len(line) <= 80 for line in lines)
    marked = [line for line in lines if line.startswith(">>")]
    assert [line.split() for line in marked] == [
        [">>", "Mon", "2", "Mar", "10:30", "gets", "cart_reminder", "by", "email", "-"]
    ]


@pytest.mark.parametrize(
    ("then", "expected", "actual"),
    [
        ("{messages: none}", "no message", "cart_reminder by email at Mon 2 Mar 10:30"),
        ("{never: email}", "never a message by email", "cart_reminder by email at Mon 2 Mar 10:30"),
        ("{at_least: 2}", "a message at least twice", "once"),
        ("{exactly: {email: 2}}", "a message by email exactly twice", "once"),
        ("{at_most: 0}", "a message at most never",
         "once, the last cart_reminder by email at Mon 2 Mar 10:30"),
        ("{cost_at_most: 0.0001}", "costs at most 0.0001 GBP", "0.0004 GBP"),
        ("{refused: cart_reminder}", "cart_reminder refused", "it was not refused"),
        ("{ends: {cart_rescue: goal}}", "cart_rescue ends: goal", "still in it, at step 3"),
        ("{in_step: patience}", "in cart_rescue at step patience", "at step 3"),
        ("{never_enters: cart_rescue}", "never enters cart_rescue", "enters at Mon 2 Mar 10:00"),
        ("{enters: win_back}", "enters win_back", "never enters"),
        ("{in_segment: vip}", "in segment vip", "not in it"),
        ("{traits: {timezone: UTC}}", "timezone: UTC", "timezone: Europe/Lisbon"),
        ("{consents: {marketing: {sms: granted}}}", "marketing by sms: granted",
         "marketing by sms: unknown"),
        ("{requests: {to: ads}}", "one request to ads", "0, of 0 in all"),
        ("{messages: [{message: cart_reminder, within: 5m}]}", "cart_reminder within 5 minutes",
         "cart_reminder by email at Mon 2 Mar 10:30, 30 minutes in"),
    ],
)  # fmt: skip
def test_each_expectation_can_fail(then: str, expected: str, actual: str) -> None:
    outcome = tell(f"[{LOOKED}, after 1d]", then)

    assert misses(outcome) == [(expected, actual)]
    assert any(row.is_different for row in outcome.rows)


def test_people_of_one_story_are_judged_each_by_themselves() -> None:
    given = (
        "given: {people: {ana: {consents: {email: granted}}, ben: {}}, "
        "zone: Europe/Lisbon, at: 2026-03-02 10:00}"
    )
    when = f"[ana: [{LOOKED}], ben: [{LOOKED}], after 1d]"

    outcome = tell(
        when, "{ana: {messages: [cart_reminder]}, ben: {messages: [cart_reminder]}}", given
    )

    assert [(one.miss.person, one.miss.kind) for one in outcome.misses] == [("ben", "missing")]


def test_history_counts_and_is_not_judged() -> None:
    given = GIVEN.replace("at:", "before: [30d before: {Order Completed: {total: 20}}], at:")

    outcome = tell("[after 1m]", "{traits: {orders_90d: 1}, messages: none, in_segment: lapsed}",
                   given)  # fmt: skip

    assert misses(outcome) == []


@pytest.mark.parametrize(("arm", "message"), [("cheapest", "push"), ("letter", "email")])
def test_a_story_is_told_of_somebody_who_draws_the_arm(arm: str, message: str) -> None:
    given = (
        f"given: {{person: ana, arms: {{first_touch: {arm}}}, consents: {{marketing: granted}}, "
        "zone: Europe/Lisbon, at: 2026-03-02 10:00}"
    )

    outcome = tell(f"[{LOOKED}, after 1d]", f"{{messages: [cart_reminder by {message}]}}", given)

    assert misses(outcome) == []


def test_somebody_held_out_gets_nothing() -> None:
    given = GIVEN.replace("consents", "held_out_by: always_on, consents")

    outcome = tell(
        f"[{LOOKED}, after 1d]", "{refused: {message: cart_reminder, by: holdout}}", given
    )

    assert misses(outcome) == []


def test_another_plan_can_be_activated_in_the_middle() -> None:
    changed = files()["journeys/cart_rescue.yaml"].replace("wait: 30m", "wait: 45m")
    when = f"[apply next, {LOOKED}, after 3d]"

    outcome = tell(when, "{messages: [{message: cart_reminder, after: 45m}, cart_question]}",
                   **{"journeys/cart_rescue": changed})  # fmt: skip

    assert misses(outcome) == []


def test_a_bounce_comes_in_as_the_provider_posts_it() -> None:
    source = """
source: mail_events
connector: sendgrid_events
channel: email
settings: {public_key: MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE}
pairs_with: email_provider
"""
    sources = files()["sources/web.yaml"] + "---" + source
    known = files()["identity.yaml"].replace("[traits.email]", "[traits.email, properties.email]")
    workspace = {**files(), "sources/web.yaml": sources, "identity.yaml": known}
    plan = check_files(workspace).plan
    assert plan is not None
    posted = (
        "source mail_events posts: [{email: ana@example.com, event: bounce, type: bounce, "
        "sg_event_id: e1, timestamp: 1772446500, reason: no such user}]"
    )
    text = (
        f"scenario: a\n{GIVEN}\nwhen: [{posted}, after 1m, {LOOKED}, after 1d]\n"
        "then: {messages: none, refused: {message: cart_reminder, by: suppression}}"
    )

    book = open_book({"scenarios/a.yaml": text}, workspace, plan)
    outcome = outcome_of(rehearse_scenario(book.scenarios[0], plan, {}))

    assert book.problems == ()
    assert misses(outcome) == []


def test_one_seed_gives_the_same_bytes() -> None:
    when = f"[source web: {{late: {{p50: 1m, p99: 8m}}}}, {LOOKED}, after 1d]"

    digests = {tell(when, "{at_most: 1}").decision_digest for _ in range(2)}

    assert len(digests) == 1
