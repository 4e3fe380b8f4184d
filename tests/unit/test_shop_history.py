"""The shipped history: in order, of known sources, and with nobody real in it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from legato.cli.demo.replay import Fact, load_history

SHOP = Path(__file__).parents[2] / "examples" / "shop"
BYTES_MAX = 1_500_000


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    return load_history(SHOP / "history.jsonl.gz")


def name_of(fact: Fact) -> str:
    return fact.item.get("event", fact.item["type"])


def test_the_history_is_small_enough_to_ship() -> None:
    assert (SHOP / "history.jsonl.gz").stat().st_size <= BYTES_MAX


def test_facts_are_in_the_order_of_their_time(facts: list[Fact]) -> None:
    times = [fact.at for fact in facts]

    assert times == sorted(times)


def test_every_message_id_is_used_once(facts: list[Fact]) -> None:
    ids = Counter(fact.item["messageId"] for fact in facts)

    assert ids.most_common(1)[0][1] == 1


def test_everybody_can_be_told_from_everybody_else(facts: list[Fact]) -> None:
    emails: dict[str, str] = {}
    for fact in facts:
        if fact.item["type"] == "identify":
            owner = emails.setdefault(fact.item["traits"]["email"], fact.item["userId"])
            assert owner == fact.item["userId"]


def test_addresses_reach_nobody(facts: list[Fact]) -> None:
    for fact in facts:
        traits = fact.item.get("traits", {})
        if fact.item["type"] == "identify":
            assert re.search(r"@example\.(com|org|net)$", traits["email"])
            assert re.fullmatch(r"\+447700900\d{3}", traits.get("phone", "+447700900000"))


def test_an_order_follows_its_checkout(facts: list[Fact]) -> None:
    begun: dict[str, str] = {}
    for fact in facts:
        if name_of(fact) == "Checkout Started":
            begun[fact.item["properties"]["cart_id"]] = fact.item["userId"]
        if name_of(fact) == "Order Completed":
            assert begun[fact.item["properties"]["cart_id"]] == fact.item["userId"]


def test_an_order_names_the_customer_it_belongs_to(facts: list[Fact]) -> None:
    orders = [fact.item for fact in facts if name_of(fact) == "Order Completed"]

    assert len(orders) == 1381
    assert all(item["properties"]["customer_id"] == item["userId"] for item in orders)


def test_everything_the_journeys_speak_of_happens(facts: list[Fact]) -> None:
    seen = Counter(name_of(fact) for fact in facts)

    for name in ("Login Failed", "Ticket Opened", "Ticket Solved", "Order Refunded", "Signed Up"):
        assert seen[name] > 50, name


def test_some_old_customers_open_a_second_account(facts: list[Fact]) -> None:
    since: dict[str, str] = {}
    old = 0
    for fact in facts:
        if fact.item["type"] == "identify":
            since[fact.item["userId"]] = fact.item["traits"]["customer_since"]
        elif name_of(fact) == "Signed Up":
            old += since[fact.item["userId"]] < "2010"

    assert old > 20
