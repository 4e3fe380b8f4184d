"""What is found from one text, and in which order."""

from __future__ import annotations

import msgspec
import pytest

from legato.insight.finding.index import EXACT, INSIDE, PREFIX, WORDS, Index, plain
from legato.model.definitions.source import Source
from legato.model.plan import Plan
from tests.sim.shopkeeping import compile_plan

JOURNEY = """
journey: {name}
title: {title}
owner: growth
purpose: service
enter: {{on: Order Completed}}
steps:
  - label: thank
    send: {{message: receipt, on: email, expires: 1d}}
"""


def plan_of(**titles: str) -> Plan:
    journeys = [JOURNEY.format(name=name, title=title) for name, title in titles.items()]
    return compile_plan(*journeys)


def found(index: Index, text: str, limit: int = 20) -> list[tuple[str, str, int]]:
    return [(one.kind, one.name, one.rank) for one in index.find(text, limit)]


def test_its_very_name_comes_first_then_beginnings_then_words() -> None:
    plan = plan_of(
        cart="Baskets",
        cart_rescue="Rescue of carts",
        old_cart="The former one",
        descartes="A philosopher",
    )

    journeys = [one for one in found(Index(plan, {}), "cart") if one[0] == "journey"]
    assert journeys == [
        ("journey", "cart", EXACT),
        ("journey", "cart_rescue", PREFIX),
        ("journey", "old_cart", WORDS),
        ("journey", "descartes", INSIDE),
    ]


@pytest.mark.parametrize("text", ["cart_rescue", "Cart Rescue", " CART-rescue ", "rescue carts"])
def test_a_name_is_found_however_it_is_written_and_by_words_in_any_order(text: str) -> None:
    index = Index(plan_of(cart_rescue="Rescue of carts"), {})

    assert found(index, text)[0][:2] == ("journey", "cart_rescue")


def test_every_kind_that_has_a_page_is_found() -> None:
    source = Source(name="till", key_digests=(), title="The till")
    plan = msgspec.structs.replace(plan_of(thanks="Thanks"), sources={"till": source})
    index = Index(plan, dict.fromkeys(plan.destinations, "Main account"))
    names = {
        "journey": "thanks",
        "destination": "main account",
        "source": "the till",
        "template": "receipt",
        "event": "Order Completed",
        "trait": next(iter(plan.traits)),
    }

    assert {kind: found(index, name)[0][0] for kind, name in names.items()} == {
        kind: kind for kind in names
    }
    (template,) = [one for one in index.find("receipt", 9) if one.kind == "template"]
    assert (template.about, template.step) == ("thanks", "thank")


def test_what_nothing_meets_finds_nothing_and_so_does_nothing() -> None:
    index = Index(plan_of(thanks="Thanks"), {})

    assert found(index, "thanks nobody") == []
    assert found(index, "  _ ") == []


def test_ten_thousand_are_looked_through_and_only_the_best_are_given() -> None:
    plan = plan_of(thanks="Thanks")
    one = plan.journeys["thanks"]
    many = {
        f"thanks_{number}": msgspec.structs.replace(one, name=f"thanks_{number}")
        for number in range(10_000)
    }
    index = Index(msgspec.structs.replace(plan, journeys={**many, "thanks": one}), {})

    assert found(index, "thanks", 2) == [
        ("journey", "thanks", EXACT),
        ("journey", "thanks_0", EXACT),
    ]
    assert found(index, "thanks 9999", 2) == [("journey", "thanks_9999", EXACT)]
    assert len(index.find("thanks", 50)) == 50


def test_texts_are_compared_by_their_words() -> None:
    assert plain("  Cart_Rescue-2/b ") == "cart rescue 2 b"
